/*
 * Requests that wait for another process. A place is its request's number
 * modulo their count, so finding one costs nothing.
 */
#include "exchange/exchange_internal.h"

struct exchange_pending *
exchange_pending_new(struct exchange *x, enum exchange_wait wait)
{
	struct exchange_pending *p =
	    &x->pending[x->next_req % EXCHANGE_PENDING_MAX];

	x->next_req++;
	if (p->req != 0)
		return NULL; /* this one still waits; the next may be free */
	p->req = x->next_req - 1;
	p->wait = wait;
	return p;
}

struct exchange_pending *
exchange_pending_take(struct exchange *x, enum exchange_wait wait, uint64_t req)
{
	struct exchange_pending *p = &x->pending[req % EXCHANGE_PENDING_MAX];

	if (req == 0 || p->req != req || p->wait != wait)
		return NULL;
	p->req = 0;
	return p;
}

static void
lookup_down(struct exchange *x, const struct exchange_pending *p)
{
	const struct msg_lookup_reply m = { .req = p->reply.lookup.req,
		.status = MSG_STATUS_DOWN };

	child_send(x->child, PERMIT_ROLE_FRONT, MSG_LOOKUP_REPLY, &m);
}

static void
file_down(struct exchange *x, const struct exchange_pending *p)
{
	const struct msg_file_reply m = { .req = p->reply.file.req,
		.status = MSG_STATUS_DOWN };

	child_send(x->child, PERMIT_ROLE_FRONT, MSG_FILE_REPLY, &m);
}

static void
tokens_down(struct exchange *x, const struct exchange_pending *p)
{
	const struct msg_octets_reply m = { .req = p->reply.octets.req,
		.status = MSG_STATUS_DOWN };

	child_send(x->child, PERMIT_ROLE_FRONT, MSG_OCTETS_REPLY, &m);
}

static void
enrol_down(struct exchange *x, const struct exchange_pending *p)
{
	const struct msg_account_reply m = { .req = p->reply.account.req,
		.status = MSG_STATUS_DOWN };

	child_send(x->child, PERMIT_ROLE_FRONT, MSG_ACCOUNT_REPLY, &m);
	exchange_enrol_free(p->of.enrol);
}

bool
exchange_pending_undone(struct exchange *x, enum msg_type type, uint64_t req)
{
	static const struct {
		enum msg_type type;
		enum exchange_wait wait;
		void (*down)(
		    struct exchange *x, const struct exchange_pending *p);
	} table[] = {
		{ MSG_ROW, EXCHANGE_WAIT_ROW, lookup_down },
		{ MSG_ROWS_GET, EXCHANGE_WAIT_ROWS, file_down },
		{ MSG_EVALUATE, EXCHANGE_WAIT_TOKENS, tokens_down },
		{ MSG_EVALUATE, EXCHANGE_WAIT_ENROL, enrol_down },
	};
	const struct exchange_pending *p = NULL;
	bool asks = false;

	for (size_t i = 0; i < ARRAY_LEN(table) && p == NULL; i++) {
		if (table[i].type != type)
			continue;
		asks = true;
		p = exchange_pending_take(x, table[i].wait, req);
		if (p != NULL)
			table[i].down(x, p);
	}
	return asks;
}
