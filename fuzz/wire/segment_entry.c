#include "wire/segment_entry.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment_entry e;
	struct buf b;

	buf_init(&b, 4096);
	if (segment_entry_parse((struct rd){ data, size }, &e) == RC_OK) {
		FUZZ_REQUIRE(segment_entry_build(&e, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
