/*
 * fake_process: the exchange with a process around it that is not real: what it
 * sends is caught here, a turn ends when turn() says so, and the wall clock is
 * set. All else is real: store, limits, signatures, octets.
 */
#ifndef FAKE_PROCESS_H
#define FAKE_PROCESS_H
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/voprf.h"
#include "exchange/exchange.h"
#include "proc/child.h"
#include "tap.h"
#include "wire/prekey.h"
#include "wire/relay.h"

#define SENT_MAX 512

/* --- the process that is not real --- */

struct child {
	struct loop *loop;
	struct conf conf;
};

static struct child child;
static const struct child_hooks *hooks;
static int done;
static struct {
	enum permit_role to;
	enum msg_type type;
	struct buf octets;
	bool taken;
} sent[SENT_MAX];
static size_t n_sent;

struct loop *
child_loop(struct child *c)
{
	return c->loop;
}

const struct conf *
child_conf(const struct child *c)
{
	return &c->conf;
}

enum rc
child_file_take(struct child *c, const char *name, int *ret_fd)
{
	(void)c;
	if (strcmp(name, "store.key") != 0)
		return RC_NOT_FOUND;
	*ret_fd = open("store.key", O_RDONLY);
	return *ret_fd < 0 ? RC_NOT_FOUND : RC_OK;
}

void
child_send(
    struct child *c, enum permit_role to, enum msg_type type, const void *msg)
{
	(void)c;
	ASSERT(n_sent < SENT_MAX);
	sent[n_sent].to = to;
	sent[n_sent].type = type;
	sent[n_sent].taken = false;
	buf_init(&sent[n_sent].octets, MSG_BODY_MAX + MSG_HEAD_SIZE);
	T_RC(RC_OK, msg_build(type, msg, &sent[n_sent].octets));
	n_sent++;
}

size_t
child_queued(const struct child *c, enum permit_role to)
{
	(void)c;
	(void)to;
	return 0;
}

void
child_done(struct child *c)
{
	(void)c;
	done++;
}

static void script(void); /* the tests */
static inline void tell_keys(void);

int
child_run(enum permit_role self, const struct child_hooks *h)
{
	T_OK(self == PERMIT_ROLE_EXCHANGE);
	hooks = h;
	T_RC(RC_OK, h->on_start(h->arg, &child));
	tell_keys();
	script();
	return 0;
}

static inline void
forget(void)
{
	for (size_t i = 0; i < n_sent; i++)
		buf_clear(&sent[i].octets);
	n_sent = 0;
}

static inline void
give(enum permit_role from, enum msg_type type, const void *msg)
{
	struct buf b;
	struct rd r;

	buf_init(&b, MSG_BODY_MAX + MSG_HEAD_SIZE);
	T_RC(RC_OK, msg_build(type, msg, &b));
	r = buf_get(&b);
	T_RC(RC_OK, rd_skip(&r, MSG_HEAD_SIZE));
	hooks->on_msg(hooks->arg, from, type, r, -1);
	buf_clear(&b);
}

/* The oldest message of that type; its octets live until forget(). */
static inline bool
take(enum msg_type type, void *ret_msg)
{
	for (size_t i = 0; i < n_sent; i++) {
		struct rd r = buf_get(&sent[i].octets);

		if (sent[i].taken || sent[i].type != type)
			continue;
		sent[i].taken = true;
		return rd_skip(&r, MSG_HEAD_SIZE) == RC_OK &&
		    msg_parse(type, r, ret_msg) == RC_OK;
	}
	return false;
}

/* --- lookup, as far as numbers are evaluated for the directory --- */

static uint8_t voprf_secret[32];
static uint8_t voprf_public[32];
static bool lookup_is_slow; /* answers nothing */

static inline void
tell_keys(void)
{
	static const uint8_t seed[32] = { 5 };
	struct msg_lookup_keys m = { .day = 1 };

	T_RC(RC_OK,
	    voprf_key_derive(seed, rd_str("test"), voprf_secret, voprf_public));
	memcpy(m.voprf, voprf_public, sizeof(m.voprf));
	give(PERMIT_ROLE_LOOKUP, MSG_LOOKUP_KEYS, &m);
}

/* Answers one question that waits. */
static inline bool
evaluate_one(void)
{
	struct msg_evaluated answer = { .status = MSG_STATUS_OK };
	struct msg_evaluate m;
	uint8_t evaluated[1][32];

	for (size_t i = 0; i < n_sent; i++) {
		struct rd r = buf_get(&sent[i].octets);

		if (sent[i].taken || sent[i].type != MSG_EVALUATE ||
		    rd_skip(&r, MSG_HEAD_SIZE) != RC_OK ||
		    msg_parse(MSG_EVALUATE, r, &m) != RC_OK ||
		    m.key != MSG_EVALUATE_DIRECTORY)
			continue;
		sent[i].taken = true;
		T_OK(m.elements.left == 32);
		T_RC(RC_OK,
		    voprf_evaluate(voprf_secret,
			&(struct voprf_batch){
			    1, (const uint8_t(*)[32])m.elements.p, NULL },
			evaluated, answer.proof));
		answer.req = m.req;
		answer.evaluated = (struct rd){ evaluated[0], 32 };
		give(PERMIT_ROLE_LOOKUP, MSG_EVALUATED, &answer);
		return true;
	}
	return false;
}

/* Ends the turn: on_stop is a turn and child_done. What it asked lookup is
 * answered, in a turn of its own. */
static inline void
turn(void)
{
	hooks->on_stop(hooks->arg, &child);
	while (!lookup_is_slow && evaluate_one())
		hooks->on_stop(hooks->arg, &child);
}

/* --- people --- */

struct person {
	struct e164 number;
	uint8_t aik[32];
	uint8_t aik_secret[64];
	uint8_t dsk[3][32]; /* by device id; 0 is not used */
	uint8_t dsk_secret[3][64];
	uint8_t account[16];
	uint8_t session[16];
	char code[9];
	struct buf list;
	struct buf keys;
	struct msg_account_reply reply;
};

static struct person alice UNUSED;
static struct person bob UNUSED;
static uint64_t req = 1;

static inline void
write_list(struct person *p, uint32_t version, size_t n)
{
	struct device_list l = {
		.version = version, .time = mono_wall(), .n = n
	};

	memcpy(l.aik, p->aik, 32);
	memset(l.records_key, 7, 32);
	for (size_t i = 0; i < n; i++) {
		l.devices[i].id = (uint8_t)(i + 1);
		memcpy(l.devices[i].dsk, p->dsk[i + 1], 32);
		memset(l.devices[i].dik, 8, 32);
		memset(l.devices[i].ek, (int)(20 + i), 32);
	}
	buf_clear(&p->list);
	T_RC(RC_OK, device_list_build(&l, p->aik_secret, &p->list));
}

static inline void
write_keys(struct person *p, uint8_t device, uint32_t first, size_t n)
{
	static struct prekey_upload u;

	u = (struct prekey_upload){ .has_signed = true, .n_one_time = n };
	u.signed_key.id = 1;
	u.signed_key.time = mono_wall();
	memset(u.signed_key.key, 9, 32);
	T_RC(RC_OK, prekey_sign(&u.signed_key, true, p->dsk_secret[device]));
	for (size_t i = 0; i < n; i++) {
		u.one_time[i].id = first + (uint32_t)i;
		memset(u.one_time[i].key, (int)i, 32);
		T_RC(RC_OK,
		    prekey_sign(&u.one_time[i], false, p->dsk_secret[device]));
	}
	buf_clear(&p->keys);
	T_RC(RC_OK, prekey_upload_build(&u, &p->keys));
}

static inline void
person_init(struct person *p, const char *number)
{
	memset(p, 0, sizeof(*p));
	T_RC(RC_OK, e164_parse(rd_str(number), &p->number));
	(void)crypto_sign_keypair(p->aik, p->aik_secret);
	for (int i = 1; i < 3; i++)
		(void)crypto_sign_keypair(p->dsk[i], p->dsk_secret[i]);
	buf_init(&p->list, DEVICE_LIST_SIZE_MAX);
	buf_init(&p->keys, PREKEY_UPLOAD_SIZE_MAX);
	write_list(p, 1, 1);
	write_keys(p, 1, 1, 3);
}

static inline void
person_clear(struct person *p)
{
	buf_clear(&p->list);
	buf_clear(&p->keys);
}

static struct msg_auth
sign(const struct person *p, uint8_t device)
{
	struct msg_auth a = { .device = device,
		.created = (uint64_t)mono_wall().s,
		.base = rd_str("the signature base of some request") };

	memcpy(a.account, p->account, 16);
	randombytes_buf(a.nonce, sizeof(a.nonce));
	(void)crypto_sign_detached(
	    a.signature, NULL, a.base.p, a.base.left, p->dsk_secret[device]);
	return a;
}

/* Reads the code out of the SMS, as a person does. */
static inline void
read_sms(struct person *p)
{
	static const char before[] = "Your Tacet code is ";
	struct msg_sms_out sms = { 0 };
	size_t n = 0;

	T_OK(take(MSG_SMS_OUT, &sms));
	T_OK(e164_is_eq(&sms.to, &p->number) && sms.from.n == 0);
	T_OK(sms.text.left > sizeof(before) &&
	    memcmp(sms.text.p, before, sizeof(before) - 1) == 0);
	for (const uint8_t *c = sms.text.p + sizeof(before) - 1;
	     n < 8 && *c >= '0' && *c <= '9'; c++)
		p->code[n++] = (char)*c;
	p->code[n] = '\0';
}

static inline uint8_t
start(struct person *p, uint8_t addr)
{
	struct msg_reg_start m = {
		.req = req++, .number = p->number, .addr_key = { addr }
	};
	struct msg_reg_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_REG_START, &m);
	T_OK(n_sent == 0); /* nothing leaves before the commit */
	turn();
	T_OK(take(MSG_REG_REPLY, &reply) && reply.req == m.req);
	memcpy(p->session, reply.session, 16);
	if (reply.status == MSG_STATUS_OK)
		read_sms(p);
	return reply.status;
}

static inline uint8_t
put(struct person *p, const char *code)
{
	struct msg_account_put m = { .req = req++,
		.auth = sign(p, 1),
		.code = rd_str(code),
		.number = p->number,
		.device_list = buf_get(&p->list),
		.prekeys = buf_get(&p->keys) };

	m.auth.is_new = 1;
	memset(m.auth.account, 0, 16);
	memcpy(m.session, p->session, 16);
	forget();
	give(PERMIT_ROLE_FRONT, MSG_ACCOUNT_PUT, &m);
	turn();
	p->reply = (struct msg_account_reply){ .status = 255 };
	T_OK(take(MSG_ACCOUNT_REPLY, &p->reply) && p->reply.req == m.req);
	if (p->reply.status == MSG_STATUS_OK)
		memcpy(p->account, p->reply.account, 16);
	return p->reply.status;
}

static inline void
enroll(struct person *p, const char *number)
{
	static uint8_t addr = 100;

	person_init(p, number);
	T_OK(start(p, ++addr) == MSG_STATUS_OK);
	T_OK(put(p, p->code) == MSG_STATUS_OK);
}

/* Numbers are used once: limits of one test are not in another's way. */
static inline const char *
a_number(void)
{
	static int n = 1000;
	static char text[2][16];

	n++;
	(void)snprintf(
	    text[n % 2], sizeof(text[0]), "+1555%03d%04d", 200 + n % 700, n);
	return text[n % 2];
}

static inline void
sleep_s(int64_t s)
{
	static int64_t offset;

	offset += s;
	mono_wall_offset(offset);
}

/* --- messages and streams --- */

static inline struct relay_frame
message(const struct person *to, uint8_t id, size_t n)
{
	struct relay_frame f = { .op = RELAY_OP_SEND };

	f.u.send.id[0] = id;
	memcpy(f.u.send.account, to->account, 16);
	f.u.send.list_version = 1;
	f.u.send.n = n;
	for (size_t i = 0; i < n; i++) {
		f.u.send.to[i].device = (uint8_t)(i + 1);
		f.u.send.to[i].envelope = rd_str("sealed octets");
	}
	return f;
}

/* By a stream, or by HTTP when stream is 0. */
static inline void
give_send(struct person *from, uint64_t stream, const struct relay_frame *f)
{
	struct msg_send m = { .stream = stream };
	struct buf b;

	buf_init(&b, RELAY_FRAME_MAX);
	T_RC(RC_OK, relay_frame_build(f, &b));
	m.frame = buf_get(&b);
	if (stream == 0) {
		m.req = req++;
		m.auth = sign(from, 1);
	}
	give(PERMIT_ROLE_FRONT, MSG_SEND, &m);
	buf_clear(&b);
}

static inline struct relay_sent
send_one(struct person *from, uint64_t stream, const struct relay_frame *f)
{
	struct msg_sent m = { .status = 255 };
	struct relay_frame answer = { 0 };

	forget();
	give_send(from, stream, f);
	turn();
	T_OK(take(MSG_SENT, &m));
	T_OK(m.status == MSG_STATUS_OK && m.stream == stream);
	T_RC(RC_OK, relay_frame_parse(m.frame, &answer));
	T_MEM(f->u.send.id, answer.u.sent.id, 16);
	return answer.u.sent;
}

static inline uint64_t
open_stream(struct person *p, uint8_t device)
{
	static uint64_t last = 1000;
	struct msg_stream_open m = { .stream = ++last,
		.auth = sign(p, device) };
	struct msg_stream_reply reply = { .status = 255 };

	forget();
	give(PERMIT_ROLE_FRONT, MSG_STREAM_OPEN, &m);
	turn();
	T_OK(take(MSG_STREAM_REPLY, &reply) && reply.stream == m.stream);
	T_OK(reply.status == MSG_STATUS_OK);
	return m.stream;
}

static inline size_t
delivered(uint64_t stream, uint64_t *ret_last)
{
	struct msg_deliver m;
	struct relay_frame f;
	size_t n = 0;

	while (take(MSG_DELIVER, &m)) {
		T_OK(m.stream == stream);
		T_RC(RC_OK, relay_frame_parse(m.frame, &f));
		T_OK(f.op == RELAY_OP_DELIVER && f.u.deliver.seq > *ret_last);
		*ret_last = f.u.deliver.seq;
		n++;
	}
	return n;
}

static inline void
ack(uint64_t stream, uint64_t seq)
{
	const struct msg_ack m = { stream, seq };

	give(PERMIT_ROLE_FRONT, MSG_ACK, &m);
}

/* Runs script() inside a fresh home; what main returns. */
static inline int
fake_process_main(void)
{
	char dir[] = "/tmp/tacet-exchange-XXXXXX";
	uint8_t key[32];
	int fd;

	if (sodium_init() < 0 || mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	(void)signal(SIGXFSZ, SIG_IGN);
	randombytes_buf(key, sizeof(key));
	fd = open("store.key", O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, key, sizeof(key)) != sizeof(key) ||
	    close(fd) != 0 || loop_new(&child.loop) != RC_OK)
		return 1;
	conf_defaults(&child.conf);
	child.conf.test_numbers = true;
	T_OK(exchange_main() == 0);
	loop_free(child.loop);
	T_OK(done > 0);
	(void)unlink("store.key");
	(void)unlink("store.db");
	(void)unlink("store.db-wal");
	(void)rmdir(dir);
	return tap_done();
}
#endif
