/*
 * ceremony: key generation without a dealer, and its resharing: what is done
 * with the files of both rounds (custody.md, section 4). Files are added one by
 * one; each is refused or counts. Pure. After a refusal `why` says what is
 * wrong and `who` names the member, if it is one's.
 */
#ifndef CEREMONY_H
#define CEREMONY_H
#include "custody/round2.h"

struct ceremony_deal {
	bool has_round1;
	bool has_round2;
	struct round1 round1;
	struct round2 round2;
};

struct ceremony {
	const uint8_t *wanted; /* hash of one's own plan; borrowed; or NULL */
	bool has_plan;
	struct plan plan;
	struct ceremony_deal deals[CUSTODIANS_MAX]; /* [i]: dealer i + 1 */
	uint8_t id[32];  /* after ceremony_round1_end */
	const char *why; /* a constant */
	const char *who; /* NULL: nobody; borrowed from the plan */
};

/* plan_hash: of one's own round 1; NULL: that of the first file is taken. */
void ceremony_init(struct ceremony *c, const uint8_t *plan_hash);
/* RC_MALFORMED, RC_DENIED; RC_STATE: right, but not here. */
MUST_USE enum rc ceremony_round1_add(struct ceremony *c, struct rd text);
/* Every round 1 file is there. RC_STATE: one is missing. */
MUST_USE enum rc ceremony_round1_end(struct ceremony *c);
/* RC_STATE: the dealer's own round 1 file is not the one that he made. */
MUST_USE enum rc ceremony_own_check(
    struct ceremony *c, const struct round1_dealer *d);
MUST_USE enum rc ceremony_round2_add(struct ceremony *c, struct rd text);
/* The new group, by all commitments. RC_STATE: a round 2 file is missing;
 * RC_DENIED: the group does not follow from them. */
MUST_USE enum rc ceremony_group(
    struct ceremony *c, struct custodians *ret_group);
/* The share of a member of the group. RC_DENIED: a dealer lies; `who` is he.
 * The caller wipes. */
MUST_USE enum rc ceremony_share(struct ceremony *c,
    const struct custodians *group, uint16_t member,
    const uint8_t seal_secret[static HPKE_KEY_SIZE],
    uint8_t ret_x[static RGROUP_SIZE]);
#endif
