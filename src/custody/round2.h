/*
 * round2: the second file of a dealer: to each member its share, sealed to him
 * (custody.md, section 4). Pure but for the sealing's randomness.
 */
#ifndef ROUND2_H
#define ROUND2_H
#include "crypto/hpke.h"
#include "custody/round1.h"

#define ROUND2_SEALED_SIZE (RGROUP_SIZE + HPKE_OVERHEAD)

struct round2 {
	uint8_t ceremony[32];
	uint16_t dealer;
	uint8_t sealed[CUSTODIANS_MAX][ROUND2_SEALED_SIZE]; /* plan's n */
};

MUST_USE enum rc round2_build(const struct plan *p,
    const struct round1_dealer *d, const uint8_t ceremony[static 32],
    struct buf *b);
/* RC_MALFORMED, RC_DENIED; then *ret_why says what is wrong with it. */
MUST_USE enum rc round2_parse(struct rd text, const struct plan *p,
    struct round2 *ret_r, const char **ret_why);
/* What r's dealer gives to a member. RC_DENIED: it does not open for him, or
 * is no scalar. The caller wipes. */
MUST_USE enum rc round2_open(const struct round2 *r, uint16_t member,
    const uint8_t seal_secret[static HPKE_KEY_SIZE],
    uint8_t ret_share[static RGROUP_SIZE]);
#endif
