#include "merkle/checkpoint.h"

#include <string.h>

#include "fuzz.h"

/* What is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checkpoint c;
	struct buf b;

	buf_init(&b, CHECKPOINT_TEXT_MAX);
	if (checkpoint_parse((struct rd){ data, size }, &c) == RC_OK) {
		FUZZ_REQUIRE(c.size <= TREE_SIZE_MAX);
		FUZZ_REQUIRE(checkpoint_build(&c, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
