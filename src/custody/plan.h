/*
 * plan: what the dealers of a ceremony agree on before it: how many of whom
 * shall open the log, and which group's key is shared anew (custody.md, section
 * 4). Whoever deals computes it himself; its hash is in all he makes. Pure.
 */
#ifndef PLAN_H
#define PLAN_H
#include <jansson.h>

#include "custody/contact.h"

#define PLAN_HASH_SIZE 32

struct plan {
	uint8_t threshold;
	uint8_t n;
	struct contact
	    members[CUSTODIANS_MAX]; /* by name; [i] has index i + 1 */
	bool is_resharing;           /* of old; else a new key is made */
	struct custodians old;
	uint8_t hash[PLAN_HASH_SIZE];
};

/* Sorts the members by name. old NULL: key generation. RC_DENIED: the
 * threshold is not 1 to n, n not 1 to 16, or two share a name or a key. */
MUST_USE enum rc plan_make(uint8_t threshold, size_t n,
    const struct contact *members, const struct custodians *old,
    struct plan *ret_p);
/* As an object of a round 1 file. Caller owns *ret_o. */
MUST_USE enum rc plan_put(const struct plan *p, json_t **ret_o);
/* RC_MALFORMED. */
MUST_USE enum rc plan_take(const json_t *o, struct plan *ret_p);
/* The members of a group, as they would be of the next. */
void plan_members_of(
    const struct custodians *c, struct contact ret_members[CUSTODIANS_MAX]);
/* The index of who signs with this key, among the members of the new group and
 * among those who deal; 0: not one of them. */
uint16_t plan_member(
    const struct plan *p, const uint8_t sign_key[static CUSTODIANS_KEY_SIZE]);
uint16_t plan_dealer(
    const struct plan *p, const uint8_t sign_key[static CUSTODIANS_KEY_SIZE]);
/* How many there are who could deal, and how many must. */
uint16_t plan_dealers_max(const struct plan *p);
uint16_t plan_dealers_min(const struct plan *p);
/* Of dealer 1 to plan_dealers_max. Borrowed. */
const char *plan_dealer_name(const struct plan *p, uint16_t dealer);
const uint8_t *plan_dealer_key(const struct plan *p, uint16_t dealer);
#endif
