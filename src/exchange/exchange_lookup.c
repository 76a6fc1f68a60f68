/*
 * Classic lookups and a person's own file: what waits for the records process.
 * The answer leaves when the row is durable, and not before.
 */
#include <string.h>

#include "exchange/exchange_internal.h"
#include "wire/e164_plan.h"
#include "wire/row.h"

#define DAY_S 86400

enum rc
exchange_budget(struct exchange *x, const struct store_account *a, uint32_t n,
    uint32_t *ret_retry)
{
	const struct conf *c = child_conf(x->child);
	struct mono now = loop_now(child_loop(x->child));

	if (mono_wall().s - a->registered.s < DAY_S)
		return limits_window(x->limits,
		    (struct limits_rule){
			LIMITS_LOOKUP_FIRST, c->lookups_first_day, DAY_S, n },
		    (struct rd){ a->account, 16 }, now, ret_retry);
	return limits_bucket(x->limits,
	    (struct limits_rule){ LIMITS_LOOKUP, c->lookups_burst,
		(uint32_t)(DAY_S * 1000 / c->lookups_day), n },
	    (struct rd){ a->account, 16 }, now, ret_retry);
}

/* Fills what the answer and the row say about the number. */
static enum rc
look(struct exchange *x, const struct msg_lookup *m,
    const struct store_account *self, struct msg_lookup_reply *reply)
{
	uint8_t handle[STORE_HASH_SIZE];
	struct store_account a;
	enum rc rc = RC_BUG;

	store_handle(x->store, &m->number, handle);
	reply->time = (uint64_t)mono_wall().s;
	reply->source_epoch = self->epoch;
	TRY(store_epoch(x->store, handle, &reply->lookup_epoch));
	rc = store_account_by_handle(x->store, handle, &a);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK) {
		reply->devices = a.devices;
		memcpy(reply->account, a.account, sizeof(reply->account));
	}
	rc = RC_OK;
out:
	return rc;
}

static enum rc
send_row(struct exchange *x, const struct msg_lookup *m,
    const struct store_account *self, uint64_t req,
    const struct msg_lookup_reply *reply)
{
	struct msg_row out = { .req = req };
	struct row w = { .query_time = { (int64_t)reply->time },
		.source = m->source,
		.lookup = m->number,
		.devices = reply->devices,
		.cause = (enum row_cause)m->cause,
		.source_epoch = (uint16_t)reply->source_epoch,
		.lookup_epoch = (uint16_t)reply->lookup_epoch };
	uint8_t octets[ROW_SIZE];
	enum rc rc = RC_BUG;

	/* an owner of a number needs a code by SMS: there are never so many */
	CHECK(reply->source_epoch <= UINT16_MAX &&
		reply->lookup_epoch <= UINT16_MAX,
	    RC_LIMIT);
	TRY(row_ip_parse(m->client_ip, &w));
	TRY(row_build(&w, octets));
	out.row = (struct rd){ octets, sizeof(octets) };
	memcpy(out.records_key, self->records_key, sizeof(out.records_key));
	memcpy(out.locator, m->locator, sizeof(out.locator));
	exchange_reply(x, PERMIT_ROLE_RECORDS, MSG_ROW, &out);
out:
	row_clear(&w);
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

void
exchange_on_lookup(struct exchange *x, const void *msg)
{
	const struct msg_lookup *m = msg;
	struct msg_lookup_reply reply = { .req = m->req };
	struct exchange_pending *p = NULL;
	uint8_t own[STORE_HASH_SIZE];
	struct store_account self;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	if (status == MSG_STATUS_OK && !child_conf(x->child)->classic)
		status = MSG_STATUS_NO_CLASSIC;
	if (status != MSG_STATUS_OK)
		goto out;
	TRY(e164_plan_check(&m->number));
	store_handle(x->store, &m->source, own);
	CHECK(memcmp(own, self.handle, sizeof(own)) == 0, RC_DENIED);
	TRY(exchange_budget(x, &self, 1, &reply.retry_after));
	TRY(look(x, m, &self, &reply));
	p = exchange_pending_new(x, EXCHANGE_WAIT_ROW);
	CHECK(p != NULL, RC_NOSPACE);
	p->reply.lookup = reply;
	rc = send_row(x, m, &self, p->req, &reply);
	if (rc == RC_OK)
		return; /* the answer waits for MSG_ROW_DONE */
	p->req = 0;
out:
	reply.status = (uint8_t)(status != MSG_STATUS_OK ? status
							 : exchange_status(rc));
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_LOOKUP_REPLY, &reply);
}

void
exchange_on_row_done(struct exchange *x, const void *msg)
{
	const struct msg_row_done *m = msg;
	struct exchange_pending *p = exchange_pending_take(
	    x, EXCHANGE_WAIT_ROW, m->req);
	struct msg_lookup_reply reply;

	if (p == NULL)
		return; /* its turn was undone */
	reply = p->reply.lookup;
	if (m->status != MSG_STATUS_OK) {
		/* no row, so no answer */
		reply = (struct msg_lookup_reply){ .req = reply.req };
		reply.status = m->status;
	} else {
		reply.time = m->time;
		x->n_lookups++;
	}
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_LOOKUP_REPLY, &reply);
}

void
exchange_on_file_get(struct exchange *x, const void *msg)
{
	const struct msg_file_get *m = msg;
	struct msg_file_reply reply = { .req = m->req };
	struct msg_rows_get get = { .locators = m->locators };
	struct exchange_pending *p;
	struct store_account self;
	uint64_t n = 0;
	uint64_t octets = 0;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	if (status != MSG_STATUS_OK)
		goto out;
	TRY(limits_window(x->limits,
	    (struct limits_rule){ LIMITS_FILE, 60, 3600, 1 },
	    (struct rd){ self.account, 16 }, loop_now(child_loop(x->child)),
	    &reply.retry_after));
	TRY(store_mail_count(
	    x->store, self.account, m->auth.device, &n, &octets));
	reply.registered = (uint64_t)self.registered.s;
	reply.last_day = (uint32_t)self.last_day;
	reply.epoch = self.epoch;
	reply.devices = self.devices;
	reply.mailbox = (uint32_t)n;
	p = exchange_pending_new(x, EXCHANGE_WAIT_ROWS);
	CHECK(p != NULL, RC_NOSPACE);
	p->reply.file = reply;
	get.req = p->req;
	exchange_reply(x, PERMIT_ROLE_RECORDS, MSG_ROWS_GET, &get);
	return;
out:
	reply.status = (uint8_t)(status != MSG_STATUS_OK ? status
							 : exchange_status(rc));
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_FILE_REPLY, &reply);
}

void
exchange_on_rows_reply(struct exchange *x, const void *msg)
{
	const struct msg_rows_reply *m = msg;
	struct exchange_pending *p = exchange_pending_take(
	    x, EXCHANGE_WAIT_ROWS, m->req);
	struct msg_file_reply reply;

	if (p == NULL)
		return;
	reply = p->reply.file;
	reply.status = m->status;
	reply.rows = m->rows;
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_FILE_REPLY, &reply);
}
