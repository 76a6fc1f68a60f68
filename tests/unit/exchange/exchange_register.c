/* Registration and signed requests. */
#include "unit/exchange/fake_process.h"

static void
a_number_is_registered_by_its_code(void)
{
	struct person p;

	person_init(&p, a_number());
	T_OK(start(&p, 1) == MSG_STATUS_OK);
	T_OK(strlen(p.code) == 6);
	T_OK(put(&p, p.code) == MSG_STATUS_OK);
	T_OK(p.reply.epoch == 1 && p.reply.device == 1);
	/* the answer was lost: the same again */
	T_OK(put(&p, p.code) == MSG_STATUS_OK);
	T_OK(p.reply.epoch == 1);
	person_clear(&p);
}

static void
a_used_code_is_no_use_to_another(void)
{
	struct person p;
	struct person thief;
	const char *number = a_number();

	person_init(&p, number);
	T_OK(start(&p, 2) == MSG_STATUS_OK);
	T_OK(put(&p, p.code) == MSG_STATUS_OK);
	person_init(&thief, number);
	memcpy(thief.session, p.session, 16);
	T_OK(put(&thief, p.code) == MSG_STATUS_WRONG_CODE);
	T_OK(put(&p, "000000x") == MSG_STATUS_WRONG_CODE);
	person_clear(&p);
	person_clear(&thief);
}

static void
a_number_with_an_account_gets_eight_digits(void)
{
	struct person p;
	struct person next;
	const char *number = a_number();

	enroll(&p, number);
	person_init(&next, number);
	T_OK(start(&next, 3) == MSG_STATUS_OK);
	T_OK(strlen(next.code) == 8);
	T_OK(put(&next, next.code) == MSG_STATUS_OK);
	T_OK(next.reply.epoch == 2);
	T_OK(memcmp(next.account, p.account, 16) != 0);
	person_clear(&p);
	person_clear(&next);
}

static void
wrong_codes_are_slowed_and_then_end_the_session(void)
{
	static const int64_t wait[] = { 0, 0, 60, 120, 120 };
	struct person p;

	person_init(&p, a_number());
	T_OK(start(&p, 4) == MSG_STATUS_OK);
	for (size_t i = 0; i < ARRAY_LEN(wait); i++) {
		if (wait[i] > 0) {
			T_OK(put(&p, "12345") == MSG_STATUS_LIMIT);
			T_OK(p.reply.retry_after > 0 &&
			    p.reply.retry_after <= wait[i]);
			sleep_s(wait[i]);
		}
		T_OK(put(&p, "12345") == MSG_STATUS_WRONG_CODE);
	}
	sleep_s(200);
	T_OK(put(&p, p.code) == MSG_STATUS_WRONG_CODE);
	person_clear(&p);
}

static void
a_code_lives_ten_minutes(void)
{
	struct person p;

	person_init(&p, a_number());
	T_OK(start(&p, 5) == MSG_STATUS_OK);
	sleep_s(601);
	T_OK(put(&p, p.code) == MSG_STATUS_WRONG_CODE);
	T_OK(start(&p, 5) == MSG_STATUS_OK);
	sleep_s(598);
	T_OK(put(&p, p.code) == MSG_STATUS_OK);
	person_clear(&p);
}

static uint8_t
send_again(struct person *p, uint32_t *ret_retry)
{
	struct msg_reg_send m = { .req = req++, .addr_key = { 6 } };
	struct msg_reg_reply reply = { .status = 255 };

	memcpy(m.session, p->session, 16);
	forget();
	give(PERMIT_ROLE_FRONT, MSG_REG_SEND, &m);
	turn();
	T_OK(take(MSG_REG_REPLY, &reply) && reply.req == m.req);
	*ret_retry = reply.retry_after;
	if (reply.status == MSG_STATUS_OK)
		read_sms(p);
	return reply.status;
}

static void
a_code_is_sent_again_at_growing_distances(void)
{
	static const uint32_t wait[] = { 60, 120, 300, 600 };
	struct person p;
	uint32_t retry = 0;
	char old[9];

	person_init(&p, a_number());
	T_OK(start(&p, 6) == MSG_STATUS_OK);
	for (size_t i = 0; i < ARRAY_LEN(wait); i++) {
		(void)snprintf(old, sizeof(old), "%s", p.code);
		T_OK(send_again(&p, &retry) == MSG_STATUS_LIMIT);
		T_OK(retry + 1 >= wait[i] && retry <= wait[i]);
		sleep_s(wait[i]);
		T_OK(send_again(&p, &retry) == MSG_STATUS_OK);
	}
	T_OK(send_again(&p, &retry) == MSG_STATUS_NOT_FOUND);
	if (strcmp(old, p.code) != 0)
		T_OK(put(&p, old) == MSG_STATUS_WRONG_CODE);
	T_OK(put(&p, p.code) == MSG_STATUS_OK);
	person_clear(&p);
}

static void
six_sessions_a_day_and_no_more(void)
{
	struct person p;

	person_init(&p, a_number());
	for (int i = 0; i < 6; i++)
		T_OK(start(&p, 7) == MSG_STATUS_OK);
	T_OK(start(&p, 7) == MSG_STATUS_LIMIT);
	sleep_s(86401);
	T_OK(start(&p, 7) == MSG_STATUS_OK);
	person_clear(&p);
}

static void
an_address_has_twenty_sends_an_hour(void)
{
	struct person p;
	int passed = 0;

	for (int i = 0; i < 25; i++) {
		person_init(&p, a_number());
		passed += start(&p, 8) == MSG_STATUS_OK;
		person_clear(&p);
	}
	T_OK(passed == 20);
}

static void
a_list_signed_by_another_is_refused(void)
{
	struct person p;

	person_init(&p, a_number());
	T_OK(start(&p, 9) == MSG_STATUS_OK);
	p.list.p[p.list.len - 1] ^= 1;
	T_OK(put(&p, p.code) == MSG_STATUS_FORBIDDEN);
	write_list(&p, 1, 1);
	(void)crypto_sign_keypair(p.dsk[1], p.dsk_secret[1]);
	T_OK(put(&p, p.code) == MSG_STATUS_UNSIGNED);
	person_clear(&p);
}

static uint8_t
plain_put(const struct msg_auth *a, struct rd octets)
{
	struct msg_put m = { .req = req++, .auth = *a, .octets = octets };
	struct msg_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_PREKEYS_PUT, &m);
	turn();
	T_OK(take(MSG_REPLY, &reply) && reply.req == m.req);
	return reply.status;
}

static void
a_request_is_signed_now_once_and_by_its_device(void)
{
	struct msg_auth a;

	enroll(&alice, a_number());
	write_keys(&alice, 1, 100, 2);
	a = sign(&alice, 1);
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_OK);
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_REPLAY);
	a = sign(&alice, 1);
	a.signature[5] ^= 1;
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_UNSIGNED);
	a = sign(&alice, 2);
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_UNSIGNED);
	a = sign(&alice, 1);
	a.account[0] ^= 1;
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_UNSIGNED);
	a = sign(&alice, 1);
	a.created -= 302;
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_REPLAY);
	a = sign(&alice, 1);
	a.created += 302;
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_REPLAY);
	a = sign(&alice, 1);
	a.is_new = 1;
	T_OK(plain_put(&a, buf_get(&alice.keys)) == MSG_STATUS_UNSIGNED);
	person_clear(&alice);
}

static void
script(void)
{
	TEST(a_number_is_registered_by_its_code);
	TEST(a_used_code_is_no_use_to_another);
	TEST(a_number_with_an_account_gets_eight_digits);
	TEST(wrong_codes_are_slowed_and_then_end_the_session);
	TEST(a_code_lives_ten_minutes);
	TEST(a_code_is_sent_again_at_growing_distances);
	TEST(six_sessions_a_day_and_no_more);
	TEST(an_address_has_twenty_sends_an_hour);
	TEST(a_list_signed_by_another_is_refused);
	TEST(a_request_is_signed_now_once_and_by_its_device);
	forget();
}

int
main(void)
{
	return fake_process_main();
}
