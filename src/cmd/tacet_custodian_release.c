/*
 * What a custodian is for: to read what is asked, and to give his shares for
 * exactly that, or not. What he gives is written into his own directory first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
desk_open(struct tacet_custodian *t, struct desk *d)
{
	const char *why = "";
	enum rc rc;

	buf_init(&d->text, REQUEST_SIZE_MAX);
	request_init(&d->q);
	if (t->n_args != 1)
		return tacet_custodian_say(
		    USAGE, "review, release", "give one REQUEST");
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
	rc = tacet_custodian_read(t->args[0], &d->text);
	if (rc != RC_OK)
		return tacet_custodian_say_rc(t->args[0], rc);
	rc = request_parse(buf_get(&d->text), &d->q, &why);
	if (rc != RC_OK)
		return tacet_custodian_say(NO, t->args[0], why);
	if (release_check(&d->q, &d->trust, mono_wall(), &why) != RC_OK)
		return tacet_custodian_say(NO, t->args[0], why);
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
	int status = desk_open(t, &d);

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
release(struct tacet_custodian *t, const struct desk *d)
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
	TRY(file_replace(AT_FDCWD, t->out, 0600, buf_get(&b)));
out:
	sodium_memzero(&k, sizeof(k));
	request_shares_clear(&s);
	buf_clear(&b);
	return rc;
}

int
tacet_custodian_release(struct tacet_custodian *t)
{
	static struct desk d;
	int status;
	enum rc rc;

	if (t->out == NULL)
		return tacet_custodian_say(
		    USAGE, "release", "give REQUEST -o FILE");
	status = desk_open(t, &d);
	if (status == OK) {
		rc = release(t, &d);
		status = rc == RC_OK
		    ? tacet_custodian_did(t,
			  json_pack("{s:s,s:s,s:s}", "order", d.q.order.id,
			      "wrote", t->out, "next",
			      "give the file to the clerk"))
		    : tacet_custodian_say(NO, "release",
			  rc == RC_NOT_FOUND ? "you hold no share of the group"
					     : rc_name(rc));
	}
	desk_clear(&d);
	return status;
}
