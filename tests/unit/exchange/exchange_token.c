/* Tokens: the same budget as lookups, and not a word of whose they are. */
#include "unit/exchange/fake_process.h"

static uint8_t elements[(MSG_EVALUATE_MAX + 1) * 32];

static struct msg_octets_reply
ask(struct person *p, size_t octets, struct msg_evaluate *ret_m)
{
	const struct msg_put m = { req++, sign(p, 1), { elements, octets } };
	struct msg_octets_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_TOKENS, &m);
	turn();
	if (take(MSG_OCTETS_REPLY, &reply))
		T_OK(reply.req == m.req && reply.octets.left == 0);
	*ret_m = (struct msg_evaluate){ 0 };
	T_OK(take(MSG_EVALUATE, ret_m) == (reply.status == 255));
	return reply;
}

static void
elements_are_evaluated_and_come_back_with_their_proof(void)
{
	struct msg_evaluated evaluated = { .proof = { 1, 2, 3 } };
	struct msg_octets_reply reply = { .status = 255 };
	struct msg_evaluate m;

	enroll(&alice, a_number());
	for (size_t i = 0; i < sizeof(elements); i++)
		elements[i] = (uint8_t)i;
	(void)ask(&alice, 3 * 32, &m);
	T_OK(m.key == MSG_EVALUATE_TOKEN && m.elements.left == 3 * 32);
	T_MEM(elements, m.elements.p, m.elements.left);
	evaluated.req = m.req;
	evaluated.evaluated = (struct rd){ elements + 9, 3 * 32 };
	forget();
	give(PERMIT_ROLE_LOOKUP, MSG_EVALUATED, &evaluated);
	turn();
	T_OK(take(MSG_OCTETS_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_OK && reply.octets.left == 160);
	T_MEM(elements + 9, reply.octets.p, 96);
	T_MEM(evaluated.proof, reply.octets.p + 96, 64);
	forget();
	give(PERMIT_ROLE_LOOKUP, MSG_EVALUATED, &evaluated); /* once */
	turn();
	T_OK(!take(MSG_OCTETS_REPLY, &reply));
	person_clear(&alice);
}

static void
what_lookup_refuses_is_refused(void)
{
	struct msg_evaluated evaluated = { .status = MSG_STATUS_MALFORMED };
	struct msg_octets_reply reply = { .status = 255 };
	struct msg_evaluate m;

	enroll(&alice, a_number());
	(void)ask(&alice, 32, &m);
	evaluated.req = m.req;
	forget();
	give(PERMIT_ROLE_LOOKUP, MSG_EVALUATED, &evaluated);
	turn();
	T_OK(take(MSG_OCTETS_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_MALFORMED && reply.octets.left == 0);
	person_clear(&alice);
}

static void
one_to_a_hundred_whole_elements(void)
{
	struct msg_evaluate m;

	enroll(&alice, a_number());
	T_OK(ask(&alice, 0, &m).status == MSG_STATUS_MALFORMED);
	T_OK(ask(&alice, 31, &m).status == MSG_STATUS_MALFORMED);
	T_OK(ask(&alice, 33, &m).status == MSG_STATUS_MALFORMED);
	T_OK(ask(&alice, 101 * 32, &m).status == MSG_STATUS_MALFORMED);
	T_OK(ask(&alice, 100 * 32, &m).status == 255);
	T_OK(ask(&alice, 32, &m).status == 255);
	person_clear(&alice);
}

static void
who_is_not_known_or_asks_where_nothing_is_offered_gets_none(void)
{
	struct msg_evaluate m;

	enroll(&alice, a_number());
	alice.account[0] ^= 1;
	T_OK(ask(&alice, 32, &m).status == MSG_STATUS_UNSIGNED);
	alice.account[0] ^= 1;
	child.conf.private = false;
	T_OK(ask(&alice, 32, &m).status == MSG_STATUS_NO_PRIVATE);
	child.conf.private = true;
	person_clear(&alice);
}

/* All or none; and a lookup takes of the same. */
static void
tokens_and_lookups_have_one_budget(void)
{
	struct msg_octets_reply reply;
	struct msg_lookup_reply no = { .status = 255 };
	struct msg_evaluate m;
	struct msg_lookup lookup;
	struct msg_row row;

	enroll(&alice, a_number());
	child.conf.lookups_first_day = 10;
	T_OK(ask(&alice, 7 * 32, &m).status == 255);
	reply = ask(&alice, 4 * 32, &m);
	T_OK(reply.status == MSG_STATUS_LIMIT && reply.retry_after > 80000);
	T_OK(ask(&alice, 2 * 32, &m).status == 255);
	for (int i = 0; i < 2; i++) {
		lookup = (struct msg_lookup){ .req = req++,
			.auth = sign(&alice, 1),
			.source = alice.number,
			.number = alice.number,
			.cause = 1 };
		forget();
		give(PERMIT_ROLE_FRONT, MSG_LOOKUP, &lookup);
		turn();
		T_OK(
		    i == 0 ? take(MSG_ROW, &row) : take(MSG_LOOKUP_REPLY, &no));
	}
	T_OK(no.status == MSG_STATUS_LIMIT);
	/* from the second day on: a burst, and then so many a day */
	child.conf.lookups_first_day = 2000;
	sleep_s(86401);
	T_OK(ask(&alice, 60 * 32, &m).status == 255);
	reply = ask(&alice, 50 * 32, &m);
	T_OK(reply.status == MSG_STATUS_LIMIT);
	T_OK(reply.retry_after > 4000 && reply.retry_after <= 4320);
	T_OK(ask(&alice, 40 * 32, &m).status == 255);
	T_OK(ask(&alice, 32, &m).status == MSG_STATUS_LIMIT);
	person_clear(&alice);
}

static void
script(void)
{
	TEST(elements_are_evaluated_and_come_back_with_their_proof);
	TEST(what_lookup_refuses_is_refused);
	TEST(one_to_a_hundred_whole_elements);
	TEST(who_is_not_known_or_asks_where_nothing_is_offered_gets_none);
	TEST(tokens_and_lookups_have_one_budget);
	forget();
}

int
main(void)
{
	return fake_process_main();
}
