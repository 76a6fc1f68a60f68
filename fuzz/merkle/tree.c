#include "merkle/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

/* A size that is read is written again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t v = 0;
	char text[24];

	if (tree_size_parse((struct rd){ data, size }, &v) == RC_OK) {
		FUZZ_REQUIRE(v <= TREE_SIZE_MAX);
		(void)snprintf(text, sizeof(text), "%" PRIu64, v);
		FUZZ_REQUIRE(
		    strlen(text) == size && memcmp(text, data, size) == 0);
	}
	return 0;
}
