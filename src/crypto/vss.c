#include "crypto/vss.h"

#include <sodium.h>
#include <string.h>

void
vss_random(size_t k, const uint8_t *a0, struct vss_poly *ret_f)
{
	ASSERT(k >= 1 && k <= VSS_MEMBERS_MAX);
	*ret_f = (struct vss_poly){ .k = k };
	for (size_t j = 0; j < k; j++)
		rgroup_scalar_random(ret_f->a[j]);
	if (a0 != NULL)
		memcpy(ret_f->a[0], a0, RGROUP_SIZE);
}

void
vss_clear(struct vss_poly *f)
{
	explicit_bzero(f, sizeof(*f));
}

void
vss_eval(
    const struct vss_poly *f, uint16_t i, uint8_t ret_v[static RGROUP_SIZE])
{
	uint8_t z[RGROUP_SIZE];
	uint8_t v[RGROUP_SIZE] = { 0 };

	rgroup_scalar_small(i, z);
	for (size_t j = f->k; j-- > 0;) {
		crypto_core_ristretto255_scalar_mul(v, v, z);
		crypto_core_ristretto255_scalar_add(v, v, f->a[j]);
	}
	memcpy(ret_v, v, sizeof(v));
	explicit_bzero(v, sizeof(v));
}

enum rc
vss_commit(const struct vss_poly *f, uint8_t (*ret_commitments)[RGROUP_SIZE])
{
	enum rc rc = RC_BUG;

	for (size_t j = 0; j < f->k; j++)
		TRY(rgroup_mul_base(f->a[j], ret_commitments[j]));
out:
	return rc;
}

enum rc
vss_commit_eval(size_t k, const uint8_t (*commitments)[RGROUP_SIZE], uint16_t i,
    uint8_t ret_p[static RGROUP_SIZE])
{
	uint8_t z[RGROUP_SIZE];
	uint8_t p[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(k >= 1 && k <= VSS_MEMBERS_MAX, RC_MALFORMED);
	rgroup_scalar_small(i, z);
	memcpy(p, commitments[k - 1], sizeof(p));
	for (size_t j = k - 1; j-- > 0;) {
		TRY(rgroup_mul(z, p, p));
		TRY(rgroup_add(p, commitments[j], p));
	}
	CHECK(rgroup_point_check(p) == RC_OK, RC_DENIED);
	memcpy(ret_p, p, sizeof(p));
	rc = RC_OK;
out:
	return rc;
}

static bool
is_set_of_indexes(size_t k, const uint16_t *indexes)
{
	unsigned int seen = 0;

	if (k < 1 || k > VSS_MEMBERS_MAX)
		return false;
	for (size_t i = 0; i < k; i++) {
		if (indexes[i] < 1 || indexes[i] > VSS_MEMBERS_MAX ||
		    (seen >> indexes[i] & 1) != 0)
			return false;
		seen |= 1u << indexes[i];
	}
	return true;
}

/* The product over j other than i of j / (j - i). */
enum rc
vss_lambda(size_t k, const uint16_t *indexes, size_t which,
    uint8_t ret_s[static RGROUP_SIZE])
{
	uint8_t top[RGROUP_SIZE];
	uint8_t bottom[RGROUP_SIZE];
	uint8_t i[RGROUP_SIZE];
	uint8_t j[RGROUP_SIZE];
	uint8_t diff[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(is_set_of_indexes(k, indexes) && which < k, RC_MALFORMED);
	rgroup_scalar_small(1, top);
	rgroup_scalar_small(1, bottom);
	rgroup_scalar_small(indexes[which], i);
	for (size_t n = 0; n < k; n++) {
		if (n == which)
			continue;
		rgroup_scalar_small(indexes[n], j);
		crypto_core_ristretto255_scalar_sub(diff, j, i);
		crypto_core_ristretto255_scalar_mul(top, top, j);
		crypto_core_ristretto255_scalar_mul(bottom, bottom, diff);
	}
	/* no two indexes are the same: bottom is not zero */
	CHECK(crypto_core_ristretto255_scalar_invert(bottom, bottom) == 0,
	    RC_BUG);
	crypto_core_ristretto255_scalar_mul(ret_s, top, bottom);
	rc = RC_OK;
out:
	return rc;
}

enum rc
vss_share_with(const uint8_t s[static RGROUP_SIZE], const char *dst,
    const uint8_t x[static RGROUP_SIZE], uint16_t index,
    const uint8_t c[static RGROUP_SIZE],
    uint8_t ret_share[static VSS_SHARE_SIZE])
{
	uint8_t v[RGROUP_SIZE];
	uint8_t *z = ret_share + 2;
	const struct dleq q = { v, c, z };
	enum rc rc = RC_BUG;

	CHECK(index >= 1 && index <= VSS_MEMBERS_MAX, RC_MALFORMED);
	ret_share[0] = (uint8_t)(index >> 8);
	ret_share[1] = (uint8_t)index;
	TRY(rgroup_mul_base(x, v));
	TRY(rgroup_mul(x, c, z));
	TRY(dleq_prove_with(s, dst, &q, x, z + RGROUP_SIZE));
out:
	return rc;
}

enum rc
vss_share(const char *dst, const uint8_t x[static RGROUP_SIZE], uint16_t index,
    const uint8_t c[static RGROUP_SIZE],
    uint8_t ret_share[static VSS_SHARE_SIZE])
{
	uint8_t s[RGROUP_SIZE];
	enum rc rc;

	rgroup_scalar_random(s);
	rc = vss_share_with(s, dst, x, index, c, ret_share);
	explicit_bzero(s, sizeof(s));
	return rc;
}

uint16_t
vss_share_index(const uint8_t share[static VSS_SHARE_SIZE])
{
	return (uint16_t)(share[0] << 8 | share[1]);
}

enum rc
vss_share_check(const char *dst, const uint8_t v[static RGROUP_SIZE],
    const uint8_t c[static RGROUP_SIZE],
    const uint8_t share[static VSS_SHARE_SIZE])
{
	const struct dleq q = { v, c, share + 2 };
	const uint16_t index = vss_share_index(share);

	if (index < 1 || index > VSS_MEMBERS_MAX)
		return RC_DENIED;
	return dleq_check(dst, &q, share + 2 + RGROUP_SIZE);
}

enum rc
vss_combine(size_t k, const uint8_t (*shares)[VSS_SHARE_SIZE],
    uint8_t ret_p[static RGROUP_SIZE])
{
	uint16_t indexes[VSS_MEMBERS_MAX];
	uint8_t lambda[RGROUP_SIZE];
	uint8_t sum[RGROUP_SIZE] = { 0 };
	uint8_t p[RGROUP_SIZE] = { 0 };
	enum rc rc = RC_BUG;

	CHECK(k >= 1 && k <= VSS_MEMBERS_MAX, RC_MALFORMED);
	for (size_t i = 0; i < k; i++)
		indexes[i] = vss_share_index(shares[i]);
	for (size_t i = 0; i < k; i++) {
		TRY(vss_lambda(k, indexes, i, lambda));
		TRY(rgroup_mul(lambda, shares[i] + 2, p));
		TRY(rgroup_add(sum, p, sum)); /* begins as the identity */
	}
	CHECK(rgroup_point_check(sum) == RC_OK, RC_DENIED);
	memcpy(ret_p, sum, sizeof(sum));
	rc = RC_OK;
out:
	explicit_bzero(sum, sizeof(sum));
	explicit_bzero(p, sizeof(p));
	return rc;
}
