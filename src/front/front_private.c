/*
 * Tokens, for which somebody signs, and the questions that they pay, for which
 * nobody does (doc/protocol/directory.md, 5).
 */
#include <unistd.h>

#include "front/front_internal.h"
#include "proc/log.h"

#define BEGIN_MS 5000 /* the first table of all is made in less */

static void
begin(void *arg)
{
	struct front *f = arg;

	loop_timer_del(&f->begin_timer);
	if (f->accept_io == NULL && !f->stopping &&
	    front_conn_listen(f) != RC_OK) {
		log_event(LOG_OUT_OF_LUCK, LOG_RC(RC_IO));
		_exit(70); /* a front that accepts nobody is half alive */
	}
}

enum rc
front_private_begin(struct front *f)
{
	if (!child_conf(f->child)->private)
		return front_conn_listen(f);
	return loop_timer_add(
	    child_loop(f->child), BEGIN_MS, begin, f, &f->begin_timer);
}

void
front_private_limit(struct front *f, uint32_t max)
{
	f->private_max = max;
	if (f->begin_timer != NULL)
		begin(f);
}

void
front_private_tokens(struct request *r)
{
	const struct msg_put m = { r->conn->req, r->auth, r->body };

	r->conn->shape = CONN_SHAPE_OCTETS;
	child_send(r->conn->front->child, PERMIT_ROLE_EXCHANGE, MSG_TOKENS, &m);
}

void
front_private_promise(struct request *r)
{
	const struct msg_put m = { r->conn->req, r->auth, { NULL, 0 } };

	r->conn->shape = CONN_SHAPE_NOTE;
	child_send(
	    r->conn->front->child, PERMIT_ROLE_EXCHANGE, MSG_PROMISE_GET, &m);
}

/* Nothing of the connection goes along: not the address, and no name but that
 * of the answer's place. */
static void
ask(struct request *r, enum msg_private_kind kind)
{
	const struct msg_private m = { r->conn->req, (uint8_t)kind, r->body };
	struct front *f = r->conn->front;

	if (!child_conf(f->child)->private) {
		front_problem(r->conn, 403, "no-private", 0);
	} else if (f->n_private >= FRONT_PRIVATE_MAX ||
	    child_queued(f->child, PERMIT_ROLE_LOOKUP) >
		FRONT_PRIVATE_QUEUE_MAX) {
		front_problem(r->conn, 503, "down", 1);
	} else {
		f->n_private++;
		child_send(f->child, PERMIT_ROLE_LOOKUP, MSG_PRIVATE, &m);
	}
}

void
front_private_lookup(struct request *r)
{
	ask(r, MSG_PRIVATE_LOOKUP);
}

void
front_private_oprf(struct request *r)
{
	ask(r, MSG_PRIVATE_OPRF);
}
