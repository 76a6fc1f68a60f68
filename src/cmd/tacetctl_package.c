/*
 * order package: the one place where rows come out of the log: only for a
 * decided, confirmed and committed order, only by the shares that custodians
 * gave for it, and with an event of the ledger first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_archive.h"
#include "cmd/tacetctl_letter.h"
#include "cmd/tacetctl_run.h"
#include "merkle/checkpoint.h"
#include "orders/package.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"

#define POLICY_MAX 8192

struct work {
	struct tacetctl_run *r;
	struct extract_result result;
	json_t *subscriber; /* NULL: not asked for */
	size_t rows;
	size_t packages;
};

/* --- what the server holds of a subscriber ---------------------------------
 */

static int
ask_subscribers(struct work *w)
{
	const struct order *o = &w->r->c.order;
	char number[E164_TEXT_SIZE];
	json_t *a = NULL;
	enum rc rc = RC_OK;

	if ((o->classes & RULES_CLASS_SUBSCRIBER) == 0)
		return TACETCTL_EXIT_OK;
	w->subscriber = json_array();
	for (size_t i = 0; i < o->n_handles && rc == RC_OK; i++) {
		e164_text(&o->handles[i], number);
		rc = tacetctl_ask(w->r->t,
		    json_pack(
			"{s:s,s:s}", "verb", "subscriber", "number", number),
		    &a);
		if (rc != RC_OK)
			break;
		(void)json_object_set_new(
		    a, "handle", json_sprintf("tel:%s", number));
		(void)json_array_append_new(w->subscriber, a);
	}
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say(TACETCTL_EXIT_SERVER, "subscriber",
				 "the server does not answer (is tacetd "
				 "running?)");
}

/* --- the letter ------------------------------------------------------------
 */

static void
add_text(struct rd *at, const char *text)
{
	*at = rd_str(text);
}

static void
letter_asked(struct letter_doc *d, const struct tacetctl_run *r,
    struct tacetctl_agency *agency)
{
	const struct order *o = &r->c.order;

	add_text(&d->our_ref, o->id);
	add_text(&d->their_ref, o->ref);
	add_text(&d->process, rules_regime_name(o->regime));
	add_text(&d->paragraph, rules_regime_cite(o->regime));
	add_text(&d->authority, o->issuer.name);
	/* by its name in our directory, where it is still there */
	if (tacetctl_agency_find(r->t, o->agency, agency) == RC_OK)
		add_text(&d->agency, agency->name);
	else
		add_text(&d->agency, o->agency);
	add_text(&d->agency_lines.line[0], o->officer);
	d->agency_lines.n = o->officer[0] != '\0';
	add_text(&d->country, o->issuer.country);
	d->n_handles = o->n_handles;
	memcpy(d->handles, o->handles, o->n_handles * sizeof(*o->handles));
	d->from = o->from;
	d->to = o->to;
	d->direction = (unsigned int)o->direction;
	for (unsigned int bit = 1; bit <= RULES_CLASS_KEYS; bit <<= 1)
		if ((o->classes & bit) != 0)
			add_text(&d->classes[d->n_classes++],
			    rules_class_name((enum rules_class)bit));
	for (size_t i = 0; i < REQUEST_REVIEWS; i++)
		add_text(&d->signers[d->n_signers++], r->c.reviews[i].name);
}

static void
letter_given(struct letter_doc *d, const struct work *w)
{
	const struct extract_result *x = &w->result;
	const struct tacetctl_run *r = w->r;

	d->given_from = r->from;
	d->given_to = r->to;
	d->n_rows = x->rows.n;
	d->n_parts = r->scope->n;
	d->n_outside = x->held_back;
	d->is_complete = true;
	d->n_shown = x->rows.n < LETTER_DOC_ROWS_MAX ? x->rows.n
						     : LETTER_DOC_ROWS_MAX;
	if (d->n_shown > 0)
		memcpy(d->rows, x->rows.rows, d->n_shown * sizeof(*d->rows));
	if (x->destroyed > 0) {
		d->held[0].what = rd_str(
		    "Rows older than the retention period");
		d->held[0].why = rd_str(
		    "their keys were destroyed on time; the "
		    "public log says when");
		d->n_held = 1;
	}
}

static enum rc
letter_hashes(struct letter_doc *d, const struct package *p)
{
	static const char *const names[] = { "rows.csv", "rows.json",
		"proof.json", "order.json", "subscriber.json" };
	size_t n = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct letter_doc_file *f = &d->files[d->n_files];
		const char *hash = package_hash(p, names[i]);

		if (hash[0] == '\0')
			continue; /* not in this package */
		f->name = rd_str(names[i]);
		CHECK(sodium_hex2bin(f->sha256, sizeof(f->sha256), hash, 64,
			  NULL, &n, NULL) == 0,
		    RC_BUG);
		d->n_files++;
	}
	rc = RC_OK;
out:
	return rc;
}

static enum rc
letter_log(struct letter_doc *d, const struct tacetctl_run *r)
{
	struct checkpoint c;
	struct rd text;
	struct rd lines;
	enum rc rc = RC_BUG;

	TRY(note_split(buf_get(&r->scope->note), &text, &lines));
	TRY(checkpoint_parse(text, &c));
	d->log_origin = c.origin;
	d->log_size = c.size;
	memcpy(d->log_root, c.root, sizeof(d->log_root));
out:
	return rc;
}

/* "a; b; c": a line each; what is behind the last line stays on it. */
static void
split_lines(struct rd text, struct letter_doc_lines *lines)
{
	while (text.left > 0 && lines->n < LETTER_DOC_LINES_MAX) {
		const uint8_t *at = lines->n + 1 < LETTER_DOC_LINES_MAX
		    ? memmem(text.p, text.left, "; ", 2)
		    : NULL;
		size_t n = at == NULL ? text.left : (size_t)(at - text.p);

		lines->line[lines->n++] = (struct rd){ text.p, n };
		n += at == NULL ? 0 : 2;
		text.p += n;
		text.left -= n;
	}
}

/* What the policy says, the letter says to its reader. The texts are the
 * policy's: *ret_policy is let go when the letter is drawn. */
static void
letter_policy(struct letter_doc *d, struct tacetctl *t, json_t **ret_policy)
{
	json_t *policy = NULL;
	struct buf b;
	struct rd s;

	d->operator_name = rd_str("Tacet");
	d->ip = LETTER_DOC_IP_TRUNCATED;
	d->retention_days = tacetctl_policy_number(t, "retention_days", 25);
	buf_init(&b, POLICY_MAX);
	if (file_read_at(t->dir, "policy.json", &b) == RC_OK &&
	    json_body_parse(buf_get(&b), &policy) == RC_OK) {
		if (json_body_str(policy, "client_ip", 16, &s) == RC_OK)
			d->ip = rd_is_eq(s, "full") ? LETTER_DOC_IP_FULL
			    : rd_is_eq(s, "none")   ? LETTER_DOC_IP_NONE
						    : LETTER_DOC_IP_TRUNCATED;
		if (json_body_str(policy, "operator", 128, &s) == RC_OK &&
		    s.left > 0)
			d->operator_name = s;
		if (json_body_str(policy, "operator_address", 256, &s) == RC_OK)
			split_lines(s, &d->operator_lines);
	}
	buf_clear(&b);
	*ret_policy = policy;
}

static enum rc
add_letter(struct work *w, struct package *p)
{
	static struct letter_doc d;
	struct tacetctl_agency agency;
	json_t *policy = NULL;
	struct buf pdf;
	enum rc rc = RC_BUG;

	d = (struct letter_doc){ .date = mono_wall() };
	buf_init(&pdf, TACETCTL_LETTER_PDF_MAX);
	letter_policy(&d, w->r->t, &policy);
	letter_asked(&d, w->r, &agency);
	letter_given(&d, w);
	TRY(letter_hashes(&d, p));
	TRY(letter_log(&d, w->r));
	TRY(tacetctl_letter_render(&d, NULL, &pdf));
	TRY(package_add(p, "response.pdf", buf_get(&pdf)));
out:
	letter_doc_clear(&d);
	json_body_free(policy);
	buf_clear(&pdf);
	return rc;
}

/* --- the package -----------------------------------------------------------
 */

/* The policy key is in the keys process: the running server signs. */
static enum rc
sign(void *arg, struct rd text, struct buf *line)
{
	json_t *a = NULL;
	struct rd s;
	enum rc rc = RC_BUG;

	TRY(tacetctl_ask(arg,
	    json_pack("{s:s,s:s%}", "verb", "sign-manifest", "text",
		(const char *)text.p, text.left),
	    &a));
	TRY(json_body_str(a, "line", 512, &s));
	TRY(buf_add_rd(line, s));
out:
	json_decref(a);
	return rc;
}

static enum rc
add_tables(struct work *w, struct package *p)
{
	json_t *order = order_build(&w->r->c.order);
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PACKAGE_FILE_SIZE_MAX);
	TRY(package_csv(&w->result.rows, &b));
	TRY(package_add(p, "rows.csv", buf_get(&b)));
	b.len = 0;
	TRY(package_rows(&w->result.rows, &b));
	TRY(package_add(p, "rows.json", buf_get(&b)));
	TRY(package_add_json(p, "order.json", order));
	TRY(package_add_json(p, "proof.json", w->result.proof));
	if (w->subscriber != NULL)
		TRY(package_add_json(p, "subscriber.json", w->subscriber));
out:
	json_decref(order);
	buf_clear(&b);
	return rc;
}

static json_t *
packaged_data(const struct work *w, const char *root)
{
	json_t *d = json_pack("{s:s,s:I}", "manifest_sha256", root, "rows",
	    (json_int_t)w->result.rows.n);

	if (w->r->day[0] != '\0')
		(void)json_object_set_new(d, "day", json_string(w->r->day));
	return d;
}

static enum rc
write_package(struct work *w, const char *path)
{
	struct tacetctl *t = w->r->t;
	struct package *p = NULL;
	char root[65];
	int out = -1;
	enum rc rc = RC_BUG;

	CHECK(mkdir(path, 0700) == 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(out >= 0, RC_IO);
	TRY(package_new(out, &p));
	TRY(add_tables(w, p));
	TRY(add_letter(w, p));
	TRY(package_finish(
	    p, w->r->c.order.id, w->result.rows.n, sign, t, root));
	TRY(tacetctl_archive(out, path, mono_wall(), t->recipient));
	w->rows += w->result.rows.n;
	w->packages++;
	TRY(case_append(t->dir, "tacetctl", w->r->c.order.id, "packaged",
	    packaged_data(w, root)));
out:
	package_free(p);
	if (out >= 0)
		(void)close(out);
	return rc;
}

/* --- the rows --------------------------------------------------------------
 */

/* Both stages at once, by the directory's own custodian. */
static int
demo_rows(struct work *w, struct extract_answers *a, struct request_shares *s)
{
	int status = tacetctl_run_find(w->r);

	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_demo_answer(w->r, &s[0]);
	a->n = 1;
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_turn(w->r, a);
	request_shares_clear(&s[0]);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_demo_answer(w->r, &s[0]);
	return status;
}

static int
take_rows(struct work *w)
{
	struct tacetctl_run *r = w->r;
	struct request_shares s[TACETCTL_MULTI] = { 0 };
	struct extract_answers a = { s, 0 };
	struct extract_groups g = { r->groups, r->n_groups };
	uint16_t wrong = 0;
	int status;
	enum rc rc;

	if (r->n_groups == 0)
		status = tacetctl_run_find(r); /* no query rows are ordered */
	else if (r->t->n_shares == 0 && tacetctl_is_demo(r->t))
		status = demo_rows(w, &a, s);
	else {
		status = tacetctl_run_kept(r, REQUEST_STAGE_OPEN);
		if (status == TACETCTL_EXIT_OK)
			status = tacetctl_run_answers(r->t, s, &a.n);
	}
	/* before a single envelope is opened */
	if (status == TACETCTL_EXIT_OK) {
		rc = case_append(r->t->dir, "tacetctl", r->c.order.id,
		    "released", json_object());
		if (rc == RC_OK)
			rc = extract_rows(
			    r->scope, &r->q, &g, &a, &wrong, &w->result);
		if (rc != RC_OK)
			status = tacetctl_run_refused(rc, wrong);
		else if (wrong != 0)
			(void)fprintf(stderr,
			    "tacetctl: shares: custodian %u gave a wrong "
			    "share; the others do\n",
			    wrong);
	}
	for (size_t i = 0; i < TACETCTL_MULTI; i++)
		request_shares_clear(&s[i]);
	return status;
}

static int
say_failed(enum rc rc, const char *path)
{
	if (rc == RC_EXISTS)
		return tacetctl_say(TACETCTL_EXIT_NO, path,
		    "it is there already (choose a new directory)");
	if (rc == RC_NOT_FOUND)
		return tacetctl_say(TACETCTL_EXIT_STATE, "tacet-letter",
		    "the program that draws the letter is not beside this "
		    "one");
	return tacetctl_say_rc("order package", rc);
}

/* One package of what r is about, into the new directory path. */
static int
one_package(struct work *w, const char *path)
{
	int status = ask_subscribers(w);
	enum rc rc;

	if (status == TACETCTL_EXIT_OK)
		status = take_rows(w);
	if (status == TACETCTL_EXIT_OK) {
		rc = write_package(w, path);
		if (rc != RC_OK)
			status = say_failed(rc, path);
	}
	extract_result_clear(&w->result);
	json_decref(w->subscriber);
	w->subscriber = NULL;
	return status;
}

/* --- a pen register, day by day --------------------------------------------
 */

static int
one_day(struct work *w, const char *dir)
{
	char path[512];

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return tacetctl_say(TACETCTL_EXIT_SERVER, dir,
		    "cannot be made (check the path and the disk)");
	if (snprintf(path, sizeof(path), "%s/day-%s", dir, w->r->day) >=
	    (int)sizeof(path))
		return tacetctl_say(TACETCTL_EXIT_USAGE, dir, "too long");
	return one_package(w, path);
}

/* Each closed day that was not given yet; with shares, the one they are for. */
static int
daily(struct tacetctl *t, struct work *w)
{
	static struct tacetctl_run r;
	bool all = t->day == NULL && t->n_shares == 0 && tacetctl_is_demo(t);
	bool none = false;
	int status;

	do {
		char day[MONO_DATE_SIZE];
		struct case_file c;

		status = tacetctl_case(t, t->args[0], &c);
		if (status == TACETCTL_EXIT_OK && all)
			status = tacetctl_run_next_day(t, &c, day, &none);
		if (status != TACETCTL_EXIT_OK || none)
			break;
		status = tacetctl_run_open(t, t->args[0], &r);
		w->r = &r;
		if (status == TACETCTL_EXIT_OK)
			status = one_day(w, t->out);
		tacetctl_run_close(&r);
	} while (all && status == TACETCTL_EXIT_OK);
	return status;
}

static int
whole(struct tacetctl *t, struct work *w)
{
	static struct tacetctl_run r;
	int status = tacetctl_run_open(t, t->args[0], &r);

	w->r = &r;
	if (status == TACETCTL_EXIT_OK)
		status = one_package(w, t->out);
	tacetctl_run_close(&r);
	return status;
}

int
tacetctl_order_package(struct tacetctl *t)
{
	struct case_file c;
	struct work w = { 0 };
	int status;

	tacetctl_run_shares(t);
	if (t->n_args != 1 || t->out == NULL)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order package",
		    "give ID [--shares FILE ...] -o DIR");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if (rules_is_preserve(c.order.regime))
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "this process freezes and gives nothing (order preserve)");
	status = rules_is_forward(c.order.regime) ? daily(t, &w) : whole(t, &w);
	if (status == TACETCTL_EXIT_OK)
		(void)printf("%s: %zu rows in %zu packages\n", t->args[0],
		    w.rows, w.packages);
	return status;
}
