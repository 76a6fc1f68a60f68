#include "directory/promise.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct promise v;
	struct buf b;

	buf_init(&b, PROMISE_TEXT_MAX);
	if (promise_parse((struct rd){ data, size }, &v) == RC_OK) {
		FUZZ_REQUIRE(promise_build(&v, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
