#include "merkle/trust.h"

#include "fuzz.h"

/* What is read is built and read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust t;
	struct trust again;
	struct buf b;

	buf_init(&b, TRUST_TEXT_MAX);
	if (trust_parse((struct rd){ data, size }, &t) == RC_OK) {
		FUZZ_REQUIRE(t.quorum <= t.n_witnesses);
		FUZZ_REQUIRE(trust_build(&t, &b) == RC_OK);
		FUZZ_REQUIRE(trust_parse(buf_get(&b), &again) == RC_OK);
		FUZZ_REQUIRE(again.n_witnesses == t.n_witnesses);
	}
	buf_clear(&b);
	return 0;
}
