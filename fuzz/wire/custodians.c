#include "wire/custodians.h"

#include <string.h>

#include <sodium.h>

#include "fuzz.h"

/* What is read is in range, and its canonical form is read as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct custodians c, d;
	struct buf b;

	if (sodium_init() < 0)
		return 0;
	buf_init(&b, CUSTODIANS_FILE_MAX);
	if (custodians_parse((struct rd){ data, size }, &c) == RC_OK) {
		FUZZ_REQUIRE(c.threshold >= 1 && c.threshold <= c.n);
		FUZZ_REQUIRE(c.n <= CUSTODIANS_MAX && c.generation >= 1);
		FUZZ_REQUIRE(custodians_build(&c, &b) == RC_OK);
		FUZZ_REQUIRE(custodians_parse(buf_get(&b), &d) == RC_OK);
		FUZZ_REQUIRE(memcmp(&c, &d, sizeof(c)) == 0);
	}
	buf_clear(&b);
	return 0;
}
