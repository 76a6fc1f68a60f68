/* Prekeys, lookups, SMS, linking. */
#include "unit/exchange/fake_process.h"
#include "wire/cbor.h"
#include "wire/row.h"
#include "wire/sms_note.h"

static struct msg_prekeys_reply
fetch(struct person *from, const struct person *of)
{
	struct msg_prekeys_get m = { .req = req++, .auth = sign(from, 1) };
	struct msg_prekeys_reply reply = { .status = 255 };

	memcpy(m.account, of->account, 16);
	forget();
	give(PERMIT_ROLE_FRONT, MSG_PREKEYS_GET, &m);
	turn();
	T_OK(take(MSG_PREKEYS_REPLY, &reply) && reply.req == m.req);
	return reply;
}

static void
each_fetch_consumes_one_key_and_six_are_allowed(void)
{
	struct msg_prekeys_reply reply;
	struct prekey_bundle b;
	size_t n = 0;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	for (uint32_t i = 1; i <= 6; i++) {
		reply = fetch(&alice, &bob);
		T_OK(reply.status == MSG_STATUS_OK);
		T_OK(reply.device_list.left == bob.list.len);
		T_RC(RC_OK, cbor_get_array(&reply.bundles, 8, &n));
		T_OK(n == 1);
		T_RC(RC_OK, prekey_bundle_parse(reply.bundles, bob.dsk[1], &b));
		T_OK(i <= 3 ? b.has_one_time && b.one_time.id == i
			    : !b.has_one_time);
	}
	reply = fetch(&alice, &bob);
	T_OK(reply.status == MSG_STATUS_LIMIT && reply.retry_after > 500);
	T_OK(fetch(&bob, &alice).status == MSG_STATUS_OK);
	bob.account[3] ^= 1;
	T_OK(fetch(&alice, &bob).status == MSG_STATUS_NOT_FOUND);
	person_clear(&alice);
	person_clear(&bob);
}

static void
give_lookup(struct person *from, const struct e164 *number)
{
	struct msg_lookup m = { .req = req++,
		.auth = sign(from, 1),
		.client_ip = rd_str("192.0.2.0"),
		.source = from->number,
		.number = *number,
		.cause = ROW_CAUSE_TYPED,
		.locator = { 77 } };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_LOOKUP, &m);
	turn();
}

static void
a_lookup_is_answered_after_its_row_is_durable(void)
{
	struct msg_row out = { 0 };
	struct msg_row_done rows = { 0 };
	struct msg_lookup_reply reply = { .status = 255 };
	struct row w;
	char ip[ROW_IP_SIZE];

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	give_lookup(&alice, &bob.number);
	T_OK(!take(MSG_LOOKUP_REPLY, &reply));
	T_OK(take(MSG_ROW, &out));
	T_RC(RC_OK, row_parse(out.row, &w));
	T_OK(e164_is_eq(&w.source, &alice.number));
	T_OK(e164_is_eq(&w.lookup, &bob.number));
	T_OK(w.devices == 1 && w.source_epoch == 1 && w.lookup_epoch == 1);
	row_ip_text(&w, ip);
	T_STR("192.0.2.0", ip);
	T_OK(out.locator[0] == 77 && out.records_key[0] == 7);
	row_clear(&w);
	rows.req = out.req;
	rows.time = 1234567890; /* the clock of records is the row's */
	give(PERMIT_ROLE_RECORDS, MSG_ROW_DONE, &rows);
	turn();
	T_OK(take(MSG_LOOKUP_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_OK && reply.devices == 1);
	T_OK(reply.time == 1234567890);
	T_MEM(bob.account, reply.account, 16);
	give(PERMIT_ROLE_RECORDS, MSG_ROW_DONE, &rows); /* asked by none */
	turn();
	T_OK(!take(MSG_LOOKUP_REPLY, &reply));
	person_clear(&alice);
	person_clear(&bob);
}

static void
no_row_means_no_answer(void)
{
	struct msg_row out = { 0 };
	struct msg_row_done rows = { .status = MSG_STATUS_RECORDS_DOWN };
	struct msg_lookup_reply reply = { .status = 255 };

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	give_lookup(&alice, &bob.number);
	T_OK(take(MSG_ROW, &out));
	rows.req = out.req;
	give(PERMIT_ROLE_RECORDS, MSG_ROW_DONE, &rows);
	turn();
	T_OK(take(MSG_LOOKUP_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_RECORDS_DOWN);
	T_OK(reply.devices == 0 && reply.account[0] == 0 &&
	    reply.account[15] == 0 && reply.lookup_epoch == 0);
	person_clear(&alice);
	person_clear(&bob);
}

static void
a_lookup_is_made_as_oneself_and_only_in_classic_mode(void)
{
	struct msg_lookup_reply reply = { .status = 255 };
	struct msg_row out;

	enroll(&alice, a_number());
	enroll(&bob, a_number());
	alice.number = bob.number;
	give_lookup(&alice, &bob.number);
	T_OK(take(MSG_LOOKUP_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_FORBIDDEN);
	T_OK(!take(MSG_ROW, &out));
	child.conf.classic = false;
	give_lookup(&bob, &bob.number);
	T_OK(take(MSG_LOOKUP_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_NO_CLASSIC);
	T_OK(!take(MSG_ROW, &out));
	child.conf.classic = true;
	person_clear(&alice);
	person_clear(&bob);
}

static void
lookups_have_a_budget(void)
{
	struct msg_lookup_reply reply = { .status = 255 };
	struct msg_row row;

	enroll(&alice, a_number());
	child.conf.lookups_first_day = 2;
	for (int i = 0; i < 2; i++) {
		give_lookup(&alice, &alice.number);
		T_OK(take(MSG_ROW, &row));
	}
	give_lookup(&alice, &alice.number);
	T_OK(take(MSG_LOOKUP_REPLY, &reply));
	T_OK(reply.status == MSG_STATUS_LIMIT && reply.retry_after > 80000);
	sleep_s(86401); /* the second day has another budget */
	give_lookup(&alice, &alice.number);
	T_OK(take(MSG_ROW, &row));
	child.conf.lookups_first_day = 2000;
	person_clear(&alice);
}

static uint8_t
send_sms(struct person *p, const struct e164 *to, uint8_t id)
{
	struct msg_sms_send m = { .req = req++,
		.auth = sign(p, 1),
		.id = { id, 9 },
		.source = p->number,
		.to = *to,
		.text = rd_str("hello") };
	struct msg_reply reply = { .status = 255 };

	memcpy(m.id + 2, p->account, 8);
	forget();
	give(PERMIT_ROLE_FRONT, MSG_SMS_SEND, &m);
	turn();
	T_OK(take(MSG_REPLY, &reply) && reply.req == m.req);
	return reply.status;
}

static void
an_sms_goes_out_once_and_its_state_comes_back(void)
{
	struct msg_sms_out out = { 0 };
	struct msg_sms_state state = { .state = SMS_NOTE_STATE_DELIVERED };
	struct msg_deliver m = { 0 };
	struct relay_frame f;
	struct sms_note_out note;
	struct e164 to = { 0 };

	enroll(&alice, a_number());
	T_RC(RC_OK, e164_parse(rd_str("+15559990123"), &to));
	(void)open_stream(&alice, 1);
	T_OK(send_sms(&alice, &to, 1) == MSG_STATUS_OK);
	T_OK(take(MSG_SMS_OUT, &out) && e164_is_eq(&out.to, &to));
	T_OK(e164_is_eq(&out.from, &alice.number));
	T_OK(send_sms(&alice, &to, 1) == MSG_STATUS_OK);
	T_OK(!take(MSG_SMS_OUT, &out));
	memcpy(state.id, out.id, 16);
	forget();
	give(PERMIT_ROLE_SMS, MSG_SMS_STATE, &state);
	give(PERMIT_ROLE_SMS, MSG_SMS_STATE, &state);
	turn();
	T_OK(take(MSG_DELIVER, &m));
	T_RC(RC_OK, relay_frame_parse(m.frame, &f));
	T_OK(f.u.deliver.kind == RELAY_KIND_SMS_STATE);
	T_RC(RC_OK, sms_note_out_parse(f.u.deliver.octets, &note));
	T_OK(note.state == SMS_NOTE_STATE_DELIVERED);
	T_MEM(state.id, note.id, 16);
	T_OK(!take(MSG_DELIVER, &m));
	person_clear(&alice);
}

static void
texts_have_a_burst(void)
{
	struct e164 to = { 0 };
	int passed = 0;

	enroll(&alice, a_number());
	T_RC(RC_OK, e164_parse(rd_str("+15559990123"), &to));
	for (uint8_t i = 1; i <= 12; i++)
		passed += send_sms(&alice, &to, i) == MSG_STATUS_OK;
	T_OK(passed == 10);
	person_clear(&alice);
}

static void
an_incoming_text_is_stored_once_for_each_device(void)
{
	struct msg_sms_find find = { .req = 5 };
	struct msg_sms_devices devices = { .status = 255 };
	struct msg_sms_in in = { .req = 6, .id = { 3 } };
	struct msg_sms_in_done answer = { .status = 255 };
	uint64_t last = 0;
	uint64_t stream;
	struct buf b;

	enroll(&alice, a_number());
	find.number = alice.number;
	forget();
	give(PERMIT_ROLE_SMS, MSG_SMS_FIND, &find);
	turn();
	T_OK(take(MSG_SMS_DEVICES, &devices) && devices.req == 5);
	T_OK(devices.status == MSG_STATUS_OK && devices.devices.left == 33);
	T_OK(devices.devices.p[0] == 1 && devices.devices.p[1] == 20);
	buf_init(&b, 100);
	T_RC(RC_OK, cbor_put_array(&b, 2));
	for (uint64_t id = 1; id <= 2; id++) { /* 2 was removed meanwhile */
		T_RC(RC_OK, cbor_put_array(&b, 2));
		T_RC(RC_OK, cbor_put_u64(&b, id));
		T_RC(RC_OK, cbor_put_bytes(&b, rd_str("sealed")));
	}
	memcpy(in.account, alice.account, 16);
	in.envelopes = buf_get(&b);
	for (int i = 0; i < 2; i++) {
		forget();
		give(PERMIT_ROLE_SMS, MSG_SMS_IN, &in);
		turn();
		T_OK(take(MSG_SMS_IN_DONE, &answer) && answer.req == 6);
	}
	T_OK(answer.status == MSG_STATUS_OK);
	stream = open_stream(&alice, 1);
	T_OK(delivered(stream, &last) == 1);
	find.number.digits[5] ^= 1;
	give(PERMIT_ROLE_SMS, MSG_SMS_FIND, &find);
	turn();
	T_OK(take(MSG_SMS_DEVICES, &devices));
	T_OK(devices.status == MSG_STATUS_NOT_FOUND);
	buf_clear(&b);
	person_clear(&alice);
}

static uint8_t
link_put(uint8_t id, uint8_t slot, const char *text)
{
	struct msg_link m = { .req = req++,
		.id = { id },
		.slot = slot,
		.addr_key = { 50 },
		.octets = rd_str(text) };
	struct msg_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_LINK_PUT, &m);
	turn();
	T_OK(take(MSG_REPLY, &reply) && reply.req == m.req);
	return reply.status;
}

static bool
link_has(uint8_t id, uint8_t slot, const char *text)
{
	struct msg_link m = { .req = req++, .id = { id }, .slot = slot };
	struct msg_link_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_LINK_GET, &m);
	turn();
	T_OK(take(MSG_LINK_REPLY, &reply) && reply.req == m.req);
	return reply.status == MSG_STATUS_OK && rd_is_eq(reply.octets, text);
}

static void
a_link_is_put_once_and_read(void)
{
	T_OK(link_put(1, 1, "answer") == MSG_STATUS_NOT_FOUND);
	T_OK(link_put(1, 0, "offer") == MSG_STATUS_OK);
	T_OK(link_put(1, 0, "offer") == MSG_STATUS_OK);
	T_OK(link_put(1, 0, "other") == MSG_STATUS_FORBIDDEN);
	T_OK(link_has(1, 0, "offer"));
	T_OK(!link_has(1, 1, "answer"));
	T_OK(link_put(1, 1, "answer") == MSG_STATUS_OK);
	T_OK(link_has(1, 1, "answer"));
	T_OK(!link_has(2, 0, "offer"));
	T_OK(link_put(3, 0, "") == MSG_STATUS_MALFORMED);
	T_OK(link_put(3, 2, "x") == MSG_STATUS_MALFORMED);
}

static void
script(void)
{
	TEST(each_fetch_consumes_one_key_and_six_are_allowed);
	TEST(a_lookup_is_answered_after_its_row_is_durable);
	TEST(no_row_means_no_answer);
	TEST(a_lookup_is_made_as_oneself_and_only_in_classic_mode);
	TEST(lookups_have_a_budget);
	TEST(an_sms_goes_out_once_and_its_state_comes_back);
	TEST(texts_have_a_burst);
	TEST(an_incoming_text_is_stored_once_for_each_device);
	TEST(a_link_is_put_once_and_read);
	forget();
}

int
main(void)
{
	return fake_process_main();
}
