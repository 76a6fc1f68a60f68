#include "wire/private_lookup.h"

#include <string.h>

#include "fuzz.h"

static void
same(const struct buf *b, const uint8_t *data, size_t size)
{
	FUZZ_REQUIRE(b->len == size && memcmp(b->p, data, size) == 0);
}

/* What is read is built again the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rd in = { data, size };
	static struct private_lookup_pair pairs[PRIVATE_LOOKUP_OPRF_MAX];
	struct private_lookup_answer answer;
	struct private_lookup_ask ask;
	struct buf b;
	size_t n;

	buf_init(&b, size);
	if (private_lookup_ask_parse(in, &ask) == RC_OK) {
		FUZZ_REQUIRE(private_lookup_ask_build(&ask, &b) == RC_OK);
		same(&b, data, size);
	}
	b.len = 0;
	if (private_lookup_answer_parse(in, &answer) == RC_OK) {
		FUZZ_REQUIRE(private_lookup_answer_build(&answer, &b) == RC_OK);
		same(&b, data, size);
	}
	b.len = 0;
	if (private_lookup_oprf_parse(in, pairs, &n) == RC_OK) {
		FUZZ_REQUIRE(private_lookup_oprf_build(pairs, n, &b) == RC_OK);
		same(&b, data, size);
	}
	buf_clear(&b);
	return 0;
}
