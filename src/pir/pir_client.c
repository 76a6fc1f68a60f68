#include "pir/pir_client.h"

#include <sodium.h>
#include <string.h>

#include "base/ct.h"
#include "base/failmem.h"
#include "pir/pir_ring.h"
#include "pir/pir_public.h"
#include "pir/pir_wire.h"

struct pir_query {
	const struct pir_public *public;
	uint32_t column;
	uint64_t s[PIR_D]; /* the secret's values, transform order */
};

/* What one query is made with; wiped. */
struct work {
	struct pir_stream stream;
	int8_t small[PIR_D];
	uint8_t ties[PIR_D / 8];
	uint64_t s[PIR_D]; /* the secret's values, generator order */
	uint64_t x[PIR_D];
	uint64_t y[PIR_D];
};

/* 1 if a = b, else 0; no branch. */
static uint64_t
is_same(uint32_t a, uint32_t b)
{
	return ((uint64_t)(a ^ b) - 1) >> 63;
}

static void
gauss(struct work *w, enum pir_secret_stream purpose, uint32_t index)
{
	w->stream.purpose = purpose;
	w->stream.index = index;
	pir_sample_gauss(&w->stream, w->small);
}

/* y = error - w s + 2^(9 + 11 digit) s(X^e), for e = 5 in the first three keys
 * and -1 in the others. */
static void
make_key(const struct pir_public *p, unsigned k, struct work *w, uint64_t *key)
{
	const uint64_t gadget = UINT64_C(1)
	    << (PIR_DIGIT_DROP + PIR_DIGIT_BITS * (k % PIR_DIGITS));
	const bool turn = k < PIR_DIGITS;

	gauss(w, PIR_SECRET_KEY_ERROR, k);
	for (unsigned i = 0; i < PIR_D; i++)
		w->x[i] = pir_ring_of(w->small[i]);
	pir_ring_ntt(p->ring, w->x);
	pir_ring_to_generator(p->ring, w->x, key);
	for (unsigned i = 0; i < PIR_D; i++) {
		unsigned from = turn ? (i & PIR_H) | ((i + 1) & (PIR_H - 1))
				     : i ^ PIR_H;
		uint64_t as = pir_ring_mul(p->keys[k][i], w->s[i]);
		uint64_t zs = pir_ring_mul(gadget, w->s[from]);

		key[i] = pir_ring_add(pir_ring_sub(key[i], as), zs);
	}
}

/* Rounds -a s + error + (delta at the column asked for) to multiples of four;
 * what lies in the middle goes up or down as a random bit says, because a bias
 * would be summed over all columns. */
static void
make_words(const struct pir_public *p, unsigned block, uint32_t column,
    struct work *w, int64_t *words)
{
	for (unsigned i = 0; i < PIR_D; i++)
		w->y[i] = pir_ring_mul(p->a[block][i], w->s[i]);
	pir_ring_from_generator(p->ring, w->y, w->x);
	pir_ring_intt(p->ring, w->x);
	gauss(w, PIR_SECRET_ERROR, block);
	w->stream.purpose = PIR_SECRET_TIES;
	pir_sample_octets(&w->stream, sizeof(w->ties), w->ties);
	for (unsigned i = 0; i < PIR_D; i++) {
		uint64_t here = is_same(block * PIR_D + i, column);
		uint64_t e = pir_ring_of(w->small[i]);
		int64_t up = 1 + (w->ties[i / 8] >> i % 8 & 1);
		int64_t v;

		e = pir_ring_add(e, PIR_DELTA & (0 - here));
		v = pir_ring_centre(pir_ring_sub(e, w->x[i]));
		/* arithmetic shift: gcc and clang, 6.5.7 leaves it to them */
		words[i] = (v + up) >> PIR_WORD_DROP;
	}
}

static void
make_secret(const struct pir_public *p, struct work *w, uint64_t *ret_s)
{
	gauss(w, PIR_SECRET_S, 0);
	for (unsigned i = 0; i < PIR_D; i++)
		ret_s[i] = pir_ring_of(w->small[i]);
	pir_ring_ntt(p->ring, ret_s);
	pir_ring_to_generator(p->ring, ret_s, w->s);
}

enum rc
pir_query_seeded(const struct pir_public *p, uint32_t column,
    const uint8_t seed[static PIR_SEED_SIZE], struct pir_query **ret_query,
    struct buf *b)
{
	struct pir_query *q = failmem_alloc(sizeof(*q));
	struct work *w = failmem_alloc(sizeof(*w));
	struct pir_wire_query *wire = failmem_alloc(
	    sizeof(*wire) + p->shape.columns * sizeof(wire->words[0]));
	bool is_there = column < p->shape.columns;
	enum rc rc = RC_BUG;

	CHECK(q != NULL && w != NULL && wire != NULL, RC_NOMEM);
	/* it is true of every column that is asked for */
	ct_public(&is_there, sizeof(is_there));
	CHECK(is_there, RC_LIMIT);
	q->public = p;
	q->column = column;
	memcpy(w->stream.key, seed, PIR_SEED_SIZE);
	make_secret(p, w, q->s);
	for (unsigned k = 0; k < PIR_KEYS; k++)
		make_key(p, k, w, wire->keys[k]);
	for (uint32_t i = 0; i < p->shape.columns / PIR_D; i++)
		make_words(p, i, column, w, wire->words + (size_t)i * PIR_D);
	TRY(pir_wire_query_build(wire, &p->shape, b));
	*ret_query = q;
	q = NULL;
out:
	if (w != NULL)
		sodium_memzero(w, sizeof(*w));
	free(w);
	free(wire); /* it is sent */
	pir_query_free(q);
	return rc;
}

enum rc
pir_query_new(const struct pir_public *p, uint32_t column,
    struct pir_query **ret_query, struct buf *b)
{
	uint8_t seed[PIR_SEED_SIZE];
	enum rc rc;

	randombytes_buf(seed, sizeof(seed));
	rc = pir_query_seeded(p, column, seed, ret_query, b);
	sodium_memzero(seed, sizeof(seed));
	return rc;
}

/* 2^25 (a s / 2^25 + b / 2^17), modulo 2^25. The sum of 2048 products of 24
 * bits by at most 30 is below q/2, so that the product in R_q is the product
 * of the integers. */
static void
phase(const struct pir_query *q, const uint8_t *a_half, const uint8_t *b_half,
    uint64_t ret_phase[PIR_D])
{
	const struct pir_ring *ring = q->public->ring;
	uint64_t x[PIR_D];

	pir_wire_unpack(a_half, PIR_D, PIR_A_BITS, x);
	for (unsigned i = 0; i < PIR_D; i++) {
		uint64_t top = x[i] >> (PIR_A_BITS - 1);

		x[i] = pir_ring_of(
		    (int64_t)x[i] - (int64_t)(top << PIR_A_BITS));
	}
	pir_ring_ntt(ring, x);
	for (unsigned i = 0; i < PIR_D; i++)
		x[i] = pir_ring_mul(x[i], q->s[i]);
	pir_ring_intt(ring, x);
	pir_wire_unpack(b_half, PIR_D, PIR_B_BITS, ret_phase);
	for (unsigned i = 0; i < PIR_D; i++) {
		ret_phase[i] <<= PIR_A_BITS - PIR_B_BITS;
		ret_phase[i] += (uint64_t)pir_ring_centre(x[i]);
		ret_phase[i] &= (UINT64_C(1) << PIR_A_BITS) - 1;
	}
	sodium_memzero(x, sizeof(x));
}

enum rc
pir_query_open_halves(
    const struct pir_query *q, struct rd a, struct rd b, uint8_t *ret_column)
{
	const struct pir_shape *shape = &q->public->shape;
	const unsigned shift = PIR_A_BITS - PIR_PLAIN_BITS;
	struct pir_stream mask = { .purpose = PIR_PUBLIC_MASK,
		.index = q->column };
	uint64_t x[PIR_D];
	enum rc rc = RC_BUG;

	CHECK(a.left == pir_a_half_size(shape), RC_MALFORMED);
	CHECK(b.left == pir_b_half_size(shape), RC_MALFORMED);
	for (unsigned k = 0; k < shape->blocks; k++) {
		phase(q, a.p + (size_t)k * PIR_A_SIZE,
		    b.p + (size_t)k * PIR_B_SIZE, x);
		for (unsigned i = 0; i < PIR_D; i++) {
			x[i] = (x[i] + (1u << (shift - 1))) >> shift;
			x[i] = (x[i] + PIR_PLAIN_HALF) &
			    ((1u << PIR_PLAIN_BITS) - 1);
		}
		pir_wire_pack(x, PIR_D, PIR_PLAIN_BITS,
		    ret_column + (size_t)k * PIR_COLUMN_BLOCK_SIZE);
	}
	pir_sample_label(shape->label, mask.key);
	pir_sample_xor(&mask, pir_column_size(shape), ret_column);
	rc = RC_OK;
out:
	sodium_memzero(x, sizeof(x));
	sodium_memzero(&mask, sizeof(mask));
	return rc;
}

enum rc
pir_query_open(const struct pir_query *q, struct rd answer, uint8_t *ret_column)
{
	struct rd a = { 0 };
	enum rc rc = RC_BUG;

	TRY(rd_take(&answer, pir_a_half_size(&q->public->shape), &a));
	TRY(pir_query_open_halves(q, a, answer, ret_column));
out:
	return rc;
}

enum rc
pir_query_noise(const struct pir_query *q, struct rd answer, int16_t *ret_noise)
{
	const struct pir_shape *shape = &q->public->shape;
	const unsigned unit = 1u << (PIR_A_BITS - PIR_PLAIN_BITS);
	uint64_t x[PIR_D];
	struct rd a = { 0 };
	enum rc rc = RC_BUG;

	CHECK(answer.left == pir_answer_size(shape), RC_MALFORMED);
	TRY(rd_take(&answer, pir_a_half_size(shape), &a));
	for (unsigned k = 0; k < shape->blocks; k++) {
		phase(q, a.p + (size_t)k * PIR_A_SIZE,
		    answer.p + (size_t)k * PIR_B_SIZE, x);
		for (unsigned i = 0; i < PIR_D; i++)
			*ret_noise++ = (int16_t)((int)((x[i] + unit / 2) %
						     unit) -
			    (int)unit / 2);
	}
	rc = RC_OK;
out:
	sodium_memzero(x, sizeof(x));
	return rc;
}

void
pir_query_free(struct pir_query *q)
{
	if (q != NULL)
		sodium_memzero(q, sizeof(*q));
	free(q);
}
