#include "sms/sms.h"

#include <errno.h>
#include <netdb.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "proc/child.h"
#include "proc/log.h"
#include "sms/sms_in.h"
#include "sms/sms_out.h"

#define TICK_MS 5000
#define NAME_KEY "tacet sms names v1"

struct sms {
	struct child *child;
	struct sms_sink *sink;
	struct smsc_client *client;
	struct sms_out *out;
	struct sms_in *in;
	struct loop_timer *timer;
};

static void
on_state(void *arg, const uint8_t id[static 16], uint8_t state)
{
	struct msg_sms_state msg = { .state = state };
	struct sms *s = arg;

	memcpy(msg.id, id, sizeof(msg.id));
	child_send(s->child, PERMIT_ROLE_EXCHANGE, MSG_SMS_STATE, &msg);
}

static void
on_find(void *arg, const struct msg_sms_find *find)
{
	struct sms *s = arg;

	child_send(s->child, PERMIT_ROLE_EXCHANGE, MSG_SMS_FIND, find);
}

static void
on_store(void *arg, const struct msg_sms_in *in)
{
	struct sms *s = arg;

	child_send(s->child, PERMIT_ROLE_EXCHANGE, MSG_SMS_IN, in);
}

static void
on_answer(
    void *arg, uint64_t session, uint32_t seq, enum smpp_pdu_status status)
{
	struct sms *s = arg;

	if (s->client != NULL)
		smsc_client_answer(s->client, session, seq, status);
}

static void
on_submitted(void *arg, uint64_t token, enum rc rc, const char *id)
{
	struct sms *s = arg;

	sms_out_on_submitted(s->out, token, rc, id);
}

static void
on_deliver(void *arg, uint64_t session, uint32_t seq, struct rd body)
{
	struct smpp_deliver d = { 0 };
	struct sms *s = arg;

	if (smpp_deliver_parse(body, &d) != RC_OK) {
		log_event(LOG_SMS_GARBAGE);
		smsc_client_answer(
		    s->client, session, seq, SMPP_PDU_STATUS_RX_P_APPN);
	} else if (d.is_receipt) {
		if (d.receipt.state != SMPP_RECEIPT_STATE_NONE)
			sms_out_on_receipt(s->out, &d.receipt);
		smsc_client_answer(
		    s->client, session, seq, SMPP_PDU_STATUS_ROK);
	} else {
		sms_in_on_deliver(s->in, session, seq, &d);
	}
	smpp_deliver_clear(&d);
}

/* The password file: one line, at most 8 octets (SMPP 3.4 section 5.2.2). */
static enum rc
password_read(struct child *c, char ret_password[static 9])
{
	char text[16] = "";
	size_t n = 0;
	ssize_t got = 1;
	int fd = -1;
	enum rc rc = RC_OK;

	rc = child_file_take(c, "smpp.password", &fd);
	if (rc == RC_NOT_FOUND)
		rc = RC_OK; /* an SMSC on our own network may ask for none */
	TRY(rc);
	while (fd >= 0 && got > 0 && n < sizeof(text) - 1) {
		got = read(fd, text + n, sizeof(text) - 1 - n);
		CHECK(got >= 0 || errno == EINTR, RC_IO);
		n += got > 0 ? (size_t)got : 0;
	}
	text[strcspn(text, "\r\n")] = '\0';
	CHECK(strlen(text) <= 8, RC_MALFORMED);
	memcpy(ret_password, text, 9);
out:
	sodium_memzero(text, sizeof(text));
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* Names the SMSC's addresses once, before the sandbox: a new address needs a
 * restart. */
static enum rc
addrs_find(const struct conf *conf, struct smsc_client_conf *client)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG };
	struct addrinfo *list = NULL, *a;
	struct buf port;
	enum rc rc = RC_OK;

	buf_init(&port, 16);
	TRY(buf_add_fmt(&port, "%u", conf->smpp_port));
	TRY(buf_u8(&port, 0));
	CHECK(getaddrinfo(
		  conf->smpp_host, (const char *)port.p, &hints, &list) == 0,
	    RC_NOT_FOUND);
	for (a = list; a != NULL && client->addrs < SMSC_CLIENT_ADDRS_MAX;
	     a = a->ai_next) {
		memcpy(&client->addr[client->addrs], a->ai_addr, a->ai_addrlen);
		client->addr_len[client->addrs++] = a->ai_addrlen;
	}
	CHECK(client->addrs > 0, RC_NOT_FOUND);
out:
	buf_clear(&port);
	if (list != NULL)
		freeaddrinfo(list);
	return rc;
}

static void
on_tick(void *arg)
{
	struct loop *l;
	struct sms *s = arg;

	l = child_loop(s->child);
	sms_in_on_tick(s->in, loop_now(l));
	ASSERT(loop_timer_add(l, TICK_MS, on_tick, s, &s->timer) == RC_OK);
}

/* A name of an incoming text must come out the same after a restart, and the
 * exchange must not be able to make one: its key comes of the password. */
static enum rc
in_start(struct sms *s, const struct smpp_bind *bind)
{
	const struct sms_in_hooks hooks = { .arg = s,
		.on_find = on_find,
		.on_store = on_store,
		.on_answer = on_answer };
	uint8_t key[32] = { 0 };
	enum rc rc = RC_OK;

	CHECK(crypto_generichash(key, sizeof(key), (const uint8_t *)bind,
		  sizeof(*bind), (const uint8_t *)NAME_KEY,
		  sizeof(NAME_KEY) - 1) == 0,
	    RC_BUG);
	TRY(sms_in_new(&hooks, key, &s->in));
out:
	sodium_memzero(key, sizeof(key));
	return rc;
}

static enum rc
client_start(struct sms *s, const struct conf *conf)
{
	const struct smsc_client_hooks hooks = {
		.arg = s, .on_submitted = on_submitted, .on_deliver = on_deliver
	};
	struct smsc_client_conf client = { .window = conf->smpp_window,
		.enquire_s = conf->smpp_enquire,
		.rate = conf->smpp_rate };
	struct loop *l = child_loop(s->child);
	enum rc rc = RC_OK;

	memcpy(client.bind.system_id, conf->smpp_system_id,
	    sizeof(client.bind.system_id));
	TRY(password_read(s->child, client.bind.password));
	TRY(addrs_find(conf, &client));
	TRY(in_start(s, &client.bind));
	TRY(smsc_client_new(l, &client, &hooks, &s->client));
	TRY(loop_timer_add(l, TICK_MS, on_tick, s, &s->timer));
out:
	smpp_bind_clear(&client.bind);
	return rc;
}

/* With an SMSC: the SMSC. Else with --demo: the sink. Else SMS is off, and
 * every text comes back as not taken. */
static enum rc
on_start(void *arg, struct child *c)
{
	const struct conf *conf = child_conf(c);
	struct sms *s = arg;
	const struct sms_out_hooks hooks = { .arg = s, .on_state = on_state };
	int home = -1;
	enum rc rc = RC_OK;

	s->child = c;
	TRY(sms_out_new(&hooks, &s->out));
	if (conf->smpp_host[0] != '\0') {
		TRY(client_start(s, conf));
	} else if (conf->demo) {
		TRY(child_file_take(c, "home", &home));
		TRY(sms_sink_open(home, &s->sink));
	}
	sms_out_to(s->out, s->sink, s->client);
	sms_out_sender(s->out, conf->smpp_source);
out:
	return rc;
}

static void
on_text(struct sms *s, struct rd body)
{
	struct msg_sms_out msg = { .id = { 0 } };

	if (msg_parse(MSG_SMS_OUT, body, &msg) == RC_OK)
		sms_out_on_text(s->out, &msg);
	msg_clear(MSG_SMS_OUT, &msg);
}

static void
on_devices(struct sms *s, struct rd body)
{
	struct msg_sms_devices msg = { .req = 0 };

	if (s->in != NULL && msg_parse(MSG_SMS_DEVICES, body, &msg) == RC_OK)
		sms_in_on_devices(s->in, &msg, loop_now(child_loop(s->child)));
	msg_clear(MSG_SMS_DEVICES, &msg);
}

static void
on_in_done(struct sms *s, struct rd body)
{
	struct msg_sms_in_done msg = { .req = 0 };

	if (s->in != NULL && msg_parse(MSG_SMS_IN_DONE, body, &msg) == RC_OK)
		sms_in_on_done(s->in, &msg);
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	static const struct {
		enum msg_type type;
		void (*fn)(struct sms *, struct rd);
	} table[] = {
		{ MSG_SMS_OUT, on_text },
		{ MSG_SMS_DEVICES, on_devices },
		{ MSG_SMS_IN_DONE, on_in_done },
	};
	struct sms *s = arg;

	if (fd >= 0)
		(void)close(fd);
	if (from != PERMIT_ROLE_EXCHANGE)
		return;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].type == type)
			table[i].fn(s, body);
}

/* Limits and sender change at once; another SMSC needs a restart, for its
 * name cannot be looked up inside the sandbox. */
static void
on_reload(void *arg, struct child *c)
{
	const struct conf *conf = child_conf(c);
	struct sms *s = arg;

	sms_out_sender(s->out, conf->smpp_source);
	if (s->client != NULL)
		smsc_client_tune(s->client, conf->smpp_window,
		    conf->smpp_enquire, conf->smpp_rate);
}

/* After the client's own callbacks: wipes what never left. */
static void
on_stopped_turn(void *arg)
{
	struct sms *s = arg;

	sms_out_to(s->out, NULL, NULL);
	smsc_client_free(s->client);
	s->client = NULL;
	child_done(s->child);
}

static void
on_stopped(void *arg)
{
	struct sms *s = arg;

	if (loop_defer(child_loop(s->child), on_stopped_turn, s) != RC_OK)
		child_done(s->child);
}

static void
on_stop(void *arg, struct child *c)
{
	struct sms *s = arg;

	loop_timer_del(&s->timer);
	if (s->client != NULL)
		smsc_client_stop(s->client, on_stopped, s);
	else
		child_done(c);
}

int
sms_main(void)
{
	struct sms s = { .child = NULL };
	const struct child_hooks hooks = { .arg = &s,
		.on_start = on_start,
		.on_msg = on_msg,
		.on_reload = on_reload,
		.on_stop = on_stop };
	int status = child_run(PERMIT_ROLE_SMS, &hooks);

	/* The loop is gone, and its timers and descriptors with it: only what
	 * holds numbers and texts is still wiped. */
	sms_in_free(s.in);
	sms_out_free(s.out);
	sms_sink_close(s.sink);
	return status;
}
