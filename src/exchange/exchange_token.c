/*
 * Tokens: who asks is checked and counted here, and his blinded elements go to
 * lookup, which is not told whose they are (doc/protocol/directory.md, 5).
 */
#include <string.h>

#include "exchange/exchange_internal.h"

#define ELEMENT 32

void
exchange_on_tokens(struct exchange *x, const void *msg)
{
	const struct msg_put *m = msg;
	struct msg_octets_reply reply = { .req = m->req };
	struct msg_evaluate ask = { .key = MSG_EVALUATE_TOKEN,
		.elements = m->octets };
	struct exchange_pending *p;
	struct store_account self;
	size_t n = m->octets.left / ELEMENT;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	if (status == MSG_STATUS_OK && !child_conf(x->child)->private)
		status = MSG_STATUS_NO_PRIVATE;
	if (status != MSG_STATUS_OK)
		goto out;
	CHECK(m->octets.left % ELEMENT == 0 && n > 0 && n <= MSG_EVALUATE_MAX,
	    RC_MALFORMED);
	TRY(exchange_budget(x, &self, (uint32_t)n, &reply.retry_after));
	p = exchange_pending_new(x, EXCHANGE_WAIT_TOKENS);
	CHECK(p != NULL, RC_NOSPACE);
	p->reply.octets = reply;
	ask.req = p->req;
	exchange_reply(x, PERMIT_ROLE_LOOKUP, MSG_EVALUATE, &ask);
	return; /* the answer waits for MSG_EVALUATED */
out:
	reply.status = (uint8_t)(status != MSG_STATUS_OK ? status
							 : exchange_status(rc));
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_OCTETS_REPLY, &reply);
}

void
exchange_on_evaluated(struct exchange *x, const void *msg)
{
	const struct msg_evaluated *m = msg;
	struct exchange_pending *p = exchange_pending_take(
	    x, EXCHANGE_WAIT_ENROL, m->req);
	struct msg_octets_reply reply;
	struct buf b;

	if (p != NULL) {
		exchange_slot_evaluated(x, p, m);
		return;
	}
	p = exchange_pending_take(x, EXCHANGE_WAIT_TOKENS, m->req);
	if (p == NULL)
		return; /* its turn was undone */
	reply = p->reply.octets;
	reply.status = m->status;
	buf_init(&b, (MSG_EVALUATE_MAX + 2) * ELEMENT);
	if (m->status == MSG_STATUS_OK &&
	    (buf_add_rd(&b, m->evaluated) != RC_OK ||
		buf_add(&b, m->proof, sizeof(m->proof)) != RC_OK)) {
		reply.status = MSG_STATUS_DOWN;
		b.len = 0;
	}
	reply.octets = buf_get(&b);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_OCTETS_REPLY, &reply);
	buf_clear(&b);
}
