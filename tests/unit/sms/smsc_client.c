#include "sms/smsc_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proc/log.h"
#include "sms/sms_out.h"
#include "tap.h"
#include "wire/sms_note.h"

/* An SMSC in the same loop: one connection, and a script of how it answers. */
static struct {
	struct loop *loop;
	int listener, fd;
	struct loop_io *accepting, *io;
	struct buf in;
	unsigned binds, unbinds, submits, enquiries, answers, nacks;
	uint32_t answer_status;
	/* the script */
	unsigned throttle; /* so many submits are refused first */
	unsigned reject;
	bool garbage, oversized, silent, drop; /* at the next submit, once */
	bool deliver;                          /* once bound */
	bool unknown;                          /* a command nobody knows */
} smsc;

static struct {
	unsigned sent, denied, lost, delivered, states[4];
	struct smsc_client *client;
	bool answer_deliver;
	unsigned until; /* sent + denied + lost that end the loop */
	struct loop_timer *limit;
} us;

static void
smsc_send(uint32_t cmd, uint32_t status, uint32_t seq, struct rd body)
{
	struct smpp_pdu pdu = { cmd, status, seq, body };
	struct buf b;

	buf_init(&b, 70000);
	T_RC(RC_OK, smpp_pdu_build(&pdu, &b));
	T_OK(send(smsc.fd, b.p, b.len, MSG_NOSIGNAL) == (ssize_t)b.len);
	buf_clear(&b);
}

static void
smsc_close(void)
{
	loop_io_del(smsc.io);
	smsc.io = NULL;
	(void)close(smsc.fd);
	smsc.fd = -1;
	buf_clear(&smsc.in);
}

static void
smsc_on_submit(const struct smpp_pdu *pdu)
{
	static const char id[] = "a1";
	const struct rd name = { (const uint8_t *)id, sizeof(id) };
	const struct rd none = { NULL, 0 };
	uint32_t cmd = pdu->cmd | SMPP_PDU_RESP;

	smsc.submits++;
	if (smsc.garbage) {
		smsc.garbage = false;
		T_OK(send(smsc.fd, "GET / HTTP/1.1\r\n\r\n", 18,
			 MSG_NOSIGNAL) == 18);
	} else if (smsc.oversized) {
		smsc.oversized = false;
		T_OK(send(smsc.fd, "\0\0\x20\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16,
			 MSG_NOSIGNAL) == 16);
	} else if (smsc.drop) {
		smsc.drop = false;
		smsc_close();
	} else if (smsc.throttle > 0) {
		smsc.throttle--;
		smsc_send(cmd, SMPP_PDU_STATUS_RTHROTTLED, pdu->seq, none);
	} else if (smsc.reject > 0) {
		smsc.reject--;
		smsc_send(cmd, SMPP_PDU_STATUS_RINVDSTADR, pdu->seq, none);
	} else if (!smsc.silent) {
		smsc_send(cmd, 0, pdu->seq, name);
	}
}

static void
smsc_on_pdu(const struct smpp_pdu *pdu)
{
	const struct rd none = { NULL, 0 };

	switch (pdu->cmd) {
	case SMPP_PDU_CMD_BIND_TRANSCEIVER:
		smsc.binds++;
		smsc_send(pdu->cmd | SMPP_PDU_RESP, 0, pdu->seq, rd_str(""));
		if (smsc.deliver)
			smsc_send(SMPP_PDU_CMD_DELIVER_SM, 0, 500, none);
		if (smsc.unknown)
			smsc_send(0x4711, 0, 501, none);
		break;
	case SMPP_PDU_CMD_SUBMIT_SM:
		smsc_on_submit(pdu);
		break;
	case SMPP_PDU_CMD_ENQUIRE_LINK:
		smsc.enquiries++;
		smsc_send(pdu->cmd | SMPP_PDU_RESP, 0, pdu->seq, none);
		break;
	case SMPP_PDU_CMD_UNBIND:
		smsc.unbinds++;
		smsc_send(pdu->cmd | SMPP_PDU_RESP, 0, pdu->seq, none);
		break;
	case SMPP_PDU_CMD_DELIVER_SM | SMPP_PDU_RESP:
		T_OK(pdu->seq == 500);
		smsc.answers++;
		smsc.answer_status = pdu->status;
		break;
	case SMPP_PDU_RESP:
		T_OK(pdu->seq == 501);
		smsc.nacks++;
		break;
	}
}

static void
smsc_on_io(void *arg, uint32_t events)
{
	struct smpp_pdu pdu = { 0 };
	uint8_t *p = NULL;
	struct rd in;
	ssize_t n;

	(void)arg;
	(void)events;
	T_RC(RC_OK, buf_reserve(&smsc.in, 4096, &p));
	n = recv(smsc.fd, p, 4096, MSG_DONTWAIT);
	if (n <= 0) {
		smsc_close();
		return;
	}
	buf_commit(&smsc.in, (size_t)n);
	in = buf_get(&smsc.in);
	while (smsc.fd >= 0 && smpp_pdu_parse(&in, &pdu) == RC_OK)
		smsc_on_pdu(&pdu);
	if (smsc.fd >= 0)
		buf_consume(&smsc.in, smsc.in.len - in.left);
}

static void
smsc_on_accept(void *arg, uint32_t events)
{
	int fd = accept(smsc.listener, NULL, NULL);

	(void)arg;
	(void)events;
	if (smsc.fd >= 0)
		smsc_close();
	smsc.fd = fd;
	T_RC(RC_OK,
	    loop_io_add(smsc.loop, fd, EPOLLIN, smsc_on_io, NULL, &smsc.io));
}

static void
end_if_done(void)
{
	if (us.until > 0 &&
	    us.sent + us.denied + us.lost + smsc.answers + smsc.nacks >=
		us.until)
		loop_stop(smsc.loop);
}

static void
on_submitted(void *arg, uint64_t token, enum rc rc, const char *id)
{
	(void)arg;
	T_OK(token == 5);
	us.sent += rc == RC_OK;
	us.denied += rc == RC_DENIED;
	us.lost += rc == RC_STATE;
	if (rc == RC_OK)
		T_STR("a1", id);
	end_if_done();
}

static void
on_deliver(void *arg, uint64_t session, uint32_t seq, struct rd body)
{
	(void)arg;
	(void)body;
	us.delivered++;
	smsc_client_answer(us.client, session + 1, seq, 0); /* goes nowhere */
	smsc_client_answer(us.client, session, seq, SMPP_PDU_STATUS_RX_T_APPN);
}

static void
on_limit(void *arg)
{
	(void)arg;
	T_OK(us.until == 0); /* else it took too long */
	loop_stop(smsc.loop);
}

static void
setup(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct smsc_client_conf conf = { .addrs = 1,
		.bind = { "tacet", "secret" },
		.window = 4,
		.enquire_s = 30,
		.rate = 1000 };
	const struct smsc_client_hooks hooks = { NULL, on_submitted,
		on_deliver };
	socklen_t n = sizeof(sin);

	memset(&smsc, 0, sizeof(smsc));
	memset(&us, 0, sizeof(us));
	smsc.fd = -1;
	buf_init(&smsc.in, 65536);
	T_RC(RC_OK, loop_new(&smsc.loop));
	smsc.listener = socket(AF_INET, SOCK_STREAM, 0);
	T_OK(bind(smsc.listener, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	T_OK(listen(smsc.listener, 4) == 0);
	T_OK(getsockname(smsc.listener, (struct sockaddr *)&sin, &n) == 0);
	memcpy(&conf.addr[0], &sin, sizeof(sin));
	conf.addr_len[0] = sizeof(sin);
	T_RC(RC_OK,
	    loop_io_add(smsc.loop, smsc.listener, EPOLLIN, smsc_on_accept, NULL,
		&smsc.accepting));
	T_RC(RC_OK, smsc_client_new(smsc.loop, &conf, &hooks, &us.client));
}

static void
run(unsigned until, int64_t ms)
{
	us.until = until;
	T_RC(RC_OK, loop_timer_add(smsc.loop, ms, on_limit, NULL, &us.limit));
	T_RC(RC_OK, loop_run(smsc.loop));
	loop_timer_del(&us.limit);
}

static void
teardown(void)
{
	smsc_client_free(us.client);
	if (smsc.fd >= 0)
		smsc_close();
	loop_io_del(smsc.accepting);
	(void)close(smsc.listener);
	loop_free(smsc.loop);
}

static void
submit(unsigned n)
{
	while (n-- > 0)
		T_RC(RC_OK, smsc_client_submit(us.client, 5, rd_str("body")));
}

static void
what_is_queued_is_submitted(void)
{
	setup();
	submit(9);
	T_OK(smsc_client_room(us.client) == SMSC_CLIENT_QUEUE_MAX - 9);
	run(9, 8000);
	T_OK(us.sent == 9 && smsc.submits == 9 && smsc.binds == 1);
	T_OK(smsc_client_room(us.client) == SMSC_CLIENT_QUEUE_MAX);
	teardown();
}

static void
a_busy_smsc_is_given_time(void)
{
	setup();
	smsc.throttle = 3;
	submit(4);
	run(4, 20000);
	T_OK(us.sent == 4 && smsc.submits == 7 && smsc.binds == 1);
	teardown();
}

static void
a_refused_text_is_not_tried_again(void)
{
	setup();
	smsc.reject = 1;
	submit(2);
	run(2, 8000);
	T_OK(us.sent == 1 && us.denied == 1 && smsc.submits == 2);
	teardown();
}

static void
a_broken_link_loses_nothing(void)
{
	setup();
	smsc.drop = true;
	submit(3);
	run(3, 20000);
	T_OK(us.sent == 3 && smsc.binds == 2);
	teardown();
}

static void
garbage_ends_the_link_and_another_is_made(void)
{
	setup();
	smsc.garbage = true;
	submit(1);
	run(1, 20000);
	T_OK(us.sent == 1 && smsc.binds == 2 && smsc.submits == 2);
	teardown();
	setup();
	smsc.oversized = true;
	submit(1);
	run(1, 20000);
	T_OK(us.sent == 1 && smsc.binds == 2 && smsc.submits == 2);
	teardown();
}

static void
a_delivery_is_answered_on_its_own_session_only(void)
{
	setup();
	smsc.deliver = true;
	smsc.unknown = true;
	run(0, 1500);
	T_OK(us.delivered == 1 && smsc.answers == 1);
	T_OK(smsc.answer_status == SMPP_PDU_STATUS_RX_T_APPN);
	T_OK(smsc.nacks == 1);
	teardown();
}

static void
a_silent_link_is_asked(void)
{
	setup();
	smsc_client_tune(us.client, 4, 1, 1000);
	run(0, 3500);
	T_OK(smsc.enquiries >= 2 && smsc.binds == 1);
	teardown();
}

static void
the_window_is_kept(void)
{
	setup();
	smsc.silent = true;
	submit(20);
	run(0, 1500);
	T_OK(smsc.submits == 4);
	teardown();
}

static void
the_rate_is_kept(void)
{
	setup();
	smsc_client_tune(us.client, 100, 30, 5);
	submit(100);
	run(0, 3000);
	T_OK(smsc.submits >= 8 && smsc.submits <= 17);
	teardown();
}

static void
the_queue_is_bounded(void)
{
	setup();
	submit(SMSC_CLIENT_QUEUE_MAX);
	T_RC(RC_LIMIT, smsc_client_submit(us.client, 5, rd_str("body")));
	T_OK(smsc_client_room(us.client) == 0);
	teardown();
}

static void
on_stopped(void *arg)
{
	*(bool *)arg = true;
	loop_stop(smsc.loop);
}

static void
stop_now(void *arg)
{
	smsc_client_stop(us.client, on_stopped, arg);
	T_RC(RC_STATE, smsc_client_submit(us.client, 5, rd_str("body")));
}

static void
a_stop_unbinds(void)
{
	struct loop_timer *timer = NULL;
	bool stopped = false;

	setup();
	T_RC(
	    RC_OK, loop_timer_add(smsc.loop, 1000, stop_now, &stopped, &timer));
	run(0, 2500); /* before the limit of the answer is reached */
	T_OK(stopped && smsc.binds == 1 && smsc.unbinds == 1);
	teardown();
}

static void
on_state(void *arg, const uint8_t id[static 16], uint8_t state)
{
	(void)arg;
	T_OK(id[0] == 3 && state < 4);
	us.states[state]++;
}

static void
a_text_without_an_smsc_is_not_taken(void)
{
	const struct sms_out_hooks hooks = { NULL, on_state };
	struct msg_sms_out text = { .id = { 3 }, .text = rd_str("hi") };
	struct sms_out *o = NULL;

	setup();
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &text.to));
	T_RC(RC_OK, sms_out_new(&hooks, &o));
	sms_out_on_text(o, &text);
	T_OK(us.states[0] == 1);
	sms_out_to(o, NULL, us.client);
	sms_out_sender(o, "Tacet");
	sms_out_on_text(o, &text);
	T_OK(smsc_client_room(us.client) == SMSC_CLIENT_QUEUE_MAX - 1);
	sms_out_on_submitted(o, 1, RC_OK, "77");
	T_OK(us.states[SMS_NOTE_STATE_SENT] == 1);
	sms_out_on_receipt(o,
	    &(const struct smpp_receipt){ "77", SMPP_RECEIPT_STATE_DELIVERED });
	T_OK(us.states[SMS_NOTE_STATE_DELIVERED] == 1);
	text.text = rd_str("\xff");
	sms_out_on_text(o, &text);
	T_OK(us.states[SMS_NOTE_STATE_FAILED] == 1);
	sms_out_free(o);
	teardown();
}

int
main(void)
{
	log_init(PERMIT_ROLE_SMS);
	TEST(what_is_queued_is_submitted);
	TEST(a_busy_smsc_is_given_time);
	TEST(a_refused_text_is_not_tried_again);
	TEST(a_broken_link_loses_nothing);
	TEST(garbage_ends_the_link_and_another_is_made);
	TEST(a_delivery_is_answered_on_its_own_session_only);
	TEST(a_silent_link_is_asked);
	TEST(the_window_is_kept);
	TEST(the_rate_is_kept);
	TEST(the_queue_is_bounded);
	TEST(a_stop_unbinds);
	TEST(a_text_without_an_smsc_is_not_taken);
	return tap_done();
}
