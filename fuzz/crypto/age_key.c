#include "crypto/age_key.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rd text = { data, size };
	char back[AGE_KEY_SECRET_TEXT_SIZE];
	uint8_t key[AGE_KEY_SIZE];

	if (age_key_parse(text, key) == RC_OK) {
		age_key_build(key, back);
		FUZZ_REQUIRE(rd_is_eq(text, back));
	}
	if (age_key_secret_parse(text, key) == RC_OK) {
		age_key_secret_build(key, back);
		FUZZ_REQUIRE(rd_is_eq(text, back));
	}
	return 0;
}
