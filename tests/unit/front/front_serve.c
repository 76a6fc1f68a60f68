/* The whole process, as the parent starts it, between a client over TLS and an
 * exchange that this test plays. */
#include "front/front.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "front/front_internal.h"
#include "ipc/chan.h"
#include "proc/child.h"
#include "tap.h"
#include "wire/bhttp.h"
#include "wire/httpsig.h"
#include "wire/ohttp_config.h"
#include "wire/relay.h"
#include "wire/ws.h"

#define WAIT_MS 5000
#define NUMBER "+15550100001"

static struct chan *parent;
static struct chan *exchange;
static struct chan *keys;
static struct chan *ktlog;
static struct chan *lookup;
static pid_t child;
static uint16_t port;
static SSL_CTX *tls;

/* --- starting it ---------------------------------------------------------- */

static void
send_msg(struct chan *c, enum msg_type type, const void *msg, int fd)
{
	struct pollfd p = { chan_fd(c), POLLOUT, 0 };
	enum rc rc = chan_send(c, type, msg, fd);

	while (rc == RC_OK && (rc = chan_flush(c)) == RC_AGAIN) {
		if (poll(&p, 1, WAIT_MS) != 1)
			break;
		rc = RC_OK;
	}
	T_OK(rc == RC_OK);
}

static void
give(enum msg_type type, const char *name, int fd)
{
	const struct msg_named m = { rd_str(name) };

	send_msg(parent, type, &m, fd);
	(void)close(fd);
}

static int
pem(const EVP_PKEY *key, X509 *x)
{
	int fd = memfd_create("pem", MFD_CLOEXEC);
	BIO *b = BIO_new_fd(fd, BIO_NOCLOSE);

	if (x != NULL)
		(void)PEM_write_bio_X509(b, x);
	else
		(void)PEM_write_bio_PrivateKey(
		    b, key, NULL, NULL, 0, NULL, NULL);
	BIO_free(b);
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
give_tls(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	if (X509_sign(x, key, EVP_sha256()) == 0)
		abort();
	give(MSG_FILE, "tls.cert", pem(NULL, x));
	give(MSG_FILE, "tls.key", pem(key, NULL));
	X509_free(x);
	EVP_PKEY_free(key);
}

/* The newest key of the gateway is the one of that id. */
static void
give_ohttp(uint8_t id)
{
	const struct ohttp_config_key k[] = { { id, { id } }, { 9, { 9 } } };
	int fd = memfd_create("ohttp", MFD_CLOEXEC);
	struct buf b;

	buf_init(&b, OHTTP_CONFIG_FILE_MAX);
	for (size_t i = 0; i < 2; i++)
		T_RC(RC_OK, ohttp_config_file_build(&k[i], &b));
	T_RC(RC_OK, file_write(fd, buf_get(&b)));
	(void)lseek(fd, 0, SEEK_SET);
	give(MSG_FILE, "ohttp.key", fd);
	buf_clear(&b);
}

static void
give_trust(void)
{
	static const char text[] = "{\"trust\":1}\n";
	int fd = memfd_create("trust", MFD_CLOEXEC);

	T_RC(RC_OK, file_write(fd, rd_str(text)));
	(void)lseek(fd, 0, SEEK_SET);
	give(MSG_FILE, "trust", fd);
}

static void
give_policy(const char *note)
{
	const struct msg_policy m = { rd_str(note) };

	send_msg(keys, MSG_POLICY, &m, -1);
}

/* A peer that this test plays. */
static struct chan *
peer(enum permit_role role)
{
	struct chan *c = NULL;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	T_RC(RC_OK, chan_new(pair[0], role, PERMIT_ROLE_FRONT, &c));
	chan_serving(c, true);
	give(MSG_PEER, permit_role_name(role), pair[1]);
	return c;
}

static int
listener(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (void *)&sa, n) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (void *)&sa, &n) < 0)
		abort();
	port = ntohs(sa.sin_port);
	return fd;
}

/* The next message of front; its struct is in *ret_msg. */
static bool
hear(struct chan *c, enum msg_type want, void *ret_msg, int ms)
{
	struct pollfd p = { chan_fd(c), POLLIN, 0 };
	enum msg_type type;
	struct rd body;
	int fd;
	enum rc rc;

	while ((rc = chan_next(c, &type, &body, &fd)) == RC_AGAIN) {
		if (poll(&p, 1, ms) != 1 || chan_fill(c) == RC_IO)
			return false;
	}
	return rc == RC_OK && type == want &&
	    msg_parse(type, body, ret_msg) == RC_OK;
}

/* Whether somebody who connects hears of a TLS server within ms. */
static bool
is_heard(int ms)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	const struct timeval wait = { ms / 1000, ms % 1000 * 1000 };
	SSL *s = SSL_new(tls);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool heard;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(port);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (void *)&sa, sizeof(sa)) < 0 || SSL_set_fd(s, fd) != 1)
		abort();
	heard = SSL_connect(s) == 1;
	SSL_free(s);
	(void)close(fd);
	return heard;
}

static void
it_starts(void)
{
	const struct msg_config config = { rd_str("") };
	const struct msg_private_limit limit = { MSG_PRIVATE_MAX };
	const struct msg_empty go = { 0 };
	struct msg_empty ready;
	int a[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, a) < 0)
		abort();
	child = fork();
	if (child == 0) {
		(void)dup2(a[1], 200);
		(void)dup2(200, CHILD_PARENT_FD);
		(void)close_range(CHILD_PARENT_FD + 1, ~0u, 0);
		_exit(front_main());
	}
	(void)close(a[1]);
	T_RC(RC_OK,
	    chan_new(a[0], PERMIT_ROLE_PARENT, PERMIT_ROLE_FRONT, &parent));
	send_msg(parent, MSG_CONFIG, &config, -1);
	give_tls();
	give_ohttp(1);
	give_trust();
	give(MSG_FILE, "listen", listener());
	exchange = peer(PERMIT_ROLE_EXCHANGE);
	keys = peer(PERMIT_ROLE_KEYS);
	ktlog = peer(PERMIT_ROLE_KTLOG);
	lookup = peer(PERMIT_ROLE_LOOKUP);
	send_msg(parent, MSG_START, &go, -1);
	chan_serving(parent, true);
	T_OK(hear(parent, MSG_READY, &ready, WAIT_MS));
	T_OK(!is_heard(200)); /* there is no table yet */
	send_msg(lookup, MSG_PRIVATE_LIMIT, &limit, -1);
	T_OK(is_heard(WAIT_MS));
}

/* --- a client ------------------------------------------------------------- */

static SSL *
dial(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	const struct timeval wait = { WAIT_MS / 1000, 0 };
	SSL *s = SSL_new(tls);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(port);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (void *)&sa, sizeof(sa)) < 0 ||
	    SSL_set_fd(s, fd) != 1 || SSL_connect(s) != 1)
		abort();
	return s;
}

static void
hang_up(SSL *s)
{
	(void)SSL_shutdown(s);
	(void)close(SSL_get_fd(s));
	SSL_free(s);
}

static void
say(SSL *s, struct rd octets)
{
	T_OK(SSL_write(s, octets.p, (int)octets.left) == (int)octets.left);
}

/* Signed as far as front looks: the digest is right, the rest is anybody's. */
static void
ask(SSL *s, const char *method, const char *path, const char *type,
    struct rd body)
{
	const struct httpsig sig = {
		.account = { 7 }, .device = 3, .created = 1764000000
	};
	struct buf b;

	buf_init(&b, 65536);
	T_RC(RC_OK, http1_request_build(&b, method, path, "localhost"));
	T_RC(RC_OK, httpsig_fields_build(&sig, body, &b));
	if (type != NULL)
		T_RC(
		    RC_OK, http1_field_build(&b, "Content-Type", rd_str(type)));
	T_RC(RC_OK, http1_end_build(&b, body.left));
	T_RC(RC_OK, buf_add_rd(&b, body));
	say(s, buf_get(&b));
	buf_clear(&b);
}

static struct buf got; /* octets that no answer took yet */
static char body_text[1 << 17];
static size_t body_n;
static char head_text[HTTP1_HEAD_MAX + 1];

static bool
more(SSL *s)
{
	uint8_t *p;
	int n;

	if (buf_reserve(&got, 4096, &p) != RC_OK)
		abort();
	n = SSL_read(s, p, 4096);
	if (n > 0)
		buf_commit(&got, (size_t)n);
	return n > 0;
}

/* The next answer's status; its body is in body_text. 0: none came. */
static uint16_t
answer(SSL *s)
{
	struct http1_head h;
	struct rd r;
	struct rd body = { 0 };

	for (;;) {
		r = buf_get(&got);
		if (http1_response_parse(&r, &h) == RC_OK &&
		    rd_take(&r, h.has_length ? (size_t)h.length : 0, &body) ==
			RC_OK)
			break;
		if (!more(s))
			return 0;
	}
	if (body.left >= sizeof(body_text))
		abort();
	if (body.left > 0)
		memcpy(body_text, body.p, body.left);
	body_text[body.left] = '\0';
	body_n = body.left;
	memcpy(head_text, got.p, (size_t)(body.p - got.p));
	head_text[body.p - got.p] = '\0';
	buf_consume(&got, got.len - r.left);
	return h.status;
}

/* The next frame's op; its payload is in body_text, *ret_n octets. */
static int
frame(SSL *s, size_t *ret_n)
{
	struct ws_frame f;
	struct rd r;

	for (;;) {
		r = buf_get(&got);
		if (ws_frame_parse(&r, false, sizeof(body_text), &f) == RC_OK)
			break;
		if (!more(s))
			return -1;
	}
	*ret_n = f.payload.left;
	if (f.payload.left > 0)
		memcpy(body_text, f.payload.p, f.payload.left);
	buf_consume(&got, got.len - r.left);
	return (int)f.op;
}

/* --- requests ------------------------------------------------------------- */

static void
before_keys_has_signed_it_there_is_no_policy(void)
{
	SSL *s = dial();

	ask(s, "GET", "/v1/policy", NULL, rd_str(""));
	T_OK(answer(s) == 503);
	hang_up(s);
	give_policy("a note\n");
}

static void
what_front_knows_it_answers_itself(void)
{
	SSL *s = dial();

	ask(s, "GET", "/v1/healthz", NULL, rd_str(""));
	T_OK(answer(s) == 200);
	T_STR("ok\n", body_text);
	ask(s, "GET", "/v1/policy", NULL, rd_str(""));
	T_OK(answer(s) == 200);
	T_STR("a note\n", body_text);
	ask(s, "GET", "/v1/trust", NULL, rd_str(""));
	T_OK(answer(s) == 200);
	T_STR("{\"trust\":1}\n", body_text);
	hang_up(s);
}

static void
a_registration_waits_for_the_exchange(void)
{
	struct msg_reg_start m;
	struct msg_reg_send again;
	struct msg_reg_reply reply = { .session = { 0xab }, .retry_after = 60 };
	SSL *s = dial();

	ask(s, "POST", "/v1/registration", "application/json",
	    rd_str("{\"number\":\"" NUMBER "\"}"));
	T_OK(hear(exchange, MSG_REG_START, &m, WAIT_MS));
	T_OK(m.number.n == 11);
	reply.req = m.req;
	send_msg(exchange, MSG_REG_REPLY, &reply, -1);
	T_OK(answer(s) == 202);
	T_STR("{\"session\":\"ab000000000000000000000000000000\","
	      "\"retry_after\":60}",
	    body_text);
	ask(s, "POST", "/v1/registration/ab000000000000000000000000000000/send",
	    NULL, rd_str(""));
	T_OK(hear(exchange, MSG_REG_SEND, &again, WAIT_MS));
	T_OK(again.session[0] == 0xab);
	T_MEM(m.addr_key, again.addr_key, sizeof(m.addr_key));
	reply.req = again.req;
	send_msg(exchange, MSG_REG_REPLY, &reply, -1);
	T_OK(answer(s) == 202);
	T_STR("{\"retry_after\":60}", body_text);
	hang_up(s);
}

static void
the_answer_of_a_lookup_holds_its_row(void)
{
	static const char want[] = "\"source_handle\":\"tel:" NUMBER "\","
				   "\"lookup_handle\":\"tel:+15550100002\"";
	struct msg_lookup m;
	struct msg_lookup_reply reply = { .devices = 0, .time = 1764000000 };
	SSL *s = dial();

	ask(s, "POST", "/v1/lookups", "application/json",
	    rd_str("{\"number\":\"+15550100002\",\"as\":\"" NUMBER
		   "\",\"cause\":\"typed\","
		   "\"locator\":\"00112233445566778899aabbccddeeff\"}"));
	T_OK(hear(exchange, MSG_LOOKUP, &m, WAIT_MS));
	T_OK(m.auth.account[0] == 7 && m.auth.device == 3);
	T_OK(rd_is_eq(m.client_ip, "127.0.0.0")); /* truncated: the default */
	T_OK(m.cause == 1 && m.locator[15] == 0xff);
	reply.req = m.req;
	send_msg(exchange, MSG_LOOKUP_REPLY, &reply, -1);
	T_OK(answer(s) == 200);
	T_OK(strstr(body_text, want) != NULL);
	T_OK(strstr(body_text, "\"cause\":\"typed\"") != NULL);
	T_OK(strstr(body_text, "\"account\":null") != NULL);
	T_OK(strstr(body_text, "\"client_ip\":\"127.0.0.0\"") != NULL);
	T_OK(strstr(body_text, "\"query_time\":\"2025-11-24T16:00:00Z\"") !=
	    NULL);
	hang_up(s);
}

static void
plain_reply(enum msg_type type, enum msg_status status, uint32_t left)
{
	union {
		uint64_t req; /* the first of all of them */
		struct msg_sms_send sms;
		struct msg_put put;
		uint8_t room[512];
	} m;
	struct msg_reply reply = { .status = (uint8_t)status, .left = left };

	T_OK(hear(exchange, type, &m, WAIT_MS));
	reply.req = m.req;
	send_msg(exchange, MSG_REPLY, &reply, -1);
}

static void
each_plain_reply_has_its_shape(void)
{
	SSL *s = dial();

	ask(s, "PUT", "/v1/devices", NULL, rd_str("octets"));
	plain_reply(MSG_DEVICES_PUT, MSG_STATUS_OK, 0);
	T_OK(answer(s) == 204);
	ask(s, "PUT", "/v1/prekeys", NULL, rd_str("octets"));
	plain_reply(MSG_PREKEYS_PUT, MSG_STATUS_OK, 42);
	T_OK(answer(s) == 200);
	T_STR("{\"one_time_left\":42}", body_text);
	ask(s, "POST", "/v1/sms", "application/json",
	    rd_str("{\"id\":\"00112233445566778899aabbccddeeff\",\"as\":"
		   "\"" NUMBER "\",\"to\":\"+15550100002\",\"text\":\"a\"}"));
	plain_reply(MSG_SMS_SEND, MSG_STATUS_OK, 0);
	T_OK(answer(s) == 202);
	T_STR("{}", body_text);
	ask(s, "PUT", "/v1/devices", NULL, rd_str("octets"));
	plain_reply(MSG_DEVICES_PUT, MSG_STATUS_STALE, 0);
	T_OK(answer(s) == 409);
	hang_up(s);
}

static void
tokens_are_asked_for_by_an_account(void)
{
	struct msg_put m;
	struct msg_octets_reply reply = { .octets = rd_str("evaluated") };
	SSL *s = dial();

	ask(s, "POST", "/v1/tokens", NULL, rd_str("elements"));
	T_OK(hear(exchange, MSG_TOKENS, &m, WAIT_MS));
	T_OK(m.auth.account[0] == 7 && rd_is_eq(m.octets, "elements"));
	reply.req = m.req;
	send_msg(exchange, MSG_OCTETS_REPLY, &reply, -1);
	T_OK(answer(s) == 200);
	T_STR("evaluated", body_text);
	ask(s, "POST", "/v1/tokens", NULL, rd_str("elements"));
	T_OK(hear(exchange, MSG_TOKENS, &m, WAIT_MS));
	reply = (struct msg_octets_reply){
		.req = m.req, .status = MSG_STATUS_LIMIT, .retry_after = 9
	};
	send_msg(exchange, MSG_OCTETS_REPLY, &reply, -1);
	T_OK(answer(s) == 429 && strstr(head_text, "Retry-After: 9") != NULL);
	hang_up(s);
}

static void
private_answer(enum msg_private_kind kind, enum msg_status status)
{
	struct msg_private m;
	struct msg_private_reply reply = { .status = (uint8_t)status };

	T_OK(hear(lookup, MSG_PRIVATE, &m, WAIT_MS));
	T_OK(m.kind == kind && rd_is_eq(m.body, "a question"));
	reply.req = m.req;
	if (status == MSG_STATUS_OK)
		reply.body = rd_str("an answer");
	send_msg(lookup, MSG_PRIVATE_REPLY, &reply, -1);
}

static void
a_question_of_nobody_goes_to_lookup(void)
{
	static const struct {
		enum msg_status status;
		uint16_t http;
	} rows[] = { { MSG_STATUS_TOKEN, 403 }, { MSG_STATUS_EPOCH_GONE, 410 },
		{ MSG_STATUS_NO_PRIVATE, 403 }, { MSG_STATUS_MALFORMED, 422 },
		{ MSG_STATUS_DOWN, 503 } };
	SSL *s = dial();

	ask(s, "POST", "/v1/directory/lookup", NULL, rd_str("a question"));
	private_answer(MSG_PRIVATE_LOOKUP, MSG_STATUS_OK);
	T_OK(answer(s) == 200);
	T_STR("an answer", body_text);
	ask(s, "POST", "/v1/directory/oprf", NULL, rd_str("a question"));
	private_answer(MSG_PRIVATE_OPRF, MSG_STATUS_OK);
	T_OK(answer(s) == 200);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask(s, "POST", "/v1/directory/lookup", NULL,
		    rd_str("a question"));
		private_answer(MSG_PRIVATE_LOOKUP, rows[i].status);
		T_OK(answer(s) == rows[i].http);
	}
	hang_up(s);
}

/* Refused by its length alone: not an octet of it is kept. */
static void
a_question_is_no_larger_than_lookup_says(void)
{
	static const uint8_t body[21];
	const struct msg_private_limit limit = { 20 };
	struct msg_private m;
	struct msg_private_reply reply = { .body = rd_str("x") };
	SSL *s = dial();

	send_msg(lookup, MSG_PRIVATE_LIMIT, &limit, -1);
	ask(s, "POST", "/v1/directory/lookup", NULL, (struct rd){ body, 20 });
	T_OK(hear(lookup, MSG_PRIVATE, &m, WAIT_MS) && m.body.left == 20);
	reply.req = m.req;
	send_msg(lookup, MSG_PRIVATE_REPLY, &reply, -1);
	T_OK(answer(s) == 200);
	ask(s, "POST", "/v1/directory/lookup", NULL, (struct rd){ body, 21 });
	T_OK(answer(s) == 413);
	hang_up(s);
}

/* The sixty-fifth waits nowhere; and one whose asker left is free again. */
static void
so_many_questions_are_under_way_at_once(void)
{
	struct msg_private m[FRONT_PRIVATE_MAX];
	struct msg_private_reply reply = { .body = rd_str("x") };
	SSL *s[FRONT_PRIVATE_MAX + 1];

	for (size_t i = 0; i < FRONT_PRIVATE_MAX; i++) {
		s[i] = dial();
		ask(s[i], "POST", "/v1/directory/oprf", NULL, rd_str("q"));
		T_OK(hear(lookup, MSG_PRIVATE, &m[i], WAIT_MS));
	}
	s[FRONT_PRIVATE_MAX] = dial();
	ask(s[FRONT_PRIVATE_MAX], "POST", "/v1/directory/oprf", NULL,
	    rd_str("q"));
	T_OK(answer(s[FRONT_PRIVATE_MAX]) == 503);
	hang_up(s[0]);
	for (size_t i = 0; i < FRONT_PRIVATE_MAX; i++) {
		reply.req = m[i].req;
		send_msg(lookup, MSG_PRIVATE_REPLY, &reply, -1);
	}
	for (size_t i = 1; i < FRONT_PRIVATE_MAX; i++) {
		T_OK(answer(s[i]) == 200);
		hang_up(s[i]);
	}
	ask(s[FRONT_PRIVATE_MAX], "POST", "/v1/directory/oprf", NULL,
	    rd_str("a question"));
	private_answer(MSG_PRIVATE_OPRF, MSG_STATUS_OK);
	T_OK(answer(s[FRONT_PRIVATE_MAX]) == 200);
	hang_up(s[FRONT_PRIVATE_MAX]);
}

static void
pipelined_requests_are_asked_one_after_the_other(void)
{
	static const char path[] =
	    "/v1/link/00112233445566778899aabbccddeeff/answer";
	struct msg_link m;
	struct msg_link_reply reply = { .octets = rd_str("one") };
	SSL *s = dial();

	ask(s, "GET", path, NULL, rd_str(""));
	ask(s, "GET", path, NULL, rd_str(""));
	ask(s, "GET", "/v1/healthz", NULL, rd_str(""));
	T_OK(hear(exchange, MSG_LINK_GET, &m, WAIT_MS));
	T_OK(m.slot == 1);
	reply.req = m.req;
	T_OK(!hear(exchange, MSG_LINK_GET, &m, 100));
	send_msg(exchange, MSG_LINK_REPLY, &reply, -1);
	T_OK(answer(s) == 200);
	T_STR("one", body_text);
	T_OK(hear(exchange, MSG_LINK_GET, &m, WAIT_MS));
	reply.req = m.req;
	reply.status = MSG_STATUS_NOT_FOUND;
	send_msg(exchange, MSG_LINK_REPLY, &reply, -1);
	T_OK(answer(s) == 404);
	T_OK(answer(s) == 200);
	T_STR("ok\n", body_text);
	hang_up(s);
}

static void
a_reply_to_nobody_is_dropped(void)
{
	struct msg_link m;
	struct msg_link_reply reply = { .octets = rd_str("late") };
	SSL *s = dial();

	ask(s, "GET", "/v1/link/00112233445566778899aabbccddeeff/offer", NULL,
	    rd_str(""));
	T_OK(hear(exchange, MSG_LINK_GET, &m, WAIT_MS));
	hang_up(s);
	reply.req = m.req;
	send_msg(exchange, MSG_LINK_REPLY, &reply, -1);
	reply.req = UINT64_MAX;
	send_msg(exchange, MSG_LINK_REPLY, &reply, -1);
	reply.req = 0;
	send_msg(exchange, MSG_LINK_REPLY, &reply, -1);
	what_front_knows_it_answers_itself();
}

/* --- messages ------------------------------------------------------------- */

static void
frame_build(enum relay_op op, struct buf *b)
{
	struct relay_frame f = { .op = op };

	buf_init(b, 4096);
	if (op == RELAY_OP_SEND) {
		f.u.send.list_version = 1;
		f.u.send.n = 1;
		f.u.send.to[0].device = 1;
		f.u.send.to[0].envelope = rd_str("sealed");
	} else if (op == RELAY_OP_ACK) {
		f.u.ack_seq = 9;
	} else if (op == RELAY_OP_DELIVER) {
		f.u.deliver.seq = 9;
		f.u.deliver.kind = RELAY_KIND_MESSAGE;
		f.u.deliver.octets = rd_str("sealed");
	}
	T_RC(RC_OK, relay_frame_build(&f, b));
}

static void
a_message_by_http_is_a_frame_both_ways(void)
{
	struct buf out;
	struct buf back;
	struct msg_send m;
	struct msg_sent reply = { 0 };
	SSL *s = dial();

	frame_build(RELAY_OP_SEND, &out);
	frame_build(RELAY_OP_SENT, &back);
	ask(s, "POST", "/v1/messages", NULL, buf_get(&out));
	T_OK(hear(exchange, MSG_SEND, &m, WAIT_MS));
	T_OK(m.stream == 0 && m.frame.left == out.len);
	reply.req = m.req;
	reply.frame = buf_get(&back);
	send_msg(exchange, MSG_SENT, &reply, -1);
	T_OK(answer(s) == 200);
	T_MEM(back.p, body_text, back.len);
	ask(s, "POST", "/v1/messages", NULL, buf_get(&out));
	T_OK(hear(exchange, MSG_SEND, &m, WAIT_MS));
	reply.req = m.req;
	reply.status = MSG_STATUS_REPLAY;
	reply.frame = rd_str("");
	send_msg(exchange, MSG_SENT, &reply, -1);
	T_OK(answer(s) == 401);
	T_OK(strstr(body_text, "problems/replay") != NULL);
	ask(s, "POST", "/v1/messages", NULL, buf_get(&back));
	T_OK(answer(s) == 422); /* not one that a client sends */
	hang_up(s);
	buf_clear(&out);
	buf_clear(&back);
}

static SSL *
open_stream(uint64_t *ret_stream)
{
	const struct httpsig sig = { .account = { 7 }, .device = 3 };
	struct msg_stream_open m = { 0 };
	struct msg_stream_reply reply = { 0 };
	struct buf b;
	SSL *s = dial();

	buf_init(&b, 4096);
	T_RC(RC_OK, http1_request_build(&b, "GET", "/v1/stream", "localhost"));
	T_RC(RC_OK, httpsig_fields_build(&sig, rd_str(""), &b));
	T_RC(RC_OK,
	    buf_add_str(&b,
		"Connection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\n"
		/* the example of RFC 6455 section 1.3 */
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
	say(s, buf_get(&b));
	buf_clear(&b);
	T_OK(hear(exchange, MSG_STREAM_OPEN, &m, WAIT_MS));
	T_OK(m.stream != 0);
	*ret_stream = m.stream;
	reply.stream = m.stream;
	send_msg(exchange, MSG_STREAM_REPLY, &reply, -1);
	while (memmem(got.p, got.len, "\r\n\r\n", 4) == NULL && more(s))
		;
	T_OK(
	    memmem(got.p, got.len, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28) != NULL);
	T_OK(answer(s) == 101);
	return s;
}

static void
say_frame(SSL *s, uint8_t first, struct rd payload)
{
	static const uint8_t mask[4] = { 1, 2, 3, 4 };
	struct buf b;

	buf_init(&b, 8192);
	T_RC(RC_OK, ws_frame_build(&b, WS_OP_BINARY, mask, payload));
	b.p[0] = first; /* FIN and opcode as the test wants them */
	say(s, buf_get(&b));
	buf_clear(&b);
}

static void
a_stream_carries_frames_both_ways(void)
{
	struct buf b;
	struct msg_send m;
	struct msg_ack ack;
	struct msg_stream name = { 0 };
	struct msg_deliver out = { 0 };
	size_t n = 0;
	SSL *s = open_stream(&name.stream);

	frame_build(RELAY_OP_SEND, &b);
	say_frame(s, 0x82, buf_get(&b));
	T_OK(hear(exchange, MSG_SEND, &m, WAIT_MS));
	T_OK(m.stream == name.stream && m.req == 0 && m.frame.left == b.len);
	/* the same in three fragments with a ping between (section 5.4) */
	say_frame(s, 0x02, (struct rd){ b.p, 3 });
	say_frame(s, 0x00, (struct rd){ b.p + 3, 4 });
	say_frame(s, 0x89, rd_str("hi"));
	say_frame(s, 0x80, (struct rd){ b.p + 7, b.len - 7 });
	T_OK(hear(exchange, MSG_SEND, &m, WAIT_MS));
	T_OK(m.frame.left == b.len && memcmp(m.frame.p, b.p, b.len) == 0);
	T_OK(frame(s, &n) == WS_OP_PONG && n == 2);
	buf_clear(&b);
	frame_build(RELAY_OP_DELIVER, &b);
	out.stream = name.stream;
	out.frame = buf_get(&b);
	send_msg(exchange, MSG_DELIVER, &out, -1);
	T_OK(frame(s, &n) == WS_OP_BINARY && n == b.len);
	T_MEM(b.p, body_text, n);
	buf_clear(&b);
	frame_build(RELAY_OP_ACK, &b);
	say_frame(s, 0x82, buf_get(&b));
	T_OK(hear(exchange, MSG_ACK, &ack, WAIT_MS));
	T_OK(ack.stream == name.stream && ack.seq == 9);
	send_msg(exchange, MSG_STREAM_IDLE, &name, -1);
	T_OK(frame(s, &n) == WS_OP_BINARY && n == 2);
	send_msg(exchange, MSG_STREAM_CLOSE, &name, -1);
	T_OK(frame(s, &n) == WS_OP_CLOSE && n == 2);
	T_OK(!more(s));
	/* the exchange closed it: it is not told */
	T_OK(!hear(exchange, MSG_STREAM_CLOSE, &name, 100));
	hang_up(s);
	buf_clear(&b);
}

struct offence {
	uint8_t first;
	uint16_t code;
	const char *payload;
};

static const struct offence offences[] = {
	{ 0x81, 1003, "text" },
	{ 0x82, 1003, "no relay frame" },
	{ 0x80, 1002, "a continuation of nothing" },
	{ 0xc2, 1002, "a reserved bit" },
	{ 0x83, 1002, "a reserved opcode" },
	{ 0x09, 1002, "a fragmented ping" },
	{ 0x88, 1000, "" },
};

static void
what_is_no_frame_closes_the_stream(void)
{
	for (size_t i = 0; i < ARRAY_LEN(offences); i++) {
		const struct offence *o = &offences[i];
		struct msg_stream name = { 0 };
		struct msg_stream closed = { 0 };
		size_t n = 0;
		SSL *s = open_stream(&name.stream);

		say_frame(s, o->first, rd_str(o->payload));
		T_OK(hear(exchange, MSG_STREAM_CLOSE, &closed, WAIT_MS));
		T_OK(closed.stream == name.stream);
		T_OK(frame(s, &n) == WS_OP_CLOSE && n == 2);
		if (!T_OK(((uint8_t)body_text[0] << 8 |
			      (uint8_t)body_text[1]) == o->code))
			printf("# %s\n", o->payload);
		hang_up(s);
	}
}

static void
a_client_that_is_gone_ends_its_stream(void)
{
	struct msg_stream name = { 0 };
	struct msg_stream closed = { 0 };
	SSL *s = open_stream(&name.stream);

	hang_up(s);
	T_OK(hear(exchange, MSG_STREAM_CLOSE, &closed, WAIT_MS));
	T_OK(closed.stream == name.stream);
}

static bool
has_field(const char *field)
{
	return memmem(head_text, strlen(head_text), field, strlen(field)) !=
	    NULL;
}

static void
files_of_the_log_come_from_its_writer(void)
{
	struct msg_log_get m;
	struct msg_log_file file = { .octets = rd_str("a tile"), .fixed = 1 };
	SSL *s = dial();

	ask(s, "GET", "/v1/log/tile/entries/x001/067", NULL, rd_str(""));
	T_OK(hear(ktlog, MSG_LOG_GET, &m, WAIT_MS));
	T_OK(rd_is_eq(m.path, "tile/entries/x001/067"));
	file.req = m.req;
	send_msg(ktlog, MSG_LOG_FILE, &file, -1);
	T_OK(answer(s) == 200);
	T_STR("a tile", body_text);
	T_OK(has_field("Content-Type: application/octet-stream\r\n"));
	T_OK(has_field("Cache-Control: public, max-age=31536000, immutable"));
	ask(s, "GET", "/v1/log/checkpoint", NULL, rd_str(""));
	T_OK(hear(ktlog, MSG_LOG_GET, &m, WAIT_MS));
	T_OK(rd_is_eq(m.path, "checkpoint"));
	file = (struct msg_log_file){ m.req, MSG_STATUS_OK, 0, rd_str("note") };
	send_msg(ktlog, MSG_LOG_FILE, &file, -1);
	T_OK(answer(s) == 200);
	T_OK(has_field("Content-Type: text/plain"));
	T_OK(has_field("Cache-Control: public, max-age=1\r\n"));
	ask(s, "GET", "/v1/log/tile/9/x", NULL, rd_str(""));
	T_OK(hear(ktlog, MSG_LOG_GET, &m, WAIT_MS));
	file = (struct msg_log_file){ m.req, MSG_STATUS_NOT_FOUND, 0,
		rd_str("") };
	send_msg(ktlog, MSG_LOG_FILE, &file, -1);
	T_OK(answer(s) == 404);
	T_OK(has_field("Cache-Control: no-store\r\n"));
	ask(s, "GET", "/v1/log/tile/", NULL, rd_str(""));
	T_OK(answer(s) == 404); /* no route */
	hang_up(s);
}

static void
no_more_files_of_the_log_are_under_way_than_fit(void)
{
	SSL *s[FRONT_LOG_MAX];
	struct msg_log_file file = { .status = MSG_STATUS_DOWN };
	struct msg_log_get m[FRONT_LOG_MAX];
	SSL *one_more = dial();

	for (size_t i = 0; i < FRONT_LOG_MAX; i++) {
		s[i] = dial();
		ask(s[i], "GET", "/v1/log/checkpoint", NULL, rd_str(""));
		T_OK(hear(ktlog, MSG_LOG_GET, &m[i], WAIT_MS));
	}
	ask(one_more, "GET", "/v1/log/checkpoint", NULL, rd_str(""));
	T_OK(answer(one_more) == 503);
	for (size_t i = 0; i < FRONT_LOG_MAX; i++) {
		file.req = m[i].req;
		send_msg(ktlog, MSG_LOG_FILE, &file, -1);
		T_OK(answer(s[i]) == 503);
		hang_up(s[i]);
	}
	ask(one_more, "GET", "/v1/log/checkpoint", NULL, rd_str(""));
	T_OK(hear(ktlog, MSG_LOG_GET, &m[0], WAIT_MS));
	file.req = m[0].req;
	send_msg(ktlog, MSG_LOG_FILE, &file, -1);
	T_OK(answer(one_more) == 503);
	hang_up(one_more);
}

/* --- through a relay ------------------------------------------------------ */

/* What a client asks inside, and the answer that it opened. */
static struct ohttp_to gateway;
static struct ohttp_reply client;
static struct buf opened, sealed;
static struct bhttp inside;

static void
take_key(SSL *s, uint16_t aead)
{
	struct ohttp_config c;

	ask(s, "GET", "/v1/ohttp-keys", NULL, rd_str(""));
	T_OK(answer(s) == 200);
	T_OK(has_field("Content-Type: application/ohttp-keys\r\n"));
	T_RC(RC_OK,
	    ohttp_config_parse(
		(struct rd){ (const uint8_t *)body_text, body_n }, aead, &c));
	gateway = (struct ohttp_to){ .key_id = c.id,
		.aead = aead == 1 ? &hpke_aes_128_gcm
				  : &hpke_chacha20_poly1305 };
	memcpy(gateway.public_key, c.public_key, sizeof(c.public_key));
}

static void
seal(const char *method, const char *path, const char *size)
{
	struct bhttp m = { .head.method = rd_str(method),
		.head.target = rd_str(path),
		.head.fields = { { rd_str(BHTTP_ANSWER_SIZE), rd_str(size) } },
		.head.n_fields = 1,
		.scheme = rd_str("https") };
	struct buf b;

	buf_init(&b, 8192);
	buf_clear(&sealed);
	buf_init(&sealed, 65536);
	T_RC(RC_OK, bhttp_request_build(&m, 600, &b));
	T_RC(
	    RC_OK, ohttp_request_seal(&gateway, buf_get(&b), &client, &sealed));
	buf_clear(&b);
}

static const char *
type_of(enum ohttp_form form)
{
	return form == OHTTP_FORM_WHOLE ? "message/ohttp-req"
					: "message/ohttp-chunked-req";
}

static void
post(SSL *s)
{
	ask(s, "POST", "/v1/ohttp", type_of(gateway.form), buf_get(&sealed));
}

/* The status inside; 0: the answer is not for us. */
static uint16_t
answer_inside(SSL *s)
{
	struct rd body = { (const uint8_t *)body_text, 0 };
	struct buf joined;

	buf_clear(&opened);
	buf_init(&opened, 1 << 17);
	buf_init(&joined, 0);
	T_OK(answer(s) == 200);
	T_OK(has_field(gateway.form == OHTTP_FORM_WHOLE
		? "Content-Type: message/ohttp-res\r\n"
		: "Content-Type: message/ohttp-chunked-res\r\n"));
	T_OK(has_field("Cache-Control: no-store\r\n"));
	body.left = body_n;
	if (ohttp_response_open(&client, body, &opened) != RC_OK ||
	    bhttp_response_parse(buf_get(&opened), &joined, &inside) != RC_OK)
		return 0;
	return inside.head.status;
}

static void
a_request_that_a_relay_brings_is_answered_sealed(void)
{
	SSL *s = dial();

	for (size_t i = 0; i < 4; i++) {
		struct rd v = { 0 };

		take_key(s, i % 2 == 0 ? 1 : 3);
		gateway.form = i / 2 == 0 ? OHTTP_FORM_WHOLE
					  : OHTTP_FORM_CHUNKED;
		seal("GET", "/v1/policy", "20000");
		post(s);
		T_OK(answer_inside(s) == 200);
		T_OK(rd_is_eq(inside.content, "a note\n"));
		T_RC(RC_OK, http1_find(&inside.head, "content-type", &v));
		T_OK(rd_is_eq(v, "text/plain; charset=utf-8"));
		T_OK(opened.len == 20000);
		T_OK(memmem(body_text, body_n, "a note", 6) == NULL);
	}
	hang_up(s);
}

static void
a_request_of_a_relay_may_wait_as_any_other(void)
{
	struct msg_log_get m;
	struct msg_log_file file = { .octets = rd_str("a tile"), .fixed = 1 };
	struct rd v = { 0 };
	SSL *s = dial();

	take_key(s, 3);
	seal("GET", "/v1/log/tile/0/000", "");
	post(s);
	T_OK(hear(ktlog, MSG_LOG_GET, &m, WAIT_MS));
	T_OK(rd_is_eq(m.path, "tile/0/000"));
	file.req = m.req;
	send_msg(ktlog, MSG_LOG_FILE, &file, -1);
	T_OK(answer_inside(s) == 200);
	T_OK(rd_is_eq(inside.content, "a tile") && opened.len == 1024);
	T_RC(RC_OK, http1_find(&inside.head, "cache-control", &v));
	T_OK(rd_is_eq(v, "public, max-age=31536000, immutable"));
	/* a relay that goes away: the answer finds nobody */
	seal("GET", "/v1/log/checkpoint", "");
	post(s);
	T_OK(hear(ktlog, MSG_LOG_GET, &m, WAIT_MS));
	hang_up(s);
	file.req = m.req;
	send_msg(ktlog, MSG_LOG_FILE, &file, -1);
	what_front_knows_it_answers_itself();
}

/* Each of them looks to the relay as the policy does. */
static void
routes_that_need_an_account_or_an_address_are_refused_inside(void)
{
	static const struct {
		const char *method;
		const char *path;
		uint16_t status;
	} cases[] = {
		{ "POST", "/v1/lookups", 403 },
		{ "POST", "/v1/registration", 403 },
		{ "POST", "/v1/accounts", 403 },
		{ "GET", "/v1/prekeys/00112233445566778899aabbccddeeff", 403 },
		{ "PUT", "/v1/devices", 403 },
		{ "POST", "/v1/messages", 403 },
		{ "POST", "/v1/file", 403 },
		{ "POST", "/v1/sms", 403 },
		{ "GET", "/v1/stream", 403 },
		{ "GET", "/v1/link/00112233445566778899aabbccddeeff/offer",
		    403 },
		{ "POST", "/v1/ohttp", 403 },
		{ "GET", "/v1/healthz", 403 },
		{ "GET", "/v1/nothing", 404 },
		{ "PUT", "/v1/policy", 405 },
	};
	struct msg_log_get m;
	SSL *s = dial();

	take_key(s, 3);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		seal(cases[i].method, cases[i].path, "4096");
		post(s);
		if (!T_OK(answer_inside(s) == cases[i].status))
			printf("# %s\n", cases[i].path);
		T_OK(opened.len == 4096);
	}
	T_OK(!hear(exchange, MSG_LOOKUP, &m, 100));
	hang_up(s);
}

static void
what_is_no_request_of_a_relay_is_refused(void)
{
	SSL *s = dial();

	take_key(s, 3);
	seal("GET", "/v1/policy", "");
	ask(s, "POST", "/v1/ohttp", "application/octet-stream",
	    buf_get(&sealed));
	T_OK(answer(s) == 415);
	ask(s, "POST", "/v1/ohttp", "message/ohttp-chunked-req",
	    buf_get(&sealed));
	T_OK(answer(s) == 400); /* sealed in the other form */
	for (size_t n = 0; n < sealed.len; n += 13) {
		ask(s, "POST", "/v1/ohttp", "message/ohttp-req",
		    (struct rd){ sealed.p, n });
		T_OK(answer(s) == 400);
	}
	sealed.p[sealed.len - 1] ^= 1;
	post(s);
	T_OK(answer(s) == 400);
	T_OK(strstr(body_text, "problems/malformed") != NULL);
	sealed.p[0] ^= 0x55;
	post(s);
	T_OK(answer(s) == 422);
	T_OK(strstr(body_text,
		 "\"https://iana.org/assignments/http-problem-types"
		 "#ohttp-key\"") != NULL);
	/* sealed well, and no HTTP inside */
	buf_clear(&sealed);
	buf_init(&sealed, 4096);
	T_RC(RC_OK,
	    ohttp_request_seal(&gateway, rd_str("nonsense"), &client, &sealed));
	post(s);
	T_OK(answer_inside(s) == 400);
	hang_up(s);
}

static void
a_reload_takes_the_new_key_and_policy(void)
{
	const struct msg_empty reload = { 0 };
	SSL *s = dial();

	give_tls();
	give_ohttp(2);
	give_policy("another\n");
	send_msg(parent, MSG_RELOAD, &reload, -1);
	ask(s, "GET", "/v1/healthz", NULL, rd_str(""));
	T_OK(answer(s) == 200); /* with the old key to its end */
	hang_up(s);
	s = dial();
	ask(s, "GET", "/v1/policy", NULL, rd_str(""));
	T_OK(answer(s) == 200);
	T_STR("another\n", body_text);
	/* a new key comes first, and one of the old is still good */
	take_key(s, 3);
	T_OK(gateway.key_id == 2);
	gateway.key_id = 1;
	seal("GET", "/v1/policy", "");
	post(s);
	T_OK(answer(s) == 422);
	gateway.key_id = 9;
	if (crypto_scalarmult_base(
		gateway.public_key, (const uint8_t[32]){ 9 }) != 0)
		abort();
	seal("GET", "/v1/policy", "");
	post(s);
	T_OK(answer_inside(s) == 200);
	hang_up(s);
}

static void
it_stops_after_what_is_under_way(void)
{
	struct msg_link m;
	struct msg_link_reply reply = { .octets = rd_str("last") };
	const struct msg_empty stop = { 0 };
	struct msg_empty ready = { 0 };
	struct msg_stream name = { 0 };
	struct msg_stream closed = { 0 };
	size_t n = 0;
	int status = -1;
	SSL *stream = open_stream(&name.stream);
	SSL *s = dial();

	ask(s, "GET", "/v1/link/00112233445566778899aabbccddeeff/offer", NULL,
	    rd_str(""));
	T_OK(hear(exchange, MSG_LINK_GET, &m, WAIT_MS));
	send_msg(parent, MSG_STOP, &stop, -1);
	T_OK(hear(exchange, MSG_STREAM_CLOSE, &closed, WAIT_MS));
	T_OK(frame(stream, &n) == WS_OP_CLOSE && n == 2);
	got.len = 0;
	reply.req = m.req;
	send_msg(exchange, MSG_LINK_REPLY, &reply, -1);
	T_OK(answer(s) == 200);
	T_STR("last", body_text);
	/* READY again: what it held is durable; it ends when the parent hangs
	 * up, so that no other process loses it before */
	T_OK(hear(parent, MSG_READY, &ready, WAIT_MS));
	chan_free(parent);
	parent = NULL;
	T_OK(waitpid(child, &status, 0) == child);
	T_OK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	hang_up(s);
	hang_up(stream);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(60); /* a front that hangs is a failure */
	buf_init(&got, 1 << 20);
	tls = SSL_CTX_new(TLS_client_method());
	TEST(it_starts);
	TEST(before_keys_has_signed_it_there_is_no_policy);
	TEST(what_front_knows_it_answers_itself);
	TEST(a_registration_waits_for_the_exchange);
	TEST(the_answer_of_a_lookup_holds_its_row);
	TEST(each_plain_reply_has_its_shape);
	TEST(tokens_are_asked_for_by_an_account);
	TEST(a_question_of_nobody_goes_to_lookup);
	TEST(a_question_is_no_larger_than_lookup_says);
	TEST(so_many_questions_are_under_way_at_once);
	TEST(pipelined_requests_are_asked_one_after_the_other);
	TEST(a_reply_to_nobody_is_dropped);
	TEST(a_message_by_http_is_a_frame_both_ways);
	TEST(a_stream_carries_frames_both_ways);
	TEST(what_is_no_frame_closes_the_stream);
	TEST(a_client_that_is_gone_ends_its_stream);
	TEST(files_of_the_log_come_from_its_writer);
	TEST(no_more_files_of_the_log_are_under_way_than_fit);
	TEST(a_request_that_a_relay_brings_is_answered_sealed);
	TEST(a_request_of_a_relay_may_wait_as_any_other);
	TEST(routes_that_need_an_account_or_an_address_are_refused_inside);
	TEST(what_is_no_request_of_a_relay_is_refused);
	TEST(a_reload_takes_the_new_key_and_policy);
	TEST(it_stops_after_what_is_under_way);
	SSL_CTX_free(tls);
	chan_free(parent);
	chan_free(exchange);
	chan_free(keys);
	chan_free(ktlog);
	chan_free(lookup);
	buf_clear(&got);
	return tap_done();
}
