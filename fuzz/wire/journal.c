#include "wire/journal.h"

#include <string.h>

#include "base/crc32c.h"
#include "fuzz.h"

static void
frame(struct rd r)
{
	const struct rd all = r;
	struct journal_frame f;
	struct buf b;

	buf_init(&b, JOURNAL_HEAD_SIZE + JOURNAL_FRAME_MAX);
	if (journal_frame_parse(&r, &f) == RC_OK) {
		FUZZ_REQUIRE(!journal_is_foreign(all));
		FUZZ_REQUIRE(journal_frame_build(&f, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == all.left - r.left &&
		    memcmp(b.p, all.p, b.len) == 0);
	}
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b;

	frame((struct rd){ data, size });
	/* and as the body of a frame whose length and CRC are right, which no
	 * input finds by itself */
	buf_init(&b, JOURNAL_HEAD_SIZE + size);
	FUZZ_REQUIRE(buf_u32(&b, (uint32_t)size) == RC_OK);
	FUZZ_REQUIRE(buf_u32(&b, crc32c(0, data, size)) == RC_OK);
	FUZZ_REQUIRE(buf_add(&b, data, size) == RC_OK);
	frame(buf_get(&b));
	buf_clear(&b);
	return 0;
}
