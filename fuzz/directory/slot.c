#include "directory/slot.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct slot s;
	struct slot_head h;
	struct buf b;

	buf_init(&b, SLOT_SIZE);
	if (slot_parse(&r, &s) == RC_OK) {
		FUZZ_REQUIRE(r.left + SLOT_SIZE == size);
		FUZZ_REQUIRE(slot_build(&s, &b) == RC_OK);
		FUZZ_REQUIRE(memcmp(b.p, data, b.len) == 0);
	}
	b.len = 0;
	r = (struct rd){ data, size };
	if (slot_head_parse(&r, &h) == RC_OK) {
		FUZZ_REQUIRE(r.left + SLOT_HEAD_SIZE == size);
		FUZZ_REQUIRE(slot_head_build(&h, &b) == RC_OK);
		FUZZ_REQUIRE(memcmp(b.p, data, b.len) == 0);
	}
	buf_clear(&b);
	return 0;
}
