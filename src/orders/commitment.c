#include "orders/commitment.h"

#include <string.h>

#include <sodium.h>

#define ORDER_LABEL "tacet order v1"
#define REVIEW_LABEL "tacet review v1\n"

static int
on_text(const char *text, size_t n, void *arg)
{
	return buf_add(arg, text, n) == RC_OK ? 0 : -1;
}

enum rc
commitment_canonical(const json_t *j, struct buf *b)
{
	if (j == NULL)
		return RC_NOMEM;
	return json_dump_callback(
		   j, on_text, b, JSON_SORT_KEYS | JSON_COMPACT) == 0
	    ? RC_OK
	    : RC_LIMIT;
}

enum rc
commitment_order(const struct order *o,
    const uint8_t opening[static COMMITMENT_OPENING_SIZE],
    uint8_t ret_hash[static COMMITMENT_SIZE])
{
	json_t *j = order_build(o);
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, COMMITMENT_TEXT_MAX);
	TRY(buf_add_str(&b, ORDER_LABEL));
	TRY(buf_add(&b, opening, COMMITMENT_OPENING_SIZE));
	TRY(commitment_canonical(j, &b));
	(void)crypto_hash_sha256(ret_hash, b.p, b.len);
out:
	buf_clear(&b);
	json_decref(j);
	return rc;
}

enum rc
commitment_review(const struct order *o, enum order_decision decision,
    enum commitment_step step, struct buf *b)
{
	json_t *j = json_pack("{s:s,s:o,s:s}", "decision",
	    order_decision_name(decision), "order", order_build(o), "step",
	    step == COMMITMENT_STEP_DECIDE ? "decide" : "confirm");
	enum rc rc = RC_BUG;

	TRY(buf_add_str(b, REVIEW_LABEL));
	TRY(commitment_canonical(j, b));
out:
	json_decref(j);
	return rc;
}

enum rc
commitment_review_check(const struct order *o, enum order_decision decision,
    enum commitment_step step, const uint8_t public_key[static 32],
    const uint8_t signature[static 64])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, COMMITMENT_TEXT_MAX);
	TRY(commitment_review(o, decision, step, &b));
	CHECK(
	    crypto_sign_verify_detached(signature, b.p, b.len, public_key) == 0,
	    RC_DENIED);
out:
	buf_clear(&b);
	return rc;
}
