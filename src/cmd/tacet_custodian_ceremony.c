/* The steps of a ceremony (custody.md, section 4), and what is held. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacet_custodian_app.h"
#include "custody/ceremony.h"
#include "custody/paper.h"

#define NO TACET_CUSTODIAN_EXIT_NO
#define USAGE TACET_CUSTODIAN_EXIT_USAGE

static json_t *
hex(const uint8_t hash[static 32])
{
	char text[65];

	(void)sodium_bin2hex(text, sizeof(text), hash, 32);
	return json_string(text);
}

/* "NAME FINGERPRINT" of each. */
static json_t *
people(size_t n, const struct contact *c)
{
	char text[CONTACT_PRINT_SIZE];
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		contact_print(&c[i], text);
		(void)json_array_append_new(
		    a, json_sprintf("%s  %s", c[i].name, text));
	}
	return a;
}

int
tacet_custodian_init(struct tacet_custodian *t)
{
	char text[CONTACT_PRINT_SIZE];
	struct buf passphrase;
	struct home *h = NULL;
	enum rc rc = RC_BUG;

	if (t->n_args != 1 || !custodians_is_name(rd_str(t->args[0])))
		return tacet_custodian_say(USAGE, "init",
		    "give one NAME of letters, digits, dots and dashes");
	buf_init(&passphrase, 1024);
	rc = tacet_custodian_passphrase(t, true, &passphrase);
	if (rc != RC_OK)
		return tacet_custodian_say(
		    NO, "init", "no passphrase, or two that differ");
	rc = home_make(t->path, rd_str(t->args[0]), buf_get(&passphrase));
	if (rc == RC_OK)
		rc = home_open(t->path, buf_get(&passphrase), &h);
	buf_clear(&passphrase);
	if (rc == RC_EXISTS)
		return tacet_custodian_say(
		    NO, t->path, "a custodian is there already");
	if (rc != RC_OK)
		return tacet_custodian_say_rc(t->path, rc);
	contact_print(&h->contact, text);
	home_close(h);
	return tacet_custodian_did(t,
	    json_pack("{s:s,s:o,s:s,s:s}", "made", t->args[0], "contact",
		json_sprintf("%s/contact.json", t->path), "fingerprint", text,
		"next",
		"give your contact file to the other custodians, read the "
		"fingerprint to them, then round1"));
}

/* --- round 1
 * ------------------------------------------------------------------- */

static int
read_contacts(struct tacet_custodian *t, struct contact *ret_c)
{
	struct buf b;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < t->n_args; i++) {
		if (i == CUSTODIANS_MAX)
			return tacet_custodian_say(
			    USAGE, "round1", "at most 16 members");
		buf_init(&b, PAPER_MAX);
		rc = tacet_custodian_read(t->args[i], &b);
		if (rc == RC_OK)
			rc = contact_parse(buf_get(&b), &ret_c[i]);
		buf_clear(&b);
		if (rc == RC_DENIED || rc == RC_MALFORMED)
			return tacet_custodian_say(NO, t->args[i],
			    "not a contact file, or it was changed");
		if (rc != RC_OK)
			return tacet_custodian_say_rc(t->args[i], rc);
	}
	return TACET_CUSTODIAN_EXIT_OK;
}

static int
read_group(const char *path, struct custodians *ret_g)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	rc = tacet_custodian_read(path, &b);
	if (rc == RC_OK)
		rc = custodians_parse(buf_get(&b), ret_g);
	buf_clear(&b);
	if (rc == RC_OK)
		return TACET_CUSTODIAN_EXIT_OK;
	return rc == RC_MALFORMED
	    ? tacet_custodian_say(NO, path, "not a group file")
	    : tacet_custodian_say_rc(path, rc);
}

/* The plan, of what was given on the command line. */
static int
make_plan(struct tacet_custodian *t, struct plan *ret_p)
{
	struct contact c[CUSTODIANS_MAX] = { 0 };
	struct custodians old = { 0 };
	uint8_t threshold = 0;
	size_t n = t->n_args;
	int status = read_contacts(t, c);

	if (status == TACET_CUSTODIAN_EXIT_OK && t->reshare != NULL)
		status = read_group(t->reshare, &old);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	threshold = old.threshold;
	if (t->reshare != NULL && n == 0) {
		plan_members_of(&old, c);
		n = old.n;
	}
	if (t->threshold != NULL) {
		unsigned long v = strtoul(t->threshold, NULL, 10);

		threshold = v > CUSTODIANS_MAX ? 0 : (uint8_t)v;
	}
	if (plan_make(threshold, n, c, t->reshare != NULL ? &old : NULL,
		ret_p) != RC_OK)
		return tacet_custodian_say(USAGE, "round1",
		    "give --threshold from 1 to the number of members, and "
		    "1 to 16 contact files of different people");
	return TACET_CUSTODIAN_EXIT_OK;
}

/* Who this custodian is as a dealer of the plan. */
static int
find_dealer(struct tacet_custodian *t, const struct plan *p,
    struct round1_dealer *ret_d)
{
	const struct home_secrets *s = &t->home->secrets;
	const struct home_share *share = NULL;
	struct round1_dealer d = { .seed = s->seed, .sign_seed = s->sign_seed };

	d.index = plan_dealer(p, t->home->contact.sign_key);
	if (d.index == 0)
		return tacet_custodian_say(NO, t->home->contact.name,
		    p->is_resharing
			? "not of the old group: its members deal; wait for "
			  "their files, then finish"
			: "your own contact file is not among them");
	if (p->is_resharing) {
		if (home_share_find(t->home, &p->old, &share) != RC_OK)
			return tacet_custodian_say(NO, t->home->contact.name,
			    "you hold no share of that group");
		d.share = share->x;
	}
	*ret_d = d;
	return TACET_CUSTODIAN_EXIT_OK;
}

/* The seed is on the disk before the file it makes is: after a crash the same
 * file comes out. */
static int
begin(struct tacet_custodian *t, const struct plan *p)
{
	struct home_secrets *s = &t->home->secrets;
	enum rc rc;

	if (s->has_ceremony) {
		if (memcmp(s->plan, p->hash, sizeof(s->plan)) == 0)
			return TACET_CUSTODIAN_EXIT_OK;
		return tacet_custodian_say(NO, "round1",
		    "you are in another ceremony (forget ceremony gives it "
		    "up)");
	}
	memcpy(s->plan, p->hash, sizeof(s->plan));
	randombytes_buf(s->seed, sizeof(s->seed));
	s->has_ceremony = true;
	rc = home_save(t->home);
	return rc == RC_OK ? TACET_CUSTODIAN_EXIT_OK
			   : tacet_custodian_say_rc(t->path, rc);
}

static int
write_out(struct tacet_custodian *t, struct rd text)
{
	enum rc rc = file_replace(AT_FDCWD, t->out, 0644, text);

	return rc == RC_OK ? TACET_CUSTODIAN_EXIT_OK
			   : tacet_custodian_say_rc(t->out, rc);
}

int
tacet_custodian_round1(struct tacet_custodian *t)
{
	struct round1_dealer d = { .index = 0 };
	struct plan p;
	struct buf b;
	int status;
	enum rc rc;

	if (t->out == NULL)
		return tacet_custodian_say(USAGE, "round1", "give -o FILE");
	status = make_plan(t, &p);
	if (status == TACET_CUSTODIAN_EXIT_OK)
		status = find_dealer(t, &p, &d);
	if (status == TACET_CUSTODIAN_EXIT_OK)
		status = begin(t, &p);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	buf_init(&b, PAPER_MAX);
	rc = round1_build(&p, &d, &b);
	status = rc == RC_OK ? write_out(t, buf_get(&b))
			     : tacet_custodian_say_rc("round1", rc);
	buf_clear(&b);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	return tacet_custodian_did(t,
	    json_pack("{s:s,s:s,s:i,s:o,s:o,s:s}", "wrote", t->out, "as",
		plan_dealer_name(&p, d.index), "threshold", p.threshold,
		"member", people(p.n, p.members), "plan", hex(p.hash), "next",
		"compare members and plan with the other dealers; give each "
		"your file; with the files of all, round2"));
}

/* --- round 2
 * ------------------------------------------------------------------- */

static int
refuse(const struct ceremony *c, const char *file)
{
	char why[256];

	(void)snprintf(why, sizeof(why), "%s%s%s", c->who != NULL ? c->who : "",
	    c->who != NULL ? ": " : "", c->why);
	return tacet_custodian_say(NO, file, why);
}

static bool
is_round1(struct rd text)
{
	json_t *o = NULL;
	enum rc rc = paper_parse(text, "round1", &o);

	json_body_free(o);
	return rc == RC_OK;
}

/* Adds the files of one round; those of the other are passed over, or, in
 * round 2 itself, refused by what is said of them. */
static int
add_files(struct tacet_custodian *t, struct ceremony *c, int round, bool only)
{
	struct buf b;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < t->n_args; i++) {
		bool mine;

		buf_init(&b, PAPER_MAX);
		rc = tacet_custodian_read(t->args[i], &b);
		if (rc != RC_OK)
			return tacet_custodian_say_rc(t->args[i], rc);
		mine = only || is_round1(buf_get(&b)) == (round == 1);
		if (mine && round == 1)
			rc = ceremony_round1_add(c, buf_get(&b));
		else if (mine)
			rc = ceremony_round2_add(c, buf_get(&b));
		buf_clear(&b);
		if (rc != RC_OK)
			return refuse(c, t->args[i]);
	}
	return TACET_CUSTODIAN_EXIT_OK;
}

static int
round2(struct tacet_custodian *t, struct ceremony *c)
{
	struct round1_dealer d = { .index = 0 };
	struct buf b;
	enum rc rc = RC_BUG;
	int status = add_files(t, c, 1, true);

	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	if (ceremony_round1_end(c) != RC_OK)
		return refuse(c, "round2");
	status = find_dealer(t, &c->plan, &d);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	if (ceremony_own_check(c, &d) != RC_OK)
		return refuse(c, "round2");
	buf_init(&b, PAPER_MAX);
	rc = round2_build(&c->plan, &d, c->id, &b);
	status = rc == RC_OK ? write_out(t, buf_get(&b))
			     : tacet_custodian_say_rc("round2", rc);
	buf_clear(&b);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	return tacet_custodian_did(t,
	    json_pack("{s:s,s:s,s:o,s:s}", "wrote", t->out, "as",
		plan_dealer_name(&c->plan, d.index), "ceremony", hex(c->id),
		"next",
		"compare ceremony with the other dealers; give each member "
		"your file; with the files of both rounds of all, finish"));
}

int
tacet_custodian_round2(struct tacet_custodian *t)
{
	static struct ceremony c;

	if (t->out == NULL || t->n_args == 0)
		return tacet_custodian_say(
		    USAGE, "round2", "give the round 1 files, and -o FILE");
	if (!t->home->secrets.has_ceremony)
		return tacet_custodian_say(
		    NO, "round2", "you are in no ceremony (round1 begins it)");
	ceremony_init(&c, t->home->secrets.plan);
	return round2(t, &c);
}

/* --- finish
 * ------------------------------------------------------------------- */

/* Whoever deals must see his own round 1 file of now: so nobody is given the
 * files of a ceremony that is past. */
static int
check_own(struct tacet_custodian *t, struct ceremony *c)
{
	struct round1_dealer d = { .index = 0 };
	uint16_t dealer = plan_dealer(&c->plan, t->home->contact.sign_key);
	int status;

	if (dealer == 0)
		return TACET_CUSTODIAN_EXIT_OK;
	status = find_dealer(t, &c->plan, &d);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	if (!c->deals[dealer - 1].has_round1)
		return TACET_CUSTODIAN_EXIT_OK;
	if (!t->home->secrets.has_ceremony)
		return tacet_custodian_say(NO, "finish",
		    "you deal in these files, but are in no ceremony: they "
		    "are of a past one");
	return ceremony_own_check(c, &d) == RC_OK ? TACET_CUSTODIAN_EXIT_OK
						  : refuse(c, "finish");
}

static int
take_share(struct tacet_custodian *t, struct ceremony *c,
    const struct custodians *group)
{
	struct home_share share = { .generation = group->generation };
	enum rc rc = RC_BUG;
	int status = check_own(t, c);

	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	share.index = plan_member(&c->plan, t->home->contact.sign_key);
	if (share.index == 0)
		return tacet_custodian_say(NO, "finish",
		    "you are no member of the new group: there is nothing "
		    "for you to finish");
	if (ceremony_share(c, group, share.index, t->home->secrets.seal_secret,
		share.x) != RC_OK)
		status = refuse(c, "finish");
	else if ((rc = home_share_add(t->home, group,
		      c->plan.is_resharing ? &c->plan.old : NULL, &share)) !=
	    RC_OK)
		status = tacet_custodian_say_rc(t->path, rc);
	explicit_bzero(&share, sizeof(share));
	return status;
}

static int
write_group(struct tacet_custodian *t, const struct custodians *group)
{
	uint8_t hash[32];
	struct buf b;
	int status;
	enum rc rc = custodians_hash(group, hash);

	buf_init(&b, CUSTODIANS_FILE_MAX);
	if (rc == RC_OK)
		rc = custodians_build(group, &b);
	if (rc == RC_OK)
		rc = buf_u8(&b, '\n');
	status = rc == RC_OK ? write_out(t, buf_get(&b))
			     : tacet_custodian_say_rc("finish", rc);
	buf_clear(&b);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	return tacet_custodian_did(t,
	    json_pack("{s:s,s:i,s:i,s:i,s:o,s:s}", "wrote", t->out,
		"generation", (int)group->generation, "threshold",
		group->threshold, "members", group->n, "group", hex(hash),
		"next",
		"tell the operator the group line; he installs the file when "
		"all members tell the same; then forget former"));
}

static int
finish(struct tacet_custodian *t, struct ceremony *c)
{
	const struct home_share *held = NULL;
	struct custodians group;
	int status = add_files(t, c, 1, false);

	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	if (ceremony_round1_end(c) != RC_OK)
		return refuse(c, "finish");
	status = add_files(t, c, 2, false);
	if (status != TACET_CUSTODIAN_EXIT_OK)
		return status;
	if (ceremony_group(c, &group) != RC_OK)
		return refuse(c, "finish");
	/* after a crash behind the last write: it was finished */
	if (home_share_find(t->home, &group, &held) != RC_OK) {
		status = take_share(t, c, &group);
		if (status != TACET_CUSTODIAN_EXIT_OK)
			return status;
	}
	return write_group(t, &group);
}

int
tacet_custodian_finish(struct tacet_custodian *t)
{
	static struct ceremony c;

	if (t->out == NULL || t->n_args == 0)
		return tacet_custodian_say(USAGE, "finish",
		    "give the files of both rounds, and -o FILE");
	ceremony_init(
	    &c, t->home->secrets.has_ceremony ? t->home->secrets.plan : NULL);
	return finish(t, &c);
}

/* --- what is held
 * ------------------------------------------------------------------- */

int
tacet_custodian_show(struct tacet_custodian *t)
{
	const struct home *h = t->home;
	struct contact members[CUSTODIANS_MAX] = { 0 };
	struct custodians g;
	uint8_t hash[32];
	json_t *shares = json_array();
	json_t *facts = json_pack("{s:s,s:o,s:O}", "name", h->contact.name,
	    "self", people(1, &h->contact), "share", shares);

	for (size_t i = 0; i < HOME_SHARES_MAX; i++)
		if (h->secrets.shares[i].generation != 0)
			(void)json_array_append_new(shares,
			    json_sprintf("generation %u, index %u",
				h->secrets.shares[i].generation,
				h->secrets.shares[i].index));
	json_decref(shares);
	if (home_group(h, &g) == RC_OK && custodians_hash(&g, hash) == RC_OK) {
		plan_members_of(&g, members);
		(void)json_object_set_new(
		    facts, "threshold", json_integer(g.threshold));
		(void)json_object_set_new(
		    facts, "member", people(g.n, members));
		(void)json_object_set_new(facts, "group", hex(hash));
	}
	if (h->secrets.has_ceremony)
		(void)json_object_set_new(
		    facts, "under way", hex(h->secrets.plan));
	return tacet_custodian_did(t, facts);
}

int
tacet_custodian_forget(struct tacet_custodian *t)
{
	struct home_secrets *s = &t->home->secrets;
	const char *what = t->n_args == 1 ? t->args[0] : "";
	enum rc rc;

	if (strcmp(what, "former") == 0) {
		explicit_bzero(&s->shares[1], sizeof(s->shares[1]));
	} else if (strcmp(what, "ceremony") == 0) {
		s->has_ceremony = false;
		explicit_bzero(s->plan, sizeof(s->plan));
		explicit_bzero(s->seed, sizeof(s->seed));
	} else {
		return tacet_custodian_say(USAGE, "forget",
		    "former (the share of the group before) or ceremony (the "
		    "one under way)");
	}
	rc = home_save(t->home);
	if (rc != RC_OK)
		return tacet_custodian_say_rc(t->path, rc);
	return tacet_custodian_did(t, json_pack("{s:s}", "forgot", what));
}
