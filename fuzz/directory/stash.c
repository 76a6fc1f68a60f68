#include "directory/stash.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct directory_item items[STASH_MAX];
	struct directory_entry e;
	struct stash s;
	struct rd r = { data, size };
	struct buf b;

	buf_init(&b, STASH_SIZE_MAX);
	if (stash_parse(r, &s) == RC_OK) {
		for (size_t i = 0; i < s.n; i++) {
			FUZZ_REQUIRE(stash_item_parse(&r, &items[i]) == RC_OK);
			FUZZ_REQUIRE(stash_find(&s, items[i].bucket,
					 items[i].entry.tag, &e) == RC_OK);
		}
		FUZZ_REQUIRE(stash_build(items, s.n, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size &&
		    (size == 0 || memcmp(b.p, data, size) == 0));
	}
	buf_clear(&b);
	return 0;
}
