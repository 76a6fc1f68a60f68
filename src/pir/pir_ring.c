#include "pir/pir_ring.h"

#include "base/failmem.h"

static uint64_t
power(uint64_t a, uint64_t e)
{
	uint64_t r = 1;

	for (; e > 0; e >>= 1) {
		if ((e & 1) != 0)
			r = pir_ring_mul(r, a);
		a = pir_ring_mul(a, a);
	}
	return r;
}

static uint64_t
shoup(uint64_t w)
{
	return (uint64_t)(((pir_u128)w << 64) / PIR_Q);
}

unsigned
pir_ring_reverse(unsigned x)
{
	unsigned r = 0;

	for (unsigned i = 0; i < PIR_LOG_D; i++)
		r |= ((x >> i) & 1) << (PIR_LOG_D - 1 - i);
	return r;
}

/* Value i of the transform is at psi^(2 brv(i) + 1). */
static unsigned
place_of(unsigned exponent)
{
	return pir_ring_reverse((exponent - 1) / 2);
}

enum rc
pir_ring_new(struct pir_ring **ret_ring)
{
	struct pir_ring *r = failmem_alloc(sizeof(*r));
	uint64_t inverse = power(PIR_PSI, 2 * PIR_D - 1);
	uint64_t up = 1;
	uint64_t down = 1;
	unsigned e = 1;
	enum rc rc = RC_BUG;

	CHECK(r != NULL, RC_NOMEM);
	for (unsigned i = 0; i < PIR_D; i++) {
		unsigned at = pir_ring_reverse(i);

		r->root[at] = up;
		r->root_shoup[at] = shoup(up);
		r->unroot[at] = down;
		r->unroot_shoup[at] = shoup(down);
		r->root_real[at] = (double)up;
		r->root_ratio[at] = (double)up / (double)PIR_Q;
		r->unroot_real[at] = (double)down;
		r->unroot_ratio[at] = (double)down / (double)PIR_Q;
		up = pir_ring_mul(up, PIR_PSI);
		down = pir_ring_mul(down, inverse);
	}
	r->d_inv = power(PIR_D, PIR_Q - 2);
	r->d_inv_shoup = shoup(r->d_inv);
	for (unsigned t = 0; t < PIR_H; t++) {
		r->slot[t] = (uint16_t)place_of(e);
		r->slot[PIR_H + t] = (uint16_t)place_of(2 * PIR_D - e);
		e = e * 5 % (2 * PIR_D);
	}
	*ret_ring = r;
	rc = RC_OK;
out:
	return rc;
}

/* Cooley and Tukey: X^(2t) - w^2 = (X^t - w)(X^t + w), from X^2048 + 1 down. */
void
pir_ring_ntt(const struct pir_ring *r, uint64_t a[PIR_D])
{
	for (unsigned m = 1, t = PIR_D / 2; m < PIR_D; m *= 2, t /= 2)
		for (unsigned i = 0; i < m; i++) {
			uint64_t w = r->root[m + i];
			uint64_t ws = r->root_shoup[m + i];
			uint64_t *x = a + (size_t)2 * i * t;
			uint64_t *y = x + t;

			for (unsigned j = 0; j < t; j++) {
				uint64_t u = pir_ring_mul_shoup(y[j], w, ws);

				y[j] = pir_ring_sub(x[j], u);
				x[j] = pir_ring_add(x[j], u);
			}
		}
}

/* The same steps backwards (Gentleman and Sande); the halves are made up for
 * at the end by 1/2048. */
void
pir_ring_intt(const struct pir_ring *r, uint64_t a[PIR_D])
{
	for (unsigned m = PIR_D / 2, t = 1; m >= 1; m /= 2, t *= 2)
		for (unsigned i = 0; i < m; i++) {
			uint64_t w = r->unroot[m + i];
			uint64_t ws = r->unroot_shoup[m + i];
			uint64_t *x = a + (size_t)2 * i * t;
			uint64_t *y = x + t;

			for (unsigned j = 0; j < t; j++) {
				uint64_t u = pir_ring_sub(x[j], y[j]);

				x[j] = pir_ring_add(x[j], y[j]);
				y[j] = pir_ring_mul_shoup(u, w, ws);
			}
		}
	for (unsigned i = 0; i < PIR_D; i++)
		a[i] = pir_ring_mul_shoup(a[i], r->d_inv, r->d_inv_shoup);
}

void
pir_ring_to_generator(
    const struct pir_ring *r, const uint64_t in[PIR_D], uint64_t out[PIR_D])
{
	for (unsigned i = 0; i < PIR_D; i++)
		out[i] = in[r->slot[i]];
}

void
pir_ring_from_generator(
    const struct pir_ring *r, const uint64_t in[PIR_D], uint64_t out[PIR_D])
{
	for (unsigned i = 0; i < PIR_D; i++)
		out[r->slot[i]] = in[i];
}

/* X^i goes to X^(ie), and X^2048 = -1. */
void
pir_ring_automorphism(unsigned e, const uint64_t in[PIR_D], uint64_t out[PIR_D])
{
	for (unsigned i = 0; i < PIR_D; i++) {
		unsigned to = i * e % (2 * PIR_D);

		out[to % PIR_D] = to < PIR_D ? in[i] : pir_ring_sub(0, in[i]);
	}
}
