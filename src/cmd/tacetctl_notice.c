/*
 * The end of an order: delivered, the targets told, closed or withdrawn; and
 * what was given too much.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "orders/report_entry.h"
#include "wire/e164_text.h"

#define NOTICE_MAX 8192
#define FOLDER "orders/notices"

/* --- the text
 * ---------------------------------------------------------------------- */

static enum rc
add_scope(const struct case_file *c, struct buf *b)
{
	const struct order *o = &c->order;
	char from[MONO_DATE_SIZE];
	char to[MONO_DATE_SIZE];
	const char *comma = "";
	enum rc rc = RC_BUG;

	TRY(mono_date(mono_day(o->from), from));
	TRY(mono_date(mono_day((struct wall){ o->to.s - 1 }), to));
	TRY(buf_add_fmt(
	    b, "What was asked for: your number, from %s to %s; ", from, to));
	for (unsigned int bit = 1; bit <= RULES_CLASS_KEYS; bit <<= 1) {
		if ((o->classes & bit) == 0)
			continue;
		TRY(buf_add_fmt(
		    b, "%s%s", comma, rules_class_name((enum rules_class)bit)));
		comma = ", ";
	}
	TRY(buf_add_fmt(b,
	    ".\nWhat was given: %" PRIu64 " rows of the query log in %" PRIu32
	    " packages. A row shows that\nthe directory was asked about a "
	    "number; it shows no message.\n",
	    c->rows, c->packages));
out:
	return rc;
}

static enum rc
add_text(const struct case_file *c, struct buf *b)
{
	const struct order *o = &c->order;
	char received[MONO_DATE_SIZE];
	enum rc rc = RC_BUG;

	TRY(mono_date(mono_day(o->received), received));
	TRY(buf_add_fmt(b,
	    "Notice to the holder of this number\n\n"
	    "On %s we received a legal process that names your number.\n\n"
	    "Process: %s (%s)\nIssued by: %s, %s\nAgency: %s\n"
	    "Reference: %s\nOffence stated: %s\n\n",
	    received, rules_regime_name(o->regime),
	    rules_regime_cite(o->regime), o->issuer.name, o->issuer.country,
	    o->agency, o->ref, o->offence));
	TRY(add_scope(c, b));
	if (c->is_unconfirmed)
		TRY(buf_add_str(b,
		    "It was an emergency request. No order followed it within "
		    "48 hours.\n"));
	if (c->is_committed)
		TRY(buf_add_fmt(b,
		    "\nOur public log has it as entry %" PRIu64
		    ". Order id: %s.\n",
		    c->log_index, o->id));
out:
	return rc;
}

static enum rc
write_text(struct tacetctl *t, const char *id, struct rd text)
{
	char path[64];
	int fd = -1;
	enum rc rc = RC_BUG;

	CHECK(mkdirat(t->dir, FOLDER, 0700) == 0 || errno == EEXIST, RC_IO);
	(void)snprintf(path, sizeof(path), FOLDER "/%s.txt", id);
	fd = openat(
	    t->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0, RC_IO);
	TRY(file_write(fd, text));
	CHECK(fsync(fd) == 0, file_error());
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* A short message to each target, by the running server. */
static size_t
send_texts(struct tacetctl *t, const struct case_file *c)
{
	char number[E164_TEXT_SIZE];
	char day[MONO_DATE_SIZE] = "";
	size_t sent = 0;

	if (mono_date(mono_day(c->order.received), day) != RC_OK)
		return 0;
	for (size_t i = 0; i < c->order.n_handles; i++) {
		json_t *a = NULL;

		e164_text(&c->order.handles[i], number);
		if (tacetctl_ask(t,
			json_pack("{s:s,s:s,s:o}", "verb", "sms", "number",
			    number, "text",
			    json_sprintf("A legal process received on %s named "
					 "your number (%s). Ask the operator "
					 "for notice %s.",
				day, rules_regime_name(c->order.regime),
				c->order.id)),
			&a) == RC_OK)
			sent += json_object_get(a, "error") == NULL;
		json_decref(a);
	}
	return sent;
}

enum rc
tacetctl_notice(struct tacetctl *t, const struct case_file *c, size_t *ret_sent)
{
	uint64_t index = 0;
	size_t sent = 0;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, NOTICE_MAX);
	CHECK(case_may(c, "noticed"), RC_STATE);
	if (c->is_committed)
		TRY(tacetctl_log_append(
		    t, report_entry_notice(c, mono_wall()), &index));
	TRY(add_text(c, &b));
	TRY(write_text(t, c->order.id, buf_get(&b)));
	/* the event first: two texts would be worse than none */
	TRY(case_append(t->dir, "clock", c->order.id, "noticed",
	    json_pack("{s:I}", "index", (json_int_t)index)));
	sent = send_texts(t, c);
	if (ret_sent != NULL)
		*ret_sent = sent;
out:
	buf_clear(&b);
	return rc;
}

/* --- verbs
 * ------------------------------------------------------------------------- */

static int
find(struct tacetctl *t, const char *verb, struct case_file *ret_c)
{
	if (t->n_args != 1)
		return tacetctl_say(TACETCTL_EXIT_USAGE, verb, "give one ID");
	return tacetctl_case(t, t->args[0], ret_c);
}

int
tacetctl_order_notice(struct tacetctl *t)
{
	struct case_file c = { .pass = false };
	size_t sent = 0;
	int status = find(t, "order notice", &c);
	enum rc rc;

	if (status != TACETCTL_EXIT_OK)
		return status;
	if (c.is_noticed)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "the target was told already");
	if (!c.is_unconfirmed && c.seal_until.s > mono_wall().s)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "it is under seal (order show; it opens by itself)");
	rc = tacetctl_notice(t, &c, &sent);
	if (rc == RC_STATE)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "it is not decided yet");
	if (rc == RC_AGAIN)
		return tacetctl_say(TACETCTL_EXIT_SERVER, "order notice",
		    "the public log does not answer (is tacetd running?)");
	if (rc != RC_OK)
		return tacetctl_say_rc("order notice", rc);
	(void)printf("%s: " FOLDER "/%s.txt; %zu of %zu targets told by SMS\n",
	    t->args[0], t->args[0], sent, c.order.n_handles);
	return TACETCTL_EXIT_OK;
}

/* An event by a person, with its reason. */
static int
simple(struct tacetctl *t, const char *verb, const char *event, json_t *data)
{
	enum rc rc = case_append(t->dir, t->as != NULL ? t->as : "operator",
	    t->args[0], event, data);

	if (rc == RC_STATE)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "it is not in a state for that (order show)");
	if (rc != RC_OK)
		return tacetctl_say_rc(verb, rc);
	(void)printf("%s %s\n", t->args[0], event);
	return TACETCTL_EXIT_OK;
}

static json_t *
why(const struct tacetctl *t)
{
	return json_pack("{s:s}", "why", t->why != NULL ? t->why : "");
}

int
tacetctl_order_deliver(struct tacetctl *t)
{
	struct case_file c;
	int status = find(t, "order deliver", &c);

	return status == TACETCTL_EXIT_OK
	    ? simple(t, "order deliver", "delivered", why(t))
	    : status;
}

int
tacetctl_order_withdraw(struct tacetctl *t)
{
	struct case_file c;
	int status = find(t, "order withdraw", &c);

	if (status == TACETCTL_EXIT_OK && t->why == NULL)
		status = tacetctl_say(TACETCTL_EXIT_USAGE, "order withdraw",
		    "give --why TEXT (who withdrew it)");
	return status == TACETCTL_EXIT_OK
	    ? simple(t, "order withdraw", "withdrawn", why(t))
	    : status;
}

/* What two people decided is in the public log before it is closed. */
int
tacetctl_order_close(struct tacetctl *t)
{
	struct case_file c = { .pass = false };
	int status = find(t, "order close", &c);
	enum rc rc = RC_OK;

	if (status != TACETCTL_EXIT_OK)
		return status;
	if (!case_may(&c, "closed"))
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "it is not in a state for that (order show)");
	if (case_is_confirmed(&c) && !c.is_committed)
		rc = tacetctl_commit(t, t->args[0]);
	if (rc == RC_AGAIN)
		return tacetctl_say(TACETCTL_EXIT_SERVER, "order close",
		    "the public log does not answer (is tacetd running?)");
	if (rc != RC_OK)
		return tacetctl_say_rc("order close", rc);
	return simple(t, "order close", "closed", why(t));
}

int
tacetctl_order_over(struct tacetctl *t)
{
	struct case_file c;
	char *end = NULL;
	long long rows;
	int status = find(t, "order over-disclosed", &c);

	if (status != TACETCTL_EXIT_OK)
		return status;
	rows = t->rows == NULL ? 0 : strtoll(t->rows, &end, 10);
	if (t->why == NULL || end == NULL || *end != '\0' || rows <= 0)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order over-disclosed",
		    "give --rows N and --why TEXT");
	return simple(t, "order over-disclosed", "over-disclosed",
	    json_pack("{s:I,s:s}", "rows", (json_int_t)rows, "why", t->why));
}
