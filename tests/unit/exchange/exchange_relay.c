/* Messages, streams, and a disk that refuses. */
#include "unit/exchange/fake_process.h"
#include "wire/row.h"
static void
a_message_is_durable_acknowledged_and_delivered_in_order(void)
{
	struct relay_frame f;
	struct msg_stream idle = { 0 };
	uint64_t stream;
	uint64_t last = 0;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	for (uint8_t i = 1; i <= 3; i++) {
		f = message(&bob, i, 1);
		T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK);
	}
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK); /* repeat */
	stream = open_stream(&bob, 1);
	T_OK(delivered(stream, &last) == 3);
	T_OK(!take(MSG_STREAM_IDLE, &idle)); /* not while one is unread */
	ack(stream, last);
	turn();
	T_OK(take(MSG_STREAM_IDLE, &idle) && idle.stream == stream);
	f = message(&bob, 4, 1);
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK);
	T_OK(delivered(stream, &last) == 1);
	/* not acknowledged: comes again on the next stream */
	stream = open_stream(&bob, 1);
	T_OK(take(MSG_STREAM_CLOSE, &idle) && idle.stream == stream - 1);
	last = 0;
	T_OK(delivered(stream, &last) == 1);
	person_clear(&alice);
	person_clear(&bob);
}

static void
a_stream_has_a_window(void)
{
	struct relay_frame f;
	uint64_t stream;
	uint64_t to_alice;
	uint64_t last = 0;

	child.conf.message_burst = 1000;
	enroll(&alice, a_number());
	enroll(&bob, a_number());
	to_alice = open_stream(&alice, 1);
	for (int i = 0; i < 70; i++) {
		f = message(&bob, (uint8_t)(i + 1), 1);
		T_OK(send_one(&alice, to_alice, &f).status == RELAY_STATUS_OK);
	}
	stream = open_stream(&bob, 1);
	T_OK(delivered(stream, &last) == 64);
	ack(stream, last - 60);
	turn();
	T_OK(delivered(stream, &last) == 4);
	ack(stream, last + 100); /* never delivered: no such right */
	turn();
	T_OK(delivered(stream, &last) == 0);
	ack(stream, last);
	turn();
	T_OK(delivered(stream, &last) == 2);
	child.conf.message_burst = 60;
	person_clear(&alice);
	person_clear(&bob);
}

static void
a_sender_has_his_burst(void)
{
	struct relay_frame f;
	struct relay_sent r = { .status = RELAY_STATUS_OK };
	int passed = 0;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	for (int i = 0; i < 62; i++) {
		f = message(&bob, (uint8_t)(i + 1), 1);
		r = send_one(&alice, 0, &f);
		passed += r.status == RELAY_STATUS_OK;
	}
	T_OK(passed == 60);
	T_OK(r.status == RELAY_STATUS_LIMIT && r.retry_after >= 1);
	person_clear(&alice);
	person_clear(&bob);
}

static void
a_full_mailbox_says_so(void)
{
	struct relay_frame f;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	child.conf.mailbox_messages = 2;
	for (uint8_t i = 1; i <= 2; i++) {
		f = message(&bob, i, 1);
		T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK);
	}
	f = message(&bob, 3, 1);
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_FULL);
	child.conf.mailbox_messages = 10000;
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK);
	person_clear(&alice);
	person_clear(&bob);
}

static uint8_t
put_list(struct person *p)
{
	struct msg_put m = {
		.req = req++, .auth = sign(p, 1), .octets = buf_get(&p->list)
	};
	struct msg_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_DEVICES_PUT, &m);
	turn();
	T_OK(take(MSG_REPLY, &reply) && reply.req == m.req);
	return reply.status;
}

static void
a_stale_device_list_is_told_what_changed(void)
{
	struct relay_frame f;
	struct relay_sent r;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	write_list(&bob, 2, 2);
	T_OK(put_list(&bob) == MSG_STATUS_OK);
	T_OK(put_list(&bob) == MSG_STATUS_OK); /* a repeat */
	f = message(&bob, 1, 1);
	r = send_one(&alice, 0, &f);
	T_OK(r.status == RELAY_STATUS_STALE && r.list_version == 2);
	T_OK(r.n_missing == 1 && r.missing[0] == 2 && r.n_extra == 0);
	f = message(&bob, 1, 3);
	r = send_one(&alice, 0, &f);
	T_OK(r.status == RELAY_STATUS_STALE);
	T_OK(r.n_missing == 0 && r.n_extra == 1 && r.extra[0] == 3);
	f = message(&bob, 1, 2);
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK);
	/* to his own other device: his own need not be there */
	f.u.send.n = 1;
	f.u.send.to[0].device = 2;
	f.u.send.id[0] = 2;
	T_OK(send_one(&bob, 0, &f).status == RELAY_STATUS_OK);
	bob.account[0] ^= 1;
	f = message(&bob, 3, 1);
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_NO_ACCOUNT);
	write_list(&alice, 3, 1);
	T_OK(put_list(&alice) == MSG_STATUS_STALE);
	person_clear(&alice);
	person_clear(&bob);
}

static void
a_removed_device_is_cut_off(void)
{
	struct relay_frame f;
	struct msg_stream closed = { 0 };
	struct msg_sent m;
	uint64_t stream;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	write_list(&bob, 2, 2);
	T_OK(put_list(&bob) == MSG_STATUS_OK);
	stream = open_stream(&bob, 2);
	f = message(&alice, 1, 1);
	T_OK(send_one(&bob, stream, &f).status == RELAY_STATUS_OK);
	write_list(&bob, 3, 1);
	T_OK(put_list(&bob) == MSG_STATUS_OK);
	T_OK(take(MSG_STREAM_CLOSE, &closed) && closed.stream == stream);
	forget();
	give_send(&bob, stream, &f);
	turn();
	T_OK(!take(MSG_SENT, &m));
	person_clear(&alice);
	person_clear(&bob);
}

static void
limit_files(rlim_t octets)
{
	struct rlimit l;

	T_OK(getrlimit(RLIMIT_FSIZE, &l) == 0);
	l.rlim_cur = octets == 0 ? l.rlim_max : octets;
	T_OK(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

static void
a_failed_commit_is_told_to_all_who_wait_and_service_goes_on(void)
{
	struct relay_frame f;
	struct msg_sent m = { .status = 255 };
	struct msg_lookup lookup = { .req = 4711, .cause = ROW_CAUSE_TYPED };
	struct msg_lookup_reply reply = { .status = 255 };
	struct msg_row row;
	struct msg_deliver d;
	uint64_t stream;
	uint64_t last = 0;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	stream = open_stream(&bob, 1);
	forget();
	limit_files(1);
	f = message(&bob, 1, 1);
	give_send(&alice, 0, &f);
	lookup.auth = sign(&alice, 1);
	lookup.source = alice.number;
	lookup.number = bob.number;
	give(PERMIT_ROLE_FRONT, MSG_LOOKUP, &lookup);
	turn();
	T_OK(take(MSG_SENT, &m) && m.status == MSG_STATUS_DOWN);
	T_OK(!take(MSG_DELIVER, &d));
	T_OK(!take(MSG_ROW, &row));
	T_OK(take(MSG_LOOKUP_REPLY, &reply));
	T_OK(reply.req == 4711 && reply.status == MSG_STATUS_DOWN);
	/* reading goes on */
	stream = open_stream(&bob, 1);
	limit_files(0);
	T_OK(send_one(&alice, 0, &f).status == RELAY_STATUS_OK);
	T_OK(delivered(stream, &last) == 1);
	person_clear(&alice);
	person_clear(&bob);
}

static void
script(void)
{
	TEST(a_message_is_durable_acknowledged_and_delivered_in_order);
	TEST(a_stream_has_a_window);
	TEST(a_sender_has_his_burst);
	TEST(a_full_mailbox_says_so);
	TEST(a_stale_device_list_is_told_what_changed);
	TEST(a_removed_device_is_cut_off);
	TEST(a_failed_commit_is_told_to_all_who_wait_and_service_goes_on);
	forget();
}

int
main(void)
{
	return fake_process_main();
}
