#include "wire/journal.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct journal_frame f;
	struct buf b;

	buf_init(&b, JOURNAL_HEAD_SIZE + JOURNAL_FRAME_MAX);
	if (journal_frame_parse(&r, &f) == RC_OK) {
		FUZZ_REQUIRE(journal_frame_build(&f, &b) == RC_OK);
		FUZZ_REQUIRE(
		    b.len == size - r.left && memcmp(b.p, data, b.len) == 0);
	}
	buf_clear(&b);
	return 0;
}
