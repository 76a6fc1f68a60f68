#include "directory/diff.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct diff_page p;
	struct diff_row w;
	const char *why;
	struct buf b;

	buf_init(&b, DIFF_PAGE_MAX);
	if (diff_page_parse(r, &p) == RC_OK) {
		FUZZ_REQUIRE(diff_page_build(&p, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	b.len = 0;
	if (diff_row_parse(&r, &w) == RC_OK) {
		FUZZ_REQUIRE(r.left + DIFF_ROW_SIZE == size);
		FUZZ_REQUIRE(diff_row_build(&w, &b) == RC_OK);
		FUZZ_REQUIRE(memcmp(b.p, data, b.len) == 0);
		if (diff_row_check(&w, w.after.head.epoch_changed, &why) ==
		    RC_OK)
			FUZZ_REQUIRE(w.is_new == (w.after.head.version == 1));
	}
	buf_clear(&b);
	return 0;
}
