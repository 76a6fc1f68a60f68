#include "pir/pir_ring.h"

#include "pir/pir_sample.h"

#include "tap.h"

static struct pir_ring *ring;

static void
uniform(uint32_t seed, uint64_t ret[PIR_D])
{
	const struct pir_stream s = { .purpose = 5, .index = seed };

	pir_sample_uniform(&s, ret);
}

static uint64_t
mul(uint64_t a, uint64_t b)
{
	return (uint64_t)((pir_u128)a * b % PIR_Q);
}

static uint64_t
power(uint64_t a, unsigned e)
{
	uint64_t r = 1;

	while (e-- > 0)
		r = mul(r, a);
	return r;
}

static void
operations_agree_with_division(void)
{
	const uint64_t edge[] = { 0, 1, 2, PIR_Q / 2, PIR_Q / 2 + 1, PIR_Q - 2,
		PIR_Q - 1 };
	const size_t n = ARRAY_LEN(edge);
	uint64_t x[PIR_D];
	uint64_t y[PIR_D];

	uniform(1, x);
	uniform(2, y);
	memcpy(x, edge, sizeof(edge));
	for (size_t i = 0; i < PIR_D; i++)
		for (size_t j = 0; j < (i < n ? n : 1); j++) {
			uint64_t a = x[i];
			uint64_t b = i < n ? edge[j] : y[i];
			uint64_t shoup = (uint64_t)(((pir_u128)b << 64) /
			    PIR_Q);

			T_OK(pir_ring_mul(a, b) == mul(a, b));
			T_OK(pir_ring_mul_shoup(a, b, shoup) == mul(a, b));
			T_OK(pir_ring_add(a, b) == (a + b) % PIR_Q);
			T_OK(pir_ring_sub(a, b) == (a + PIR_Q - b) % PIR_Q);
		}
}

static void
any_word_is_reduced(void)
{
	const uint64_t top = UINT64_MAX / PIR_Q * PIR_Q;
	const uint64_t edge[] = { 0, PIR_Q - 1, PIR_Q, PIR_Q + 1, 2 * PIR_Q - 1,
		2 * PIR_Q, UINT64_MAX, top, top - 1, top + 1 };

	for (size_t i = 0; i < ARRAY_LEN(edge); i++)
		T_OK(pir_ring_reduce(edge[i]) == edge[i] % PIR_Q);
	for (uint64_t i = 1; i < 4000; i++)
		T_OK(pir_ring_reduce(i * 0x9e3779b97f4a7c15) ==
		    i * 0x9e3779b97f4a7c15 % PIR_Q);
}

static void
a_value_is_centred_and_comes_back(void)
{
	const int64_t half = (PIR_Q - 1) / 2;
	const int64_t edge[] = { 0, 1, -1, half, -half, 12345, -12345 };

	for (size_t i = 0; i < ARRAY_LEN(edge); i++)
		T_OK(pir_ring_centre(pir_ring_of(edge[i])) == edge[i]);
	T_OK(pir_ring_of(-1) == PIR_Q - 1);
}

static void
the_modulus_is_as_the_document_has_it(void)
{
	T_OK(PIR_Q % (2 * PIR_D) == 1);
	T_OK(power(PIR_PSI, PIR_D) == PIR_Q - 1);
	/* largest such below 0.995 x 2^42 that is a prime: the model's test */
	T_OK(PIR_Q < UINT64_C(4398046511104) / 1000 * 995);
	T_OK(PIR_WORD_MAX == (int64_t)(((PIR_Q - 1) / 2 + 2) / 4));
	/* four limbs of ten bits reach so far */
	T_OK(PIR_WORD_MAX <= INT64_C(511) * ((INT64_C(1) << 40) - 1) / 1023);
}

static void
the_transform_gives_the_values_at_the_odd_powers_of_psi(void)
{
	uint64_t a[PIR_D];
	uint64_t v[PIR_D];

	uniform(3, a);
	memcpy(v, a, sizeof(a));
	pir_ring_ntt(ring, v);
	for (unsigned i = 0; i < PIR_D; i += i < 8 ? 1 : 97) {
		uint64_t at = power(PIR_PSI, 2 * pir_ring_reverse(i) + 1);
		uint64_t sum = 0;

		for (unsigned j = PIR_D; j-- > 0;)
			sum = (mul(sum, at) + a[j]) % PIR_Q;
		T_OK(v[i] == sum);
	}
	pir_ring_intt(ring, v);
	T_MEM(a, v, sizeof(a));
}

static void
products_of_values_are_products_of_polynomials(void)
{
	uint64_t a[PIR_D];
	uint64_t b[PIR_D];
	uint64_t want[PIR_D] = { 0 };

	uniform(4, a);
	uniform(5, b);
	for (unsigned i = 0; i < PIR_D; i++)
		for (unsigned j = 0; j < PIR_D; j++) {
			uint64_t p = pir_ring_mul(a[i], b[j]);
			uint64_t *to = &want[(i + j) % PIR_D];

			*to = i + j < PIR_D ? pir_ring_add(*to, p)
					    : pir_ring_sub(*to, p);
		}
	pir_ring_ntt(ring, a);
	pir_ring_ntt(ring, b);
	for (unsigned i = 0; i < PIR_D; i++)
		a[i] = pir_ring_mul(a[i], b[i]);
	pir_ring_intt(ring, a);
	T_MEM(want, a, sizeof(a));
}

/* Values of p(X^e) in generator order. */
static void
turned(const uint64_t p[PIR_D], unsigned e, uint64_t ret[PIR_D])
{
	uint64_t x[PIR_D];

	pir_ring_automorphism(e, p, x);
	pir_ring_ntt(ring, x);
	pir_ring_to_generator(ring, x, ret);
}

static void
in_generator_order_automorphisms_are_turns(void)
{
	uint64_t p[PIR_D];
	uint64_t v[PIR_D];
	uint64_t t[PIR_D];
	uint64_t again[PIR_D];

	uniform(6, p);
	turned(p, 1, v);
	turned(p, 5, t);
	for (unsigned i = 0; i < PIR_H; i++) {
		T_OK(t[i] == v[(i + 1) % PIR_H]);
		T_OK(t[PIR_H + i] == v[PIR_H + (i + 1) % PIR_H]);
	}
	turned(p, 2 * PIR_D - 1, t);
	for (unsigned i = 0; i < PIR_D; i++)
		T_OK(t[i] == v[i ^ PIR_H]);
	pir_ring_from_generator(ring, v, t);
	pir_ring_to_generator(ring, t, again);
	T_MEM(v, again, sizeof(v));
	/* value t is at psi^(5^t) */
	pir_ring_intt(ring, t);
	T_MEM(p, t, sizeof(p));
}

int
main(void)
{
	T_RC(RC_OK, pir_ring_new(&ring));
	TEST(operations_agree_with_division);
	TEST(any_word_is_reduced);
	TEST(a_value_is_centred_and_comes_back);
	TEST(the_modulus_is_as_the_document_has_it);
	TEST(the_transform_gives_the_values_at_the_odd_powers_of_psi);
	TEST(products_of_values_are_products_of_polynomials);
	TEST(in_generator_order_automorphisms_are_turns);
	free(ring);
	return tap_done();
}
