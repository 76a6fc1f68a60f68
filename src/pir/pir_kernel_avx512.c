/*
 * The kernel for AVX-512 with IFMA (products of 52 bits, their low or their
 * high half added) and VNNI (VPDPWSSD: two products of 16 bits, added).
 *
 * Values stay below 2^52. A product by a constant w is x w - t q with
 * t = floor(x w' / 2^52), w' = floor(2^52 w / q), both modulo 2^52: in [0, 2q)
 * for any x below 2^52. So nothing is reduced between the levels of a forward
 * transform: values stay below (1 + 11 x 2) q < 2^47.
 */
#include "pir/pir_kernel.h"

#include <immintrin.h>
#include <string.h>

typedef __m512i v8;

/* floor(2^52 / q), and 2^52 mod q */
#define ONE_SHOUP ((UINT64_C(1) << 52) / PIR_Q)
#define TWO52 ((UINT64_C(1) << 52) % PIR_Q)

/* A constant w, and w'. */
struct factor {
	v8 w;
	v8 shoup;
};

static inline v8
all(uint64_t x)
{
	return _mm512_set1_epi64((long long)x);
}

static inline v8
load(const void *p)
{
	return _mm512_loadu_si512(p);
}

static inline void
store(void *p, v8 x)
{
	_mm512_storeu_si512(p, x);
}

static inline v8
low(v8 sum, v8 x, v8 y)
{
	return _mm512_madd52lo_epu64(sum, x, y);
}

static inline v8
high(v8 sum, v8 x, v8 y)
{
	return _mm512_madd52hi_epu64(sum, x, y);
}

/* To [0, 2q). */
static inline v8
times(v8 x, struct factor f)
{
	const v8 zero = _mm512_setzero_si512();
	v8 t = high(zero, x, f.shoup);
	v8 r = _mm512_sub_epi64(low(zero, x, f.w), low(zero, t, all(PIR_Q)));

	return _mm512_and_si512(r, all((UINT64_C(1) << 52) - 1));
}

/* From [0, 2m) to [0, m). */
static inline v8
minus(v8 x, uint64_t m)
{
	return _mm512_min_epu64(x, _mm512_sub_epi64(x, all(m)));
}

/* To [0, q), for any x below 2^52. */
static inline v8
canonical(v8 x)
{
	return minus(
	    times(x, (struct factor){ all(1), all(ONE_SHOUP) }), PIR_Q);
}

static inline struct factor
one_factor(const uint64_t *w, const uint64_t *shoup)
{
	return (struct factor){ all(*w), all(*shoup >> 12) };
}

/* n = 2, 4 or 8 factors, each for 8 / n lanes that follow each other. */
static inline struct factor
factors(const uint64_t *w, const uint64_t *shoup, v8 places)
{
	return (struct factor){ _mm512_permutexvar_epi64(places, load(w)),
		_mm512_srli_epi64(
		    _mm512_permutexvar_epi64(places, load(shoup)), 12) };
}

#define BY_FOUR _mm512_setr_epi64(0, 0, 0, 0, 1, 1, 1, 1)
#define BY_TWO _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3)
#define BY_ONE _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)

/* (x, y) = (x + w y, x - w y): 2q more than x at the most */
static inline void
forward(v8 *x, v8 *y, struct factor w)
{
	v8 u = times(*y, w);

	*y = _mm512_sub_epi64(_mm512_add_epi64(*x, all(2 * PIR_Q)), u);
	*x = _mm512_add_epi64(*x, u);
}

/* (x, y) = (x + y, w (x - y)), all of them in [0, 2q) */
static inline void
backward(v8 *x, v8 *y, struct factor w)
{
	v8 u = _mm512_sub_epi64(_mm512_add_epi64(*x, all(2 * PIR_Q)), *y);

	*x = minus(_mm512_add_epi64(*x, *y), 2 * PIR_Q);
	*y = times(u, w);
}

/* (x, y) to the lanes of both that `first` names, and those that `second`
 * names; y's are counted from 8. */
static inline void
deal(v8 *x, v8 *y, v8 first, v8 second)
{
	v8 to_x = _mm512_permutex2var_epi64(*x, first, *y);

	*y = _mm512_permutex2var_epi64(*x, second, *y);
	*x = to_x;
}

/* Halves, quarters and eighths of both to the same of one; each undoes itself
 * but for the last. */
static inline void
deal_four(v8 *x, v8 *y)
{
	deal(x, y, _mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11),
	    _mm512_setr_epi64(4, 5, 6, 7, 12, 13, 14, 15));
}

static inline void
deal_two(v8 *x, v8 *y)
{
	deal(x, y, _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13),
	    _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15));
}

static inline void
deal_one(v8 *x, v8 *y)
{
	deal(x, y, _mm512_setr_epi64(0, 8, 2, 10, 4, 12, 6, 14),
	    _mm512_setr_epi64(1, 9, 3, 11, 5, 13, 7, 15));
}

static inline void
interleave(v8 *x, v8 *y)
{
	deal(x, y, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11),
	    _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15));
}

static inline void
separate(v8 *x, v8 *y)
{
	deal(x, y, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14),
	    _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15));
}

/* One level of two nodes. */
static void
ntt_first(const struct pir_ring *r, uint64_t *a)
{
	const struct factor w = one_factor(&r->root[1], &r->root_shoup[1]);

	for (unsigned j = 0; j < PIR_D / 2; j += 8) {
		v8 x = load(a + j);
		v8 y = load(a + PIR_D / 2 + j);

		forward(&x, &y, w);
		store(a + j, x);
		store(a + PIR_D / 2 + j, y);
	}
}

/* Two levels, of m and 2m nodes; t is a quarter of a node of the first. */
static void
ntt_middle(const struct pir_ring *r, uint64_t *a, unsigned m, unsigned t)
{
	for (unsigned i = m; i < 2 * m; i++, a += 3 * (size_t)t) {
		const struct factor w = one_factor(
		    &r->root[i], &r->root_shoup[i]);
		const struct factor w0 = one_factor(
		    &r->root[2 * i], &r->root_shoup[2 * i]);
		const struct factor w1 = one_factor(
		    &r->root[2 * i + 1], &r->root_shoup[2 * i + 1]);

		for (unsigned j = 0; j < t; j += 8, a += 8) {
			v8 x0 = load(a);
			v8 x1 = load(a + t);
			v8 x2 = load(a + 2 * (size_t)t);
			v8 x3 = load(a + 3 * (size_t)t);

			forward(&x0, &x2, w);
			forward(&x1, &x3, w);
			forward(&x0, &x1, w0);
			forward(&x2, &x3, w1);
			store(a, x0);
			store(a + t, x1);
			store(a + 2 * (size_t)t, x2);
			store(a + 3 * (size_t)t, x3);
		}
	}
}

/* The last four levels, of strides 8, 4, 2 and 1, in sixteen values. */
static void
ntt_last(const struct pir_ring *r, uint64_t *a)
{
	for (unsigned i = PIR_D / 16; i < PIR_D / 8; i++, a += 16) {
		v8 x = load(a);
		v8 y = load(a + 8);

		forward(&x, &y, one_factor(&r->root[i], &r->root_shoup[i]));
		deal_four(&x, &y);
		forward(&x, &y,
		    factors(&r->root[2 * i], &r->root_shoup[2 * i], BY_FOUR));
		deal_two(&x, &y);
		forward(&x, &y,
		    factors(&r->root[4 * i], &r->root_shoup[4 * i], BY_TWO));
		deal_one(&x, &y);
		forward(&x, &y,
		    factors(&r->root[8 * i], &r->root_shoup[8 * i], BY_ONE));
		interleave(&x, &y);
		store(a, canonical(x));
		store(a + 8, canonical(y));
	}
}

static void
ntt(const struct pir_ring *r, uint64_t a[PIR_D])
{
	ntt_first(r, a);
	for (unsigned m = 2; m < PIR_D / 16; m *= 4)
		ntt_middle(r, a, m, PIR_D / (4 * m));
	ntt_last(r, a);
}

/* Strides 1, 2, 4 and 8. */
static void
intt_first(const struct pir_ring *r, uint64_t *a)
{
	for (unsigned i = PIR_D / 16; i < PIR_D / 8; i++, a += 16) {
		v8 x = load(a);
		v8 y = load(a + 8);

		separate(&x, &y);
		backward(&x, &y,
		    factors(
			&r->unroot[8 * i], &r->unroot_shoup[8 * i], BY_ONE));
		deal_one(&x, &y);
		backward(&x, &y,
		    factors(
			&r->unroot[4 * i], &r->unroot_shoup[4 * i], BY_TWO));
		deal_two(&x, &y);
		backward(&x, &y,
		    factors(
			&r->unroot[2 * i], &r->unroot_shoup[2 * i], BY_FOUR));
		deal_four(&x, &y);
		backward(
		    &x, &y, one_factor(&r->unroot[i], &r->unroot_shoup[i]));
		store(a, x);
		store(a + 8, y);
	}
}

static void
intt_middle(const struct pir_ring *r, uint64_t *a, unsigned m, unsigned t)
{
	for (unsigned i = m; i < 2 * m; i++, a += 3 * (size_t)t) {
		const struct factor w = one_factor(
		    &r->unroot[i], &r->unroot_shoup[i]);
		const struct factor w0 = one_factor(
		    &r->unroot[2 * i], &r->unroot_shoup[2 * i]);
		const struct factor w1 = one_factor(
		    &r->unroot[2 * i + 1], &r->unroot_shoup[2 * i + 1]);

		for (unsigned j = 0; j < t; j += 8, a += 8) {
			v8 x0 = load(a);
			v8 x1 = load(a + t);
			v8 x2 = load(a + 2 * (size_t)t);
			v8 x3 = load(a + 3 * (size_t)t);

			backward(&x0, &x1, w0);
			backward(&x2, &x3, w1);
			backward(&x0, &x2, w);
			backward(&x1, &x3, w);
			store(a, x0);
			store(a + t, x1);
			store(a + 2 * (size_t)t, x2);
			store(a + 3 * (size_t)t, x3);
		}
	}
}

/* The last level, and 1/2048. */
static void
intt_last(const struct pir_ring *r, uint64_t *a)
{
	const struct factor w = one_factor(&r->unroot[1], &r->unroot_shoup[1]);
	const struct factor n = one_factor(&r->d_inv, &r->d_inv_shoup);

	for (unsigned j = 0; j < PIR_D / 2; j += 8) {
		v8 x = load(a + j);
		v8 y = load(a + PIR_D / 2 + j);

		backward(&x, &y, w);
		store(a + j, minus(times(x, n), PIR_Q));
		store(a + PIR_D / 2 + j, minus(times(y, n), PIR_Q));
	}
}

static void
intt(const struct pir_ring *r, uint64_t a[PIR_D])
{
	intt_first(r, a);
	for (unsigned m = PIR_D / 64; m >= 2; m /= 4)
		intt_middle(r, a, m, PIR_D / (4 * m));
	intt_last(r, a);
}

/* x y = high 2^52 + low; each part to [0, 2q), and acc, make less than 5q. */
static void
muladd(uint64_t *acc, const uint64_t *x, const uint64_t *y, size_t n)
{
	const struct factor two52 = { all(TWO52),
		all((UINT64_C(1) << 52) * (pir_u128)TWO52 / PIR_Q) };
	const struct factor one = { all(1), all(ONE_SHOUP) };
	const v8 zero = _mm512_setzero_si512();

	for (size_t i = 0; i < n; i += 8) {
		v8 a = load(x + i);
		v8 b = load(y + i);
		v8 sum = _mm512_add_epi64(times(low(zero, a, b), one),
		    times(high(zero, a, b), two52));

		sum = _mm512_add_epi64(sum, load(acc + i));
		sum = minus(minus(sum, 4 * PIR_Q), 2 * PIR_Q);
		store(acc + i, minus(sum, PIR_Q));
	}
}

/* (x, y) = (x + w, x - w) for n values, or (x - w, x + w). */
static void
sum_and_difference(
    int64_t *x, int64_t *y, const int64_t *w, unsigned n, bool is_less)
{
	int64_t *to_sum = is_less ? y : x;
	int64_t *to_difference = is_less ? x : y;
	unsigned j = 0;

	for (; j + 8 <= n; j += 8) {
		v8 a = load(x + j);
		v8 b = load(w + j);

		store(to_sum + j, _mm512_add_epi64(a, b));
		store(to_difference + j, _mm512_sub_epi64(a, b));
	}
	for (; j < n; j++) {
		int64_t a = x[j];

		to_sum[j] = a + w[j];
		to_difference[j] = a - w[j];
	}
}

static void
butterfly(int64_t x[PIR_D], int64_t y[PIR_D], unsigned turn)
{
	int64_t w[PIR_D];

	memcpy(w, y, sizeof(w));
	sum_and_difference(x, y, w + PIR_D - turn, turn, true);
	sum_and_difference(x + turn, y + turn, w, PIR_D - turn, false);
}

#define SCAN_AHEAD 8192 /* octets that the first reading fetches ahead */

/* Sums of 32 bits of a band for one query; over PIR_SUM_RUNS they stay below
 * 2^30. */
typedef v8 narrow_sums[PIR_LIMBS][PIR_BAND / 16];

static inline void
scan_run(const int16_t *d, const int16_t limbs[PIR_RUN / 2][PIR_LIMBS][2],
    narrow_sums sums, bool is_first)
{
	narrow_sums a;

	memcpy(a, sums, sizeof(a));
	for (unsigned c = 0; c < PIR_RUN / 2; c++, d += 2 * PIR_BAND) {
		v8 row0 = load(d);
		v8 row1 = load(d + 32);

		if (is_first) {
			_mm_prefetch((const char *)d + SCAN_AHEAD, _MM_HINT_T0);
			_mm_prefetch(
			    (const char *)d + SCAN_AHEAD + 64, _MM_HINT_T0);
		}
		for (unsigned l = 0; l < PIR_LIMBS; l++) {
			int32_t pair;
			v8 b;

			memcpy(&pair, limbs[c][l], sizeof(pair));
			b = _mm512_set1_epi32(pair);
			a[l][0] = _mm512_dpwssd_epi32(a[l][0], row0, b);
			a[l][1] = _mm512_dpwssd_epi32(a[l][1], row1, b);
		}
	}
	memcpy(sums, a, sizeof(a));
}

/* Adds sixteen sums of 32 bits to sixteen of 64. */
static inline void
widen(int64_t *to, v8 sums)
{
	v8 first = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums));
	v8 second = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1));

	store(to, _mm512_add_epi64(load(to), first));
	store(to + 8, _mm512_add_epi64(load(to + 8), second));
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
		for (unsigned j = 0; j < n; j++)
			scan_run(band, limbs[r][j], sums[j], j == 0);
		band += PIR_RUN * PIR_BAND;
		if (r % PIR_SUM_RUNS < PIR_SUM_RUNS - 1)
			continue;
		for (unsigned j = 0; j < n; j++)
			for (unsigned l = 0; l < PIR_LIMBS; l++)
				for (unsigned i = 0; i < PIR_BAND / 16; i++)
					widen(&ret_sums[j][l][i * 16],
					    sums[j][l][i]);
	}
}

static void
keys(struct pir_keys *k)
{
	(void)k;
}

#define GROUPS (PIR_LANES / 8)

/* Of one digit: the low halves of 2047 products of 52 bits, which stay below
 * 2^63, and the high halves. */
struct sums {
	v8 low;
	v8 high;
};

static inline void
add_product(struct sums *s, v8 digit, const uint64_t *key)
{
	v8 k = load(key);

	s->low = low(s->low, digit, k);
	s->high = high(s->high, digit, k);
}

/* The three digits of eight lanes, from their low and high halves, against
 * three keys. VPTERNLOG 0xca: where the mask is 1 the second, else the third.
 */
static inline void
mac_step(struct sums s[PIR_DIGITS], const uint64_t *d,
    const uint64_t *const keys[PIR_DIGITS], size_t at)
{
	const v8 half = all((UINT64_C(1) << PIR_DIGIT_HALF) - 1);
	const v8 both = all((UINT64_C(1) << 2 * PIR_DIGIT_HALF) - 1);
	v8 l = load(d);
	v8 h = load(d + PIR_LANES);
	v8 x;

	x = _mm512_ternarylogic_epi64(
	    half, l, _mm512_slli_epi64(h, PIR_DIGIT_HALF), 0xca);
	add_product(&s[0], _mm512_and_si512(x, both), keys[0] + at);
	x = _mm512_ternarylogic_epi64(
	    half, _mm512_srli_epi64(l, PIR_DIGIT_HALF), h, 0xca);
	add_product(&s[1], _mm512_and_si512(x, both), keys[1] + at);
	x = _mm512_ternarylogic_epi64(half,
	    _mm512_srli_epi64(l, 2 * PIR_DIGIT_HALF),
	    _mm512_srli_epi64(h, PIR_DIGIT_HALF), 0xca);
	add_product(&s[2], x, keys[2] + at);
}

#define RUN 32         /* steps whose digits stay in the nearest cache */
#define MAC_AHEAD 4096 /* octets that the first reading fetches ahead */

/* A run of steps, over each of which the keys move by one value. */
static inline void
mac_run(struct sums sums[GROUPS][PIR_DIGITS], const uint64_t *d,
    const uint64_t *const keys[PIR_DIGITS], unsigned steps, bool is_first)
{
	struct sums s[GROUPS][PIR_DIGITS];

	memcpy(s, sums, sizeof(s));
	for (size_t i = 0; i < steps; i++, d += 2 * PIR_LANES) {
		for (unsigned l = 0; is_first && l < 4; l++)
			_mm_prefetch(
			    (const char *)d + MAC_AHEAD + l * 64, _MM_HINT_T0);
		for (unsigned g = 0; g < GROUPS; g++)
			mac_step(
			    s[g], d + (size_t)g * 8, keys, i + (size_t)g * 8);
	}
	memcpy(sums, s, sizeof(s));
}

/* Of three digits: low + 2^52 high */
static void
mac_end(struct sums s[PIR_DIGITS], uint64_t ret_values[8])
{
	uint64_t l[PIR_DIGITS][8];
	uint64_t h[PIR_DIGITS][8];

	for (unsigned k = 0; k < PIR_DIGITS; k++) {
		store(l[k], s[k].low);
		store(h[k], s[k].high);
	}
	for (unsigned i = 0; i < 8; i++) {
		uint64_t r = h[0][i] + h[1][i] + h[2][i];

		/* 21 + 21 + 10 bits up: r stays below 2^63 */
		r = pir_ring_reduce(pir_ring_reduce(r) << 21);
		r = pir_ring_reduce(r << 21);
		r = pir_ring_reduce(r << 10);
		for (unsigned k = 0; k < PIR_DIGITS; k++)
			r += pir_ring_reduce(l[k][i]);
		ret_values[i] = pir_ring_reduce(r);
	}
}

static void
mac(const uint64_t *digits, unsigned chunk, const struct pir_keys *const key[],
    unsigned n, pir_lanes *ret_values)
{
	const unsigned half = chunk / (PIR_CHUNKS / 2);
	const size_t at = (size_t)(chunk % (PIR_CHUNKS / 2)) * PIR_LANES;
	struct sums s[PIR_BATCH_MAX][GROUPS][PIR_DIGITS];
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
		for (unsigned g = 0; g < GROUPS; g++)
			mac_end(s[j][g], ret_values[j] + g * 8);
	}
}

const struct pir_kernel pir_kernel_avx512 = {
	.name = "avx512",
	.ntt = ntt,
	.intt = intt,
	.muladd = muladd,
	.butterfly = butterfly,
	.scan = scan,
	.keys = keys,
	.mac = mac,
};
