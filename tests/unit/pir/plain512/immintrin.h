/*
 * immintrin: the part of AVX-512 that src/pir/pir_kernel_avx512.c uses, in
 * plain C after the operations' descriptions, so that the kernel's logic is
 * tested on processors that do not have it.
 */
#ifndef PLAIN_IMMINTRIN_H
#define PLAIN_IMMINTRIN_H
#include <stdint.h>
#include <string.h>

typedef struct {
	_Alignas(64) uint64_t v[8];
} __m512i;
typedef struct {
	int32_t v[8];
} __m256i;

#define _MM_HINT_T0 3
#define _mm_prefetch(p, hint) ((void)(p))
#define EACH(n) for (unsigned i = 0; i < (n); i++)
#define LOW52 ((UINT64_C(1) << 52) - 1)

static inline __m512i
_mm512_set1_epi64(long long x)
{
	__m512i r;

	EACH(8) r.v[i] = (uint64_t)x;
	return r;
}

static inline __m512i
_mm512_set1_epi32(int x)
{
	return _mm512_set1_epi64(
	    (long long)((uint64_t)(uint32_t)x << 32 | (uint32_t)x));
}

static inline __m512i
_mm512_setzero_si512(void)
{
	return _mm512_set1_epi64(0);
}

#define _mm512_setr_epi64(a, b, c, d, e, f, g, h)                       \
	((__m512i){ { (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),      \
	    (uint64_t)(d), (uint64_t)(e), (uint64_t)(f), (uint64_t)(g), \
	    (uint64_t)(h) } })

static inline __m512i
_mm512_loadu_si512(const void *p)
{
	__m512i r;

	memcpy(r.v, p, sizeof(r.v));
	return r;
}

static inline void
_mm512_storeu_si512(void *p, __m512i x)
{
	memcpy(p, x.v, sizeof(x.v));
}

static inline __m512i
_mm512_add_epi64(__m512i a, __m512i b)
{
	EACH(8) a.v[i] += b.v[i];
	return a;
}

static inline __m512i
_mm512_sub_epi64(__m512i a, __m512i b)
{
	EACH(8) a.v[i] -= b.v[i];
	return a;
}

static inline __m512i
_mm512_min_epu64(__m512i a, __m512i b)
{
	EACH(8) a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
	return a;
}

static inline __m512i
_mm512_and_si512(__m512i a, __m512i b)
{
	EACH(8) a.v[i] &= b.v[i];
	return a;
}

static inline __m512i
_mm512_srli_epi64(__m512i a, unsigned n)
{
	EACH(8) a.v[i] >>= n;
	return a;
}

static inline __m512i
_mm512_slli_epi64(__m512i a, unsigned n)
{
	EACH(8) a.v[i] <<= n;
	return a;
}

/* Bit 4 a + 2 b + c of the table, for each bit. */
static inline __m512i
_mm512_ternarylogic_epi64(__m512i a, __m512i b, __m512i c, int table)
{
	__m512i r = _mm512_setzero_si512();

	for (unsigned k = 0; k < 8; k++)
		if ((table >> k & 1) != 0)
			EACH(8)
	r.v[i] |= ((k & 4) != 0 ? a.v[i] : ~a.v[i]) &
	    ((k & 2) != 0 ? b.v[i] : ~b.v[i]) &
	    ((k & 1) != 0 ? c.v[i] : ~c.v[i]);
	return r;
}

static inline __m512i
_mm512_permutexvar_epi64(__m512i places, __m512i x)
{
	__m512i r;

	EACH(8) r.v[i] = x.v[places.v[i] & 7];
	return r;
}

static inline __m512i
_mm512_permutex2var_epi64(__m512i a, __m512i places, __m512i b)
{
	__m512i r;

	EACH(8)
	r.v[i] = (places.v[i] & 8) != 0 ? b.v[places.v[i] & 7]
					: a.v[places.v[i] & 7];
	return r;
}

__extension__ typedef unsigned __int128 plain_u128;

static inline __m512i
_mm512_madd52lo_epu64(__m512i sum, __m512i a, __m512i b)
{
	EACH(8) sum.v[i] += ((a.v[i] & LOW52) * (b.v[i] & LOW52)) & LOW52;
	return sum;
}

static inline __m512i
_mm512_madd52hi_epu64(__m512i sum, __m512i a, __m512i b)
{
	EACH(8)
	sum.v[i] += (uint64_t)((plain_u128)(a.v[i] & LOW52) *
		(b.v[i] & LOW52) >>
	    52);
	return sum;
}

/* Sums of 32 bits wrap. */
static inline __m512i
_mm512_dpwssd_epi32(__m512i sum, __m512i a, __m512i b)
{
	uint32_t s[16];
	int16_t x[32];
	int16_t y[32];

	memcpy(s, sum.v, sizeof(s));
	memcpy(x, a.v, sizeof(x));
	memcpy(y, b.v, sizeof(y));
	EACH(32) s[i / 2] += (uint32_t)(x[i] * y[i]);
	memcpy(sum.v, s, sizeof(s));
	return sum;
}

static inline __m256i
_mm512_extracti64x4_epi64(__m512i x, int half)
{
	__m256i r;

	memcpy(r.v, x.v + 4 * half, sizeof(r.v));
	return r;
}

static inline __m256i
_mm512_castsi512_si256(__m512i x)
{
	return _mm512_extracti64x4_epi64(x, 0);
}

static inline __m512i
_mm512_cvtepi32_epi64(__m256i x)
{
	__m512i r;

	EACH(8) r.v[i] = (uint64_t)(int64_t)x.v[i];
	return r;
}
#endif
