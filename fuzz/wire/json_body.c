#include "wire/json_body.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a" };
	json_t *o = NULL;
	json_t *again = NULL;
	struct rd s = { 0 };
	struct buf b;

	if (json_body_parse((struct rd){ data, size }, &o) != RC_OK)
		return 0;
	buf_init(&b, 8 * JSON_BODY_MAX);
	if (json_body_str(o, "a", 10, &s) == RC_OK)
		FUZZ_REQUIRE(s.left <= 10 && json_body_has(o, "a"));
	if (json_body_only(o, names, 1) == RC_OK)
		FUZZ_REQUIRE(json_object_size(o) <= 1);
	/* reals and escapes may grow the text, so this may be over a limit */
	if (json_body_build(o, &b) == RC_OK && b.len <= JSON_BODY_MAX) {
		FUZZ_REQUIRE(json_body_parse(buf_get(&b), &again) == RC_OK);
		FUZZ_REQUIRE(json_equal(o, again));
	}
	json_body_free(again);
	json_body_free(o);
	buf_clear(&b);
	return 0;
}
