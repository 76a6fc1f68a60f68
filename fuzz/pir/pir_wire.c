#include "pir/pir_wire.h"

#include <string.h>

#include "fuzz.h"

/* What is read is in range, and written again it is the same. The input is
 * stretched to a query's size, so that short ones get past the size check. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pir_shape shape = { 2048, 1, { 0 } };
	static union {
		struct pir_wire_query query;
		uint8_t room[sizeof(struct pir_wire_query) + 2048 * 8];
	} u;
	const size_t n = pir_query_size(&shape);
	uint8_t *in = malloc(n);
	struct buf b;

	FUZZ_REQUIRE(in != NULL);
	if (size > 0)
		FUZZ_REQUIRE(size == n ||
		    pir_wire_query_parse((struct rd){ data, size }, &shape,
			&u.query) == RC_MALFORMED);
	for (size_t i = 0; i < n; i++)
		in[i] = size == 0 ? 0 : data[i % size];
	buf_init(&b, n);
	if (pir_wire_query_parse((struct rd){ in, n }, &shape, &u.query) ==
	    RC_OK) {
		for (unsigned c = 0; c < shape.columns; c++)
			FUZZ_REQUIRE(u.query.words[c] <= PIR_WORD_MAX &&
			    u.query.words[c] >= -PIR_WORD_MAX);
		for (unsigned k = 0; k < PIR_KEYS; k++)
			for (unsigned i = 0; i < PIR_D; i++)
				FUZZ_REQUIRE(u.query.keys[k][i] < PIR_Q);
		FUZZ_REQUIRE(
		    pir_wire_query_build(&u.query, &shape, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == n && memcmp(b.p, in, n) == 0);
	}
	buf_clear(&b);
	free(in);
	return 0;
}
