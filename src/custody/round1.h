/*
 * round1: the first file of a dealer: what he commits to, before he gives any
 * share away (custody.md, section 4). Pure: the polynomial comes from a seed
 * that the dealer keeps, so that the same file is made again after a crash.
 */
#ifndef ROUND1_H
#define ROUND1_H
#include "crypto/vss.h"
#include "custody/plan.h"

#define ROUND1_SEED_SIZE 32

struct round1_dealer {        /* borrowed secrets of who deals */
	uint16_t index;       /* as a dealer of the plan */
	const uint8_t *seed;  /* ROUND1_SEED_SIZE, for this ceremony alone */
	const uint8_t *share; /* of the old group; NULL at key generation */
	const uint8_t *sign_seed; /* Ed25519 */
};

struct round1 {
	struct plan plan;
	uint16_t dealer;
	uint8_t commitments[CUSTODIANS_MAX][RGROUP_SIZE]; /* plan.threshold */
	uint8_t hash[32];
};

/* RC_DENIED: the share is not the dealer's own of the old group. */
MUST_USE enum rc round1_build(
    const struct plan *p, const struct round1_dealer *d, struct buf *b);
/* RC_MALFORMED, RC_DENIED; then *ret_why says what is wrong with it. */
MUST_USE enum rc round1_parse(
    struct rd text, struct round1 *ret_r, const char **ret_why);
/* The dealer's polynomial. vss_clear. */
void round1_poly(const struct plan *p, const struct round1_dealer *d,
    struct vss_poly *ret_f);
#endif
