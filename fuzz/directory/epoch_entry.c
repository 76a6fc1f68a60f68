#include "directory/epoch_entry.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct epoch_entry v;
	struct buf b;

	buf_init(&b, EPOCH_ENTRY_MAX);
	if (epoch_entry_parse((struct rd){ data, size }, &v) == RC_OK) {
		FUZZ_REQUIRE(epoch_entry_build(&v, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
