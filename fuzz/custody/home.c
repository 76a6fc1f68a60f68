#include "custody/home.h"

#include <string.h>

#include <sodium.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[HOME_SECRETS_SIZE];
	struct home_secrets s;

	if (sodium_init() < 0)
		return 0;
	if (home_secrets_parse((struct rd){ data, size }, &s) == RC_OK) {
		FUZZ_REQUIRE(size == HOME_SECRETS_SIZE);
		home_secrets_build(&s, again);
		FUZZ_REQUIRE(memcmp(again, data, size) == 0);
	}
	return 0;
}
