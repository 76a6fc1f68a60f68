#include "cmd/tacetctl_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/file.h"
#include "custody/home.h"
#include "custody/trusted.h"
#include "orders/ledger.h"
#include "orders/preserved.h"

#define PATH_SIZE 128
#define PATH_MAX_ 4096
#define WITNESS_TRIES 100 /* of 100 ms */

/* --- what it is about ------------------------------------------------------
 */

struct given { /* days of a pen register that have their package */
	const char *id;
	int32_t last; /* -1: none */
};

static enum rc
on_event(void *arg, const json_t *e)
{
	struct given *g = arg;
	const char *event = json_string_value(json_object_get(e, "event"));
	const char *id = json_string_value(json_object_get(e, "order"));
	const char *day = json_string_value(
	    json_object_get(json_object_get(e, "data"), "day"));
	int32_t d;

	if (event != NULL && id != NULL && day != NULL &&
	    strcmp(event, "packaged") == 0 && strcmp(id, g->id) == 0 &&
	    mono_date_parse(day, &d) == RC_OK && d > g->last)
		g->last = d;
	return RC_OK;
}

int
tacetctl_run_next_day(struct tacetctl *t, const struct case_file *c,
    char ret_day[static MONO_DATE_SIZE], bool *ret_none)
{
	struct given g = { c->order.id, -1 };
	int32_t first = mono_day(c->order.from);
	int32_t last = mono_day((struct wall){ c->order.to.s - 1 });
	int32_t today = mono_day(mono_wall());
	enum rc rc = ledger_each(t->dir, on_event, &g);

	if (rc != RC_OK)
		return tacetctl_say_rc("orders/events.log", rc);
	if (g.last >= first)
		first = g.last + 1;
	/* a day is given when it is over; the last one when the order is */
	*ret_none = first > last ||
	    (first >= today && c->order.to.s > mono_wall().s);
	if (!*ret_none && mono_date(first, ret_day) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "day", "out of range");
	return TACETCTL_EXIT_OK;
}

static int
take_day(struct tacetctl_run *r)
{
	const struct order *o = &r->c.order;
	bool none = false;
	int32_t day;
	int status;

	if (r->t->day != NULL) {
		(void)snprintf(r->day, sizeof(r->day), "%s", r->t->day);
	} else {
		status = tacetctl_run_next_day(r->t, &r->c, r->day, &none);
		if (status != TACETCTL_EXIT_OK)
			return status;
	}
	if (none)
		return tacetctl_say(TACETCTL_EXIT_NO, o->id,
		    "no closed day is left to give (a day is given when it is "
		    "over)");
	if (mono_date_parse(r->day, &day) != RC_OK)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "--day", "give YYYY-MM-DD");
	r->from.s = (int64_t)day * ORDER_DAY_S;
	r->to.s = r->from.s + ORDER_DAY_S;
	if (r->from.s < o->from.s)
		r->from = o->from;
	if (r->to.s > o->to.s)
		r->to = o->to;
	if (r->from.s >= r->to.s || r->to.s > mono_wall().s)
		return tacetctl_say(TACETCTL_EXIT_NO, r->day,
		    "it is not a closed day of the order");
	return TACETCTL_EXIT_OK;
}

static int
take_window(struct tacetctl_run *r)
{
	const struct order *o = &r->c.order;

	if (rules_is_forward(o->regime))
		return take_day(r);
	r->from = o->from;
	r->to = o->to;
	return TACETCTL_EXIT_OK;
}

/* --- the log's parts -------------------------------------------------------
 */

static enum rc
cut(struct tacetctl *t)
{
	json_t *a = NULL;
	enum rc rc;

	rc = tacetctl_ask(t, json_pack("{s:s}", "verb", "records-cut"), &a);
	json_decref(a);
	return rc;
}

static void
take_decision(const struct case_file *c, struct request_decision *d)
{
	d->verdict = c->decision;
	for (size_t i = 0; i < REQUEST_REVIEWS; i++) {
		const struct case_review *w = &c->reviews[i];
		struct request_review *to = &d->reviews[i];

		memcpy(to->name, w->name, sizeof(to->name));
		memcpy(to->key, w->public_key, sizeof(to->key));
		memcpy(to->signature, w->signature, sizeof(to->signature));
	}
}

/* What a preservation froze for this order, by the chain of its parents: the
 * first of them froze it, the others extended that. */
static int
open_kept(struct tacetctl_run *r)
{
	const char *parent = r->c.order.parent;
	struct case_file c;
	enum rc rc = RC_OK;

	while (parent[0] != '\0' && r->n_parents < REQUEST_PARENTS_MAX) {
		struct request_parent *p = &r->parents[r->n_parents];

		rc = case_find(r->t->dir, parent, &c);
		if (rc != RC_OK || !rules_is_preserve(c.order.regime) ||
		    !c.is_committed || !order_decision_is_accepted(c.decision))
			break;
		p->order = c.order;
		take_decision(&c, &p->decided);
		p->log_index = c.log_index;
		memcpy(p->opening, c.opening, sizeof(p->opening));
		r->n_parents++;
		if (r->kept == NULL) {
			rc = preserved_read(r->t->dir, c.order.id, &r->kept);
			if (rc != RC_OK && rc != RC_NOT_FOUND)
				return tacetctl_say_rc("preserved", rc);
		}
		parent = p->order.parent;
	}
	return TACETCTL_EXIT_OK;
}

/* Whoever checks wants witnesses, and they come a moment after an entry: the
 * scope is opened again until its checkpoint has them. */
static enum rc
open_witnessed(struct tacetctl_run *r, uint32_t *ret_day)
{
	const struct timespec wait = { 0, 100000000 };
	uint8_t root[TREE_HASH_SIZE];
	struct trust trust;
	unsigned witnesses;
	uint64_t size;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRUST_TEXT_MAX);
	TRY(file_read_at(r->t->dir, "trust.json", &b));
	TRY(trust_parse(buf_get(&b), &trust));
	for (int i = 0; i < WITNESS_TRIES; i++) {
		TRY(scope_open(r->t->dir, r->from, r->to, &r->scope, ret_day));
		rc = trust_checkpoint(
		    &trust, buf_get(&r->scope->note), &size, root, &witnesses);
		if (rc != RC_DENIED)
			break;
		scope_free(r->scope);
		r->scope = NULL;
		(void)nanosleep(&wait, NULL);
	}
out:
	buf_clear(&b);
	return rc;
}

static int
open_scope(struct tacetctl_run *r)
{
	char date[MONO_DATE_SIZE] = "";
	uint32_t day = 0;
	enum rc rc;

	rc = open_witnessed(r, &day);
	if (rc == RC_STATE || rc == RC_NOT_FOUND) {
		if (cut(r->t) != RC_OK)
			return tacetctl_say(TACETCTL_EXIT_SERVER,
			    "the running day",
			    "only the server can close it (start tacetd)");
		rc = open_witnessed(r, &day);
	}
	if (rc == RC_DENIED)
		return tacetctl_say(TACETCTL_EXIT_SERVER, "the public log",
		    "too few witnesses have signed it (are they running?)");
	if (rc == RC_CORRUPT && mono_date((int32_t)day, date) == RC_OK) {
		char why[96];

		(void)snprintf(why, sizeof(why),
		    "a segment of %s is missing or damaged (tacetctl log "
		    "verify)",
		    date);
		return tacetctl_say(TACETCTL_EXIT_STATE, "records", why);
	}
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc("log", rc);
}

/* An order that reaches no query row opens none: only the log's head. */
static int
open_head(struct tacetctl_run *r)
{
	enum rc rc = scope_open_head(r->t->dir, r->from, r->to, &r->scope);

	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("the public log", rc);
}

/* --- groups ----------------------------------------------------------------
 */

static enum rc
add_group(struct tacetctl_run *r, int dir, const char *name)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	CHECK(r->n_groups < TACETCTL_RUN_GROUPS_MAX, RC_LIMIT);
	TRY(file_read_at(dir, name, &b));
	TRY(custodians_parse(buf_get(&b), &r->groups[r->n_groups]));
	r->n_groups++;
out:
	buf_clear(&b);
	return rc;
}

static int
is_json(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

/* The one that answers, then all that ever held shares of the same key. */
static int
open_groups(struct tacetctl_run *r)
{
	struct dirent **list = NULL;
	int dir = -1;
	int n = 0;
	enum rc rc = RC_BUG;

	r->groups = failmem_array(TACETCTL_RUN_GROUPS_MAX, sizeof(*r->groups));
	CHECK(r->groups != NULL, RC_NOMEM);
	TRY(add_group(r, r->t->dir, "custodians.json"));
	dir = openat(r->t->dir, "custodians", O_RDONLY | O_DIRECTORY);
	if (dir >= 0)
		n = scandirat(dir, ".", &list, is_json, versionsort);
	for (int i = 0; i < n; i++) {
		if (rc == RC_OK)
			rc = add_group(r, dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
out:
	if (dir >= 0)
		(void)close(dir);
	return rc == RC_OK
	    ? TACETCTL_EXIT_OK
	    : tacetctl_say(TACETCTL_EXIT_STATE, "custodians.json",
		  "no group is set up (tacetctl custodians set-up)");
}

/* --- life ------------------------------------------------------------------
 */

static int
check_case(struct tacetctl *t, struct tacetctl_run *r)
{
	const struct case_file *c = &r->c;

	if (!case_is_confirmed(c))
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "two people have not decided it yet (order decide, order "
		    "confirm)");
	if (!order_decision_is_accepted(c->decision))
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "it was not accepted");
	if (!case_may(c, c->is_committed ? "released" : "committing"))
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0], "it is over");
	return TACETCTL_EXIT_OK;
}

int
tacetctl_run_open(
    struct tacetctl *t, const char *id, struct tacetctl_run *ret_r)
{
	struct tacetctl_run *r = ret_r;
	int status;

	*r = (struct tacetctl_run){ .t = t };
	request_init(&r->q);
	status = tacetctl_case(t, id, &r->c);
	if (status == TACETCTL_EXIT_OK)
		status = check_case(t, r);
	if (status == TACETCTL_EXIT_OK && !r->c.is_committed) {
		if (!tacetctl_is_demo(t))
			return tacetctl_say(TACETCTL_EXIT_NO, id,
			    "it is not in the public log yet (order commit)");
		status = tacetctl_order_commit(t);
		if (status == TACETCTL_EXIT_OK)
			status = tacetctl_case(t, id, &r->c);
	}
	if (status == TACETCTL_EXIT_OK)
		status = take_window(r);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if ((r->c.order.classes & RULES_CLASS_TRAFFIC_QUERY) == 0)
		return open_head(r);
	status = open_kept(r);
	if (status == TACETCTL_EXIT_OK)
		status = open_scope(r);
	if (status == TACETCTL_EXIT_OK && r->kept != NULL)
		scope_keep(r->scope, r->kept);
	return status == TACETCTL_EXIT_OK ? open_groups(r) : status;
}

void
tacetctl_run_close(struct tacetctl_run *r)
{
	scope_free(r->scope);
	json_decref(r->kept);
	request_clear(&r->q);
	free(r->groups);
	sodium_memzero(r, sizeof(*r));
}

int
tacetctl_run_find(struct tacetctl_run *r)
{
	enum rc rc = RC_BUG;

	r->q.order = r->c.order;
	r->q.log_index = r->c.log_index;
	memcpy(r->q.opening, r->c.opening, sizeof(r->q.opening));
	take_decision(&r->c, &r->q.decided);
	TRY(buf_add_rd(&r->q.note, buf_get(&r->scope->note)));
	TRY(scope_path(r->scope, r->q.log_index, &r->q.path));
	for (size_t i = 0; i < r->n_parents && r->kept != NULL; i++) {
		struct request_parent *p = &r->q.parents[i];

		*p = r->parents[i];
		TRY(scope_path(r->scope, p->log_index, &p->path));
		r->q.n_parents = i + 1;
	}
	TRY(extract_find(r->scope, &r->q));
out:
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc("request", rc);
}

int
tacetctl_run_refused(enum rc rc, uint16_t wrong)
{
	char why[96];

	if (rc != RC_DENIED)
		return tacetctl_say_rc("shares", rc);
	if (wrong == 0)
		return tacetctl_say(TACETCTL_EXIT_NO, "shares",
		    "too few, by one person twice, or to another request");
	(void)snprintf(why, sizeof(why),
	    "custodian %u gave a wrong share, and too few others are there",
	    wrong);
	return tacetctl_say(TACETCTL_EXIT_NO, "shares", why);
}

int
tacetctl_run_turn(struct tacetctl_run *r, const struct extract_answers *a)
{
	uint16_t wrong = 0;
	enum rc rc = extract_open(r->scope, &r->q, a, &wrong);

	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_run_refused(rc, wrong);
}

/* --- kept requests ---------------------------------------------------------
 */

static void
path_of(const struct tacetctl_run *r, enum request_stage stage,
    char ret_path[static PATH_SIZE])
{
	(void)snprintf(ret_path, PATH_SIZE, "orders/requests/%s%s%s.%s.json",
	    r->c.order.id, r->day[0] != '\0' ? "-" : "", r->day,
	    stage == REQUEST_STAGE_FIND ? "find" : "open");
}

int
tacetctl_run_keep(struct tacetctl_run *r)
{
	char path[PATH_SIZE];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, REQUEST_SIZE_MAX);
	path_of(r, r->q.stage, path);
	CHECK(
	    mkdirat(r->t->dir, "orders/requests", 0700) == 0 || errno == EEXIST,
	    RC_IO);
	TRY(request_build(&r->q, &b));
	TRY(file_replace(r->t->dir, path, 0600, buf_get(&b)));
	if (r->t->out != NULL && r->t->keep_out)
		TRY(file_replace(AT_FDCWD, r->t->out, 0600, buf_get(&b)));
out:
	buf_clear(&b);
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc("request", rc);
}

/* The parts that were asked about are the ones that are open now. */
static bool
is_same(const struct tacetctl_run *r, const struct request *q)
{
	struct request now;
	bool same;

	request_init(&now);
	if (extract_find(r->scope, &now) != RC_OK)
		return false;
	same = now.n_parts == q->n_parts;
	for (size_t i = 0; i < now.n_parts && same; i++)
		same = now.parts[i].body.len == q->parts[i].body.len &&
		    memcmp(now.parts[i].body.p, q->parts[i].body.p,
			now.parts[i].body.len) == 0;
	request_clear(&now);
	return same;
}

int
tacetctl_run_kept(struct tacetctl_run *r, enum request_stage stage)
{
	char path[PATH_SIZE];
	const char *why = "";
	struct buf b;
	uint16_t wrong = 0;
	enum rc rc = RC_BUG;

	buf_init(&b, REQUEST_SIZE_MAX);
	path_of(r, stage, path);
	TRY(file_read_at(r->t->dir, path, &b));
	request_clear(&r->q);
	TRY(request_parse(buf_get(&b), &r->q, &why));
	CHECK(is_same(r, &r->q), RC_STATE);
	if (stage == REQUEST_STAGE_OPEN)
		TRY(request_tags(&r->q, &wrong));
out:
	buf_clear(&b);
	if (rc == RC_NOT_FOUND)
		return tacetctl_say(TACETCTL_EXIT_NO, r->c.order.id,
		    "nothing was asked of the custodians yet (order request)");
	if (rc == RC_STATE)
		return tacetctl_say(TACETCTL_EXIT_NO, r->c.order.id,
		    "the log has changed since the request: ask again (order "
		    "request)");
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc(path, rc);
}

/* --- answers ---------------------------------------------------------------
 */

void
tacetctl_run_shares(struct tacetctl *t)
{
	if (t->n_shares == 0)
		return;
	for (size_t i = 1; i < t->n_args && t->n_shares < TACETCTL_MULTI; i++)
		t->shares[t->n_shares++] = t->args[i];
	t->n_args = t->n_args > 0;
}

int
tacetctl_run_answers(
    struct tacetctl *t, struct request_shares *ret_s, size_t *ret_n)
{
	struct buf b;
	enum rc rc = RC_OK;

	*ret_n = 0;
	for (size_t i = 0; i < t->n_shares; i++) {
		buf_init(&b, REQUEST_SIZE_MAX);
		rc = file_read_at(AT_FDCWD, t->shares[i], &b);
		if (rc == RC_OK)
			rc = request_shares_parse(buf_get(&b), &ret_s[i]);
		buf_clear(&b);
		if (rc != RC_OK)
			return tacetctl_say(TACETCTL_EXIT_NO, t->shares[i],
			    rc == RC_NOT_FOUND ? "no such file"
					       : "it holds no shares");
		(*ret_n)++;
	}
	return TACETCTL_EXIT_OK;
}

int
tacetctl_run_found(struct tacetctl_run *r)
{
	struct request_shares s[TACETCTL_MULTI] = { 0 };
	struct extract_answers a = { s, 0 };
	int status = tacetctl_run_kept(r, REQUEST_STAGE_FIND);

	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_answers(r->t, s, &a.n);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_turn(r, &a);
	for (size_t i = 0; i < TACETCTL_MULTI; i++)
		request_shares_clear(&s[i]);
	return status;
}

static enum rc
demo_trust(struct tacetctl_run *r, struct release_trust *ret_t)
{
	const char *name = "";
	enum rc rc = trusted_read(
	    r->t->dir, "trust.json", "orders/reviewers.json", ret_t, &name);

	/* the directory's own custodian keeps no days of his own */
	ret_t->retention_days = UINT32_MAX / 2;
	return rc;
}

int
tacetctl_run_demo_answer(struct tacetctl_run *r, struct request_shares *ret_s)
{
	char path[PATH_MAX_];
	const struct home_share *held;
	struct release_keys k = { 0 };
	struct release_trust trust = { 0 };
	struct home *h = NULL;
	struct buf b;
	const char *why = "no custodian's key is open in custody/";
	enum rc rc = RC_BUG;

	buf_init(&b, REQUEST_SIZE_MAX);
	CHECK(snprintf(path, sizeof(path), "%s/custody", r->t->data) <
		(int)sizeof(path),
	    RC_LIMIT);
	TRY(home_open(path, rd_str(""), &h));
	TRY(home_share_find(h, &r->groups[0], &held));
	k.index = held->index;
	memcpy(k.share, held->x, sizeof(k.share));
	memcpy(k.seal_secret, h->secrets.seal_secret, sizeof(k.seal_secret));
	why = "trust.json or orders/reviewers.json cannot be read";
	TRY(demo_trust(r, &trust));
	TRY(request_build(&r->q, &b));
	TRY(release_check(&r->q, &trust, mono_wall(), &why));
	TRY(release_make(&r->q, buf_get(&b), &k, ret_s));
out:
	sodium_memzero(&k, sizeof(k));
	home_close(h);
	buf_clear(&b);
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say(TACETCTL_EXIT_NO, "custodian", why);
}
