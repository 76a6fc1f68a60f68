/* Every kernel that this processor can run, against the portable one. */
#include "pir/pir_kernel.h"

#include "pir/pir_sample.h"

#include "tap.h"

#define COLUMNS 2048

/* pir_kernel_avx512.c over plain512/immintrin.h */
extern const struct pir_kernel pir_kernel_plain512;

static struct pir_ring *ring;

/* For each kernel but the portable one, and the AVX-512 one in plain C. */
static void
each(void (*check)(const struct pir_kernel *fast))
{
	const struct pir_kernel *k;

	for (unsigned i = 0; (k = pir_kernel_find(i)) != NULL; i++)
		if (k != &pir_kernel_portable)
			check(k);
	check(&pir_kernel_plain512);
}

/* 0: random values; 1: all q - 1; 2: zero; 3: q - 1 and 0 in turn. */
static void
fill(unsigned kind, uint32_t seed, uint64_t *v)
{
	const struct pir_stream s = { .purpose = 7, .index = seed };

	pir_sample_uniform(&s, v);
	for (unsigned i = 0; kind > 0 && i < PIR_D; i++)
		v[i] = kind == 2 || (kind == 3 && i % 2 == 0) ? 0 : PIR_Q - 1;
}

static void
transforms(const struct pir_kernel *fast)
{
	uint64_t want[PIR_D];
	uint64_t got[PIR_D];

	for (unsigned i = 0; i < 40; i++) {
		fill(i < 4 ? i : 0, i, want);
		memcpy(got, want, sizeof(want));
		pir_kernel_portable.ntt(ring, want);
		fast->ntt(ring, got);
		T_MEM(want, got, sizeof(want));
		fill(i < 4 ? i : 0, i, want);
		memcpy(got, want, sizeof(want));
		pir_kernel_portable.intt(ring, want);
		fast->intt(ring, got);
		T_MEM(want, got, sizeof(want));
	}
}

static void
products(const struct pir_kernel *fast)
{
	uint64_t x[PIR_D];
	uint64_t y[PIR_D];
	uint64_t want[PIR_D];
	uint64_t got[PIR_D];

	for (unsigned i = 0; i < 64; i++) {
		fill(i % 4, 3 * i, x);
		fill(i / 4 % 4, 3 * i + 1, y);
		fill(i / 16, 3 * i + 2, want);
		memcpy(got, want, sizeof(want));
		pir_kernel_portable.muladd(want, x, y, PIR_D);
		fast->muladd(got, x, y, PIR_D);
		T_MEM(want, got, sizeof(want));
		/* as the key switches have it: half of it, from any place */
		pir_kernel_portable.muladd(want, x, y + i, PIR_H);
		fast->muladd(got, x, y + i, PIR_H);
		T_MEM(want, got, sizeof(want));
	}
}

static void
butterflies(const struct pir_kernel *fast)
{
	static const unsigned turns[] = { 1, 2, 3, 5, 1023, 1024, 1025, 2046,
		2047 };
	int64_t want[2][PIR_D];
	int64_t got[2][PIR_D];

	for (unsigned i = 0; i < ARRAY_LEN(turns); i++) {
		for (unsigned j = 0; j < 2; j++) {
			uint64_t v[PIR_D];

			fill(i % 4, i + j, v);
			for (unsigned l = 0; l < PIR_D; l++)
				want[j][l] = (pir_ring_centre(v[l])) * 1024;
		}
		memcpy(got, want, sizeof(want));
		pir_kernel_portable.butterfly(want[0], want[1], turns[i]);
		fast->butterfly(got[0], got[1], turns[i]);
		T_MEM(want, got, sizeof(want));
	}
}

/* 0: random; 1: all lowest (the products are highest); 2: lowest by highest. */
static void
fill_scan(unsigned kind, int16_t *band, pir_run_limbs *limbs)
{
	const struct pir_stream s = { .purpose = 8, .index = kind };
	const size_t n = (size_t)COLUMNS / PIR_RUN * sizeof(*limbs) / 2;
	int16_t *l = &limbs[0][0][0][0][0];

	pir_sample_octets(&s, 2 * n, (uint8_t *)l);
	for (size_t i = 0; i < (size_t)COLUMNS * PIR_BAND; i++)
		band[i] = (int16_t)(kind > 0 ? -PIR_PLAIN_HALF
					     : l[i * 7 % n] % PIR_PLAIN_HALF);
	for (size_t i = 0; i < n; i++)
		l[i] = (int16_t)(kind == 1 ? -512
			: kind == 2        ? 511
					   : (l[i] & 1023) - 512);
}

static void
scans(const struct pir_kernel *fast)
{
	static const unsigned counts[] = { 1, 2, 3, 16 };
	int16_t *band = aligned_alloc(
	    64, (size_t)COLUMNS * PIR_BAND * sizeof(*band));
	pir_run_limbs *limbs = aligned_alloc(
	    64, COLUMNS / PIR_RUN * sizeof(*limbs));
	pir_band_sums want[PIR_BATCH_MAX];
	pir_band_sums got[PIR_BATCH_MAX];

	for (unsigned kind = 0; kind < 3; kind++) {
		fill_scan(kind, band, limbs);
		for (unsigned i = 0; i < ARRAY_LEN(counts); i++) {
			const pir_run_limbs *l = (const pir_run_limbs *)limbs;
			const unsigned n = counts[i];

			pir_kernel_portable.scan(band, l, COLUMNS, n, want);
			fast->scan(band, l, COLUMNS, n, got);
			T_MEM(want, got, n * sizeof(want[0]));
		}
		/* the portable one itself */
		T_OK(
		    kind != 1 || want[15][3][31] == INT64_C(2048) * 8192 * 512);
		T_OK(kind != 2 || want[0][0][0] == INT64_C(2048) * -8192 * 511);
	}
	free(band);
	free(limbs);
}

/* Digits of random values, or all ones: 42 bits in every half. */
static void
fill_digits(bool is_max, uint64_t *digits)
{
	const struct pir_stream s = { .purpose = 9 };

	pir_sample_octets(
	    &s, PIR_CHUNK_DIGITS * sizeof(*digits), (uint8_t *)digits);
	for (size_t i = 0; i < PIR_CHUNK_DIGITS; i++)
		digits[i] = is_max ? UINT64_MAX >> 1 : digits[i] >> 1;
}

static void
macs(const struct pir_kernel *fast)
{
	static const unsigned chunks[] = { 0, 63, 64, 127 };
	uint64_t *digits = aligned_alloc(64, PIR_CHUNK_DIGITS * 8);
	struct pir_keys *keys = calloc(2 * PIR_BATCH_MAX, sizeof(*keys));
	const struct pir_keys *slow_key[PIR_BATCH_MAX];
	const struct pir_keys *fast_key[PIR_BATCH_MAX];
	uint64_t values[PIR_KEYS][PIR_D];
	pir_lanes want[PIR_BATCH_MAX];
	pir_lanes got[PIR_BATCH_MAX];

	for (unsigned j = 0; j < PIR_BATCH_MAX; j++) {
		for (unsigned k = 0; k < PIR_KEYS; k++)
			fill(j == 0 ? 1 : 0, j * PIR_KEYS + k, values[k]);
		pir_kernel_lay_out(values[0], &keys[2 * j]);
		pir_kernel_lay_out(values[0], &keys[2 * j + 1]);
		fast->keys(&keys[2 * j + 1]);
		slow_key[j] = &keys[2 * j];
		fast_key[j] = &keys[2 * j + 1];
	}
	for (unsigned i = 0; i < ARRAY_LEN(chunks); i++) {
		const unsigned n = i == 0 ? PIR_BATCH_MAX : i;

		fill_digits(i % 2 == 1, digits);
		pir_kernel_portable.mac(digits, chunks[i], slow_key, n, want);
		fast->mac(digits, chunks[i], fast_key, n, got);
		T_MEM(want, got, n * sizeof(want[0]));
	}
	free(digits);
	free(keys);
}

static void
every_kernel_transforms_as_the_portable_one(void)
{
	each(transforms);
}

static void
every_kernel_multiplies_as_the_portable_one(void)
{
	each(products);
}

static void
every_kernel_turns_as_the_portable_one(void)
{
	each(butterflies);
}

static void
every_kernel_scans_as_the_portable_one(void)
{
	each(scans);
}

static void
every_kernel_switches_keys_as_the_portable_one(void)
{
	each(macs);
}

static void
the_portable_kernel_is_the_last_of_all(void)
{
	unsigned n = 0;

	while (pir_kernel_find(n + 1) != NULL)
		n++;
	T_OK(pir_kernel_find(n) == &pir_kernel_portable);
	for (unsigned i = 0; i <= n; i++)
		printf("# %s\n", pir_kernel_find(i)->name);
}

/* The checks above were of the real ones, if they are found. */
static void
is_here(const char *name)
{
	const struct pir_kernel *k;

	for (unsigned i = 0; (k = pir_kernel_find(i)) != NULL; i++)
		if (strcmp(k->name, name) == 0)
			return;
	tap_skip("this processor does not have it");
}

static void
avx2_was_compared_on_the_processor(void)
{
	is_here("avx2");
}

static void
avx512_was_compared_on_the_processor(void)
{
	is_here("avx512");
}

int
main(void)
{
	T_RC(RC_OK, pir_ring_new(&ring));
	TEST(the_portable_kernel_is_the_last_of_all);
	TEST(every_kernel_transforms_as_the_portable_one);
	TEST(every_kernel_multiplies_as_the_portable_one);
	TEST(every_kernel_turns_as_the_portable_one);
	TEST(every_kernel_scans_as_the_portable_one);
	TEST(every_kernel_switches_keys_as_the_portable_one);
	TEST(avx2_was_compared_on_the_processor);
	TEST(avx512_was_compared_on_the_processor);
	free(ring);
	return tap_done();
}
