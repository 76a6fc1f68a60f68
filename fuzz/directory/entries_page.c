#include "directory/entries_page.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entries_page v;
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	if (entries_page_parse((struct rd){ data, size }, &v) == RC_OK) {
		FUZZ_REQUIRE(entries_page_build(&v, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
