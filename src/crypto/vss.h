/*
 * vss: what k of n hold together. Polynomials of degree k - 1 over the scalars
 * of rgroup, Feldman's commitments to them ("A practical scheme for
 * non-interactive verifiable secret sharing", FOCS '87), and shares of a
 * product aC, each proved: 98 octets (custody.md, sections 2 to 4).
 */
#ifndef VSS_H
#define VSS_H
#include "crypto/dleq.h"

#define VSS_MEMBERS_MAX 16
#define VSS_SHARE_SIZE                                         \
	(2 + RGROUP_SIZE + DLEQ_SIZE) /* u16 i || Z_i || proof \
				       */

struct vss_poly { /* secret: vss_clear */
	size_t k;
	uint8_t a[VSS_MEMBERS_MAX][RGROUP_SIZE];
};

/* Random coefficients; a0 NULL: that one too. 1 <= k <= VSS_MEMBERS_MAX. */
void vss_random(size_t k, const uint8_t *a0, struct vss_poly *ret_f);
void vss_clear(struct vss_poly *f);
/* f(i), in constant time for f. */
void vss_eval(
    const struct vss_poly *f, uint16_t i, uint8_t ret_v[static RGROUP_SIZE]);
/* A_j = a_j B, f->k of them. */
MUST_USE enum rc vss_commit(
    const struct vss_poly *f, uint8_t (*ret_commitments)[RGROUP_SIZE]);
/* f(i) B from the commitments. RC_DENIED: not points, or the identity. */
MUST_USE enum rc vss_commit_eval(size_t k,
    const uint8_t (*commitments)[RGROUP_SIZE], uint16_t i,
    uint8_t ret_p[static RGROUP_SIZE]);
/* The Lagrange coefficient at 0 of indexes[which] among k. RC_MALFORMED: k out
 * of range, or an index is zero, above VSS_MEMBERS_MAX or there twice. */
MUST_USE enum rc vss_lambda(size_t k, const uint16_t *indexes, size_t which,
    uint8_t ret_s[static RGROUP_SIZE]);

/* x C and its proof against x B. RC_MALFORMED: the index is out of range;
 * RC_DENIED: C is no point. */
MUST_USE enum rc vss_share(const char *dst, const uint8_t x[static RGROUP_SIZE],
    uint16_t index, const uint8_t c[static RGROUP_SIZE],
    uint8_t ret_share[static VSS_SHARE_SIZE]);
/* Tests: the same with a stated nonce. */
MUST_USE enum rc vss_share_with(const uint8_t s[static RGROUP_SIZE],
    const char *dst, const uint8_t x[static RGROUP_SIZE], uint16_t index,
    const uint8_t c[static RGROUP_SIZE],
    uint8_t ret_share[static VSS_SHARE_SIZE]);
uint16_t vss_share_index(const uint8_t share[static VSS_SHARE_SIZE]);
/* v = x B. RC_DENIED: not the share of who holds x. */
MUST_USE enum rc vss_share_check(const char *dst,
    const uint8_t v[static RGROUP_SIZE], const uint8_t c[static RGROUP_SIZE],
    const uint8_t share[static VSS_SHARE_SIZE]);
/* aC of k checked shares. RC_MALFORMED as vss_lambda; RC_DENIED: not points. */
MUST_USE enum rc vss_combine(size_t k, const uint8_t (*shares)[VSS_SHARE_SIZE],
    uint8_t ret_p[static RGROUP_SIZE]);
#endif
