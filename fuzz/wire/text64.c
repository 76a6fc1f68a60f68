#include "wire/text64.h"

#include <string.h>

#include "fuzz.h"

/* What was read is built again to the same octets. */
static void
same(const struct buf *b, const uint8_t *data, size_t size)
{
	FUZZ_REQUIRE(b->len == size && memcmp(b->p, data, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[4096];
	struct rd text = { data, size };
	struct buf b;
	size_t n = 0;

	buf_init(&b, 8192);
	if (text64_std_parse(text, sizeof(out), out, &n) == RC_OK && n > 0) {
		FUZZ_REQUIRE(
		    text64_std_build(&b, (struct rd){ out, n }) == RC_OK);
		same(&b, data, size);
		buf_clear(&b);
	}
	if (text64_url_parse(text, sizeof(out), out, &n) == RC_OK && n > 0) {
		FUZZ_REQUIRE(
		    text64_url_build(&b, (struct rd){ out, n }) == RC_OK);
		same(&b, data, size);
		buf_clear(&b);
	}
	n = size / 2;
	if (n > 0 && n <= sizeof(out) &&
	    text64_hex_parse(text, n, out) == RC_OK) {
		FUZZ_REQUIRE(
		    text64_hex_build(&b, (struct rd){ out, n }) == RC_OK);
		same(&b, data, size);
	}
	buf_clear(&b);
	return 0;
}
