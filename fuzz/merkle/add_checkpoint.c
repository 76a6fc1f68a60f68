#include "merkle/add_checkpoint.h"

#include <string.h>

#include "fuzz.h"

/* What is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct add_checkpoint a;
	uint64_t n;
	struct buf b;

	buf_init(&b, ADD_CHECKPOINT_MAX);
	if (add_checkpoint_parse((struct rd){ data, size }, &a) == RC_OK) {
		FUZZ_REQUIRE(add_checkpoint_build(&a, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	b.len = 0;
	if (add_checkpoint_size_parse((struct rd){ data, size }, &n) == RC_OK) {
		FUZZ_REQUIRE(add_checkpoint_size_build(n, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
