/*
 * commitment: the one text of an order, what reviewers sign of it, and what the
 * public log holds of it (doc/protocol/orders.md, sections 2 to 4). Pure.
 */
#ifndef COMMITMENT_H
#define COMMITMENT_H
#include "orders/order.h"

#define COMMITMENT_SIZE 32
#define COMMITMENT_OPENING_SIZE 32
#define COMMITMENT_TEXT_MAX 65536

enum commitment_step { COMMITMENT_STEP_DECIDE = 1, COMMITMENT_STEP_CONFIRM };

/* Canonical JSON: names sorted, no blanks. Appends to b. */
MUST_USE enum rc commitment_canonical(const json_t *j, struct buf *b);
/* SHA-256("tacet order v1" || opening || canonical JSON of the order). */
MUST_USE enum rc commitment_order(const struct order *o,
    const uint8_t opening[static COMMITMENT_OPENING_SIZE],
    uint8_t ret_hash[static COMMITMENT_SIZE]);
/* The octets that a reviewer signs: "tacet review v1\n" and the canonical JSON
 * of {"decision","order","step"}. Appends to b. */
MUST_USE enum rc commitment_review(const struct order *o,
    enum order_decision decision, enum commitment_step step, struct buf *b);
/* RC_DENIED: not a good signature of that step by public_key. */
MUST_USE enum rc commitment_review_check(const struct order *o,
    enum order_decision decision, enum commitment_step step,
    const uint8_t public_key[static 32], const uint8_t signature[static 64]);
#endif
