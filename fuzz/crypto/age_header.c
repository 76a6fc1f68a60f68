#include "crypto/age_header.h"

#include <string.h>

#include "fuzz.h"

/* Built again, a header of X25519 stanzas alone is what was read; one that had
 * others is shorter, and reads as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct age_header h;
	struct age_header again;
	struct rd covered = { 0 };
	struct buf b;

	buf_init(&b, AGE_HEADER_MAX);
	if (age_header_parse(&r, &h, &covered) == RC_OK) {
		FUZZ_REQUIRE(h.n <= AGE_HEADER_STANZAS_MAX);
		FUZZ_REQUIRE(covered.p == data && covered.left < size);
		if (h.n > 0) {
			FUZZ_REQUIRE(age_header_build(&h, &b) == RC_OK);
			FUZZ_REQUIRE(b.len <= size - r.left);
			r = buf_get(&b);
			FUZZ_REQUIRE(
			    age_header_parse(&r, &again, &covered) == RC_OK);
			FUZZ_REQUIRE(memcmp(&h, &again, sizeof(h)) == 0);
		}
	}
	buf_clear(&b);
	return 0;
}
