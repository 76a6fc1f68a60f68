#include "crypto/tprf.h"

#include <sodium.h>
#include <string.h>

#define INPUT_DST "TACET-TPRF-V2"
#define SHARE_DST "TACET-TPRF-V2-share"

enum rc
tprf_deal(size_t k, size_t n, uint8_t ret_t[static RGROUP_SIZE],
    uint8_t (*ret_commitments)[RGROUP_SIZE], uint8_t (*ret_shares)[RGROUP_SIZE])
{
	struct vss_poly f = { .k = 0 };
	enum rc rc = RC_BUG;

	CHECK(k >= 1 && k <= n && n <= VSS_MEMBERS_MAX, RC_LIMIT);
	vss_random(k, NULL, &f);
	TRY(vss_commit(&f, ret_commitments));
	for (size_t i = 0; i < n; i++)
		vss_eval(&f, (uint16_t)(i + 1), ret_shares[i]);
	memcpy(ret_t, f.a[0], RGROUP_SIZE);
out:
	vss_clear(&f);
	return rc;
}

enum rc
tprf_eval(const uint8_t t[static RGROUP_SIZE], struct rd input,
    uint8_t ret_point[static RGROUP_SIZE])
{
	uint8_t q[RGROUP_SIZE];
	enum rc rc;

	rgroup_hash_point(INPUT_DST, input, q);
	rc = rgroup_mul(t, q, ret_point);
	explicit_bzero(q, sizeof(q)); /* names a handle */
	return rc;
}

enum rc
tprf_key_check(size_t k, const uint8_t (*commitments)[RGROUP_SIZE],
    uint16_t index, const uint8_t t_i[static RGROUP_SIZE])
{
	uint8_t want[RGROUP_SIZE];
	uint8_t got[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(rgroup_scalar_check(t_i) == RC_OK, RC_DENIED);
	CHECK(vss_commit_eval(k, commitments, index, want) == RC_OK, RC_DENIED);
	TRY(rgroup_mul_base(t_i, got));
	CHECK(sodium_memcmp(want, got, sizeof(got)) == 0, RC_DENIED);
	rc = RC_OK;
out:
	return rc;
}

enum rc
tprf_share(const uint8_t t_i[static RGROUP_SIZE], uint16_t index,
    struct rd input, uint8_t ret_share[static TPRF_SHARE_SIZE])
{
	uint8_t s[RGROUP_SIZE];
	enum rc rc;

	rgroup_scalar_random(s);
	rc = tprf_share_with(s, t_i, index, input, ret_share);
	explicit_bzero(s, sizeof(s));
	return rc;
}

enum rc
tprf_share_with(const uint8_t s[static RGROUP_SIZE],
    const uint8_t t_i[static RGROUP_SIZE], uint16_t index, struct rd input,
    uint8_t ret_share[static TPRF_SHARE_SIZE])
{
	uint8_t q[RGROUP_SIZE];
	enum rc rc;

	rgroup_hash_point(INPUT_DST, input, q);
	rc = vss_share_with(s, SHARE_DST, t_i, index, q, ret_share);
	explicit_bzero(q, sizeof(q));
	return rc;
}

enum rc
tprf_share_check(size_t k, const uint8_t (*commitments)[RGROUP_SIZE],
    struct rd input, const uint8_t share[static TPRF_SHARE_SIZE])
{
	uint8_t v[RGROUP_SIZE];
	uint8_t q[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(
	    vss_commit_eval(k, commitments, vss_share_index(share), v) == RC_OK,
	    RC_DENIED);
	rgroup_hash_point(INPUT_DST, input, q);
	TRY(vss_share_check(SHARE_DST, v, q, share));
out:
	explicit_bzero(q, sizeof(q));
	return rc;
}

enum rc
tprf_combine(size_t k, const uint8_t (*shares)[TPRF_SHARE_SIZE],
    uint8_t ret_point[static RGROUP_SIZE])
{
	return vss_combine(k, shares, ret_point);
}
