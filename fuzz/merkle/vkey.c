#include "merkle/vkey.h"

#include <string.h>

#include "fuzz.h"

/* What is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vkey k;
	struct buf b;

	buf_init(&b, VKEY_TEXT_MAX);
	if (vkey_parse((struct rd){ data, size }, &k) == RC_OK) {
		FUZZ_REQUIRE(vkey_build(&k, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
