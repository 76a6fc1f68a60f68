#include "ktlog/change.h"

#include <string.h>

#include "base/crc32c.h"
#include "fuzz.h"

/* With its CRC made right, so that what is behind it is reached. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t record[CHANGE_SIZE];
	struct rd r = { record, sizeof(record) };
	struct change c;
	struct buf b;
	uint32_t crc;

	if (size < sizeof(record))
		return 0;
	buf_init(&b, sizeof(record));
	memcpy(record, data, sizeof(record));
	crc = crc32c(0, record + 4, sizeof(record) - 4);
	for (size_t i = 0; i < 4; i++)
		record[i] = (uint8_t)(crc >> (24 - 8 * i));
	if (change_parse(&r, &c) == RC_OK) {
		FUZZ_REQUIRE(r.left == 0);
		FUZZ_REQUIRE(change_build(&c, &b) == RC_OK);
		FUZZ_REQUIRE(memcmp(b.p, record, sizeof(record)) == 0);
	}
	buf_clear(&b);
	return 0;
}
