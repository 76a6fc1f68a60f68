#include "directory/directory_entry.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct directory_entry e;
	struct buf b;

	buf_init(&b, DIRECTORY_ENTRY_SIZE);
	if (directory_entry_parse(&r, &e) == RC_OK) {
		FUZZ_REQUIRE(r.left + DIRECTORY_ENTRY_SIZE == size);
		FUZZ_REQUIRE(directory_entry_build(&e, &b) == RC_OK);
		FUZZ_REQUIRE(memcmp(b.p, data, b.len) == 0);
	}
	buf_clear(&b);
	return 0;
}
