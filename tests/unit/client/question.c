#include "unit/client/person.h"

#include "client/directory_check.h"

#define ALICE "+15550100"
#define BOB "+15550123"
#define CAROL "+15550167"
#define NOBODY "+15550142"
#define DAY 86400

static struct fake_directory fd;
static struct person alice, bob;

static void
later(int64_t seconds)
{
	now += seconds;
	fd.now = now;
}

/* Changes of accounts show in the next epoch. */
static void
epoch(int64_t seconds)
{
	later(seconds);
	fd_sync(&fd, &fake);
	fd_epoch(&fd);
}

static const struct tacet_outcome *
ask(struct person *p, const char *number, unsigned flags)
{
	T_OK(tacet_lookup(p->t, now, number, TACET_CAUSE_TYPED, flags) ==
	    TACET_OK);
	run(p);
	return tacet_outcome(p->t);
}

static void
a_number_is_asked_for_without_being_told(void)
{
	const struct tacet_outcome *o = ask(&alice, BOB, 0);

	T_OK(o->rc == TACET_OK && o->route == TACET_ROUTE_ENCRYPTED);
	T_OK(o->devices == 1 && o->is_private && o->verified && !o->cached);
	T_OK(o->text == NULL && fake.lookups == 0);
	T_OK(tacet_pinned_now(alice.t) && !tacet_pinned_now(alice.t));
	o = ask(&alice, NOBODY, 0);
	T_OK(o->rc == TACET_OK && o->route == TACET_ROUTE_SMS);
	T_OK(o->is_private && o->verified);
	o = ask(&alice, BOB, 0);
	T_OK(o->cached && o->is_private && o->verified);
}

static void
anonymous_requests_are_marked_and_unsigned(void)
{
	struct tacet_request q;
	unsigned anonymous = 0;

	later(61);
	T_OK(tacet_lookup(alice.t, now, CAROL, TACET_CAUSE_TYPED, 0) ==
	    TACET_OK);
	while (tacet_doing(alice.t) == TACET_DOING_REQUEST) {
		struct fake_reply r = { .status = 0 };

		save(&alice);
		T_OK(tacet_request(alice.t, now, &q) == TACET_OK);
		if (strncmp(q.path, "/v1/directory/", 14) == 0) {
			T_OK(q.is_anonymous && q.fields_len == 0);
			anonymous++;
		} else {
			T_OK(!q.is_anonymous);
		}
		T_OK(fd_serve(&fd, &q, &r));
		T_OK(tacet_answer(alice.t, now, r.status, r.body.p,
			 r.body.len) == TACET_OK);
		buf_clear(&r.body);
	}
	T_OK(anonymous == 2);
	save(&alice);
}

/* The requests of one question, without the answers. */
static void
trace_of(struct person *p, const char *number, char ret[static 512])
{
	fd.n_trace = 0;
	ret[0] = '\0';
	(void)ask(p, number, TACET_FLAG_FRESH);
	for (size_t i = 0; i < fd.n_trace; i++) {
		/* tokens are asked for by stock, not by number */
		if (strstr(fd.trace[i], "tokens") != NULL)
			continue;
		(void)strncat(ret, fd.trace[i], 511 - strlen(ret));
		(void)strncat(ret, "|", 511 - strlen(ret));
	}
}

/* Whatever is wrong with an answer, and whoever is there or not. */
static void
the_requests_do_not_tell_what_was_found(void)
{
	struct fd_cheat cheats[] = { { .other_key = true },
		{ .other_epoch = true }, { .other_bucket = true } };
	const char *names[] = { "wrong-key", "wrong-epoch", "wrong-bucket" };
	char want[512], got[512];

	later(DAY);
	epoch(1);
	trace_of(&alice, CAROL, want); /* the policy of the day, too */
	trace_of(&alice, BOB, want);   /* y is known */
	T_OK(strstr(want, "directory/lookup") != NULL);
	later(61);
	trace_of(&alice, NOBODY, got);
	T_STR(want, got);
	later(61);
	trace_of(&alice, "+15550145", got); /* y is not */
	T_STR(want, got);
	for (size_t i = 0; i < ARRAY_LEN(cheats); i++) {
		later(61);
		fd.cheat = cheats[i];
		trace_of(&alice, BOB, got);
		T_STR(want, got);
		T_STR(names[i], tacet_outcome(alice.t)->problem);
		T_OK(tacet_outcome(alice.t)->rc == TACET_SERVER);
		/* and it is not asked again at once, not even fresh */
		fd.cheat = (struct fd_cheat){ .gone = false };
		trace_of(&alice, BOB, got);
		T_STR("", got);
		T_STR("too-soon", tacet_outcome(alice.t)->problem);
		T_OK(tacet_outcome(alice.t)->retry_after == 60);
	}
	later(61);
	fd.cheat.down = true;
	(void)ask(&alice, BOB, TACET_FLAG_FRESH);
	fd.cheat.down = false;
	T_STR("too-soon", ask(&alice, BOB, TACET_FLAG_FRESH)->problem);
	later(61);
	T_OK(ask(&alice, BOB, TACET_FLAG_FRESH)->rc == TACET_OK);
}

static void
a_lost_epoch_is_read_again_once(void)
{
	later(61);
	fd.cheat.gone = true;
	fd.n_trace = 0;
	(void)ask(&alice, BOB, TACET_FLAG_FRESH);
	fd.cheat.gone = false;
	T_OK(tacet_outcome(alice.t)->rc == TACET_MALFORMED);
	T_OK(fd.n_trace == 4);
	later(61);
}

static void
a_server_that_just_started_is_waited_for(void)
{
	fd.cheat.starting = 10;
	T_OK(tacet_lookup(alice.t, now, BOB, TACET_CAUSE_TYPED,
		 TACET_FLAG_FRESH) == TACET_OK);
	for (int i = 0; i < 10; i++) {
		run(&alice);
		T_OK(tacet_doing(alice.t) == TACET_DOING_WAIT);
		tacet_wait_over(alice.t);
	}
	run(&alice);
	T_OK(tacet_outcome(alice.t)->rc == TACET_OK);
	/* but not for ever */
	fd.cheat.starting = 99;
	T_OK(tacet_lookup(alice.t, now, BOB, TACET_CAUSE_TYPED,
		 TACET_FLAG_FRESH) == TACET_OK);
	for (int i = 0; i < 10; i++) {
		run(&alice);
		tacet_wait_over(alice.t);
	}
	run(&alice);
	T_OK(tacet_outcome(alice.t)->rc == TACET_SERVER);
	fd.cheat.starting = 0;
}

static void
problems_of_the_log_stop_before_the_question(void)
{
	static const struct {
		struct fd_cheat cheat;
		const char *problem;
	} cases[] = {
		{ { .unsigned_note = true }, "log-unsigned" },
		{ { .no_witness = true }, "log-unwitnessed" },
		{ { .old_witness = true }, "log-stale" },
		{ { .other_consistency = true }, "split-view" },
		{ { .other_path = true }, "not-in-log" },
	};
	struct tacet_evidence e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		later(61);
		fd_log(&fd, rd_str("one more"));
		fd.cheat = cases[i].cheat;
		fd.n_trace = 0;
		T_STR(cases[i].problem,
		    ask(&alice, BOB, TACET_FLAG_FRESH)->problem);
		T_OK(fd.n_trace == 1);
	}
	fd.cheat = (struct fd_cheat){ .gone = false };
	/* a contradiction is kept, both sides signed, over a restart too */
	restart(&alice);
	T_OK(tacet_evidence_at(alice.t, 0, &e) == TACET_OK);
	T_STR("split-view", e.problem);
	T_OK(e.first_len > 0 && e.second_len > 0);
	T_OK(tacet_evidence_at(alice.t, 1, &e) == TACET_NOT_FOUND);
	T_OK(ask(&alice, BOB, TACET_FLAG_FRESH)->rc == TACET_OK);
}

static void
a_server_is_not_asked_classically_in_silence(void)
{
	later(DAY);
	fd_epoch(&fd);
	directory = NULL; /* its policy has classic alone, and is another's */
	T_STR("policy-unsigned", ask(&alice, BOB, TACET_FLAG_FRESH)->problem);
	fake.trust.policy = fd.trust.policy;
	memcpy(fake.policy_sk, fd.policy_sk, 64);
	T_STR("classic-consent", ask(&alice, BOB, TACET_FLAG_FRESH)->problem);
	T_OK(fake.lookups == 0);
	T_OK(ask(&alice, BOB, TACET_FLAG_FRESH | TACET_FLAG_CLASSIC)->rc ==
	    TACET_OK);
	T_OK(fake.lookups == 1 && !tacet_outcome(alice.t)->is_private &&
	    !tacet_outcome(alice.t)->verified);
	directory = &fd;
	later(DAY);
	fd_epoch(&fd);
}

static void
a_message_goes_to_the_account_of_the_slot(void)
{
	T_OK(say(&alice, BOB, "one", 0) == TACET_OK);
	T_OK(tacet_outcome(alice.t)->verified);
	T_OK(fake.sends == 1 && fake.fetches == 1 && fake.lookups == 1);
	fd.n_trace = 0;
	T_OK(say(&alice, BOB, "two", 0) == TACET_OK);
	T_OK(fd.n_trace == 1); /* the message itself */
}

static void
a_slot_that_is_wrong_sends_nothing(void)
{
	struct fake_account *a = fake_find(&fake, BOB);
	unsigned sends = fake.sends;

	a->id[5] ^= 1; /* the account moves: a new slot */
	epoch(DAY);
	fd.cheat.other_slot = true;
	T_OK(say(&alice, BOB, "three", 0) == TACET_SERVER);
	T_STR("wrong-slot", tacet_outcome(alice.t)->problem);
	T_OK(fake.sends == sends);
	fd.cheat.other_slot = false;
	later(61);
	T_OK(say(&alice, BOB, "three", 0) == TACET_OK);
	T_OK(fake.sends == sends + 1);
}

/* The server hands out keys of its own for the account. */
static void
keys_that_the_slot_does_not_name_are_refused(void)
{
	struct slot_plain plain = { .account = { 0 } };
	struct device_list l;
	struct person eve;
	struct fake_account *a = fake_find(&fake, BOB), saved = *a;
	unsigned sends = fake.sends;

	person_register(&eve, CAROL);
	epoch(DAY);
	a->list = fake_find(&fake, CAROL)->list;
	a->devices[1].keys = fake_find(&fake, CAROL)->devices[1].keys;
	a->id[6] ^= 1; /* so that the prekeys are fetched anew */
	T_RC(RC_OK, device_list_parse(buf_get(&saved.list), &l));
	memcpy(plain.account, a->id, 16);
	memcpy(plain.aik, l.aik, 32);
	fd_put(&fd, BOB, &plain, 1);
	later(DAY);
	fd_epoch(&fd);
	T_OK(say(&alice, BOB, "four", 0) == TACET_SERVER);
	T_STR("wrong-identity", tacet_outcome(alice.t)->problem);
	T_OK(fake.sends == sends);
	*a = saved;
	person_clear(&eve);
}

static bool
is_alarmed(struct person *p, const char *problem)
{
	struct tacet_note n;

	for (size_t i = 0; tacet_inbox(p->t, i, &n) == TACET_OK; i++)
		if (n.type == TACET_NOTE_ALARM &&
		    n.text_len == strlen(problem) &&
		    memcmp(n.text, problem, n.text_len) == 0)
			return true;
	return false;
}

static void
chores(struct person *p)
{
	while (tacet_maintain(p->t, now) == TACET_OK)
		run(p);
}

static void
the_own_number_is_watched(void)
{
	struct slot_plain plain = { .account = { 9 }, .aik = { 9 } };
	struct tacet_evidence e;

	fake_find(&fake, BOB)->id[5] ^= 1; /* the account is back */
	epoch(DAY);
	T_OK(tacet_watch(bob.t, now) == TACET_OK);
	run(&bob);
	T_OK(tacet_outcome(bob.t)->rc == TACET_OK);
	T_OK(tacet_outcome(bob.t)->version > 0 &&
	    tacet_outcome(bob.t)->verified);
	/* the number is given to somebody else */
	fd_put(&fd, BOB, &plain, 1);
	later(DAY);
	fd_epoch(&fd);
	chores(&bob);
	T_OK(is_alarmed(&bob, "own-number-taken"));
	T_OK(tacet_evidence_at(bob.t, 0, &e) == TACET_OK);
	T_STR("own-number-taken", e.problem);
}

static void
a_broken_promise_is_evidence(void)
{
	struct tacet_evidence e;
	struct person dan;

	person_register(&dan, "+15550188");
	fd.has_promise = true;
	fd.promise = (struct promise){ .version = 1,
		.place = place_of(rd_str("+15550188")),
		.max_epoch = fd.epoch.epoch + 2 };
	chores(&dan);
	later(61);
	fd_epoch(&fd); /* without the new account */
	chores(&dan);
	T_OK(tacet_evidence_at(dan.t, 0, &e) == TACET_NOT_FOUND);
	later(61);
	fd_epoch(&fd);
	chores(&dan);
	T_OK(tacet_evidence_at(dan.t, 0, &e) == TACET_OK);
	T_STR("promise-broken", e.problem);
	T_OK(e.first_len > 0 && e.second_len > 0);
	fd.has_promise = false;
	person_clear(&dan);
}

/* A directory of the same keys whose log is another from its n-th entry on. */
static void
fork_make(struct fake_directory *f, size_t n)
{
	fd_init(f, now);
	memcpy(f->log_sk, fd.log_sk, sizeof(f->log_sk));
	memcpy(f->policy_sk, fd.policy_sk, sizeof(f->policy_sk));
	memcpy(f->witness_sk, fd.witness_sk, sizeof(f->witness_sk));
	f->trust = fd.trust;
	for (size_t i = 0; i < n; i++)
		fd_log(f, buf_get(&fd.entries[i]));
	fd_log(f, rd_str("another history"));
	fd_sync(f, &fake);
	f->epoch.epoch = fd.epoch.epoch;
	fd_epoch(f);
	while (f->n_entries < fd.n_entries)
		fd_log(f, rd_str("more of it"));
}

/* Eve is shown a fork from her first day; a message from Alice tells her. */
static void
two_people_find_a_fork_by_their_messages(void)
{
	struct fake_account *a = NULL;
	struct fake_directory fork;
	struct person eve;

	for (int more = 0; more < 2; more++) {
		const char *number = more != 0 ? "+15550191" : "+15550190";

		person_register(&eve, number);
		epoch(DAY);
		fork_make(&fork, 2);
		if (more != 0)
			fd_log(&fork, rd_str("and one more"));
		directory = &fork;
		T_OK(ask(&eve, BOB, 0)->rc == TACET_OK);
		directory = &fd;
		T_OK(say(&alice, number, "hello", 0) == TACET_OK);
		directory = &fork;
		listen_from(&eve, 0);
		fork.now = now;
		/* of one size: at once; else it asks for the proof */
		T_OK(is_alarmed(&eve, "split-view") == (more == 0));
		chores(&eve);
		T_OK(is_alarmed(&eve, "split-view"));
		directory = &fd;
		person_clear(&eve);
		fd_clear(&fork);
		a = fake_find(&fake, number);
		T_OK(a != NULL && a->devices[1].n_mail == 1);
	}
}

/* A log that is shorter than it was: it is asked for what it signs. */
static void
a_shorter_log_is_evidence(void)
{
	struct tacet_evidence e;
	size_t n = 0;

	later(DAY);
	fd_epoch(&fd);
	T_OK(ask(&alice, BOB, TACET_FLAG_FRESH)->rc == TACET_OK);
	fd.cheat.rollback = fd.n_entries - 1;
	T_STR("log-back", ask(&alice, BOB, TACET_FLAG_FRESH)->problem);
	fd.cheat.rollback = 0;
	while (tacet_evidence_at(alice.t, n + 1, &e) == TACET_OK)
		n++;
	T_OK(tacet_evidence_at(alice.t, n, &e) == TACET_OK);
	T_STR("log-back", e.problem);
	T_OK(e.first_len > 0 && e.second_len > 0);
	T_OK(ask(&alice, BOB, TACET_FLAG_FRESH)->rc == TACET_OK);
}

/* ... and of an honest log nobody hears anything. */
static void
two_views_of_one_log_agree(void)
{
	struct tacet_evidence e;
	struct person fay;

	person_register(&fay, "+15550192");
	epoch(DAY);
	T_OK(ask(&fay, NOBODY, 0)->rc == TACET_OK);
	fd_log(&fd, rd_str("later"));
	epoch(61);
	T_OK(say(&alice, "+15550192", "hello", 0) == TACET_OK);
	listen_from(&fay, 0);
	chores(&fay);
	later(61);
	chores(&fay);
	T_OK(!is_alarmed(&fay, "split-view"));
	T_OK(tacet_evidence_at(fay.t, 0, &e) == TACET_NOT_FOUND);
	person_clear(&fay);
}

static void
an_address_book_is_evaluated_in_batches(void)
{
	char number[TACET_NUMBER_SIZE];
	unsigned batches = 0;

	later(DAY);
	epoch(1);
	for (int i = 0; i < 150; i++) {
		(void)snprintf(number, sizeof(number), "+1555020%04d", i);
		T_OK(tacet_contact_add(alice.t, number, NULL) == TACET_OK);
	}
	fd.cheat.other_key = true;
	T_OK(tacet_sync(alice.t, now) == TACET_OK);
	run(&alice);
	T_STR("wrong-key", tacet_outcome(alice.t)->problem);
	T_OK(tacet_sync_left(alice.t) == 150);
	fd.cheat.other_key = false;
	while (tacet_sync(alice.t, now) == TACET_OK && batches < 9) {
		run(&alice);
		T_OK(tacet_outcome(alice.t)->rc == TACET_OK);
		batches++;
		restart(&alice); /* what is done stays done */
	}
	T_OK(tacet_sync_left(alice.t) == 0 && batches >= 2);
	T_OK(ask(&alice, number, 0)->route == TACET_ROUTE_SMS);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	fd_init(&fd, now);
	fake_init(&fake);
	directory = &fd;
	fd_log(&fd, rd_str("{\"type\":\"policy\"}"));
	person_register(&alice, ALICE);
	person_register(&bob, BOB);
	epoch(0);
	TEST(a_number_is_asked_for_without_being_told);
	TEST(anonymous_requests_are_marked_and_unsigned);
	TEST(the_requests_do_not_tell_what_was_found);
	TEST(a_lost_epoch_is_read_again_once);
	TEST(a_server_that_just_started_is_waited_for);
	TEST(problems_of_the_log_stop_before_the_question);
	TEST(a_server_is_not_asked_classically_in_silence);
	TEST(a_message_goes_to_the_account_of_the_slot);
	TEST(a_slot_that_is_wrong_sends_nothing);
	TEST(keys_that_the_slot_does_not_name_are_refused);
	TEST(the_own_number_is_watched);
	TEST(a_broken_promise_is_evidence);
	TEST(two_people_find_a_fork_by_their_messages);
	TEST(two_views_of_one_log_agree);
	TEST(a_shorter_log_is_evidence);
	TEST(an_address_book_is_evaluated_in_batches);
	person_clear(&alice);
	person_clear(&bob);
	fake_clear(&fake);
	fd_clear(&fd);
	return tap_done();
}
