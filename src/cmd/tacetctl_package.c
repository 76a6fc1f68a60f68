/*
 * The one place where the log is opened: only for a decided and confirmed
 * order, only for what it names, and with an event of the ledger first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "cmd/tacetctl_app.h"
#include "crypto/hpke.h"
#include "crypto/pwbox.h"
#include "orders/package.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"

struct work {
	struct tacetctl *t;
	const struct order *order;
	struct secret *custody;
	json_t *subscriber; /* NULL: not asked for */
	size_t rows;
	size_t packages;
};

/* The demo's key stands in the data directory, open; any other is named by
 * --custody and asks for its passphrase. */
static enum rc
open_custody(struct tacetctl *t, struct secret **ret_s)
{
	struct buf box;
	struct buf passphrase;
	enum rc rc = RC_BUG;

	buf_init(&box, 4096);
	buf_init(&passphrase, 1024);
	if (t->custody != NULL)
		TRY(tacetctl_read(AT_FDCWD, t->custody, 4096, &box));
	else
		TRY(tacetctl_read(t->dir, "custody/records.key", 4096, &box));
	if (pwbox_is_locked(buf_get(&box)))
		TRY(tacetctl_passphrase(t, false, &passphrase));
	TRY(pwbox_parse(buf_get(&box), buf_get(&passphrase), ret_s));
	CHECK(secret_get(*ret_s).left == HPKE_KEY_SIZE, RC_CORRUPT);
out:
	buf_clear(&box);
	buf_clear(&passphrase);
	return rc;
}

/* keys alone holds the key: the running server signs. */
static enum rc
sign_text(void *arg, struct rd text, struct buf *ret_line)
{
	struct work *w = arg;
	json_t *a = NULL;
	struct rd line;
	enum rc rc = RC_BUG;

	TRY(tacetctl_ask(w->t,
	    json_pack("{s:s,s:s#}", "verb", "sign-manifest", "text",
		(const char *)text.p, (int)text.left),
	    &a));
	CHECK(json_body_str(a, "line", 512, &line) == RC_OK, RC_DENIED);
	TRY(buf_add_rd(ret_line, line));
out:
	json_body_free(a);
	return rc;
}

/* What the server holds of each target as a subscriber. */
static enum rc
ask_subscribers(struct work *w)
{
	char number[E164_TEXT_SIZE];
	json_t *a = NULL;
	enum rc rc = RC_OK;

	if ((w->order->classes & RULES_CLASS_SUBSCRIBER) == 0)
		return RC_OK;
	w->subscriber = json_array();
	for (size_t i = 0; i < w->order->n_handles; i++) {
		e164_text(&w->order->handles[i], number);
		TRY(tacetctl_ask(w->t,
		    json_pack(
			"{s:s,s:s}", "verb", "subscriber", "number", number),
		    &a));
		(void)json_object_set_new(
		    a, "handle", json_sprintf("tel:%s", number));
		(void)json_array_append_new(w->subscriber, a);
	}
out:
	return rc;
}

/* One package: the rows of [from, to) into the new directory path. */
static enum rc
one_package(struct work *w, const char *path, struct wall from, struct wall to)
{
	const struct package_signer signer = { sign_text, w };
	struct opening rows = { 0 };
	char root[65];
	int out = -1;
	enum rc rc = RC_BUG;

	CHECK(mkdir(path, 0700) == 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(out >= 0, RC_IO);
	if ((w->order->classes & RULES_CLASS_TRAFFIC_QUERY) != 0)
		TRY(opening_rows(w->t->dir, w->order, from, to,
		    secret_get(w->custody).p, &rows));
	TRY(package_write(out, w->order, &rows, w->subscriber, &signer, root));
	w->rows += rows.n;
	w->packages++;
	TRY(case_append(w->t->dir, "operator", w->order->id, "packaged",
	    json_pack("{s:s,s:I}", "manifest_sha256", root, "rows",
		(json_int_t)rows.n)));
out:
	opening_clear(&rows);
	if (out >= 0)
		(void)close(out);
	return rc;
}

/* A pen register, day by day: each closed UTC day of the window once. */
static enum rc
daily_packages(struct work *w, const char *dir)
{
	const struct order *o = w->order;
	int32_t today = mono_day(mono_wall());
	char date[MONO_DATE_SIZE];
	char path[512];
	struct wall from;
	struct wall to;
	enum rc rc = RC_BUG;

	CHECK(mkdir(dir, 0700) == 0 || errno == EEXIST, RC_IO);
	rc = RC_OK;
	for (int32_t day = mono_day(o->from);
	     day < today && (int64_t)day * ORDER_DAY_S < o->to.s; day++) {
		from.s = (int64_t)day * ORDER_DAY_S;
		to.s = from.s + ORDER_DAY_S;
		if (from.s < o->from.s)
			from = o->from;
		if (to.s > o->to.s)
			to = o->to;
		TRY(mono_date(day, date));
		CHECK(snprintf(path, sizeof(path), "%s/day-%s", dir, date) <
			(int)sizeof(path),
		    RC_LIMIT);
		rc = one_package(w, path, from, to);
		CHECK(rc == RC_OK || rc == RC_EXISTS, rc);
		rc = RC_OK; /* a day that was given is not given again */
	}
out:
	return rc;
}

static enum rc
make(struct work *w)
{
	const struct order *o = w->order;
	enum rc rc = RC_BUG;

	TRY(open_custody(w->t, &w->custody));
	TRY(ask_subscribers(w));
	/* before a single envelope is opened */
	TRY(case_append(
	    w->t->dir, "operator", o->id, "released", json_object()));
	if (o->regime == RULES_REGIME_US_PRTT)
		TRY(daily_packages(w, w->t->out));
	else
		TRY(one_package(w, w->t->out, o->from, o->to));
out:
	secret_free(w->custody);
	json_decref(w->subscriber);
	return rc;
}

int
tacetctl_order_package(struct tacetctl *t)
{
	struct case_file c;
	struct work w = { .t = t, .order = &c.order };
	int status;
	enum rc rc;

	if (t->n_args != 1 || t->out == NULL)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order package", "give ID -o DIR");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if (!case_may(&c, "released"))
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "two people have not decided it yet (order decide, order "
		    "confirm)");
	status = tacetctl_intake_refused(&c, &c.order);
	if (status != TACETCTL_EXIT_OK)
		return status;
	rc = make(&w);
	if (rc == RC_EXISTS)
		return tacetctl_say(TACETCTL_EXIT_NO, t->out,
		    "it is there already (choose a new directory)");
	if (rc == RC_DENIED)
		return tacetctl_say(TACETCTL_EXIT_NO, "custody key",
		    "wrong passphrase, or not the key of this log");
	if (rc != RC_OK)
		return tacetctl_say_rc("order package", rc);
	(void)printf(
	    "%s: %zu rows in %zu packages\n", t->args[0], w.rows, w.packages);
	return TACETCTL_EXIT_OK;
}
