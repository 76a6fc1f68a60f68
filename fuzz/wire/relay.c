#include "wire/relay.h"

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
	struct relay_frame f;
	struct buf b;

	if (relay_frame_parse((struct rd){ data, size }, &f) != RC_OK)
		return 0;
	buf_init(&b, size);
	FUZZ_REQUIRE(relay_frame_build(&f, &b) == RC_OK);
	same(&b, data, size);
	buf_clear(&b);
	return 0;
}
