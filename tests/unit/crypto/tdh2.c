#include "crypto/tdh2.h"

#include <sodium.h>

#include "tap.h"

#define N 5
#define K 3

struct group { /* K of N, dealt by the test */
	uint8_t p[32];
	uint8_t x[N][32];
	uint8_t v[N][32];
	uint8_t plain[32];
	uint8_t ct[TDH2_CT_SIZE];
	uint8_t shares[N][TDH2_SHARE_SIZE];
};

static struct rd
label(void)
{
	return rd_str("label");
}

static void
group_deal(struct group *g)
{
	struct vss_poly f;

	vss_random(K, NULL, &f);
	T_RC(RC_OK, rgroup_mul_base(f.a[0], g->p));
	for (size_t i = 0; i < N; i++) {
		vss_eval(&f, (uint16_t)(i + 1), g->x[i]);
		T_RC(RC_OK, rgroup_mul_base(g->x[i], g->v[i]));
	}
	vss_clear(&f);
	randombytes_buf(g->plain, sizeof(g->plain));
	T_RC(RC_OK, tdh2_seal(g->p, label(), g->plain, g->ct));
	for (size_t i = 0; i < N; i++)
		T_RC(RC_OK,
		    tdh2_share(g->x[i], (uint16_t)(i + 1), g->ct, label(),
			g->shares[i]));
}

/* The shares whose bits are in set, in order; returns whether they open. */
static bool
opens(const struct group *g, unsigned int set)
{
	uint8_t some[N][TDH2_SHARE_SIZE];
	uint8_t plain[32] = { 0 };
	size_t k = 0;

	for (size_t i = 0; i < N; i++)
		if ((set >> i & 1) != 0)
			memcpy(some[k++], g->shares[i], sizeof(some[0]));
	T_RC(RC_OK,
	    tdh2_combine(
		k, (const uint8_t(*)[TDH2_SHARE_SIZE])some, g->ct, plain));
	return memcmp(plain, g->plain, sizeof(plain)) == 0;
}

static void
any_k_of_n_open_and_no_fewer(void)
{
	struct group g;

	group_deal(&g);
	T_RC(RC_OK, tdh2_check(g.ct, label()));
	for (size_t i = 0; i < N; i++)
		T_RC(RC_OK,
		    tdh2_share_check(g.v[i], g.ct, label(), g.shares[i]));
	for (unsigned int set = 1; set < 1u << N; set++) {
		bool enough = __builtin_popcount(set) >= K;

		T_OK(opens(&g, set) == enough);
	}
}

static void
another_label_gives_no_share_and_no_check(void)
{
	static const char *const others[] = { "", "labe", "label ", "Label" };
	uint8_t share[TDH2_SHARE_SIZE] = { 0 };
	static const uint8_t zero[TDH2_SHARE_SIZE];
	struct group g;

	group_deal(&g);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		T_RC(RC_DENIED, tdh2_check(g.ct, rd_str(others[i])));
		T_RC(RC_DENIED,
		    tdh2_share(g.x[0], 1, g.ct, rd_str(others[i]), share));
		T_RC(RC_DENIED,
		    tdh2_share_check(
			g.v[0], g.ct, rd_str(others[i]), g.shares[0]));
	}
	T_MEM(zero, share, sizeof(share));
}

static void
a_flipped_bit_anywhere_is_refused(void)
{
	uint8_t share[TDH2_SHARE_SIZE];
	struct group g;

	group_deal(&g);
	for (size_t bit = 0; bit < TDH2_CT_SIZE * 8; bit++) {
		g.ct[bit / 8] ^= (uint8_t)(1u << bit % 8);
		T_RC(RC_DENIED, tdh2_check(g.ct, label()));
		T_RC(RC_DENIED, tdh2_share(g.x[0], 1, g.ct, label(), share));
		g.ct[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < TDH2_SHARE_SIZE * 8; bit++) {
		memcpy(share, g.shares[1], sizeof(share));
		share[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* the index is bound by the caller's choice of V_i */
		if (bit >= 16)
			T_RC(RC_DENIED,
			    tdh2_share_check(g.v[1], g.ct, label(), share));
	}
	for (size_t i = 0; i < N; i++)
		T_RC(i == 1 ? RC_OK : RC_DENIED,
		    tdh2_share_check(g.v[i], g.ct, label(), g.shares[1]));
}

/* A share of one ciphertext is none of another, under the same label too. */
static void
a_share_is_for_one_ciphertext(void)
{
	uint8_t other[TDH2_CT_SIZE];
	struct group g;

	group_deal(&g);
	T_RC(RC_OK, tdh2_seal(g.p, label(), g.plain, other));
	T_RC(RC_OK, tdh2_check(other, label()));
	T_RC(RC_DENIED, tdh2_share_check(g.v[0], other, label(), g.shares[0]));
}

static void
the_identity_and_other_bad_octets_are_refused(void)
{
	static const uint8_t zero[32];
	uint8_t bad[TDH2_CT_SIZE];
	uint8_t share[TDH2_SHARE_SIZE];
	struct group g;

	group_deal(&g);
	T_RC(RC_DENIED, tdh2_seal(zero, label(), g.plain, bad));
	for (size_t at = 32; at < TDH2_CT_SIZE; at += 32) {
		memcpy(bad, g.ct, sizeof(bad));
		memset(bad + at, 0, 32);
		T_RC(RC_DENIED, tdh2_check(bad, label()));
		memset(bad + at, 0xff, 32);
		T_RC(RC_DENIED, tdh2_check(bad, label()));
	}
	for (size_t at = 2; at < TDH2_SHARE_SIZE; at += 32) {
		memcpy(share, g.shares[0], sizeof(share));
		memset(share + at, 0, 32);
		T_RC(RC_DENIED, tdh2_share_check(g.v[0], g.ct, label(), share));
		memset(share + at, 0xff, 32);
		T_RC(RC_DENIED, tdh2_share_check(g.v[0], g.ct, label(), share));
	}
	T_RC(RC_DENIED, tdh2_share_check(zero, g.ct, label(), g.shares[0]));
}

/* e and f plus l prove the same, but have two texts: refused. */
static void
a_scalar_that_is_not_reduced_is_refused(void)
{
	static const uint8_t l[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12,
		0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, [31] = 0x10 };
	struct group g;

	group_deal(&g);
	for (size_t at = 96; at < TDH2_CT_SIZE; at += 32) {
		uint8_t bad[TDH2_CT_SIZE];

		memcpy(bad, g.ct, sizeof(bad));
		sodium_add(bad + at, l, 32);
		T_RC(RC_DENIED, tdh2_check(bad, label()));
	}
}

static void
indexes_out_of_range_or_twice_are_refused(void)
{
	uint8_t some[TDH2_MEMBERS_MAX + 1][TDH2_SHARE_SIZE];
	const uint8_t(
	    *c)[TDH2_SHARE_SIZE] = (const uint8_t(*)[TDH2_SHARE_SIZE])some;
	uint8_t plain[32];
	struct group g;

	group_deal(&g);
	T_RC(RC_MALFORMED, tdh2_share(g.x[0], 0, g.ct, label(), some[0]));
	T_RC(RC_MALFORMED, tdh2_share(g.x[0], 17, g.ct, label(), some[0]));
	T_RC(RC_OK, tdh2_share(g.x[0], 16, g.ct, label(), some[0]));
	for (size_t i = 0; i < ARRAY_LEN(some); i++)
		memcpy(some[i], g.shares[i % N], TDH2_SHARE_SIZE);
	T_RC(RC_OK, tdh2_combine(3, c, g.ct, plain));
	T_MEM(g.plain, plain, 32);
	T_RC(RC_MALFORMED, tdh2_combine(0, c, g.ct, plain));
	T_RC(RC_MALFORMED,
	    tdh2_combine(6, c, g.ct, plain)); /* 1 is there twice */
	T_RC(RC_MALFORMED, tdh2_combine(17, c, g.ct, plain));
	some[0][1] = 0;
	T_RC(RC_MALFORMED, tdh2_combine(3, c, g.ct, plain));
	T_RC(RC_DENIED, tdh2_share_check(g.v[0], g.ct, label(), some[0]));
	some[0][1] = 17;
	T_RC(RC_MALFORMED, tdh2_combine(3, c, g.ct, plain));
	T_RC(RC_DENIED, tdh2_share_check(g.v[0], g.ct, label(), some[0]));
	some[0][0] = 1;
	some[0][1] = 1;
	T_RC(RC_MALFORMED, tdh2_combine(3, c, g.ct, plain));
	memcpy(some[0], g.shares[0], TDH2_SHARE_SIZE);
	memset(some[2] + 2, 0, 32);
	T_RC(RC_DENIED, tdh2_combine(3, c, g.ct, plain));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(any_k_of_n_open_and_no_fewer);
	TEST(another_label_gives_no_share_and_no_check);
	TEST(a_flipped_bit_anywhere_is_refused);
	TEST(a_share_is_for_one_ciphertext);
	TEST(the_identity_and_other_bad_octets_are_refused);
	TEST(a_scalar_that_is_not_reduced_is_refused);
	TEST(indexes_out_of_range_or_twice_are_refused);
	return tap_done();
}
