#include "pir/pir_sample.h"

#include <math.h>

#include <sodium.h>

#include "tap.h"

static void
a_stream_is_chacha20_under_purpose_and_index(void)
{
	const struct pir_stream s = {
		.key = { 1, 2 }, .purpose = 3, .index = 0x04050607
	};
	const uint8_t nonce[8] = { 7, 6, 5, 4, 3, 0, 0, 0 };
	uint8_t want[100];
	uint8_t got[100];

	(void)crypto_stream_chacha20(want, sizeof(want), nonce, s.key);
	pir_sample_octets(&s, sizeof(got), got);
	T_MEM(want, got, sizeof(got));
	pir_sample_xor(&s, sizeof(got), got);
	T_OK(sodium_is_zero(got, sizeof(got)) == 1);
}

/* The stream's words of 8 octets, those kept that are below q in 42 bits. */
static void
uniform_values_are_the_words_that_are_below_q(void)
{
	const struct pir_stream s = { .purpose = 1 };
	static uint8_t octets[20000];
	static uint64_t v[PIR_D];
	size_t at = 0;
	size_t refused = 0;

	pir_sample_octets(&s, sizeof(octets), octets);
	pir_sample_uniform(&s, v);
	for (unsigned i = 0; i < PIR_D; i++) {
		uint64_t w;

		do {
			w = 0;
			for (unsigned k = 0; k < 6; k++)
				w |= (uint64_t)octets[at + k] << (8 * k);
			w &= (UINT64_C(1) << 42) - 1;
			refused += w >= PIR_Q;
			at += 8;
		} while (w >= PIR_Q);
		T_OK(v[i] == w);
	}
	T_OK(refused > 0); /* or this test has not seen it */
}

static void
a_label_has_streams_of_its_own(void)
{
	const uint8_t a[PIR_LABEL_SIZE] = { 1 };
	const uint8_t b[PIR_LABEL_SIZE] = { 2 };
	uint8_t key_a[PIR_SEED_SIZE];
	uint8_t key_b[PIR_SEED_SIZE];

	pir_sample_label(a, key_a);
	pir_sample_label(b, key_b);
	T_OK(memcmp(key_a, key_b, sizeof(key_a)) != 0);
}

#define POLYNOMIALS 400 /* 819,200 samples */

/* Each count within six standard deviations of what exp(-x^2 / (2 3.2^2)) says
 * that it is; so would the Gaussian of 3.18 be found. */
static void
errors_are_gaussian(void)
{
	const double n = POLYNOMIALS * (double)PIR_D;
	static double count[2 * PIR_GAUSS_MAX + 1];
	static int8_t x[PIR_D];
	double total = 0;
	double square = 0;

	for (uint32_t i = 0; i < POLYNOMIALS; i++) {
		const struct pir_stream s = { .purpose = 2, .index = i };

		pir_sample_gauss(&s, x);
		for (unsigned j = 0; j < PIR_D; j++) {
			T_OK(x[j] >= -PIR_GAUSS_MAX && x[j] <= PIR_GAUSS_MAX);
			count[x[j] + PIR_GAUSS_MAX]++;
			square += (double)x[j] * x[j];
		}
	}
	for (int k = -PIR_GAUSS_MAX; k <= PIR_GAUSS_MAX; k++)
		total += exp(-k * k / (2 * 3.2 * 3.2));
	for (int k = -15; k <= 15; k++) {
		double p = exp(-k * k / (2 * 3.2 * 3.2)) / total;

		T_OK(fabs(count[k + PIR_GAUSS_MAX] - n * p) <
		    6 * sqrt(n * p) + 1);
	}
	/* the square of a Gaussian has the variance 2 x 3.2^4 */
	T_OK(fabs(square / n - 10.24) < 6 * 10.24 * sqrt(2 / n));
}

int
main(void)
{
	TEST(a_stream_is_chacha20_under_purpose_and_index);
	TEST(uniform_values_are_the_words_that_are_below_q);
	TEST(a_label_has_streams_of_its_own);
	TEST(errors_are_gaussian);
	return tap_done();
}
