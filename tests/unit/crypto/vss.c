#include "crypto/vss.h"

#include <sodium.h>

#include "tap.h"

#define DST "TEST"

/* l, the order of the group */
static const uint8_t l[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
	0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };

static void
only_canonical_points_and_scalars_pass(void)
{
	static const uint8_t zero[32];
	uint8_t p[32], s[32];

	T_RC(RC_OK, rgroup_point_check(rgroup_base));
	T_RC(RC_MALFORMED, rgroup_point_check(zero));
	memcpy(p, rgroup_base, 32);
	p[31] |= 0x80; /* the same point for a lax reader */
	T_RC(RC_MALFORMED, rgroup_point_check(p));
	/* RFC 9496 section A.3: negative, not a square, not below p */
	memset(p, 0, 32);
	p[0] = 1;
	T_RC(RC_MALFORMED, rgroup_point_check(p));
	memset(p, 0xff, 32);
	p[31] = 0x7f;
	T_RC(RC_MALFORMED, rgroup_point_check(p));
	T_RC(RC_OK, rgroup_scalar_check(zero));
	T_RC(RC_MALFORMED, rgroup_scalar_check(l));
	memcpy(s, l, 32);
	s[0]--;
	T_RC(RC_OK, rgroup_scalar_check(s));
	s[0] += 2;
	T_RC(RC_MALFORMED, rgroup_scalar_check(s));
	memset(s, 0xff, 32);
	T_RC(RC_MALFORMED, rgroup_scalar_check(s));
}

static void
products_that_are_no_point_are_told(void)
{
	static const uint8_t zero[32];
	uint8_t p[32], two[32], q[32];

	rgroup_scalar_small(2, two);
	T_RC(RC_DENIED, rgroup_mul(zero, rgroup_base, p));
	T_RC(RC_DENIED, rgroup_mul_base(zero, p));
	T_RC(RC_DENIED, rgroup_mul(two, zero, p));
	memcpy(q, rgroup_base, 32);
	q[31] |= 0x80;
	T_RC(RC_DENIED, rgroup_mul(two, q, p));
	T_RC(RC_DENIED, rgroup_add(rgroup_base, q, p));
	T_RC(RC_DENIED, rgroup_sub(q, rgroup_base, p));
	memset(q, 0xff, 32);
	T_RC(RC_DENIED, rgroup_mul(two, q, p));
	T_RC(RC_DENIED, rgroup_add(rgroup_base, q, p));
	T_RC(RC_DENIED, rgroup_sub(rgroup_base, q, p));
	T_RC(RC_OK, rgroup_mul(two, rgroup_base, p));
	T_RC(RC_OK, rgroup_mul_base(two, q));
	T_MEM(p, q, 32);
	T_RC(RC_OK, rgroup_sub(p, rgroup_base, q));
	T_MEM(rgroup_base, q, 32);
	T_RC(RC_OK, rgroup_add(q, rgroup_base, q));
	T_MEM(p, q, 32);
	T_RC(RC_OK, rgroup_sub(p, p, q));
	T_MEM(zero, q, 32);
}

static void
a_share_is_what_the_commitments_say(void)
{
	uint8_t commitments[VSS_MEMBERS_MAX][32];
	const uint8_t(*read)[32] = (const uint8_t(*)[32])commitments;
	uint8_t v[32], want[32], got[32];
	struct vss_poly f;

	for (size_t k = 1; k <= VSS_MEMBERS_MAX; k += 5) {
		vss_random(k, NULL, &f);
		T_RC(RC_OK, vss_commit(&f, commitments));
		for (uint16_t i = 0; i <= VSS_MEMBERS_MAX; i += 4) {
			vss_eval(&f, i, v);
			T_RC(RC_OK, rgroup_mul_base(v, want));
			if (i == 0)
				T_MEM(f.a[0], v, 32);
			else
				T_RC(RC_OK, vss_commit_eval(k, read, i, got));
			if (i > 0)
				T_MEM(want, got, 32);
		}
		vss_clear(&f);
		T_OK(sodium_is_zero(f.a[0], 32) == 1);
	}
	T_RC(RC_MALFORMED, vss_commit_eval(0, read, 1, got));
	T_RC(RC_MALFORMED, vss_commit_eval(17, read, 1, got));
	memset(commitments[1], 0xff, 32);
	T_RC(RC_DENIED, vss_commit_eval(2, read, 1, got));
	memset(commitments[0], 0, 32);
	T_RC(RC_DENIED, vss_commit_eval(1, read, 1, got));
}

static void
a_given_secret_is_the_first_coefficient(void)
{
	uint8_t a0[32];
	struct vss_poly f;

	rgroup_scalar_random(a0);
	vss_random(3, a0, &f);
	T_MEM(a0, f.a[0], 32);
	T_OK(f.k == 3 && memcmp(f.a[1], f.a[2], 32) != 0);
}

/* 2 and 3 hold points of a line: f(0) = 3 f(2) - 2 f(3) */
static void
lagrange_s_coefficients_are_those_of_school(void)
{
	static const uint16_t two_three[] = { 2, 3 };
	static const uint16_t twice[] = { 1, 5, 1 };
	uint8_t s[32], want[32], small[32];
	static const uint16_t zero[] = { 1, 0 };
	static const uint16_t high[] = { 17, 1 };

	T_RC(RC_OK, vss_lambda(2, two_three, 0, s));
	rgroup_scalar_small(3, want);
	T_MEM(want, s, 32);
	T_RC(RC_OK, vss_lambda(2, two_three, 1, s));
	rgroup_scalar_small(2, small);
	crypto_core_ristretto255_scalar_negate(want, small);
	T_MEM(want, s, 32);
	T_RC(RC_MALFORMED, vss_lambda(3, twice, 0, s));
	T_RC(RC_OK, vss_lambda(2, twice, 0, s));
	T_RC(RC_MALFORMED, vss_lambda(2, zero, 0, s));
	T_RC(RC_MALFORMED, vss_lambda(2, high, 0, s));
	T_RC(RC_MALFORMED, vss_lambda(2, two_three, 2, s));
	T_RC(RC_MALFORMED, vss_lambda(0, two_three, 0, s));
	T_RC(RC_MALFORMED, vss_lambda(17, two_three, 0, s));
}

static void
a_proof_holds_for_its_three_points_and_name_alone(void)
{
	uint8_t x[32], s[32], p[4][32], proof[DLEQ_SIZE], again[DLEQ_SIZE];
	struct dleq q = { p[0], p[1], p[2] };

	rgroup_scalar_random(x);
	rgroup_scalar_random(s);
	rgroup_hash_point(DST, rd_str("c"), p[1]);
	rgroup_hash_point(DST, rd_str("other"), p[3]);
	T_RC(RC_OK, rgroup_mul_base(x, p[0]));
	T_RC(RC_OK, rgroup_mul(x, p[1], p[2]));
	T_RC(RC_OK, dleq_prove(DST, &q, x, proof));
	T_RC(RC_OK, dleq_check(DST, &q, proof));
	T_RC(RC_DENIED, dleq_check(DST "2", &q, proof));
	/* a fresh nonce each time; a stated one gives a stated proof */
	T_RC(RC_OK, dleq_prove(DST, &q, x, again));
	T_OK(memcmp(proof, again, sizeof(proof)) != 0);
	T_RC(RC_OK, dleq_prove_with(s, DST, &q, x, proof));
	T_RC(RC_OK, dleq_prove_with(s, DST, &q, x, again));
	T_MEM(proof, again, sizeof(proof));
	for (size_t i = 0; i < 3; i++) {
		struct dleq r = q;

		*(i == 0 ? &r.x : i == 1 ? &r.c : &r.z) = p[3];
		T_RC(RC_DENIED, dleq_check(DST, &r, proof));
	}
	/* who does not know x proves nothing */
	rgroup_scalar_random(x);
	T_RC(RC_OK, dleq_prove(DST, &q, x, proof));
	T_RC(RC_DENIED, dleq_check(DST, &q, proof));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(only_canonical_points_and_scalars_pass);
	TEST(products_that_are_no_point_are_told);
	TEST(a_share_is_what_the_commitments_say);
	TEST(a_given_secret_is_the_first_coefficient);
	TEST(lagrange_s_coefficients_are_those_of_school);
	TEST(a_proof_holds_for_its_three_points_and_name_alone);
	return tap_done();
}
