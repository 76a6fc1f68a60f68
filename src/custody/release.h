/*
 * release: what a custodian checks before he gives a share, and the shares
 * (design: records, section 4). The checks are the whole of his trust: they
 * use his own files and the request, and no word of the clerk's. Pure but for
 * the proofs' randomness.
 */
#ifndef RELEASE_H
#define RELEASE_H
#include "merkle/trust.h"
#include "orders/request.h"
#include "wire/custodians.h"

#define RELEASE_REVIEWERS_MAX 64
/* An order is answered within so many days of its receipt, or of its end where
 * it runs forward; later it is asked for anew. */
#define RELEASE_DAYS 60

struct release_trust { /* what he was given by hand, once */
	struct trust log;
	uint8_t reviewers[RELEASE_REVIEWERS_MAX][32]; /* sign keys */
	size_t n_reviewers;
	uint32_t retention_days; /* older days are refused */
};

struct release_keys {
	uint16_t index;
	uint8_t share[32];       /* x_i; borrowed secrets, copied by value */
	uint8_t seal_secret[32]; /* opens t_i of each part */
};

/* Fills the tags of stage OPEN. RC_DENIED: *ret_why is a constant sentence. */
MUST_USE enum rc release_check(struct request *q, const struct release_trust *t,
    struct wall now, const char **ret_why);
/* Shares for everything that a checked request asks for. request_text: the
 * file, whose hash the answer names. RC_DENIED: a part's share is not sealed to
 * this custodian. */
MUST_USE enum rc release_make(const struct request *q, struct rd request_text,
    const struct release_keys *k, struct request_shares *ret_s);
#endif
