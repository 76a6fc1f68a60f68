#include "merkle/tiles.h"

#include <string.h>

#include "fuzz.h"

/* As a path and as a bundle; what is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct tiles_id id;
	struct rd entry;
	struct buf b;

	buf_init(&b, size + TILES_PATH_MAX);
	if (tiles_path_parse(r, &id) == RC_OK) {
		FUZZ_REQUIRE(id.width >= 1 && id.width <= TILES_WIDTH);
		FUZZ_REQUIRE(tiles_path_build(&id, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	b.len = 0;
	while (tiles_entry_parse(&r, &entry) == RC_OK)
		FUZZ_REQUIRE(tiles_entry_build(entry, &b) == RC_OK);
	FUZZ_REQUIRE(b.len + r.left == size);
	FUZZ_REQUIRE(b.len == 0 || memcmp(b.p, data, b.len) == 0);
	buf_clear(&b);
	return 0;
}
