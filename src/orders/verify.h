/*
 * verify: whether a package is what the log says (doc/protocol/records.md,
 * section 6): every row of the order in it, none of anybody else, nothing
 * changed. Pure; needs the package and the trust file, and no server.
 */
#ifndef VERIFY_H
#define VERIFY_H
#include <jansson.h>

#include "merkle/trust.h"
#include "orders/opening.h"

struct verify_result {
	struct wall from; /* what the proof is complete for: [from, to) */
	struct wall to;
	struct opening rows;
	size_t held_back;  /* rows of the window's days outside its hours */
	size_t destroyed;  /* parts whose key retention destroyed */
	uint64_t log_size; /* of the checkpoint */
	unsigned witnesses;
};

/* order: order.json; proof: proof.json. RC_DENIED: *ret_why says in one
 * sentence what is wrong first. RC_NOMEM. */
MUST_USE enum rc verify_proof(const struct trust *t, const json_t *order,
    const json_t *proof, struct verify_result *ret, const char **ret_why);
void verify_result_clear(struct verify_result *r);
#endif
