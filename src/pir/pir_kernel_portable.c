#include "pir/pir_kernel.h"

#include <string.h>

static void
muladd(uint64_t *acc, const uint64_t *x, const uint64_t *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		acc[i] = pir_ring_add(acc[i], pir_ring_mul(x[i], y[i]));
}

/* X^turn y is y moved up by turn, what falls off the end coming back in at the
 * start with its sign changed. */
static void
butterfly(int64_t x[PIR_D], int64_t y[PIR_D], unsigned turn)
{
	int64_t w[PIR_D];

	for (unsigned j = 0; j < turn; j++)
		w[j] = -y[PIR_D - turn + j];
	memcpy(w + turn, y, (PIR_D - turn) * sizeof(w[0]));
	for (unsigned j = 0; j < PIR_D; j++) {
		y[j] = x[j] - w[j];
		x[j] = x[j] + w[j];
	}
}

static void
scan(const int16_t *band, const pir_run_limbs *limbs, uint32_t columns,
    unsigned n, pir_band_sums *ret_sums)
{
	memset(ret_sums, 0, n * sizeof(*ret_sums));
	for (uint32_t c = 0; c < columns; c++)
		for (unsigned j = 0; j < n; j++)
			for (unsigned l = 0; l < PIR_LIMBS; l++) {
				int limb = limbs[c / PIR_RUN][j]
						[c % PIR_RUN / 2][l][c % 2];
				const int16_t *d = band +
				    (size_t)c / 2 * 2 * PIR_BAND + c % 2;

				for (unsigned r = 0; r < PIR_BAND; r++)
					ret_sums[j][l][r] += d[2 * r] * limb;
			}
}

static void
keys(struct pir_keys *k)
{
	(void)k;
}

static uint64_t
digit(const uint64_t *pair, unsigned k)
{
	const uint64_t mask = (UINT64_C(1) << PIR_DIGIT_HALF) - 1;
	uint64_t low = pair[0] >> (PIR_DIGIT_HALF * k) & mask;
	uint64_t high = pair[PIR_LANES] >> (PIR_DIGIT_HALF * k) & mask;

	return low | high << PIR_DIGIT_HALF;
}

/* The value of one lane: 6141 products below 2^84, summed whole. */
static uint64_t
mac_lane(
    const uint64_t *d, const struct pir_keys *key, unsigned half, unsigned at)
{
	pir_u128 sum = 0;

	for (unsigned side = 0; side < 2; side++)
		for (unsigned t = 0; t < PIR_H - 1; t++, d += 2 * PIR_LANES)
			for (unsigned k = 0; k < PIR_DIGITS; k++)
				sum += (pir_u128)digit(d, k) *
				    key->turn[k][half ^ side][at + t];
	for (unsigned k = 0; k < PIR_DIGITS; k++)
		sum += (pir_u128)digit(d, k) * key->exchange[k][half][at];
	return (uint64_t)(sum % PIR_Q);
}

static void
mac(const uint64_t *digits, unsigned chunk, const struct pir_keys *const key[],
    unsigned n, pir_lanes *ret_values)
{
	unsigned half = chunk / (PIR_CHUNKS / 2);
	unsigned at = chunk % (PIR_CHUNKS / 2) * PIR_LANES;

	for (unsigned j = 0; j < n; j++)
		for (unsigned i = 0; i < PIR_LANES; i++)
			ret_values[j][i] = mac_lane(
			    digits + i, key[j], half, at + i);
}

const struct pir_kernel pir_kernel_portable = {
	.name = "portable",
	.ntt = pir_ring_ntt,
	.intt = pir_ring_intt,
	.muladd = muladd,
	.butterfly = butterfly,
	.scan = scan,
	.keys = keys,
	.mac = mac,
};
