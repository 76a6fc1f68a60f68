/* What the directory is told of accounts; this test is ktlog too, and opens
 * each slot as who evaluated the number can. */
#include "unit/exchange/fake_process.h"

#include "directory/directory_entry.h"
#include "directory/place.h"
#include "directory/promise.h"

/* As ktlog has the last slot of one number. */
struct kept {
	uint32_t version;
	uint8_t commitment[32];
};

static void
y_of(const struct person *p, uint8_t ret_y[static HANDLE_KEYS_Y_SIZE],
    uint32_t *ret_place)
{
	uint8_t text[17] = { '+' };
	struct rd handle = { text, 1 + (size_t)p->number.n };
	struct buf input;

	memcpy(text + 1, p->number.digits, p->number.n);
	buf_init(&input, 64);
	T_RC(RC_OK, handle_keys_input(handle, &input));
	T_RC(RC_OK, voprf_output(voprf_secret, buf_get(&input), ret_y));
	*ret_place = place_of(handle);
	buf_clear(&input);
}

/* The next slot that was sent; it is opened and checked against the entry. */
static bool
hear(const struct person *p, struct msg_slot_put *ret_m, struct slot *ret_s,
    struct slot_plain *ret_plain, uint8_t *ret_devices)
{
	uint8_t y[HANDLE_KEYS_Y_SIZE];
	uint8_t tag[HANDLE_KEYS_TAG_SIZE];
	uint8_t commitment[32];
	struct directory_entry e;
	uint32_t place;
	struct rd r;

	if (!take(MSG_SLOT_PUT, ret_m))
		return false;
	y_of(p, y, &place);
	T_OK(ret_m->place == place);
	r = (struct rd){ ret_m->entry, sizeof(ret_m->entry) };
	T_RC(RC_OK, directory_entry_parse(&r, &e));
	r = (struct rd){ ret_m->slot, sizeof(ret_m->slot) };
	T_RC(RC_OK, slot_parse(&r, ret_s));
	T_RC(RC_OK, slot_open(y, ret_s, ret_plain));
	handle_keys_tag(y, tag);
	T_MEM(tag, e.tag, sizeof(tag));
	slot_commitment(ret_s, commitment);
	T_MEM(commitment, e.commitment, sizeof(commitment));
	*ret_devices = directory_entry_devices(&e, y);
	return true;
}

static void
say(const struct msg_slot_put *m, enum msg_status status, uint32_t epoch,
    const struct kept *there)
{
	struct msg_slot_done d = {
		.req = m->req, .status = (uint8_t)status, .epoch = epoch
	};

	if (there != NULL) {
		d.version = there->version;
		memcpy(d.hist_prev, there->commitment, 32);
	}
	forget();
	give(PERMIT_ROLE_KTLOG, MSG_SLOT_DONE, &d);
	turn();
}

static struct kept
keep(const struct slot *s)
{
	struct kept k = { .version = s->version };

	slot_commitment(s, k.commitment);
	return k;
}

/* enroll() hears the answer, so the evaluation is done by then. */
static void
a_registration_makes_the_first_slot(void)
{
	uint8_t hash[32];
	struct msg_slot_put m;
	struct slot_plain plain;
	struct slot s;
	uint8_t devices = 0;

	enroll(&alice, a_number());
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	T_OK(s.version == 1 && s.number_epoch == 1 && devices == 1);
	T_OK(sodium_is_zero(s.hist_prev, 32));
	T_MEM(alice.account, plain.account, 16);
	T_MEM(alice.account, plain.mailbox, 16);
	T_MEM(alice.aik, plain.aik, 32);
	device_list_hash(buf_get(&alice.list), hash);
	T_MEM(hash, plain.device_list_hash, 32);
	T_OK(!hear(&alice, &m, &s, &plain, &devices));
	say(&m, MSG_STATUS_OK, 5, NULL);
	T_OK(!hear(&alice, &m, &s, &plain, &devices)); /* it is done */
	person_clear(&alice);
}

/* The number is evaluated once; a repeat, and another owner, need it no more.
 */
static void
the_answer_waits_for_the_evaluation_and_a_second_needs_none(void)
{
	struct msg_account_put put_m;
	struct msg_account_reply reply;
	struct msg_slot_put slot;
	struct msg_evaluate ask;

	person_init(&alice, a_number());
	T_OK(start(&alice, 99) == MSG_STATUS_OK);
	lookup_is_slow = true;
	put_m = (struct msg_account_put){ .req = req++,
		.auth = sign(&alice, 1),
		.code = rd_str(alice.code),
		.number = alice.number,
		.device_list = buf_get(&alice.list),
		.prekeys = buf_get(&alice.keys) };
	put_m.auth.is_new = 1;
	memcpy(put_m.session, alice.session, 16);
	forget();
	give(PERMIT_ROLE_FRONT, MSG_ACCOUNT_PUT, &put_m);
	turn();
	T_OK(!take(MSG_ACCOUNT_REPLY, &reply));
	lookup_is_slow = false;
	turn();
	T_OK(take(MSG_ACCOUNT_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_OK && reply.req == put_m.req);
	T_OK(take(MSG_SLOT_PUT, &slot));
	say(&slot, MSG_STATUS_OK, 5, NULL);
	lookup_is_slow = true; /* it is not asked */
	T_OK(put(&alice, alice.code) == MSG_STATUS_OK);
	T_OK(!take(MSG_EVALUATE, &ask));
	lookup_is_slow = false;
	T_OK(take(MSG_SLOT_PUT, &slot));
	say(&slot, MSG_STATUS_OK, 6, NULL);
	person_clear(&alice);
}

static void
a_false_evaluation_registers_nobody_in_the_directory(void)
{
	struct msg_evaluated answer = { .status = MSG_STATUS_OK };
	struct msg_account_reply reply = { .status = 255 };
	struct msg_account_put m;
	struct msg_evaluate ask;
	struct msg_slot_put slot;
	uint8_t evaluated[1][32];
	uint8_t other[32] = { 2 };

	person_init(&alice, a_number());
	T_OK(start(&alice, 98) == MSG_STATUS_OK);
	lookup_is_slow = true;
	m = (struct msg_account_put){ .req = req++,
		.auth = sign(&alice, 1),
		.code = rd_str(alice.code),
		.number = alice.number,
		.device_list = buf_get(&alice.list),
		.prekeys = buf_get(&alice.keys) };
	m.auth.is_new = 1;
	memcpy(m.session, alice.session, 16);
	forget();
	give(PERMIT_ROLE_FRONT, MSG_ACCOUNT_PUT, &m);
	turn();
	T_OK(take(MSG_EVALUATE, &ask));
	T_RC(RC_OK,
	    voprf_evaluate(other, /* another key than the one it told */
		&(struct voprf_batch){
		    1, (const uint8_t(*)[32])ask.elements.p, NULL },
		evaluated, answer.proof));
	answer.req = ask.req;
	answer.evaluated = (struct rd){ evaluated[0], 32 };
	forget();
	give(PERMIT_ROLE_LOOKUP, MSG_EVALUATED, &answer);
	turn();
	T_OK(take(MSG_ACCOUNT_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_DOWN && !take(MSG_SLOT_PUT, &slot));
	lookup_is_slow = false;
	/* the client asks again, and then it is right */
	T_OK(put(&alice, alice.code) == MSG_STATUS_OK);
	T_OK(take(MSG_SLOT_PUT, &slot));
	say(&slot, MSG_STATUS_OK, 5, NULL);
	person_clear(&alice);
}

static uint8_t
put_devices(struct person *p)
{
	struct msg_put m = { req++, sign(p, 1), buf_get(&p->list) };
	struct msg_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_DEVICES_PUT, &m);
	turn();
	T_OK(take(MSG_REPLY, &reply));
	return reply.status;
}

static void
each_change_is_the_next_version_of_the_chain(void)
{
	struct msg_slot_put m;
	struct slot_plain plain;
	struct kept before;
	struct slot s;
	uint8_t devices = 0;
	uint8_t hash[32];

	enroll(&alice, a_number());
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	before = keep(&s);
	say(&m, MSG_STATUS_OK, 7, NULL);
	write_list(&alice, 2, 2);
	T_OK(put_devices(&alice) == MSG_STATUS_OK);
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	T_OK(s.version == 2 && s.epoch_changed == 7 && devices == 2);
	T_MEM(before.commitment, s.hist_prev, 32);
	device_list_hash(buf_get(&alice.list), hash);
	T_MEM(hash, plain.device_list_hash, 32);
	/* another change while that one is under way: then, and once */
	write_list(&alice, 3, 1);
	T_OK(put_devices(&alice) == MSG_STATUS_OK);
	T_OK(!hear(&alice, &m, &s, &plain, &devices));
	before = keep(&s);
	say(&m, MSG_STATUS_OK, 8, NULL);
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	T_OK(s.version == 3 && s.epoch_changed == 8 && devices == 1);
	T_MEM(before.commitment, s.hist_prev, 32);
	say(&m, MSG_STATUS_OK, 8, NULL);
	T_OK(!hear(&alice, &m, &s, &plain, &devices));
	person_clear(&alice);
}

static void
a_stale_slot_is_made_again_for_what_is_there(void)
{
	struct kept there = { 41, { 0xab } };
	struct msg_slot_put m;
	struct slot_plain plain;
	struct slot s;
	uint8_t devices = 0;

	enroll(&alice, a_number());
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	say(&m, MSG_STATUS_STALE, 30, &there);
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	T_OK(s.version == 42 && s.epoch_changed == 30);
	T_MEM(there.commitment, s.hist_prev, 32);
	T_MEM(alice.account, plain.account, 16);
	say(&m, MSG_STATUS_OK, 30, NULL);
	T_OK(!hear(&alice, &m, &s, &plain, &devices));
	person_clear(&alice);
}

/* Another identity key on the number: the next epoch of it, in its own slot. */
static void
a_number_that_changes_hands_keeps_its_slot(void)
{
	static char number[16];
	struct msg_slot_put m;
	struct slot_plain plain;
	struct kept before;
	struct slot s;
	uint8_t devices = 0;

	(void)snprintf(number, sizeof(number), "%s", a_number());
	enroll(&alice, number);
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	before = keep(&s);
	say(&m, MSG_STATUS_OK, 7, NULL);
	enroll(&bob, number);
	T_OK(hear(&bob, &m, &s, &plain, &devices));
	T_OK(s.version == 2 && s.number_epoch == 2);
	T_MEM(before.commitment, s.hist_prev, 32);
	T_MEM(bob.account, plain.account, 16);
	T_MEM(bob.aik, plain.aik, 32);
	say(&m, MSG_STATUS_OK, 8, NULL);
	person_clear(&alice);
	person_clear(&bob);
}

static struct msg_octets_reply
ask_promise(const struct person *p)
{
	const struct msg_put m = { req++, sign(p, 1), { NULL, 0 } };
	struct msg_octets_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_PROMISE_GET, &m);
	turn();
	(void)take(MSG_OCTETS_REPLY, &reply);
	return reply;
}

static void
a_promise_is_given_once_the_slot_is_taken(void)
{
	struct msg_octets_reply reply = { .status = 255 };
	struct msg_signed line = { .octets = rd_str("\u2014 name sig\n") };
	struct msg_sign_manifest sign_m;
	struct msg_slot_put m;
	struct slot_plain plain;
	struct slot_head head;
	struct promise p;
	struct slot s;
	struct rd text;
	uint8_t devices;
	uint8_t y[HANDLE_KEYS_Y_SIZE];
	uint32_t place;

	enroll(&alice, a_number());
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	T_OK(ask_promise(&alice).status == MSG_STATUS_NOT_FOUND);
	say(&m, MSG_STATUS_OK, s.epoch_changed, NULL);
	T_OK(ask_promise(&alice).status == 255);
	T_OK(take(MSG_SIGN_MANIFEST, &sign_m));
	T_RC(RC_OK, promise_parse(sign_m.text, &p));
	slot_head_of(&s, &head);
	y_of(&alice, y, &place);
	T_OK(p.version == 1 && p.place == place);
	T_OK(p.max_epoch == s.epoch_changed);
	T_MEM(head.sealed_hash, p.sealed_hash, 32);
	line.req = sign_m.req;
	forget();
	give(PERMIT_ROLE_KEYS, MSG_SIGNED, &line);
	turn();
	T_OK(take(MSG_OCTETS_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_OK);
	text = reply.octets;
	T_OK(text.left > line.octets.left + 1);
	text.left -= line.octets.left + 1;
	T_RC(RC_OK, promise_parse(text, &p));
	T_OK(text.p[text.left] == '\n');
	alice.account[0] ^= 1;
	T_OK(ask_promise(&alice).status == MSG_STATUS_UNSIGNED);
	person_clear(&alice);
}

/* The store says what is still to come, so a kill loses none: the next start
 * sends it; while the process lives, ktlog's refusal is tried again. */
static void
what_ktlog_could_not_keep_stays_changed(void)
{
	struct msg_slot_put m;
	struct slot_plain plain;
	struct slot s;
	uint8_t devices;

	enroll(&alice, a_number());
	T_OK(hear(&alice, &m, &s, &plain, &devices));
	say(&m, MSG_STATUS_DOWN, 0, NULL);
	T_OK(!hear(&alice, &m, &s, &plain, &devices)); /* after a second */
	T_OK(ask_promise(&alice).status == MSG_STATUS_NOT_FOUND);
	person_clear(&alice);
}

static void
script(void)
{
	TEST(a_registration_makes_the_first_slot);
	TEST(the_answer_waits_for_the_evaluation_and_a_second_needs_none);
	forget();
	TEST(a_false_evaluation_registers_nobody_in_the_directory);
	TEST(each_change_is_the_next_version_of_the_chain);
	TEST(a_stale_slot_is_made_again_for_what_is_there);
	TEST(a_number_that_changes_hands_keeps_its_slot);
	TEST(a_promise_is_given_once_the_slot_is_taken);
	TEST(what_ktlog_could_not_keep_stays_changed);
	forget();
}

int
main(void)
{
	return fake_process_main();
}
