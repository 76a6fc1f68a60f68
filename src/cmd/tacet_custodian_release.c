/*
 * What a custodian is for: to read what is asked, and to give his shares for
 * exactly that, or not. What he gives is written into his own directory first.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacet_custodian_app.h"
#include "custody/trusted.h"
#include "orders/json_field.h"
#include "wire/e164_plan.h"
#include "wire/e164_text.h"

#define OK TACET_CUSTODIAN_EXIT_OK
#define NO TACET_CUSTODIAN_EXIT_NO
#define USAGE TACET_CUSTODIAN_EXIT_USAGE
#define STATE TACET_CUSTODIAN_EXIT_STATE
#define RELEASED "released.log"
#define ATTEND_WAIT_S 600 /* for a file, with the keys open */
#define ATTEND_POLL_MS 10

struct desk { /* one request, read and checked */
	struct buf text;
	struct request q;
	struct release_trust trust;
	struct custodians group;
};

/* --- whom he believes ------------------------------------------------------
 */

static uint32_t
days_of(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	return *text != '\0' && *end == '\0' && v < UINT32_MAX ? (uint32_t)v
							       : UINT32_MAX;
}

static json_t *
vkey_text(const struct vkey *k)
{
	struct buf b;
	json_t *j = NULL;

	buf_init(&b, VKEY_TEXT_MAX);
	if (vkey_build(k, &b) == RC_OK)
		j = json_stringn((const char *)b.p, b.len);
	buf_clear(&b);
	return j;
}

/* What he believes from now on, for his eyes: he compares it with what the
 * operator reads to him. */
static int
pinned(struct tacet_custodian *t)
{
	struct release_trust trust;
	json_t *witnesses = json_array();
	json_t *reviewers = json_array();
	const char *name = "";
	enum rc rc = trusted_open(t->home->dir, &trust, &name);

	for (size_t i = 0; rc == RC_OK && i < trust.log.n_witnesses; i++)
		(void)json_array_append_new(
		    witnesses, vkey_text(&trust.log.witnesses[i]));
	for (size_t i = 0; rc == RC_OK && i < trust.n_reviewers; i++)
		(void)json_array_append_new(reviewers,
		    json_field_base64((struct rd){ trust.reviewers[i], 32 }));
	if (rc == RC_OK)
		return tacet_custodian_did(t,
		    json_pack("{s:o,s:o,s:i,s:o,s:i,s:s}", "log",
			vkey_text(&trust.log.log), "witness", witnesses,
			"quorum", (int)trust.log.quorum, "reviewer", reviewers,
			"retention_days", (int)trust.retention_days, "next",
			"compare these keys with what the operator reads to "
			"you"));
	json_decref(witnesses);
	json_decref(reviewers);
	return tacet_custodian_say_rc(name, rc);
}

int
tacet_custodian_trust(struct tacet_custodian *t)
{
	struct buf log;
	struct buf reviewers;
	const char *name = "";
	enum rc rc = RC_BUG;

	if (t->n_args != 3)
		return tacet_custodian_say(USAGE, "trust",
		    "give TRUST.json REVIEWERS.json RETENTION_DAYS");
	buf_init(&log, TRUST_TEXT_MAX);
	buf_init(&reviewers, REQUEST_NOTE_MAX);
	name = t->args[0];
	TRY(tacet_custodian_read(t->args[0], &log));
	name = t->args[1];
	TRY(tacet_custodian_read(t->args[1], &reviewers));
	TRY(trusted_pin(t->home->dir, buf_get(&log), buf_get(&reviewers),
	    days_of(t->args[2]), &name));
out:
	buf_clear(&log);
	buf_clear(&reviewers);
	if (rc == RC_EXISTS)
		return tacet_custodian_say(NO, name,
		    "another public log is pinned here (a new log is another "
		    "installation: use another home)");
	if (rc != RC_OK)
		return tacet_custodian_say_rc(name, rc);
	return pinned(t);
}

/* --- reading a request -----------------------------------------------------
 */

static void
desk_clear(struct desk *d)
{
	buf_clear(&d->text);
	request_clear(&d->q);
}

/* Reads, and says what is wrong. */
static int
desk_open(struct tacet_custodian *t, struct desk *d, const char *path)
{
	const char *why = "";
	enum rc rc;

	buf_init(&d->text, REQUEST_SIZE_MAX);
	request_init(&d->q);
	/* an order names numbers of every plan, the demo's among them */
	e164_plan_test_numbers(true);
	rc = home_group(t->home, &d->group);
	if (rc != RC_OK)
		return tacet_custodian_say(STATE, t->path,
		    "no group is here yet (finish the ceremony)");
	rc = trusted_open(t->home->dir, &d->trust, &why);
	if (rc != RC_OK)
		return tacet_custodian_say(STATE, why,
		    rc == RC_NOT_FOUND ? "missing (tacet-custodian trust)"
				       : rc_name(rc));
	rc = tacet_custodian_read(path, &d->text);
	if (rc != RC_OK)
		return tacet_custodian_say_rc(path, rc);
	rc = request_parse(buf_get(&d->text), &d->q, &why);
	if (rc != RC_OK)
		return tacet_custodian_say(NO, path, why);
	if (release_check(&d->q, &d->trust, mono_wall(), &why) != RC_OK)
		return tacet_custodian_say(NO, path, why);
	return OK;
}

static void
print_line(const char *name, const char *value)
{
	(void)printf("%-14s %s\n", name, value);
}

static void
print_days(const struct request *q)
{
	uint32_t last = UINT32_MAX;
	char date[MONO_DATE_SIZE];

	(void)printf("%-14s", "days");
	for (size_t i = 0; i < q->n_parts; i++) {
		uint32_t day = q->parts[i].session.day;

		if (day != last && mono_date((int32_t)day, date) == RC_OK)
			(void)printf(" %s", date);
		last = day;
	}
	(void)printf("%s\n", q->n_parts == 0 ? " none" : "");
}

/* One screen: everything that a person decides by. */
static void
print_request(const struct desk *d)
{
	const struct order *o = &d->q.order;
	char from[MONO_RFC3339_SIZE] = "";
	char to[MONO_RFC3339_SIZE] = "";
	char text[E164_TEXT_SIZE];

	if (mono_rfc3339(o->from, from) != RC_OK ||
	    mono_rfc3339(o->to, to) != RC_OK)
		return; /* the order was parsed from such texts */
	print_line("order", o->id);
	print_line("process", rules_regime_name(o->regime));
	print_line("issued by", o->issuer.name);
	print_line("reference", o->ref);
	print_line("offence", o->offence);
	print_line("agency", o->agency);
	for (size_t i = 0; i < o->n_handles; i++) {
		e164_text(&o->handles[i], text);
		print_line(i == 0 ? "numbers" : "", text);
	}
	(void)printf("%-14s %s to %s\n", "window", from, to);
	print_line("rows", order_direction_name(o->direction));
	print_days(&d->q);
	print_line("decision", order_decision_name(d->q.decided.verdict));
	print_line("decided by", d->q.decided.reviews[0].name);
	print_line("confirmed by", d->q.decided.reviews[1].name);
	(void)printf("%-14s entry %llu%s\n", "public log",
	    (unsigned long long)d->q.log_index,
	    d->trust.log.quorum == 0 ? ", NOBODY WITNESSES IT" : ", witnessed");
	if (d->q.stage == REQUEST_STAGE_FIND)
		print_line("you give", "what finds these numbers' envelopes");
	else
		(void)printf("%-14s the keys of %zu envelopes\n", "you give",
		    d->q.n_envelopes);
}

int
tacet_custodian_review(struct tacet_custodian *t)
{
	static struct desk d;
	int status;

	if (t->n_args != 1)
		return tacet_custodian_say(USAGE, "review", "give one REQUEST");
	status = desk_open(t, &d, t->args[0]);
	if (status == OK) {
		print_request(&d);
		(void)printf(
		    "every check passes; release gives your shares for this "
		    "and nothing else\n");
	}
	desk_clear(&d);
	return status;
}

/* --- giving shares ---------------------------------------------------------
 */

/* Before a share leaves: what, when, for which order. No number, no key. */
static enum rc
note_release(struct tacet_custodian *t, const struct request_shares *s,
    const struct order *o)
{
	char time[MONO_RFC3339_SIZE];
	char hash[65];
	struct buf b;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, 512);
	TRY(mono_rfc3339(mono_wall(), time));
	(void)sodium_bin2hex(
	    hash, sizeof(hash), s->request_hash, sizeof(s->request_hash));
	TRY(buf_add_fmt(&b,
	    "{\"time\":\"%s\",\"order\":\"%s\",\"stage\":\"%s\","
	    "\"shares\":%zu,\"request_sha256\":\"%s\"}\n",
	    time, o->id, s->stage == REQUEST_STAGE_FIND ? "find" : "open", s->n,
	    hash));
	fd = openat(t->home->dir, RELEASED,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	CHECK(fd >= 0, RC_IO);
	TRY(file_write(fd, buf_get(&b)));
	CHECK(fsync(fd) == 0, file_error());
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	return rc;
}

static enum rc
release(struct tacet_custodian *t, const struct desk *d, const char *out)
{
	const struct home_share *held;
	struct release_keys k = { 0 };
	struct request_shares s = { 0 };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, REQUEST_SIZE_MAX);
	TRY(home_share_find(t->home, &d->group, &held));
	k.index = held->index;
	memcpy(k.share, held->x, sizeof(k.share));
	memcpy(
	    k.seal_secret, t->home->secrets.seal_secret, sizeof(k.seal_secret));
	TRY(release_make(&d->q, buf_get(&d->text), &k, &s));
	TRY(request_shares_build(&s, &b));
	TRY(note_release(t, &s, &d->q.order));
	TRY(file_replace(AT_FDCWD, out, 0600, buf_get(&b)));
out:
	sodium_memzero(&k, sizeof(k));
	request_shares_clear(&s);
	buf_clear(&b);
	return rc;
}

static int
give(struct tacet_custodian *t, const struct desk *d, const char *out)
{
	enum rc rc = release(t, d, out);

	return rc == RC_OK
	    ? tacet_custodian_did(t,
		  json_pack("{s:s,s:s,s:s}", "order", d->q.order.id, "wrote",
		      out, "next", "give the file to the clerk"))
	    : tacet_custodian_say(NO, "release",
		  rc == RC_NOT_FOUND ? "you hold no share of the group"
				     : rc_name(rc));
}

int
tacet_custodian_release(struct tacet_custodian *t)
{
	static struct desk d;
	int status;

	if (t->out == NULL || t->n_args != 1)
		return tacet_custodian_say(
		    USAGE, "release", "give REQUEST -o FILE");
	status = desk_open(t, &d, t->args[0]);
	if (status == OK)
		status = give(t, &d, t->out);
	desk_clear(&d);
	return status;
}

/* --- both requests of an order in one sitting ------------------------------
 */

/* A file that is being copied is not whole yet: every request ends with a
 * newline, and with nothing else. */
static bool
is_whole(const char *path)
{
	uint8_t last = 0;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool whole;

	if (fd < 0)
		return false;
	whole = fstat(fd, &st) == 0 && st.st_size > 0 &&
	    pread(fd, &last, 1, st.st_size - 1) == 1 && last == '\n';
	(void)close(fd);
	return whole;
}

static bool
wait_for(const char *path)
{
	const struct timespec pause = { 0, ATTEND_POLL_MS * 1000000L };

	for (int i = 0; i < ATTEND_WAIT_S * 1000 / ATTEND_POLL_MS; i++) {
		if (is_whole(path))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* The screen of `review`, and on a terminal the question. */
static bool
agrees(const struct desk *d)
{
	char line[8] = "";

	if (isatty(STDIN_FILENO) != 1)
		return true;
	print_request(d);
	(void)fputs("give your shares for this? [y/N] ", stdout);
	(void)fflush(stdout);
	return fgets(line, sizeof(line), stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
}

/* One of the two; order: its id, which the first fills and the second must
 * have. */
static int
attend_one(struct tacet_custodian *t, enum request_stage stage,
    const char *path, char order[static ORDER_ID_SIZE])
{
	static struct desk d;
	char out[PATH_MAX];
	int status;

	if (snprintf(out, sizeof(out), "%s.%s", t->out,
		stage == REQUEST_STAGE_FIND ? "find" : "open") >=
	    (int)sizeof(out))
		return tacet_custodian_say(USAGE, t->out, "too long a name");
	if (!wait_for(path))
		return tacet_custodian_say(
		    NO, path, "did not come within ten minutes");
	status = desk_open(t, &d, path);
	if (status == OK && d.q.stage != stage)
		status = tacet_custodian_say(NO, path,
		    stage == REQUEST_STAGE_FIND ? "not a request to find"
						: "not a request to open");
	if (status == OK && order[0] != '\0' &&
	    strcmp(order, d.q.order.id) != 0)
		status = tacet_custodian_say(NO, path, "of another order");
	if (status == OK && !agrees(&d))
		status = tacet_custodian_say(NO, path, "you gave nothing");
	if (status == OK) {
		memcpy(order, d.q.order.id, ORDER_ID_SIZE);
		status = give(t, &d, out);
		(void)fflush(stdout);
	}
	desk_clear(&d);
	return status;
}

int
tacet_custodian_attend(struct tacet_custodian *t)
{
	char order[ORDER_ID_SIZE] = "";
	int status;

	if (t->out == NULL || t->n_args != 2)
		return tacet_custodian_say(
		    USAGE, "attend", "give FIND OPEN -o NAME");
	status = attend_one(t, REQUEST_STAGE_FIND, t->args[0], order);
	return status != OK
	    ? status
	    : attend_one(t, REQUEST_STAGE_OPEN, t->args[1], order);
}
