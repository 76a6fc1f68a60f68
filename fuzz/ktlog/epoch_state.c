#include "ktlog/epoch_state.h"

#include <string.h>

#include "base/crc32c.h"
#include "fuzz.h"

/* With its CRC made right, so that what is behind it is reached. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct epoch_states s;
	struct buf in;
	struct buf b;
	uint32_t crc = crc32c(0, data, size);

	buf_init(&in, size + 4);
	buf_init(&b, EPOCH_STATE_SIZE_MAX);
	if (buf_u32(&in, crc) == RC_OK && buf_add(&in, data, size) == RC_OK &&
	    epoch_state_parse(buf_get(&in), &s) == RC_OK) {
		FUZZ_REQUIRE(epoch_state_build(&s, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == in.len && memcmp(b.p, in.p, b.len) == 0);
	}
	buf_clear(&in);
	buf_clear(&b);
	return 0;
}
