/*
 * tprf: a keyed function of an input that its dealer evaluates alone and k of
 * n holders of shares evaluate together, each with a proof: t H2G(input)
 * (custody.md, section 3). Pure but for its randomness. Wipes what it derives.
 */
#ifndef TPRF_H
#define TPRF_H
#include "crypto/vss.h"

#define TPRF_SHARE_SIZE VSS_SHARE_SIZE

/* Draws t; k commitments and n shares, that of holder i at ret_shares[i - 1].
 * RC_LIMIT: not 1 <= k <= n <= VSS_MEMBERS_MAX. The caller wipes. */
MUST_USE enum rc tprf_deal(size_t k, size_t n,
    uint8_t ret_t[static RGROUP_SIZE], uint8_t (*ret_commitments)[RGROUP_SIZE],
    uint8_t (*ret_shares)[RGROUP_SIZE]);
MUST_USE enum rc tprf_eval(const uint8_t t[static RGROUP_SIZE], struct rd input,
    uint8_t ret_point[static RGROUP_SIZE]);
/* RC_DENIED: t_i is not the share of holder index by the commitments. */
MUST_USE enum rc tprf_key_check(size_t k,
    const uint8_t (*commitments)[RGROUP_SIZE], uint16_t index,
    const uint8_t t_i[static RGROUP_SIZE]);
/* RC_MALFORMED: the index is not 1 to VSS_MEMBERS_MAX. */
MUST_USE enum rc tprf_share(const uint8_t t_i[static RGROUP_SIZE],
    uint16_t index, struct rd input, uint8_t ret_share[static TPRF_SHARE_SIZE]);
/* Tests: the same with a stated nonce. */
MUST_USE enum rc tprf_share_with(const uint8_t s[static RGROUP_SIZE],
    const uint8_t t_i[static RGROUP_SIZE], uint16_t index, struct rd input,
    uint8_t ret_share[static TPRF_SHARE_SIZE]);
/* RC_DENIED. The holder is the share's own index (vss_share_index). */
MUST_USE enum rc tprf_share_check(size_t k,
    const uint8_t (*commitments)[RGROUP_SIZE], struct rd input,
    const uint8_t share[static TPRF_SHARE_SIZE]);
/* k checked shares of different holders. RC_MALFORMED as tdh2_combine. */
MUST_USE enum rc tprf_combine(size_t k,
    const uint8_t (*shares)[TPRF_SHARE_SIZE],
    uint8_t ret_point[static RGROUP_SIZE]);
#endif
