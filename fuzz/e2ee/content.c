#include "e2ee/content.h"

#include <string.h>

#include "fuzz.h"

/* What is accepted has one encoding. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content c = { 0 };
	struct buf b;

	if (content_parse((struct rd){ data, size }, &c) != RC_OK)
		return 0;
	FUZZ_REQUIRE(c.body.left <= CONTENT_TEXT_MAX);
	buf_init(&b, size + 1);
	FUZZ_REQUIRE(content_build(&c, &b) == RC_OK);
	FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	buf_clear(&b);
	return 0;
}
