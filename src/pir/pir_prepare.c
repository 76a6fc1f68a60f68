/*
 * What is done before the first query (doc/protocol/ring-pir.md, 6).
 *
 * The a half of the answer depends on the table and on the public polynomials
 * alone. For each row, hint = sum over blocks of a x D(1/X), divided by 2048:
 * the b word of the row and this polynomial are an encryption, whose constant
 * coefficient is the plaintext. 2048 of them are packed into one: sum over all
 * automorphisms e of a_e s(X^e), with a_e = sum over rows k of X^k hint_k(X^e),
 * and then every s(X^e) is switched to s, one turn X -> X^5 after the other.
 *
 * a_e is g_u(X^e), where g_u = sum of hint_k Y^k at Y = X^u, u = 1/e: the 2048
 * odd u are one Fourier transform over Y, in which every root of unity is a
 * power of X and multiplying by it is a shift (Nussbaumer).
 */
#include "pir/pir_table.h"

#include <string.h>
#include <sys/mman.h>

#include "base/failmem.h"
#include "pir/pir_public.h"
#include "pir/pir_wire.h"

#define TURNS_A_STEP 64 /* key switches of a call */

enum stage { STAGE_HINT, STAGE_TRANSFORM, STAGE_COLLAPSE };

struct pir_prepare {
	struct pir_public *public;
	unsigned block;
	enum stage stage;
	unsigned done; /* of the stage's units */
	/* 5^t mod 4096 */
	unsigned power[PIR_H];
	/* of the two halves: what the switches so far came to, coefficients */
	uint64_t sum[2][PIR_D];
	uint64_t x[PIR_D];
	uint64_t y[PIR_D];
	uint64_t digit[PIR_DIGITS][PIR_D];
	struct pir_keys
	    *keys; /* the public polynomials, as a query's keys are */
	uint64_t (*a)[PIR_D]; /* a / 2048, transform order */
	uint64_t (*band)[PIR_D];
	/* the hint, then g: integers below 2^52 */
	int64_t (*g)[PIR_D];
};

#define G_SIZE ((size_t)PIR_D * PIR_D * sizeof(int64_t))

void
pir_prepare_free(struct pir_prepare *p)
{
	if (p == NULL)
		return;
	if (p->g != NULL)
		(void)munmap(p->g, G_SIZE);
	pir_public_free(p->public);
	free(p->keys);
	free(p->a);
	free(p->band);
	free(p);
}

static enum rc
prepare_new(const struct pir_table *t, struct pir_prepare **ret_prepare)
{
	const unsigned n = t->shape.columns / PIR_D;
	struct pir_prepare *p = failmem_alloc(sizeof(*p));
	unsigned e = 1;
	enum rc rc = RC_BUG;

	CHECK(p != NULL, RC_NOMEM);
	TRY(pir_public_new(&t->shape, &p->public));
	p->keys = failmem_alloc(sizeof(*p->keys));
	p->a = failmem_array(n, sizeof(p->a[0]));
	p->band = failmem_array(PIR_BAND, sizeof(p->band[0]));
	CHECK(p->keys != NULL && p->a != NULL && p->band != NULL, RC_NOMEM);
	p->g = mmap(NULL, G_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->g == MAP_FAILED)
		p->g = NULL;
	CHECK(p->g != NULL, RC_NOMEM);
	(void)madvise(p->g, G_SIZE, MADV_HUGEPAGE);
	pir_kernel_lay_out(p->public->keys[0], p->keys);
	for (unsigned i = 0; i < n; i++) {
		pir_ring_from_generator(t->ring, p->public->a[i], p->a[i]);
		for (unsigned j = 0; j < PIR_D; j++)
			p->a[i][j] = pir_ring_mul(p->a[i][j], t->ring->d_inv);
	}
	for (unsigned i = 0; i < PIR_H; i++) {
		p->power[i] = e;
		e = e * 5 % (2 * PIR_D);
	}
	*ret_prepare = p;
	p = NULL;
	rc = RC_OK;
out:
	pir_prepare_free(p);
	return rc;
}

/* D(1/X) of a row's 2048 columns: column i > 0 is coefficient 2048 - i, with
 * its sign changed. */
static void
mirrored_row(const int16_t *columns, unsigned row, uint64_t ret[PIR_D])
{
	const int16_t *d = columns + (size_t)row * 2;

	ret[0] = pir_ring_of(d[0]);
	ret[PIR_D - 1] = pir_ring_of(-d[1]);
	for (unsigned i = 2; i < PIR_D; i += 2) {
		d += 2 * PIR_BAND;
		ret[PIR_D - i] = pir_ring_of(-d[0]);
		ret[PIR_D - i - 1] = pir_ring_of(-d[1]);
	}
}

/* The hints of the 32 rows of one band. */
static void
hint_band(const struct pir_table *t, struct pir_prepare *p, unsigned band)
{
	const struct pir_kernel *kernel = t->kernel;
	const int16_t *d = pir_table_band(
	    t, (size_t)p->block * PIR_BLOCK_BANDS + band);

	memset(p->band, 0, PIR_BAND * sizeof(p->band[0]));
	for (unsigned i = 0; i < t->shape.columns / PIR_D; i++)
		for (unsigned r = 0; r < PIR_BAND; r++) {
			mirrored_row(d + (size_t)i * PIR_D * PIR_BAND, r, p->x);
			kernel->ntt(t->ring, p->x);
			kernel->muladd(p->band[r], p->x, p->a[i], PIR_D);
		}
	for (unsigned r = 0; r < PIR_BAND; r++) {
		int64_t *g = p->g[(size_t)band * PIR_BAND + r];

		kernel->intt(t->ring, p->band[r]);
		for (unsigned j = 0; j < PIR_D; j++)
			g[j] = pir_ring_centre(p->band[r][j]);
	}
}

/* Node i of the level of m nodes, and all below it; eleven levels, so that
 * |g| < 2^41 2^11. Depth first: what is deep stays in the cache. */
static void
transform(const struct pir_kernel *kernel, int64_t (*g)[PIR_D], unsigned m,
    unsigned i)
{
	const unsigned n = PIR_D / (2 * m);
	const unsigned turn = pir_ring_reverse(m + i);

	for (unsigned k = 0; k < n; k++)
		kernel->butterfly(g[k], g[k + n], turn);
	if (n > 1) {
		transform(kernel, g, 2 * m, 2 * i);
		transform(kernel, g + n, 2 * m, 2 * i + 1);
	}
}

/* Rounds to a multiple of 2^9 and cuts into three signed digits of 11 bits. */
static void
cut_digits(const uint64_t a[PIR_D], uint64_t digit[PIR_DIGITS][PIR_D])
{
	const int64_t base = 1 << PIR_DIGIT_BITS;

	for (unsigned i = 0; i < PIR_D; i++) {
		int64_t v = pir_ring_centre(a[i]);

		v = (v + (1 << (PIR_DIGIT_DROP - 1))) >> PIR_DIGIT_DROP;
		for (unsigned k = 0; k < PIR_DIGITS - 1; k++) {
			int64_t low = ((v + base / 2) & (base - 1)) - base / 2;

			digit[k][i] = pir_ring_of(low);
			v = (v - low) >> PIR_DIGIT_BITS;
		}
		digit[PIR_DIGITS - 1][i] = pir_ring_of(v);
	}
}

/* Three digits of 42 bits a lane, as two words of three halves. */
static void
store_digits(const struct pir_table *t, const struct pir_prepare *p,
    unsigned step, uint64_t digit[PIR_DIGITS][PIR_D])
{
	const uint64_t mask = (UINT64_C(1) << PIR_DIGIT_HALF) - 1;

	for (unsigned c = 0; c < PIR_CHUNKS; c++) {
		uint64_t *to = pir_table_chunk(t, p->block, c) +
		    (size_t)step * 2 * PIR_LANES;

		for (unsigned i = 0; i < PIR_LANES; i++) {
			uint64_t low = 0;
			uint64_t high = 0;

			for (unsigned k = PIR_DIGITS; k-- > 0;) {
				uint64_t v = digit[k][c * PIR_LANES + i];

				low = low << PIR_DIGIT_HALF | (v & mask);
				high = high << PIR_DIGIT_HALF |
				    v >> PIR_DIGIT_HALF;
			}
			to[i] = low;
			to[PIR_LANES + i] = high;
		}
	}
}

/* One key switch: a becomes the sum of its digits x the public key, which is
 * `turn` turns on, its halves exchanged if `side` is 1. */
static void
switch_key(const struct pir_table *t, struct pir_prepare *p, unsigned step,
    uint64_t a[PIR_D])
{
	const bool is_last = step == PIR_STEPS - 1;
	const unsigned side = is_last ? 0 : step / (PIR_H - 1);
	const unsigned turn = is_last ? 0 : step % (PIR_H - 1);

	cut_digits(a, p->digit);
	memset(p->y, 0, sizeof(p->y));
	for (unsigned k = 0; k < PIR_DIGITS; k++) {
		t->kernel->ntt(t->ring, p->digit[k]);
		pir_ring_to_generator(t->ring, p->digit[k], p->x);
		memcpy(p->digit[k], p->x, sizeof(p->x));
		for (unsigned s = 0; s < 2; s++)
			t->kernel->muladd(p->y + (size_t)s * PIR_H,
			    p->x + (size_t)s * PIR_H,
			    is_last ? p->keys->exchange[k][s]
				    : p->keys->turn[k][s ^ side] + turn,
			    PIR_H);
	}
	store_digits(t, p, step, p->digit);
	pir_ring_from_generator(t->ring, p->y, a);
	t->kernel->intt(t->ring, a);
}

/* Adds a_e to what came down to it, for e = 5^turn or its negative. q 2^11,
 * which is above 2^52, makes every g positive. */
static void
add_a(struct pir_prepare *p, unsigned side, unsigned turn)
{
	unsigned e = p->power[turn];
	unsigned u = p->power[(PIR_H - turn) % PIR_H]; /* 1/e */
	const int64_t *g;

	if (side == 1) {
		e = 2 * PIR_D - e;
		u = 2 * PIR_D - u;
	}
	g = p->g[pir_ring_reverse((u - 1) / 2)];
	for (unsigned i = 0; i < PIR_D; i++)
		p->x[i] = pir_ring_reduce((uint64_t)g[i] + (PIR_Q << 11));
	pir_ring_automorphism(e, p->x, p->y);
	for (unsigned i = 0; i < PIR_D; i++)
		p->sum[side][i] = pir_ring_add(p->sum[side][i], p->y[i]);
}

/* The next switch of a block, from the highest turn down, one half after the
 * other; at the end s(1/X) to s, and the a half is known. */
static void
collapse(const struct pir_table *t, struct pir_prepare *p)
{
	unsigned side = p->done / PIR_H;
	unsigned turn = PIR_H - 1 - p->done % PIR_H;
	uint64_t a[PIR_D];

	if (p->done % PIR_H == 0)
		memset(p->sum[side], 0, sizeof(p->sum[side]));
	add_a(p, side, turn);
	if (turn > 0)
		switch_key(t, p, side * (PIR_H - 1) + turn - 1, p->sum[side]);
	if (++p->done < 2 * PIR_H)
		return;
	switch_key(t, p, PIR_STEPS - 1, p->sum[1]);
	for (unsigned i = 0; i < PIR_D; i++) {
		a[i] = pir_ring_add(p->sum[0][i], p->sum[1][i]);
		a[i] = (uint64_t)((((pir_u128)a[i] << PIR_A_BITS) + PIR_Q / 2) /
			   PIR_Q) &
		    ((UINT64_C(1) << PIR_A_BITS) - 1);
	}
	pir_wire_pack(
	    a, PIR_D, PIR_A_BITS, t->a_half + (size_t)p->block * PIR_A_SIZE);
}

static void
step(const struct pir_table *t, struct pir_prepare *p)
{
	switch (p->stage) {
	case STAGE_HINT:
		hint_band(t, p, p->done);
		if (++p->done < PIR_BLOCK_BANDS)
			return;
		p->stage = STAGE_TRANSFORM;
		break;
	case STAGE_TRANSFORM:
		transform(t->kernel, p->g, 1, 0);
		p->stage = STAGE_COLLAPSE;
		break;
	case STAGE_COLLAPSE:
		for (unsigned i = 0; i < TURNS_A_STEP && p->done < 2 * PIR_H;
		     i++)
			collapse(t, p);
		if (p->done < 2 * PIR_H)
			return;
		p->stage = STAGE_HINT;
		p->block++;
		break;
	}
	p->done = 0;
}

enum rc
pir_table_prepare_step(struct pir_table *t, bool *ret_done)
{
	enum rc rc = RC_BUG;

	CHECK(!t->is_ready, RC_STATE);
	if (t->prepare == NULL)
		TRY(prepare_new(t, &t->prepare));
	ASSERT(t->prepare != NULL);
	step(t, t->prepare);
	if (t->prepare->block == t->shape.blocks) {
		pir_prepare_free(t->prepare);
		t->prepare = NULL;
		t->is_ready = true;
	}
	*ret_done = t->is_ready;
	rc = RC_OK;
out:
	return rc;
}

enum rc
pir_table_prepare(struct pir_table *t)
{
	bool is_done = false;
	enum rc rc = RC_BUG;

	do
		TRY(pir_table_prepare_step(t, &is_done));
	while (!is_done);
out:
	return rc;
}
