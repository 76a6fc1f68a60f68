/*
 * The kernel for AVX2 and FMA.
 *
 * Values modulo q are 42 bits, and there is no 64-bit multiplication: the
 * transforms compute in doubles, exactly. For integers |x| < 2^50 and |w| < q,
 * c = round(x w / q) comes out with an error below 1/2 + |x| 2^-52; h + l = x w
 * is exact (l is what the rounding of h left out, which a fused multiply
 * gives); h - c q is an integer below 2^44, so that the fused multiply and the
 * addition of l are exact too. So |x w - c q| < 0.54 q for |x| < 2^47, and
 * nothing needs to be reduced between the levels of a forward transform: |x|
 * stays below (1 + 11 x 0.54) q < 2^45.
 */
#include "pir/pir_kernel.h"

#include <immintrin.h>
#include <string.h>

typedef __m256d v4;
typedef __m256i v4i;

/* A constant w, and w / q. */
struct factor {
	v4 w;
	v4 ratio;
};

static inline v4
all(double x)
{
	return _mm256_set1_pd(x);
}

static inline v4
nearest(v4 x)
{
	return _mm256_round_pd(
	    x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* Integers below 2^52 become doubles by standing in one's fraction. */
static inline v4
load_values(const uint64_t *p)
{
	const v4 two52 = all(0x1p52);
	v4i x = _mm256_loadu_si256((const void *)p);

	return _mm256_sub_pd(
	    _mm256_castsi256_pd(_mm256_or_si256(x, _mm256_castpd_si256(two52))),
	    two52);
}

/* To [0, q), for |x| < 2^47: c = floor((x + 1/2) / q) is exact, because
 * (x + 1/2) / q is at least 2^-43 away from every integer and what is computed
 * less than 2^-47 away from it. */
static inline v4
canonical(v4 x)
{
	const double inverse = 1.0 / (double)PIR_Q;
	v4 c = _mm256_fmadd_pd(x, all(inverse), all(inverse / 2));

	return _mm256_fnmadd_pd(_mm256_floor_pd(c), all((double)PIR_Q), x);
}

/* The same for |x| < q. */
static inline v4
positive(v4 x)
{
	return _mm256_blendv_pd(x, _mm256_add_pd(x, all((double)PIR_Q)), x);
}

/* Of values in [0, 2^52). */
static inline void
store_values(uint64_t *p, v4 x)
{
	const v4 two52 = all(0x1p52);

	_mm256_storeu_si256((void *)p,
	    _mm256_xor_si256(_mm256_castpd_si256(_mm256_add_pd(x, two52)),
		_mm256_castpd_si256(two52)));
}

static inline v4
times(v4 x, struct factor f)
{
	const v4 q = all((double)PIR_Q);
	v4 c = nearest(_mm256_mul_pd(x, f.ratio));
	v4 h = _mm256_mul_pd(x, f.w);
	v4 l = _mm256_fmsub_pd(x, f.w, h);

	return _mm256_add_pd(_mm256_fnmadd_pd(c, q, h), l);
}

/* To (-0.51 q, 0.51 q), for |x| < 2^52. */
static inline v4
reduce(v4 x)
{
	v4 c = nearest(_mm256_mul_pd(x, all(1.0 / (double)PIR_Q)));

	return _mm256_fnmadd_pd(c, all((double)PIR_Q), x);
}

static inline struct factor
root(const struct pir_ring *r, unsigned i)
{
	return (struct factor){ _mm256_broadcast_sd(&r->root_real[i]),
		_mm256_broadcast_sd(&r->root_ratio[i]) };
}

static inline struct factor
unroot(const struct pir_ring *r, unsigned i)
{
	return (struct factor){ _mm256_broadcast_sd(&r->unroot_real[i]),
		_mm256_broadcast_sd(&r->unroot_ratio[i]) };
}

/* (x, y) = (x + w y, x - w y) */
static inline void
forward(v4 *x, v4 *y, struct factor w)
{
	v4 u = times(*y, w);

	*y = _mm256_sub_pd(*x, u);
	*x = _mm256_add_pd(*x, u);
}

/* (x, y) = (x + y, w (x - y)) */
static inline void
backward(v4 *x, v4 *y, struct factor w)
{
	v4 u = _mm256_sub_pd(*x, *y);

	*x = _mm256_add_pd(*x, *y);
	*y = times(u, w);
}

/* The first level, from integers. */
static void
ntt_first(const struct pir_ring *r, const uint64_t *a, double *d)
{
	const struct factor w = root(r, 1);

	for (unsigned j = 0; j < PIR_D / 2; j += 4) {
		v4 x = load_values(a + j);
		v4 y = load_values(a + PIR_D / 2 + j);

		forward(&x, &y, w);
		_mm256_store_pd(d + j, x);
		_mm256_store_pd(d + PIR_D / 2 + j, y);
	}
}

/* Two levels, of m and 2m nodes; t is a quarter of a node of the first. */
static void
ntt_middle(const struct pir_ring *r, double *d, unsigned m, unsigned t)
{
	for (unsigned i = 0; i < m; i++) {
		const struct factor w = root(r, m + i);
		const struct factor w0 = root(r, 2 * (m + i));
		const struct factor w1 = root(r, 2 * (m + i) + 1);

		for (unsigned j = 0; j < t; j += 4, d += 4) {
			v4 x0 = _mm256_load_pd(d);
			v4 x1 = _mm256_load_pd(d + t);
			v4 x2 = _mm256_load_pd(d + 2 * t);
			v4 x3 = _mm256_load_pd(d + 3 * t);

			forward(&x0, &x2, w);
			forward(&x1, &x3, w);
			forward(&x0, &x1, w0);
			forward(&x2, &x3, w1);
			_mm256_store_pd(d, x0);
			_mm256_store_pd(d + t, x1);
			_mm256_store_pd(d + 2 * t, x2);
			_mm256_store_pd(d + 3 * t, x3);
		}
		d += 3 * t;
	}
}

/* The factors of two nodes of four: w0 w0 w1 w1. */
static inline v4
pairs(const double *p)
{
	return _mm256_permute_pd(_mm256_broadcast_pd((const __m128d *)p), 0xc);
}

/* The last two levels, of strides 2 and 1, in eight values; to integers. */
static void
ntt_last(const struct pir_ring *r, const double *d, uint64_t *a)
{
	for (unsigned i = 0; i < PIR_D / 4; i += 2, d += 8, a += 8) {
		v4 p = _mm256_load_pd(d);
		v4 q = _mm256_load_pd(d + 4);
		v4 x = _mm256_permute2f128_pd(p, q, 0x20);
		v4 y = _mm256_permute2f128_pd(p, q, 0x31);
		const struct factor two = { pairs(&r->root_real[PIR_D / 4 + i]),
			pairs(&r->root_ratio[PIR_D / 4 + i]) };
		const struct factor one = {
			_mm256_loadu_pd(&r->root_real[PIR_D / 2 + 2 * i]),
			_mm256_loadu_pd(&r->root_ratio[PIR_D / 2 + 2 * i])
		};

		forward(&x, &y, two);
		p = _mm256_unpacklo_pd(x, y);
		q = _mm256_unpackhi_pd(x, y);
		forward(&p, &q, one);
		x = canonical(_mm256_unpacklo_pd(p, q));
		y = canonical(_mm256_unpackhi_pd(p, q));
		store_values(a, _mm256_permute2f128_pd(x, y, 0x20));
		store_values(a + 4, _mm256_permute2f128_pd(x, y, 0x31));
	}
}

static void
ntt(const struct pir_ring *r, uint64_t a[PIR_D])
{
	_Alignas(32) double d[PIR_D];

	ntt_first(r, a, d);
	for (unsigned m = 2; m < PIR_D / 4; m *= 4)
		ntt_middle(r, d, m, PIR_D / (4 * m));
	ntt_last(r, d, a);
}

/* Strides 1 and 2, from integers. */
static void
intt_first(const struct pir_ring *r, const uint64_t *a, double *d)
{
	for (unsigned i = 0; i < PIR_D / 4; i += 2, d += 8, a += 8) {
		v4 p = load_values(a);
		v4 q = load_values(a + 4);
		v4 x = _mm256_permute2f128_pd(p, q, 0x20);
		v4 y = _mm256_permute2f128_pd(p, q, 0x31);
		const struct factor two = { pairs(
						&r->unroot_real[PIR_D / 4 + i]),
			pairs(&r->unroot_ratio[PIR_D / 4 + i]) };
		const struct factor one = {
			_mm256_loadu_pd(&r->unroot_real[PIR_D / 2 + 2 * i]),
			_mm256_loadu_pd(&r->unroot_ratio[PIR_D / 2 + 2 * i])
		};

		p = _mm256_unpacklo_pd(x, y);
		q = _mm256_unpackhi_pd(x, y);
		backward(&p, &q, one);
		x = _mm256_unpacklo_pd(p, q);
		y = _mm256_unpackhi_pd(p, q);
		backward(&x, &y, two);
		_mm256_store_pd(d, _mm256_permute2f128_pd(x, y, 0x20));
		_mm256_store_pd(d + 4, _mm256_permute2f128_pd(x, y, 0x31));
	}
}

/* Two levels, of 2m and m nodes; t is a quarter of a node of the last. Sums
 * grow: from 4 q to 16 q, which is below 2^46, and back to 1.1 q. */
static void
intt_middle(const struct pir_ring *r, double *d, unsigned m, unsigned t)
{
	for (unsigned i = 0; i < m; i++) {
		const struct factor w = unroot(r, m + i);
		const struct factor w0 = unroot(r, 2 * (m + i));
		const struct factor w1 = unroot(r, 2 * (m + i) + 1);

		for (unsigned j = 0; j < t; j += 4, d += 4) {
			v4 x0 = _mm256_load_pd(d);
			v4 x1 = _mm256_load_pd(d + t);
			v4 x2 = _mm256_load_pd(d + 2 * t);
			v4 x3 = _mm256_load_pd(d + 3 * t);

			backward(&x0, &x1, w0);
			backward(&x2, &x3, w1);
			backward(&x0, &x2, w);
			backward(&x1, &x3, w);
			_mm256_store_pd(d, reduce(x0));
			_mm256_store_pd(d + t, x1);
			_mm256_store_pd(d + 2 * t, x2);
			_mm256_store_pd(d + 3 * t, x3);
		}
		d += 3 * t;
	}
}

/* The last level, and 1/2048; to integers. */
static void
intt_last(const struct pir_ring *r, const double *d, uint64_t *a)
{
	const struct factor w = unroot(r, 1);
	const struct factor n = { all((double)r->d_inv),
		all((double)r->d_inv / (double)PIR_Q) };

	for (unsigned j = 0; j < PIR_D / 2; j += 4) {
		v4 x = _mm256_load_pd(d + j);
		v4 y = _mm256_load_pd(d + PIR_D / 2 + j);

		backward(&x, &y, w);
		store_values(a + j, positive(times(x, n)));
		store_values(a + PIR_D / 2 + j, positive(times(y, n)));
	}
}

static void
intt(const struct pir_ring *r, uint64_t a[PIR_D])
{
	_Alignas(32) double d[PIR_D];

	intt_first(r, a, d);
	for (unsigned m = PIR_D / 16; m >= 2; m /= 4)
		intt_middle(r, d, m, PIR_D / (4 * m));
	intt_last(r, d, a);
}

static void
muladd(uint64_t *acc, const uint64_t *x, const uint64_t *y, size_t n)
{
	const v4 q = all((double)PIR_Q);
	const v4 inverse = all(1.0 / (double)PIR_Q);

	for (size_t i = 0; i < n; i += 4) {
		v4 a = load_values(x + i);
		v4 b = load_values(y + i);
		v4 h = _mm256_mul_pd(a, b);
		v4 l = _mm256_fmsub_pd(a, b, h);
		v4 c = nearest(_mm256_mul_pd(h, inverse));

		l = _mm256_add_pd(l, load_values(acc + i));
		store_values(acc + i,
		    canonical(_mm256_add_pd(_mm256_fnmadd_pd(c, q, h), l)));
	}
}

static inline v4i
load_ints(const int64_t *p)
{
	return _mm256_loadu_si256((const void *)p);
}

static inline void
store_ints(int64_t *p, v4i x)
{
	_mm256_storeu_si256((void *)p, x);
}

/* (x, y) = (x + w, x - w) for n values. */
static void
sum_and_difference(int64_t *x, int64_t *y, const int64_t *w, unsigned n)
{
	unsigned j = 0;

	for (; j + 4 <= n; j += 4) {
		v4i a = load_ints(x + j);
		v4i b = load_ints(w + j);

		store_ints(x + j, _mm256_add_epi64(a, b));
		store_ints(y + j, _mm256_sub_epi64(a, b));
	}
	for (; j < n; j++) {
		int64_t a = x[j];

		x[j] = a + w[j];
		y[j] = a - w[j];
	}
}

static void
difference_and_sum(int64_t *x, int64_t *y, const int64_t *w, unsigned n)
{
	unsigned j = 0;

	for (; j + 4 <= n; j += 4) {
		v4i a = load_ints(x + j);
		v4i b = load_ints(w + j);

		store_ints(x + j, _mm256_sub_epi64(a, b));
		store_ints(y + j, _mm256_add_epi64(a, b));
	}
	for (; j < n; j++) {
		int64_t a = x[j];

		x[j] = a - w[j];
		y[j] = a + w[j];
	}
}

static void
butterfly(int64_t x[PIR_D], int64_t y[PIR_D], unsigned turn)
{
	int64_t w[PIR_D];

	memcpy(w, y, sizeof(w));
	difference_and_sum(x, y, w + PIR_D - turn, turn);
	sum_and_difference(x + turn, y + turn, w, PIR_D - turn);
}

/* Adds eight sums of 32 bits to eight of 64. */
static inline void
widen(int64_t *to, v4i sums)
{
	v4i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums));
	v4i high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1));

	store_ints(to, _mm256_add_epi64(load_ints(to), low));
	store_ints(to + 4, _mm256_add_epi64(load_ints(to + 4), high));
}

#define SCAN_AHEAD 8192 /* octets that the first reading fetches ahead */

/* Sums of 32 bits of a band for one query: VPMADDWD gives for each row the
 * products of two columns, added; over PIR_SUM_RUNS they stay below 2^30. */
typedef v4i narrow_sums[PIR_LIMBS][PIR_BAND / 8];

/* Two of the limbs, which is what the registers hold. */
static inline void
scan_run(const int16_t *d, const int16_t limbs[PIR_RUN / 2][PIR_LIMBS][2],
    unsigned limb, narrow_sums sums, bool is_first)
{
	v4i a[2][PIR_BAND / 8];

	memcpy(a, sums[limb], sizeof(a));
	for (unsigned c = 0; c < PIR_RUN / 2; c++, d += 2 * PIR_BAND) {
		v4i row[PIR_BAND / 8];

		for (unsigned i = 0; i < PIR_BAND / 8; i++)
			row[i] = _mm256_load_si256((const void *)(d + i * 16));
		if (is_first) {
			_mm_prefetch((const char *)d + SCAN_AHEAD, _MM_HINT_T0);
			_mm_prefetch(
			    (const char *)d + SCAN_AHEAD + 64, _MM_HINT_T0);
		}
		for (unsigned l = 0; l < 2; l++) {
			int32_t pair;
			v4i b;

			memcpy(&pair, limbs[c][limb + l], sizeof(pair));
			b = _mm256_set1_epi32(pair);
			for (unsigned i = 0; i < PIR_BAND / 8; i++)
				a[l][i] = _mm256_add_epi32(
				    a[l][i], _mm256_madd_epi16(row[i], b));
		}
	}
	memcpy(sums[limb], a, sizeof(a));
}

static void
scan(const int16_t *band, const pir_run_limbs *limbs, uint32_t columns,
    unsigned n, pir_band_sums *ret_sums)
{
	narrow_sums sums[PIR_BATCH_MAX];

	memset(ret_sums, 0, n * sizeof(*ret_sums));
	for (uint32_t r = 0; r < columns / PIR_RUN; r++) {
		if (r % PIR_SUM_RUNS == 0)
			memset(sums, 0, n * sizeof(sums[0]));
		for (unsigned j = 0; j < n; j++) {
			scan_run(band, limbs[r][j], 0, sums[j], j == 0);
			scan_run(band, limbs[r][j], 2, sums[j], false);
		}
		band += PIR_RUN * PIR_BAND;
		if (r % PIR_SUM_RUNS < PIR_SUM_RUNS - 1)
			continue;
		for (unsigned j = 0; j < n; j++)
			for (unsigned l = 0; l < PIR_LIMBS; l++)
				for (unsigned i = 0; i < PIR_BAND / 8; i++)
					widen(&ret_sums[j][l][i * 8],
					    sums[j][l][i]);
	}
}

/* Both halves of 21 bits where VPMULUDQ and one shift find them. */
static void
keys(struct pir_keys *k)
{
	const uint64_t mask = (UINT64_C(1) << PIR_DIGIT_HALF) - 1;
	uint64_t *p = &k->turn[0][0][0];

	_Static_assert(sizeof(*k) % sizeof(*p) == 0, "values alone");
	for (size_t i = 0; i < sizeof(*k) / sizeof(*p); i++)
		p[i] = (p[i] & mask) | p[i] >> PIR_DIGIT_HALF << 32;
}

/* Sums of products of halves, below 2 x 6141 x 2^42 < 2^56: nothing is carried
 * before the end. */
struct sums {
	v4i low;
	v4i middle;
	v4i high;
};

/* s += x y */
static inline void
mac_digit(struct sums *s, v4i low, v4i high, const uint64_t *key)
{
	v4i y = _mm256_loadu_si256((const void *)key);
	v4i y_high = _mm256_srli_epi64(y, 32);

	s->low = _mm256_add_epi64(s->low, _mm256_mul_epu32(low, y));
	s->middle = _mm256_add_epi64(s->middle, _mm256_mul_epu32(low, y_high));
	s->middle = _mm256_add_epi64(s->middle, _mm256_mul_epu32(high, y));
	s->high = _mm256_add_epi64(s->high, _mm256_mul_epu32(high, y_high));
}

/* The three digits of four lanes, against three keys. */
static inline void
mac_step(struct sums *s, const uint64_t *d, const uint64_t *const key[])
{
	const v4i mask = _mm256_set1_epi64x((1 << PIR_DIGIT_HALF) - 1);
	v4i low = _mm256_load_si256((const void *)d);
	v4i high = _mm256_load_si256((const void *)(d + PIR_LANES));

	mac_digit(s, _mm256_and_si256(low, mask), _mm256_and_si256(high, mask),
	    key[0]);
	low = _mm256_srli_epi64(low, PIR_DIGIT_HALF);
	high = _mm256_srli_epi64(high, PIR_DIGIT_HALF);
	mac_digit(s, _mm256_and_si256(low, mask), _mm256_and_si256(high, mask),
	    key[1]);
	mac_digit(s, _mm256_srli_epi64(low, PIR_DIGIT_HALF),
	    _mm256_srli_epi64(high, PIR_DIGIT_HALF), key[2]);
}

#define GROUPS (PIR_LANES / 4)

#define RUN 32         /* steps whose digits stay in the nearest cache */
#define MAC_AHEAD 4096 /* octets that the first reading fetches ahead */

/* A run of steps, over each of which the keys move by one value; two groups of
 * four lanes at a time, which is what the registers hold. */
static void
mac_run(struct sums s[GROUPS], const uint64_t *digits,
    const uint64_t *const keys[PIR_DIGITS], unsigned steps, bool is_first)
{
	for (unsigned g = 0; g < GROUPS; g += 2) {
		const uint64_t *d = digits + (size_t)g * 4;
		struct sums s0 = s[g];
		struct sums s1 = s[g + 1];

		for (size_t i = 0; i < steps; i++, d += 2 * PIR_LANES) {
			const uint64_t *key[PIR_DIGITS];

			for (unsigned l = 0; is_first && g == 0 && l < 4; l++)
				_mm_prefetch(
				    (const char *)d + MAC_AHEAD + l * 64,
				    _MM_HINT_T0);
			for (unsigned k = 0; k < PIR_DIGITS; k++)
				key[k] = keys[k] + i + (size_t)g * 4;
			mac_step(&s0, d, key);
			for (unsigned k = 0; k < PIR_DIGITS; k++)
				key[k] += 4;
			mac_step(&s1, d + 4, key);
		}
		s[g] = s0;
		s[g + 1] = s1;
	}
}

/* low + 2^21 middle + 2^42 high */
static void
mac_end(const struct sums s[GROUPS], pir_lanes ret_values)
{
	uint64_t low[4];
	uint64_t middle[4];
	uint64_t high[4];

	for (unsigned g = 0; g < GROUPS; g++) {
		_mm256_storeu_si256((void *)low, s[g].low);
		_mm256_storeu_si256((void *)middle, s[g].middle);
		_mm256_storeu_si256((void *)high, s[g].high);
		for (unsigned i = 0; i < 4; i++) {
			uint64_t r = pir_ring_reduce(high[i]);

			r = pir_ring_reduce((r << PIR_DIGIT_HALF) + middle[i]);
			r = pir_ring_reduce((r << PIR_DIGIT_HALF) + low[i]);
			ret_values[g * 4 + i] = r;
		}
	}
}

static void
mac(const uint64_t *digits, unsigned chunk, const struct pir_keys *const key[],
    unsigned n, pir_lanes *ret_values)
{
	const unsigned half = chunk / (PIR_CHUNKS / 2);
	const size_t at = (size_t)(chunk % (PIR_CHUNKS / 2)) * PIR_LANES;
	struct sums s[PIR_BATCH_MAX][GROUPS];
	const uint64_t *k[PIR_DIGITS];

	memset(s, 0, n * sizeof(s[0]));
	for (unsigned side = 0; side < 2; side++)
		for (unsigned t = 0; t < PIR_H - 1; t += RUN) {
			unsigned steps = t + RUN < PIR_H - 1 ? RUN
							     : PIR_H - 1 - t;

			for (unsigned j = 0; j < n; j++) {
				for (unsigned i = 0; i < PIR_DIGITS; i++)
					k[i] = key[j]->turn[i][half ^ side] +
					    at + t;
				mac_run(s[j], digits, k, steps, j == 0);
			}
			digits += (size_t)steps * 2 * PIR_LANES;
		}
	for (unsigned j = 0; j < n; j++) {
		for (unsigned i = 0; i < PIR_DIGITS; i++)
			k[i] = key[j]->exchange[i][half] + at;
		mac_run(s[j], digits, k, 1, false);
		mac_end(s[j], ret_values[j]);
	}
}

const struct pir_kernel pir_kernel_avx2 = {
	.name = "avx2",
	.ntt = ntt,
	.intt = intt,
	.muladd = muladd,
	.butterfly = butterfly,
	.scan = scan,
	.keys = keys,
	.mac = mac,
};
