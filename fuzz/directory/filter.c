#include "directory/filter.h"

#include <string.h>

#include "fuzz.h"

/* A file that is read is asked; else the octets are keys, and each is found. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t keys[512];
	struct filter f;
	size_t n = size / 8 < 512 ? size / 8 : 512;
	struct buf b;

	buf_init(&b, 1 << 16);
	if (size > 0)
		memcpy(keys, data, n * 8);
	if (filter_parse((struct rd){ data, size }, &f) == RC_OK)
		for (size_t i = 0; i < n; i++)
			(void)filter_has(&f, keys[i]);
	FUZZ_REQUIRE(filter_build(keys, n, &b) == RC_OK);
	FUZZ_REQUIRE(filter_parse(buf_get(&b), &f) == RC_OK);
	for (size_t i = 0; i < n; i++)
		FUZZ_REQUIRE(filter_has(&f, keys[i]));
	buf_clear(&b);
	return 0;
}
