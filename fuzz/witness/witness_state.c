#include "witness/witness_state.h"

#include <string.h>

#include "fuzz.h"

/* What is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct witness_state s;
	struct buf b;

	buf_init(&b, size + 1);
	if (witness_state_parse((struct rd){ data, size }, &s) == RC_OK) {
		FUZZ_REQUIRE(witness_state_build(&s, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size);
		FUZZ_REQUIRE(size == 0 || memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
