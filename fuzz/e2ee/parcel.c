#include "e2ee/parcel.h"

#include <string.h>

#include "fuzz.h"
#include "wire/relay.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parcel p;
	struct buf b;

	buf_init(&b, 2 * RELAY_ENVELOPE_MAX);
	if (parcel_parse((struct rd){ data, size }, &p) == RC_OK) {
		FUZZ_REQUIRE(parcel_build(&p, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
