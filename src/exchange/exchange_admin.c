/*
 * The admin socket (doc/protocol/records.md): one JSON object a line in, one
 * out. Who may connect is decided by the socket's mode and by his user id.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/failmem.h"
#include "exchange/exchange_internal.h"
#include "proc/log.h"
#include "wire/json_body.h"

#define LINE_MAX_ JSON_BODY_MAX
#define ANSWER_MAX 65536
#define SMS_TEXT_MAX 640

struct admin {
	struct exchange *x;
	int fd;
	struct loop_io *io;
	struct buf in;
	uint64_t req; /* another process works on the answer; 0: none */
	struct admin *next;
};

static json_t *
error(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

static enum rc
find_account(struct exchange *x, const json_t *q, struct store_account *ret_a)
{
	struct e164 number = { 0 };
	struct rd text;
	enum rc rc = RC_BUG;

	TRY(json_body_str(q, "number", 16, &text));
	TRY(e164_parse(text, &number));
	store_handle(x->store, &number, ret_a->handle);
	TRY(store_account_by_handle(x->store, ret_a->handle, ret_a));
out:
	e164_clear(&number);
	return rc;
}

/* Who owned the number when; "to" of the present owner is null. NULL: it cannot
 * be read. */
static json_t *
epochs_json(struct exchange *x, const uint8_t handle[static STORE_HASH_SIZE])
{
	struct store_epoch e[STORE_EPOCHS_MAX];
	json_t *list = NULL;
	size_t n = 0;

	if (store_epochs(x->store, handle, e, &n) != RC_OK)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		char from[MONO_RFC3339_SIZE] = "";
		char to[MONO_RFC3339_SIZE] = "";

		if (mono_rfc3339(e[i].from, from) != RC_OK ||
		    mono_rfc3339(e[i].to, to) != RC_OK ||
		    json_array_append_new(list,
			json_pack("{s:I,s:s,s:s?}", "epoch",
			    (json_int_t)e[i].epoch, "from", from, "to",
			    e[i].to.s == 0 ? NULL : to)) != 0)
			break;
	}
	return list;
}

static json_t *
do_subscriber(struct exchange *x, const json_t *q)
{
	char registered[MONO_RFC3339_SIZE] = "";
	char last[MONO_DATE_SIZE] = "";
	struct store_account a;
	json_t *epochs = NULL;
	enum rc rc = find_account(x, q, &a);

	/* who held it before is told of a number without an account too */
	if (rc == RC_NOT_FOUND && (epochs = epochs_json(x, a.handle)) != NULL)
		return json_pack("{s:b,s:o}", "found", 0, "epochs", epochs);
	if (rc != RC_OK || mono_rfc3339(a.registered, registered) != RC_OK ||
	    mono_date(a.last_day, last) != RC_OK)
		return error("number must be +DIGITS");
	epochs = epochs_json(x, a.handle);
	if (epochs == NULL)
		return error("the store cannot be read");
	return json_pack("{s:b,s:s,s:I,s:i,s:s,s:o}", "found", 1, "registered",
	    registered, "epoch", (json_int_t)a.epoch, "devices", a.devices,
	    "last_connection", last, "epochs", epochs);
}

static json_t *
do_remove(struct exchange *x, const json_t *q)
{
	struct store_account a;
	enum rc rc = find_account(x, q, &a);

	if (rc == RC_NOT_FOUND)
		return json_pack("{s:b}", "found", 0);
	if (rc == RC_OK)
		rc = store_account_remove(x->store, a.account, mono_wall());
	if (rc == RC_OK)
		exchange_slot_change(x, a.handle); /* a tombstone */
	if (rc != RC_OK || store_commit(x->store) != RC_OK)
		return error("cannot be removed"); /* the turn undoes it */
	exchange_streams_check(x, a.account);
	return json_pack("{s:b}", "found", 1);
}

static json_t *
do_backup(struct exchange *x, const json_t *q)
{
	(void)q;
	(void)unlink("backup.new");
	if (store_backup(x->store, "backup.new") != RC_OK ||
	    rename("backup.new", "backup.db") != 0)
		return error("the copy cannot be written (check the disk)");
	return json_pack("{s:s}", "file", "store/backup.db");
}

/* A notice of the operator's own to one number (tacetctl order notice). */
static json_t *
do_sms(struct exchange *x, const json_t *q)
{
	struct msg_sms_out out = { .text = { NULL, 0 } };
	struct rd number;
	json_t *a = NULL;

	if (json_body_str(q, "number", 16, &number) == RC_OK &&
	    e164_parse(number, &out.to) == RC_OK &&
	    json_body_str(q, "text", SMS_TEXT_MAX, &out.text) == RC_OK &&
	    out.text.left > 0) {
		randombytes_buf(out.id, sizeof(out.id));
		exchange_reply(x, PERMIT_ROLE_SMS, MSG_SMS_OUT, &out);
		a = json_pack("{s:b}", "sent", 1);
	} else {
		a = error("give a number and a text of 1 to 640 octets");
	}
	e164_clear(&out.to);
	return a;
}

/* --- what another process answers --------------------------------------------
 */

/* lookup counts too, and is asked before the answer is made. */
static json_t *
ask_counts(struct exchange *x, enum exchange_counts_kind kind)
{
	const struct msg_counts_get m = { x->next_req, (uint8_t)kind };

	child_send(x->child, PERMIT_ROLE_LOOKUP, MSG_COUNTS_GET, &m);
	return NULL;
}

static json_t *
do_status(struct exchange *x, const json_t *q)
{
	(void)q;
	return ask_counts(x, EXCHANGE_COUNTS_STATUS);
}

static json_t *
do_metrics(struct exchange *x, const json_t *q)
{
	(void)q;
	return ask_counts(x, EXCHANGE_COUNTS_METRICS);
}

/* {"entry"}: octets for the public log, as they stand in it. */
static json_t *
do_log_append(struct exchange *x, const json_t *q)
{
	struct msg_log_append m = { .req = x->next_req };

	if (json_body_str(q, "entry", MSG_LOG_ENTRY_MAX, &m.entry) != RC_OK)
		return error("entry must be a string of at most 4096 octets");
	child_send(x->child, PERMIT_ROLE_KTLOG, MSG_LOG_APPEND, &m);
	return NULL;
}

static json_t *
do_sign_manifest(struct exchange *x, const json_t *q)
{
	struct msg_sign_manifest m = { .req = x->next_req };

	if (json_body_str(q, "text", JSON_BODY_MAX, &m.text) != RC_OK)
		return error("text must be a string");
	child_send(x->child, PERMIT_ROLE_KEYS, MSG_SIGN_MANIFEST, &m);
	return NULL;
}

/* Ends the running part of the query log, so that it can be proved. */
static json_t *
do_records_cut(struct exchange *x, const json_t *q)
{
	const struct msg_cut m = { .req = x->next_req };

	(void)q;
	child_send(x->child, PERMIT_ROLE_RECORDS, MSG_CUT, &m);
	return NULL;
}

static const struct {
	const char *verb;
	json_t *(*fn)(struct exchange *x, const json_t *q);
	bool waits; /* NULL: the answer comes later, under next_req */
} verbs[] = {
	{ "status", do_status, true },
	{ "metrics", do_metrics, true },
	{ "subscriber", do_subscriber, false },
	{ "user-remove", do_remove, false },
	{ "backup", do_backup, false },
	{ "sms", do_sms, false },
	{ "log-append", do_log_append, true },
	{ "sign-manifest", do_sign_manifest, true },
	{ "records-cut", do_records_cut, true },
};

/* NULL: it waits for another process, under *ret_req. */
static json_t *
answer(struct exchange *x, struct rd line, uint64_t *ret_req)
{
	json_t *q = NULL;
	json_t *a = NULL;
	struct rd verb;

	*ret_req = 0;

	log_event(LOG_ADMIN);
	if (json_body_parse(line, &q) != RC_OK ||
	    json_body_str(q, "verb", 32, &verb) != RC_OK) {
		json_body_free(q);
		return error("not a JSON object with a verb");
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!rd_is_eq(verb, verbs[i].verb))
			continue;
		a = verbs[i].fn(x, q);
		if (a == NULL && verbs[i].waits)
			*ret_req = x->next_req++;
		else if (a == NULL)
			a = error("out of memory");
		break;
	}
	json_body_free(q);
	return a != NULL || *ret_req != 0 ? a : error("unknown verb");
}

static void
admin_close(struct admin *a)
{
	struct admin **at = &a->x->admins;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	loop_io_del(a->io);
	(void)close(a->fd);
	buf_clear(&a->in);
	free(a);
}

/* One answer; the socket's buffer holds it whole or the peer is too slow. */
static bool
admin_say(struct admin *a, json_t *j)
{
	struct buf out;
	bool ok;

	buf_init(&out, ANSWER_MAX);
	ok = json_body_build(j, &out) == RC_OK && buf_u8(&out, '\n') == RC_OK &&
	    send(a->fd, out.p, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
	json_body_free(j);
	buf_clear(&out);
	return ok;
}

/* Line by line; while one waits the others do. May close a. */
static void
admin_lines(struct admin *a)
{
	uint8_t *end;
	json_t *j;

	while (a->req == 0 && a->in.len > 0 &&
	    (end = memchr(a->in.p, '\n', a->in.len)) != NULL) {
		size_t len = (size_t)(end - a->in.p);

		j = answer(a->x, (struct rd){ a->in.p, len }, &a->req);
		buf_consume(&a->in, len + 1);
		if (a->req == 0 && !admin_say(a, j)) {
			admin_close(a);
			return;
		}
	}
}

/* Who asked may be gone meanwhile. Takes j. */
static void
admin_answer(struct exchange *x, uint64_t req, json_t *j)
{
	struct admin *a = x->admins;

	while (a != NULL && a->req != req)
		a = a->next;
	if (a == NULL) {
		json_body_free(j);
		return;
	}
	a->req = 0;
	if (admin_say(a, j))
		admin_lines(a);
	else
		admin_close(a);
}

void
exchange_on_log_appended(struct exchange *x, const void *msg)
{
	const struct msg_log_appended *m = msg;

	admin_answer(x, m->req,
	    m->status == MSG_STATUS_OK
		? json_pack("{s:I}", "index", (json_int_t)m->index)
		: error(m->status == MSG_STATUS_MALFORMED
			  ? "not an entry that may be written here"
			  : "the log cannot be written (see tacetd's log)"));
}

void
exchange_on_counts(struct exchange *x, const void *msg)
{
	const struct msg_counts *m = msg;
	json_t *j = m->kind == EXCHANGE_COUNTS_STATUS
	    ? exchange_counts_status(x, m)
	    : exchange_counts_metrics(x, m);

	admin_answer(
	    x, m->req, j != NULL ? j : error("the store cannot be read"));
}

void
exchange_on_cut_done(struct exchange *x, const void *msg)
{
	const struct msg_cut_done *m = msg;

	admin_answer(x, m->req,
	    m->status == MSG_STATUS_OK
		? json_pack("{s:I}", "segments", (json_int_t)m->segments)
		: error(m->status == MSG_STATUS_NO_CLASSIC
			  ? "no custodians are set up"
			  : "the query log cannot be written (see tacetd's "
			    "log)"));
}

void
exchange_on_signed(struct exchange *x, const void *msg)
{
	const struct msg_signed *m = msg;

	if (exchange_promise_signed(x, m))
		return;
	admin_answer(x, m->req,
	    m->status == MSG_STATUS_OK
		? json_pack("{s:s#}", "line", (const char *)m->octets.p,
		      (int)m->octets.left)
		: error("that text is not signed"));
}

static void
on_admin(void *arg, uint32_t events)
{
	struct admin *a = arg;
	uint8_t *p;
	ssize_t n;

	(void)events;
	if (buf_reserve(&a->in, 1, &p) != RC_OK) {
		admin_close(a); /* a line over its maximum */
		return;
	}
	n = recv(a->fd, p, a->in.cap - a->in.len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		admin_close(a);
		return;
	}
	buf_commit(&a->in, (size_t)n);
	admin_lines(a);
}

static void
on_accept(void *arg, uint32_t events)
{
	struct exchange *x = arg;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct admin *a;
	int fd = accept4(x->admin_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	a = failmem_alloc(sizeof(*a));
	/* the socket is 0600 and our parent's; root and that user pass */
	if (a == NULL ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
	    (cred.uid != 0 && cred.uid != geteuid())) {
		free(a);
		(void)close(fd);
		return;
	}
	a->x = x;
	a->fd = fd;
	buf_init(&a->in, LINE_MAX_);
	if (loop_io_add(child_loop(x->child), fd, EPOLLIN, on_admin, a,
		&a->io) != RC_OK) {
		(void)close(fd);
		free(a);
		return;
	}
	a->next = x->admins;
	x->admins = a;
}

enum rc
exchange_admin_start(struct exchange *x, int listen_fd)
{
	struct loop_io *io;

	return loop_io_add(
	    child_loop(x->child), listen_fd, EPOLLIN, on_accept, x, &io);
}
