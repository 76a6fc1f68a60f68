/*
 * extract: from a scope and the custodians' shares to the rows and their
 * proof: stage FIND, then stage OPEN (doc/protocol/records.md, section 5).
 * What no custodian gave a share for stays closed, whatever this code does.
 */
#ifndef EXTRACT_H
#define EXTRACT_H
#include "orders/opening.h"
#include "orders/request.h"
#include "orders/scope.h"
#include "wire/custodians.h"

/* Fills q's parts from the scope's held parts; q holds the order already. */
MUST_USE enum rc extract_find(const struct scope *s, struct request *q);
struct extract_answers {
	const struct request_shares *at;
	size_t n;
};

struct extract_groups { /* the one that answers, then those before it */
	const struct custodians *at;
	size_t n;
};

/* Takes k good shares for each part and handle from the answers to q, finds the
 * envelopes, and makes q the request of stage OPEN. RC_DENIED: fewer than k
 * good ones; *ret_index is a custodian whose share is wrong, 0 when there are
 * too few answers or one is to another request. It may be set on success. */
MUST_USE enum rc extract_open(const struct scope *s, struct request *q,
    const struct extract_answers *a, uint16_t *ret_index);

struct extract_result {
	struct opening rows;
	json_t *proof;    /* proof.json */
	size_t held_back; /* rows of the order's days outside its window */
	size_t destroyed; /* parts whose key is gone */
};
/* Opens the envelopes of q, which is of stage OPEN, with the answers to it; the
 * rows are sorted. RC_DENIED as above; RC_CORRUPT: an envelope or a row does
 * not open. */
MUST_USE enum rc extract_rows(const struct scope *s, const struct request *q,
    const struct extract_groups *g, const struct extract_answers *a,
    uint16_t *ret_index, struct extract_result *ret);
void extract_result_clear(struct extract_result *r);
#endif
