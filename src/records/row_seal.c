#include "records/row_seal.h"

#include <string.h>

#include <sodium.h>

/* Both ciphers are defined on little-endian words. */
_Static_assert(
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are copied as they are");

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* --- ChaCha20 (RFC 8439, section 2.3) ---------------------------------------
 * A vector is one line of the state of blocks 0 and 1, lane by lane: block 0
 * gives the key of the authenticator, block 1 hides the row. */

typedef uint32_t line __attribute__((vector_size(32)));
typedef uint8_t octets __attribute__((vector_size(32)));

struct state {
	line a, b, c, d;
};

/* *v = (*v ^ w), rotated by n. By 16 and by 8 whole octets move. Vectors pass
 * by address: by value they would be part of the ABI. */
static ALWAYS_INLINE void
turn(line *v, const line *w, int n)
{
	const line x = *v ^ *w;

	*v = x << n | x >> (32 - n);
}

static ALWAYS_INLINE void
turn_16(line *v, const line *w)
{
	const octets o = (octets)(*v ^ *w);

	*v = (line)__builtin_shufflevector(o, o, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11,
	    8, 9, 14, 15, 12, 13, 18, 19, 16, 17, 22, 23, 20, 21, 26, 27, 24,
	    25, 30, 31, 28, 29);
}

static ALWAYS_INLINE void
turn_8(line *v, const line *w)
{
	const octets o = (octets)(*v ^ *w);

	*v = (line)__builtin_shufflevector(o, o, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8,
	    9, 10, 15, 12, 13, 14, 19, 16, 17, 18, 23, 20, 21, 22, 27, 24, 25,
	    26, 31, 28, 29, 30);
}

static ALWAYS_INLINE void
quarters(struct state *s)
{
	s->a += s->b;
	turn_16(&s->d, &s->a);
	s->c += s->d;
	turn(&s->b, &s->c, 12);
	s->a += s->b;
	turn_8(&s->d, &s->a);
	s->c += s->d;
	turn(&s->b, &s->c, 7);
}

/* Columns, then diagonals, which are columns of turned lines. */
static ALWAYS_INLINE void
double_round(struct state *s)
{
	quarters(s);
	s->b = __builtin_shufflevector(s->b, s->b, 1, 2, 3, 0, 5, 6, 7, 4);
	s->c = __builtin_shufflevector(s->c, s->c, 2, 3, 0, 1, 6, 7, 4, 5);
	s->d = __builtin_shufflevector(s->d, s->d, 3, 0, 1, 2, 7, 4, 5, 6);
	quarters(s);
	s->b = __builtin_shufflevector(s->b, s->b, 3, 0, 1, 2, 7, 4, 5, 6);
	s->c = __builtin_shufflevector(s->c, s->c, 2, 3, 0, 1, 6, 7, 4, 5);
	s->d = __builtin_shufflevector(s->d, s->d, 1, 2, 3, 0, 5, 6, 7, 4);
}

static ALWAYS_INLINE void
state_init(struct state *s, const uint8_t *subkey, uint32_t counter)
{
	uint32_t k[8];
	/* the nonce is 8 zero octets and the counter, big-endian */
	const uint32_t n = __builtin_bswap32(counter);

	memcpy(k, subkey, sizeof(k));
	s->a = (line){ 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	s->b = (line){ k[0], k[1], k[2], k[3], k[0], k[1], k[2], k[3] };
	s->c = (line){ k[4], k[5], k[6], k[7], k[4], k[5], k[6], k[7] };
	s->d = (line){ 0, 0, 0, n, 1, 0, 0, n };
	explicit_bzero(k, sizeof(k));
}

struct stream {
	uint64_t mac_key[4];
	uint64_t hide[8]; /* 5 are needed */
};

static ALWAYS_INLINE void
state_add(const struct state *s, const struct state *first, struct stream *t)
{
	const line all[4] = { s->a + first->a, s->b + first->b, s->c + first->c,
		s->d + first->d };

	for (size_t i = 0; i < 4; i++) {
		uint64_t words[4];

		memcpy(words, &all[i], sizeof(words));
		if (i < 2)
			memcpy(t->mac_key + 2 * i, words, 16);
		memcpy(t->hide + 2 * i, words + 2, 16);
	}
}

static ALWAYS_INLINE void
streams(const struct row_seal *two, struct stream *t)
{
	struct state first[2];
	struct state s[2];

	state_init(&first[0], two[0].subkey, two[0].counter);
	state_init(&first[1], two[1].subkey, two[1].counter);
	s[0] = first[0];
	s[1] = first[1];
	for (int i = 0; i < 10; i++) {
		double_round(&s[0]);
		double_round(&s[1]);
	}
	state_add(&s[0], &first[0], &t[0]);
	state_add(&s[1], &first[1], &t[1]);
}

/* --- Poly1305 (RFC 8439, section 2.5) ----------------------------------------
 * Numbers of 130 bits in limbs of 44, 44 and 42. */

__extension__ typedef unsigned __int128 wide;

#define BITS_44 ((1ULL << 44) - 1)
#define BITS_42 ((1ULL << 42) - 1)

struct poly {
	uint64_t r[3];
	uint64_t r5[3]; /* 20 r: what passes 2^130 comes back five times */
	uint64_t h[3];
};

static ALWAYS_INLINE void
poly_init(struct poly *p, const uint64_t key[static 2])
{
	/* clamped: section 2.5.1 */
	p->r[0] = key[0] & 0xffc0fffffff;
	p->r[1] = (key[0] >> 44 | key[1] << 20) & 0xfffffc0ffff;
	p->r[2] = key[1] >> 24 & 0x00ffffffc0f;
	for (size_t i = 0; i < 3; i++) {
		p->r5[i] = p->r[i] * 20;
		p->h[i] = 0;
	}
}

static ALWAYS_INLINE void
poly_block(struct poly *p, uint64_t lo, uint64_t hi)
{
	uint64_t h0 = p->h[0] + (lo & BITS_44);
	uint64_t h1 = p->h[1] + ((lo >> 44 | hi << 20) & BITS_44);
	uint64_t h2 = p->h[2] + (hi >> 24 | 1ULL << 40);
	wide d0 = (wide)h0 * p->r[0] + (wide)h1 * p->r5[2] +
	    (wide)h2 * p->r5[1];
	wide d1 = (wide)h0 * p->r[1] + (wide)h1 * p->r[0] + (wide)h2 * p->r5[2];
	wide d2 = (wide)h0 * p->r[2] + (wide)h1 * p->r[1] + (wide)h2 * p->r[0];

	d1 += (uint64_t)(d0 >> 44);
	d2 += (uint64_t)(d1 >> 44);
	h0 = ((uint64_t)d0 & BITS_44) + (uint64_t)(d2 >> 42) * 5;
	p->h[0] = h0 & BITS_44;
	p->h[1] = ((uint64_t)d1 & BITS_44) + (h0 >> 44);
	p->h[2] = (uint64_t)d2 & BITS_42;
}

/* h mod 2^130 - 5, plus the key's other half, mod 2^128. */
static ALWAYS_INLINE void
poly_final(const struct poly *p, const uint64_t key[static 2],
    uint64_t ret_mac[static 2])
{
	uint64_t h0 = p->h[0];
	uint64_t h1 = p->h[1];
	uint64_t h2 = p->h[2];
	uint64_t g0, g1, g2, keep;
	wide sum;

	for (int i = 0; i < 2; i++) {
		h2 += h1 >> 44;
		h1 &= BITS_44;
		h0 += (h2 >> 42) * 5;
		h2 &= BITS_42;
		h1 += h0 >> 44;
		h0 &= BITS_44;
	}
	g0 = h0 + 5;
	g1 = h1 + (g0 >> 44);
	g2 = h2 + (g1 >> 44) - (1ULL << 42);
	keep = 0 - (g2 >> 63); /* all ones: h is the smaller, and stays */
	h0 = (h0 & keep) | (g0 & BITS_44 & ~keep);
	h1 = (h1 & keep) | (g1 & BITS_44 & ~keep);
	h2 = (h2 & keep) | (g2 & ~keep);
	sum = (wide)(h0 | h1 << 44) + key[0];
	ret_mac[0] = (uint64_t)sum;
	ret_mac[1] = (h1 >> 20 | h2 << 24) + key[1] + (uint64_t)(sum >> 64);
}

/* --- both -------------------------------------------------------------------
 */

/* Section 2.8: label, zero octets to 16, sealed row, zero octets to 16, the two
 * lengths. */
#define SAID_SIZE (48 + 48 + 16)

static ALWAYS_INLINE void
seal_two(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2])
{
	struct stream t[2];
	struct poly p[2];
	uint64_t said[2][SAID_SIZE / 8] = { { 0 } };
	uint64_t row[ROW_SIZE / 8];
	uint64_t mac[2];

	streams(two, t);
	memcpy(row, plain, sizeof(row));
	for (size_t i = 0; i < 2; i++) {
		memcpy(said[i], two[i].label, JOURNAL_LABEL_SIZE);
		for (size_t j = 0; j < ROW_SIZE / 8; j++)
			said[i][6 + j] = row[j] ^ t[i].hide[j];
		said[i][12] = JOURNAL_LABEL_SIZE;
		said[i][13] = ROW_SIZE;
		poly_init(&p[i], t[i].mac_key);
	}
	for (size_t j = 0; j < SAID_SIZE / 8; j += 2) {
		poly_block(&p[0], said[0][j], said[0][j + 1]);
		poly_block(&p[1], said[1][j], said[1][j + 1]);
	}
	for (size_t i = 0; i < 2; i++) {
		poly_final(&p[i], t[i].mac_key + 2, mac);
		memcpy(two[i].ret_sealed, said[i] + 6, ROW_SIZE);
		memcpy(two[i].ret_sealed + ROW_SIZE, mac, sizeof(mac));
	}
	explicit_bzero(t, sizeof(t));
	explicit_bzero(p, sizeof(p));
	explicit_bzero(row, sizeof(row));
}

void
row_seal_two_ref(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2])
{
	seal_two(plain, two);
}

/* The instruction set is chosen at run time, as in base/crc32c.c. */
#if defined(__x86_64__)
static __attribute__((target("avx2"))) void
hardware(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2])
{
	seal_two(plain, two);
}

void
row_seal_two(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2])
{
	if (__builtin_cpu_supports("avx2") != 0)
		hardware(plain, two);
	else
		row_seal_two_ref(plain, two);
}
#else
void
row_seal_two(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2])
{
	row_seal_two_ref(plain, two);
}
#endif

void
row_seal_subkey(const uint8_t key[static JOURNAL_KEY_SIZE],
    uint8_t ret_subkey[static JOURNAL_KEY_SIZE])
{
	static const uint8_t zero[crypto_core_hchacha20_INPUTBYTES];

	(void)crypto_core_hchacha20(ret_subkey, zero, key, NULL);
}
