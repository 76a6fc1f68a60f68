#include "pir/pir_wire.h"

#include "pir/pir_params.h"

/* At most 49 bits are held at a time. */
void
pir_wire_pack(const uint64_t *v, size_t n, unsigned bits, uint8_t *ret_octets)
{
	uint64_t held = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		held = held << bits | v[i];
		for (have += bits; have >= 8; have -= 8)
			*ret_octets++ = (uint8_t)(held >> (have - 8));
	}
}

void
pir_wire_unpack(const uint8_t *octets, size_t n, unsigned bits, uint64_t *ret_v)
{
	const uint64_t mask = (UINT64_C(1) << bits) - 1;
	uint64_t held = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		for (; have < bits; have += 8)
			held = held << 8 | *octets++;
		have -= bits;
		ret_v[i] = held >> have & mask;
	}
}

enum rc
pir_wire_query_parse(
    struct rd in, const struct pir_shape *shape, struct pir_wire_query *q)
{
	uint64_t u = 0;
	enum rc rc = RC_BUG;

	CHECK(in.left == pir_query_size(shape), RC_MALFORMED);
	for (unsigned k = 0; k < PIR_KEYS; k++) {
		pir_wire_unpack(in.p, PIR_D, PIR_Q_BITS, q->keys[k]);
		TRY(rd_skip(&in, PIR_KEY_SIZE));
		for (unsigned i = 0; i < PIR_D; i++)
			CHECK(q->keys[k][i] < PIR_Q, RC_MALFORMED);
	}
	for (uint32_t c = 0; c < shape->columns; c++) {
		pir_wire_unpack(in.p, 1, PIR_WORD_BITS, &u);
		TRY(rd_skip(&in, PIR_WORD_BITS / 8));
		CHECK(u <= 2 * PIR_WORD_MAX, RC_MALFORMED);
		q->words[c] = (int64_t)u - PIR_WORD_MAX;
	}
	rc = rd_end(&in);
out:
	return rc;
}

enum rc
pir_wire_query_build(const struct pir_wire_query *q,
    const struct pir_shape *shape, struct buf *b)
{
	size_t size = pir_query_size(shape);
	uint8_t *p = NULL;
	enum rc rc = RC_BUG;

	TRY(buf_reserve(b, size, &p));
	for (unsigned k = 0; k < PIR_KEYS; k++, p += PIR_KEY_SIZE)
		pir_wire_pack(q->keys[k], PIR_D, PIR_Q_BITS, p);
	for (uint32_t c = 0; c < shape->columns; c++, p += PIR_WORD_BITS / 8) {
		uint64_t u = (uint64_t)(q->words[c] + PIR_WORD_MAX);

		pir_wire_pack(&u, 1, PIR_WORD_BITS, p);
	}
	buf_commit(b, size);
	rc = RC_OK;
out:
	return rc;
}
