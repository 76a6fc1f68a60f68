#include "dial/dial_url.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dial_url u;

	if (dial_url_parse((struct rd){ data, size }, &u) == RC_OK) {
		FUZZ_REQUIRE(strlen(u.host) > 0);
		FUZZ_REQUIRE(strlen(u.port) > 0 && strlen(u.port) < 6);
		FUZZ_REQUIRE(strpbrk(u.authority, "\r\n /@") == NULL);
	}
	return 0;
}
