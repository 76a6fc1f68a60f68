#include "wire/e164_plan.h"

#include "fuzz.h"
#include "wire/e164_text.h"

/* First octet: the region; the rest: what was typed. A normalised number is
 * one that the strict parser takes, and normalising it changes nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const regions[] = { "US", "DE", "BS", "AR", "IT",
		"GB", "JP", "BR", NULL, "ZZ" };
	char text[E164_TEXT_SIZE];
	struct e164 e = { 0 }, f = { 0 };
	struct rd typed = { data + 1, size - 1 };

	if (size == 0)
		return 0;
	if (e164_plan_normalise(
		typed, regions[data[0] % ARRAY_LEN(regions)], &e) != RC_OK)
		return 0;
	e164_text(&e, text);
	FUZZ_REQUIRE(e164_parse(rd_str(text), &f) == RC_OK);
	FUZZ_REQUIRE(e164_is_eq(&e, &f));
	FUZZ_REQUIRE(e164_plan_normalise(rd_str(text), NULL, &f) == RC_OK);
	FUZZ_REQUIRE(e164_is_eq(&e, &f));
	return 0;
}
