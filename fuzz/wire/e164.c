#include "wire/e164.h"

#include <string.h>

#include "fuzz.h"
#include "wire/e164_plan.h"
#include "wire/e164_text.h"

/* What is accepted comes back from its text and from its octets. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[E164_TEXT_SIZE], national[E164_NATIONAL_SIZE];
	struct e164 e = { 0 }, f = { 0 };
	struct buf b;
	struct rd r;

	if (e164_parse((struct rd){ data, size }, &e) != RC_OK)
		return 0;
	FUZZ_REQUIRE(e.n >= 7 && e.n <= E164_DIGITS_MAX);
	e164_text(&e, text);
	FUZZ_REQUIRE(strlen(text) == size && memcmp(text, data, size) == 0);
	buf_init(&b, 16);
	FUZZ_REQUIRE(e164_build(&e, &b) == RC_OK);
	r = buf_get(&b);
	FUZZ_REQUIRE(e164_take(&r, &f) == RC_OK && r.left == 0);
	FUZZ_REQUIRE(e164_is_eq(&e, &f));
	e164_text_national(&e, national);
	FUZZ_REQUIRE(strlen(national) >= 2);
	if (e164_plan_check(&e) == RC_OK)
		FUZZ_REQUIRE(strcmp(e164_plan_region(&e), "ZZ") != 0);
	buf_clear(&b);
	return 0;
}
