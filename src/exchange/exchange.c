/*
 * The turn: handlers run, their writes gather in one transaction and their
 * replies in the outbox; at the end of the turn one commit makes all durable,
 * and only then the replies leave. If it fails everything is undone and every
 * waiting request is told so.
 */
#include "exchange/exchange.h"

#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/failmem.h"
#include "exchange/exchange_internal.h"
#include "proc/log.h"
#include "wire/e164_plan.h"

#define OUTBOX_MAX (64u << 20)
#define CODE_LABEL "tacet code key v1"
#define SWEEP_MS (3600 * 1000)
#define SESSION_KEEP_S 86400 /* sessions a day are counted */

union any_msg {
	struct msg_reg_start reg_start;
	struct msg_account_put account_put;
	struct msg_lookup lookup;
	struct msg_prekeys_get prekeys_get;
	struct msg_put put;
	struct msg_link link;
	struct msg_file_get file_get;
	struct msg_sms_send sms_send;
	struct msg_send send;
	struct msg_stream_open stream_open;
	struct msg_rows_reply rows_reply;
	struct msg_sms_in sms_in;
	struct msg_file_reply file_reply;
	struct msg_prekeys_reply prekeys_reply;
	struct msg_deliver deliver;
	struct msg_lookup_reply lookup_reply;
	struct msg_sms_out sms_out;
	struct msg_row row;
	struct msg_sent sent;
	struct msg_evaluated evaluated;
	struct msg_evaluate evaluate;
	struct msg_slot_done slot_done;
	struct msg_epoch epoch;
	struct msg_counts counts;
	struct msg_octets_reply octets_reply;
	uint8_t room[1024];
};

struct handler {
	enum msg_type type;
	void (*fn)(struct exchange *x, const void *msg);
};

static const struct handler handlers[] = {
	{ MSG_REG_START, exchange_on_reg_start },
	{ MSG_REG_SEND, exchange_on_reg_send },
	{ MSG_ACCOUNT_PUT, exchange_on_account_put },
	{ MSG_LOOKUP, exchange_on_lookup },
	{ MSG_ROW_DONE, exchange_on_row_done },
	{ MSG_FILE_GET, exchange_on_file_get },
	{ MSG_ROWS_REPLY, exchange_on_rows_reply },
	{ MSG_PREKEYS_GET, exchange_on_prekeys_get },
	{ MSG_PREKEYS_PUT, exchange_on_prekeys_put },
	{ MSG_DEVICES_PUT, exchange_on_devices_put },
	{ MSG_LINK_PUT, exchange_on_link_put },
	{ MSG_LINK_GET, exchange_on_link_get },
	{ MSG_SEND, exchange_on_send },
	{ MSG_STREAM_OPEN, exchange_on_stream_open },
	{ MSG_STREAM_CLOSE, exchange_on_stream_close },
	{ MSG_ACK, exchange_on_ack },
	{ MSG_SMS_SEND, exchange_on_sms_send },
	{ MSG_SMS_STATE, exchange_on_sms_state },
	{ MSG_SMS_FIND, exchange_on_sms_find },
	{ MSG_SMS_IN, exchange_on_sms_in },
	{ MSG_LOG_APPENDED, exchange_on_log_appended },
	{ MSG_SIGNED, exchange_on_signed },
	{ MSG_CUT_DONE, exchange_on_cut_done },
	{ MSG_COUNTS, exchange_on_counts },
	{ MSG_TOKENS, exchange_on_tokens },
	{ MSG_EVALUATED, exchange_on_evaluated },
	{ MSG_PROMISE_GET, exchange_on_promise_get },
	{ MSG_SLOT_DONE, exchange_on_slot_done },
	{ MSG_LOOKUP_KEYS, exchange_on_lookup_keys },
	{ MSG_EPOCH, exchange_on_epoch },
};

enum msg_status
exchange_status(enum rc rc)
{
	switch (rc) {
	case RC_OK:
	case RC_EXISTS:
		return MSG_STATUS_OK;
	case RC_NOT_FOUND:
		return MSG_STATUS_NOT_FOUND;
	case RC_LIMIT:
		return MSG_STATUS_LIMIT;
	case RC_MALFORMED:
		return MSG_STATUS_MALFORMED;
	case RC_DENIED:
		return MSG_STATUS_FORBIDDEN;
	case RC_STATE:
		return MSG_STATUS_STALE;
	case RC_AGAIN:
	case RC_NOMEM:
	case RC_IO:
	case RC_NOSPACE:
	case RC_CORRUPT:
	case RC_BUG:
		break;
	}
	return MSG_STATUS_DOWN;
}

/* --- the outbox --------------------------------------------------------------
 */

void
exchange_reply(struct exchange *x, enum permit_role to, enum msg_type type,
    const void *msg)
{
	size_t before = x->outbox.len;

	if (buf_u8(&x->outbox, (uint8_t)to) != RC_OK ||
	    msg_build(type, msg, &x->outbox) != RC_OK) {
		/* the reply is lost, and its requester runs into his timeout */
		x->outbox.len = before;
		x->n_failures++;
		log_event(LOG_OUT_OF_LUCK, LOG_RC(RC_LIMIT));
	}
}

/* The turn was undone: a reply says so; what is no reply is not sent. */
static bool
into_failure(enum msg_type type, union any_msg *m)
{
	static const enum msg_type replies[] = { MSG_REG_REPLY,
		MSG_ACCOUNT_REPLY, MSG_LOOKUP_REPLY, MSG_PREKEYS_REPLY,
		MSG_LINK_REPLY, MSG_FILE_REPLY, MSG_REPLY, MSG_SMS_IN_DONE,
		MSG_OCTETS_REPLY, MSG_SMS_DEVICES };
	uint64_t req = m->put.req; /* every reply begins with it */

	if (type == MSG_SENT) {
		m->sent.status = MSG_STATUS_DOWN;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		if (replies[i] != type)
			continue;
		explicit_bzero(m, sizeof(*m));
		m->put.req = req;
		/* status follows req in each of them */
		((uint8_t *)m)[sizeof(req)] = MSG_STATUS_DOWN;
		return true;
	}
	return false;
}

/* The turn was undone; what to do with a message that waited for it. */
static void
undo(struct exchange *x, enum permit_role to, enum msg_type type,
    union any_msg *m)
{
	if (exchange_pending_undone(x, type, m->put.req))
		return;
	if (type == MSG_STREAM_REPLY || into_failure(type, m))
		/* a stream needs no write: it opens on a full disk too */
		child_send(x->child, to, type, m);
}

static void
send_outbox(struct exchange *x, bool durable)
{
	struct rd r = buf_get(&x->outbox);
	union any_msg m;
	struct rd body;
	uint8_t to;
	uint16_t type;
	uint32_t n;

	while (r.left > 0) {
		if (rd_u8(&r, &to) != RC_OK || rd_u16(&r, &type) != RC_OK ||
		    rd_u32(&r, &n) != RC_OK || rd_take(&r, n, &body) != RC_OK ||
		    msg_parse((enum msg_type)type, body, &m) != RC_OK)
			break; /* we built it ourselves: cannot happen */
		if (durable)
			child_send(x->child, (enum permit_role)to,
			    (enum msg_type)type, &m);
		else
			undo(x, (enum permit_role)to, (enum msg_type)type, &m);
		explicit_bzero(&m, sizeof(m));
	}
	if (x->outbox.len > 0)
		explicit_bzero(x->outbox.p, x->outbox.len);
	x->outbox.len = 0;
}

static void
on_turn(void *arg)
{
	struct exchange *x = arg;
	enum rc rc = RC_OK;

	if (store_is_dirty(x->store)) {
		rc = store_commit(x->store);
		x->n_commits++;
	}
	if (rc != RC_OK) {
		x->n_failures++;
		log_event(rc == RC_NOSPACE ? LOG_STORE_FULL : LOG_STORE_ERROR,
		    LOG_RC(rc));
		store_rollback(x->store);
		exchange_slots_undone(x);
	}
	send_outbox(x, rc == RC_OK);
	exchange_slots_send(x);
	exchange_pump(x);
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	struct exchange *x = arg;
	union any_msg m;

	(void)from;
	if (fd >= 0)
		(void)close(fd);
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
		if (handlers[i].type != type)
			continue;
		if (msg_parse(type, body, &m) != RC_OK) {
			log_event(LOG_PERMIT_BROKEN, LOG_ROLE(from));
			_exit(70);
		}
		handlers[i].fn(x, &m);
		explicit_bzero(&m, sizeof(m));
		return;
	}
}

/* --- life --- */

static void
on_sweep(void *arg)
{
	struct exchange *x = arg;
	const struct conf *c = child_conf(x->child);
	int64_t now = mono_wall().s;
	enum rc rc;

	/* what expires is what the clock of its own time says: an entry of a
	 * day that a jumped clock has not reached is never older than it */
	rc = store_mail_expire(
	    x->store, (struct wall){ now - (int64_t)c->message_days * 86400 });
	if (rc == RC_OK)
		rc = store_session_expire(
		    x->store, (struct wall){ now - SESSION_KEEP_S });
	if (rc == RC_OK)
		rc = store_sms_expire(x->store,
		    (struct wall){ now - (int64_t)c->message_days * 86400 });
	if (rc != RC_OK)
		log_event(LOG_STORE_ERROR, LOG_RC(rc));
	exchange_link_expire(x);
	exchange_register_expire(x);
	if (loop_timer_add(child_loop(x->child), SWEEP_MS, on_sweep, x,
		&x->sweep) != RC_OK)
		log_event(LOG_OUT_OF_LUCK, LOG_RC(RC_NOMEM));
}

static enum rc
read_key(struct child *c, uint8_t ret_key[static STORE_KEY_SIZE])
{
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(child_file_take(c, "store.key", &fd));
	CHECK(read(fd, ret_key, STORE_KEY_SIZE) == STORE_KEY_SIZE, RC_CORRUPT);
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct exchange *x = arg;
	uint8_t key[STORE_KEY_SIZE];
	enum rc rc = RC_BUG;

	x->child = c;
	/* its own seed would be read from a device the sandbox hides */
	json_object_seed(randombytes_random() | 1);
	x->started = mono_wall();
	x->started_mono = mono_now();
	x->next_req = 1;
	buf_init(&x->outbox, OUTBOX_MAX);
	e164_plan_test_numbers(child_conf(c)->test_numbers);
	TRY(read_key(c, key));
	(void)crypto_generichash(x->code_key, sizeof(x->code_key),
	    (const uint8_t *)CODE_LABEL, sizeof(CODE_LABEL) - 1, key,
	    sizeof(key));
	TRY(store_open("store.db", key, &x->store));
	TRY(limits_new(&x->limits));
	TRY(nonces_new(&x->nonces));
	TRY(exchange_streams_new(x));
	TRY(exchange_slots_new(x));
	x->pending = failmem_array(
	    EXCHANGE_PENDING_MAX, sizeof(struct exchange_pending));
	CHECK(x->pending != NULL, RC_NOMEM);
	if (child_file_take(c, "admin", &x->admin_fd) == RC_OK)
		TRY(exchange_admin_start(x, x->admin_fd));
	loop_on_turn(child_loop(c), on_turn, x);
	/* not at the start itself: a clock that is wrong at boot gets an hour
	 * to be set right before anything expires */
	TRY(loop_timer_add(child_loop(c), SWEEP_MS, on_sweep, x, &x->sweep));
	log_event(LOG_STORE_OPEN);
out:
	sodium_memzero(key, sizeof(key));
	return rc;
}

static void
on_reload(void *arg, struct child *c)
{
	(void)arg;
	e164_plan_test_numbers(child_conf(c)->test_numbers);
}

static void
on_stop(void *arg, struct child *c)
{
	struct exchange *x = arg;

	on_turn(x);
	child_done(c);
}

int
exchange_main(void)
{
	struct exchange x = { .admin_fd = -1 };
	const struct child_hooks hooks = { &x, on_start, on_msg, on_reload,
		on_stop };
	int status = child_run(PERMIT_ROLE_EXCHANGE, &hooks);

	exchange_streams_free(&x);
	exchange_slots_free(&x);
	limits_free(x.limits);
	nonces_free(x.nonces);
	store_close(x.store);
	free(x.pending);
	buf_clear(&x.outbox);
	sodium_memzero(x.code_key, sizeof(x.code_key));
	return status;
}
