#include "crypto/tprf.h"

#include <sodium.h>

#include "tap.h"

#define N 4
#define K 2

struct key {
	uint8_t t[32];
	uint8_t commitments[K][32];
	uint8_t t_i[N][32];
};

/* C17 has no implicit conversion to an array of const */
#define C(a) ((const uint8_t(*)[sizeof((a)[0])])(a))

static struct rd
input(void)
{
	return rd_str("input");
}

static void
any_k_shares_make_what_the_dealer_makes(void)
{
	uint8_t shares[N][TPRF_SHARE_SIZE];
	uint8_t want[32], got[32];
	struct key y;

	T_RC(RC_OK, tprf_deal(K, N, y.t, y.commitments, y.t_i));
	T_RC(RC_OK, tprf_eval(y.t, input(), want));
	for (uint16_t i = 0; i < N; i++) {
		T_RC(RC_OK,
		    tprf_key_check(K, C(y.commitments), i + 1, y.t_i[i]));
		T_RC(RC_OK, tprf_share(y.t_i[i], i + 1, input(), shares[i]));
		T_RC(RC_OK,
		    tprf_share_check(K, C(y.commitments), input(), shares[i]));
	}
	for (size_t i = 0; i + 1 < N; i++) {
		T_RC(RC_OK, tprf_combine(K, C(&shares[i]), got));
		T_MEM(want, got, 32);
		T_RC(RC_OK, tprf_combine(1, C(&shares[i]), got));
		T_OK(memcmp(want, got, 32) != 0);
	}
	T_RC(RC_OK, tprf_combine(N, C(shares), got));
	T_MEM(want, got, 32);
	memcpy(shares[1], shares[0], sizeof(shares[0]));
	T_RC(RC_MALFORMED, tprf_combine(2, C(shares), got));
}

static void
another_input_or_key_has_another_value(void)
{
	uint8_t a[32], b[32];
	struct key y, z;

	T_RC(RC_OK, tprf_deal(K, N, y.t, y.commitments, y.t_i));
	T_RC(RC_OK, tprf_deal(K, N, z.t, z.commitments, z.t_i));
	T_RC(RC_OK, tprf_eval(y.t, input(), a));
	T_RC(RC_OK, tprf_eval(y.t, input(), b));
	T_MEM(a, b, 32);
	T_RC(RC_OK, tprf_eval(y.t, rd_str("other"), b));
	T_OK(memcmp(a, b, 32) != 0);
	T_RC(RC_OK, tprf_eval(z.t, input(), b));
	T_OK(memcmp(a, b, 32) != 0);
}

static void
a_share_of_another_holder_input_or_key_is_refused(void)
{
	uint8_t share[TPRF_SHARE_SIZE], bad[TPRF_SHARE_SIZE];
	struct key y, z;

	T_RC(RC_OK, tprf_deal(K, N, y.t, y.commitments, y.t_i));
	T_RC(RC_OK, tprf_deal(K, N, z.t, z.commitments, z.t_i));
	T_RC(RC_OK, tprf_share(y.t_i[0], 1, input(), share));
	T_RC(RC_DENIED,
	    tprf_share_check(K, C(y.commitments), rd_str("other"), share));
	T_RC(RC_DENIED, tprf_share_check(K, C(z.commitments), input(), share));
	T_RC(RC_DENIED, tprf_share_check(1, C(y.commitments), input(), share));
	T_RC(RC_DENIED, tprf_share_check(0, C(y.commitments), input(), share));
	T_RC(RC_DENIED, tprf_share_check(17, C(y.commitments), input(), share));
	for (size_t bit = 0; bit < TPRF_SHARE_SIZE * 8; bit++) {
		memcpy(bad, share, sizeof(bad));
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		T_RC(RC_DENIED,
		    tprf_share_check(K, C(y.commitments), input(), bad));
	}
	T_RC(RC_OK, tprf_share_check(K, C(y.commitments), input(), share));
	T_RC(RC_DENIED, tprf_key_check(K, C(y.commitments), 2, y.t_i[0]));
	T_RC(RC_DENIED, tprf_key_check(K, C(z.commitments), 1, y.t_i[0]));
	memset(bad, 0xff, 32);
	T_RC(RC_DENIED, tprf_key_check(K, C(y.commitments), 1, bad));
	memset(y.commitments[1], 0, 32);
	T_RC(RC_DENIED, tprf_share_check(K, C(y.commitments), input(), share));
}

static void
the_limits_of_k_and_n_hold(void)
{
	uint8_t t[32], commitments[17][32], t_i[17][32];
	uint8_t share[TPRF_SHARE_SIZE];

	T_RC(RC_LIMIT, tprf_deal(0, 3, t, commitments, t_i));
	T_RC(RC_LIMIT, tprf_deal(4, 3, t, commitments, t_i));
	T_RC(RC_LIMIT, tprf_deal(3, 17, t, commitments, t_i));
	T_RC(RC_OK, tprf_deal(1, 1, t, commitments, t_i));
	T_MEM(t, t_i[0], 32);
	T_RC(RC_OK, tprf_deal(16, 16, t, commitments, t_i));
	T_RC(RC_OK, tprf_key_check(16, C(commitments), 16, t_i[15]));
	T_RC(RC_MALFORMED, tprf_share(t_i[0], 0, input(), share));
	T_RC(RC_MALFORMED, tprf_share(t_i[0], 17, input(), share));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(any_k_shares_make_what_the_dealer_makes);
	TEST(another_input_or_key_has_another_value);
	TEST(a_share_of_another_holder_input_or_key_is_refused);
	TEST(the_limits_of_k_and_n_hold);
	return tap_done();
}
