/*
 * pir_ring: arithmetic modulo q and in R_q (doc/protocol/ring-pir.md, 1).
 * Pure, no state but its tables; constant time in every value.
 *
 * Values are canonical, in [0, q), wherever a function takes or gives them. A
 * polynomial is given by its coefficients, by its values in the order in which
 * the transform leaves them (value i at psi^(2 brv(i) + 1)), or by its values
 * in generator order: value 1024 s + t at psi^((-1)^s 5^t). In generator order
 * X -> X^5 turns both halves by one place and X -> X^-1 exchanges them, so that
 * no automorphism costs more than an offset.
 */
#ifndef PIR_RING_H
#define PIR_RING_H
#include "base/rc.h"
#include "pir/pir_params.h"

__extension__ typedef unsigned __int128 pir_u128;

struct pir_ring {
	/* psi^brv(i) and floor(2^64 psi^brv(i) / q); then of psi^-1 */
	uint64_t root[PIR_D];
	uint64_t root_shoup[PIR_D];
	uint64_t unroot[PIR_D];
	uint64_t unroot_shoup[PIR_D];
	uint64_t d_inv; /* 1/2048 */
	uint64_t d_inv_shoup;
	uint16_t slot[PIR_D]; /* generator order -> transform order */
	/* for kernels that compute in doubles: the roots, and roots / q */
	double root_real[PIR_D];
	double root_ratio[PIR_D];
	double unroot_real[PIR_D];
	double unroot_ratio[PIR_D];
};

/* x if x < q, x - q if q <= x < 2q. */
static inline uint64_t
pir_ring_sub_q(uint64_t x)
{
	uint64_t d = x - PIR_Q;

	return d + (PIR_Q & (0 - (d >> 63)));
}

static inline uint64_t
pir_ring_add(uint64_t a, uint64_t b)
{
	return pir_ring_sub_q(a + b);
}

static inline uint64_t
pir_ring_sub(uint64_t a, uint64_t b)
{
	return pir_ring_sub_q(a + PIR_Q - b);
}

/* Any x; the quotient is one too small at the most (2^64/q is rounded down). */
static inline uint64_t
pir_ring_reduce(uint64_t x)
{
	uint64_t t = (uint64_t)(((pir_u128)x * (UINT64_MAX / PIR_Q)) >> 64);

	return pir_ring_sub_q(x - t * PIR_Q);
}

/* Barrett: for z < q^2 < 2^84 the quotient is at most two too small. */
static inline uint64_t
pir_ring_mul(uint64_t a, uint64_t b)
{
	const uint64_t m = (uint64_t)(((pir_u128)1 << 84) / PIR_Q);
	pir_u128 z = (pir_u128)a * b;
	uint64_t t = (uint64_t)(((pir_u128)(uint64_t)(z >> 41) * m) >> 43);

	return pir_ring_sub_q(pir_ring_sub_q((uint64_t)z - t * PIR_Q));
}

/* a w for a constant w and shoup = floor(2^64 w / q); any a. */
static inline uint64_t
pir_ring_mul_shoup(uint64_t a, uint64_t w, uint64_t shoup)
{
	uint64_t t = (uint64_t)(((pir_u128)a * shoup) >> 64);

	return pir_ring_sub_q(a * w - t * PIR_Q);
}

/* v mod q, for |v| < q. */
static inline uint64_t
pir_ring_of(int64_t v)
{
	return (uint64_t)v + (PIR_Q & (0 - ((uint64_t)v >> 63)));
}

/* The representative in [-(q-1)/2, (q-1)/2]. */
static inline int64_t
pir_ring_centre(uint64_t x)
{
	uint64_t above = ((PIR_Q - 1) / 2 - x) >> 63;

	return (int64_t)(x - (PIR_Q & (0 - above)));
}

/* The caller owns *ret_ring: free(). RC_NOMEM. */
MUST_USE enum rc pir_ring_new(struct pir_ring **ret_ring);
/* Coefficients to values in transform order, and back; in place. */
void pir_ring_ntt(const struct pir_ring *r, uint64_t a[PIR_D]);
void pir_ring_intt(const struct pir_ring *r, uint64_t a[PIR_D]);
/* Transform order to generator order, and back; in and out do not overlap. */
void pir_ring_to_generator(
    const struct pir_ring *r, const uint64_t in[PIR_D], uint64_t out[PIR_D]);
void pir_ring_from_generator(
    const struct pir_ring *r, const uint64_t in[PIR_D], uint64_t out[PIR_D]);
/* out = in(X^e), e odd; coefficients; in and out do not overlap. */
void pir_ring_automorphism(
    unsigned e, const uint64_t in[PIR_D], uint64_t out[PIR_D]);
/* The low eleven bits of x in reverse. */
unsigned pir_ring_reverse(unsigned x);
#endif
