#include "sms/smsc_client.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/failmem.h"
#include "proc/log.h"
#include "sms/smpp_submit.h"
#include "sms/smsc_queue.h"

#define IN_MAX 65536
#define OUT_MAX 262144
#define READ_SIZE 4096
#define TICK_BUSY_MS 20
#define TICK_IDLE_MS 250
#define OPEN_MS 10000    /* to connect and bind (section 7.2: timers) */
#define ANSWER_MS 30000  /* to a submit_sm */
#define ENQUIRE_MS 10000 /* to an enquire_link */
#define STOP_MS 2000     /* to an unbind */
#define BACKOFF_MS 500   /* doubles up to */
#define BACKOFF_MAX 30000
#define STEADY_MS 10000    /* a session that lasted resets the backoff */
#define AGE_MS 600000      /* a code is of no use later than this */
#define TRIES_MAX 5        /* links that broke under one submit_sm */
#define SEQ_MAX 0x7fffffff /* section 3.2 */

enum state {
	STATE_DOWN,
	STATE_CONNECTING,
	STATE_BINDING,
	STATE_BOUND,
	STATE_UNBINDING,
	STATE_STOPPED
};

struct smsc_client {
	struct loop *loop;
	struct smsc_client_conf conf;
	struct smsc_client_hooks hooks;
	struct smsc_queue *queue;
	enum state state;
	struct mono since; /* of state */
	int fd;
	struct loop_io *io;
	struct loop_timer *timer;
	bool wants_out;
	bool broken; /* the link is to be dropped at the end of this turn */
	struct buf in, out;
	uint64_t session;
	uint32_t seq;
	size_t addr; /* tried next */
	struct mono down_since;
	int64_t backoff;
	struct mono retry_at;
	struct mono heard; /* last PDU of the SMSC */
	bool enquiring;
	struct mono enquired;
	int64_t throttle; /* ms; 0: the SMSC keeps up */
	struct mono throttled_until;
	int64_t credit; /* thousandths of a submit_sm */
	struct mono credited;
	loop_fn stopped;
	void *stopped_arg;
};

static void on_tick(void *arg);
static void on_io(void *arg, uint32_t events);

static void
state_set(struct smsc_client *c, enum state state)
{
	c->state = state;
	c->since = loop_now(c->loop);
}

static int64_t
ms_since(const struct smsc_client *c, struct mono t)
{
	return mono_diff_ms(loop_now(c->loop), t);
}

static bool
is_down(const struct smsc_client *c)
{
	return c->state != STATE_BOUND &&
	    ms_since(c, c->down_since) >= SMSC_CLIENT_DOWN_MS;
}

static void
tick_arm(struct smsc_client *c)
{
	int64_t ms = smsc_queue_count(c->queue) > 0 ? TICK_BUSY_MS
						    : TICK_IDLE_MS;

	loop_timer_del(&c->timer);
	/* Without its timer the process would sleep for ever. */
	ASSERT(loop_timer_add(c->loop, ms, on_tick, c, &c->timer) == RC_OK);
}

/* Half of the delay is random, so that many gateways do not come at once. */
static void
backoff_start(struct smsc_client *c)
{
	int64_t half = c->backoff / 2;

	c->retry_at = mono_add_ms(loop_now(c->loop),
	    half + (int64_t)randombytes_uniform((uint32_t)half + 1));
	c->backoff = c->backoff >= BACKOFF_MAX / 2 ? BACKOFF_MAX
						   : c->backoff * 2;
}

static void
link_drop(struct smsc_client *c)
{
	bool was_bound = c->state == STATE_BOUND;

	if (c->io != NULL)
		loop_io_del(c->io);
	c->io = NULL;
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->broken = false;
	c->session++; /* answers to the old one go nowhere */
	buf_clear(&c->in);
	buf_clear(&c->out);
	smsc_queue_rewind(c->queue);
	if (was_bound) {
		c->down_since = loop_now(c->loop);
		if (ms_since(c, c->since) >= STEADY_MS)
			c->backoff = BACKOFF_MS;
		log_event(
		    LOG_SMS_DOWN, LOG_U("waiting", smsc_queue_count(c->queue)));
	}
	if (c->state == STATE_UNBINDING || c->state == STATE_STOPPED) {
		state_set(c, STATE_STOPPED);
		return;
	}
	state_set(c, STATE_DOWN);
	backoff_start(c);
}

static void
flush(struct smsc_client *c)
{
	while (c->out.len > 0 && !c->broken) {
		ssize_t n = send(
		    c->fd, c->out.p, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0) {
			c->broken = true;
			return;
		}
		buf_consume(&c->out, (size_t)n);
	}
	if (c->out.len == 0)
		buf_clear(&c->out); /* wiped: it held texts */
	if ((c->out.len > 0) != c->wants_out) {
		c->wants_out = c->out.len > 0;
		if (loop_io_set(c->io,
			EPOLLIN | (c->wants_out ? (uint32_t)EPOLLOUT : 0)) !=
		    RC_OK)
			c->broken = true;
	}
}

static void
pdu_send(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	if (c->fd < 0 || c->broken)
		return;
	if (smpp_pdu_build(pdu, &c->out) != RC_OK)
		c->broken = true; /* it reads nothing of what we write */
	else
		flush(c);
}

static uint32_t
seq_next(struct smsc_client *c)
{
	c->seq = c->seq >= SEQ_MAX ? 1 : c->seq + 1;
	return c->seq;
}

static void
answer(struct smsc_client *c, const struct smpp_pdu *to,
    enum smpp_pdu_status status)
{
	struct smpp_pdu pdu = {
		.cmd = to->cmd | SMPP_PDU_RESP, .status = status, .seq = to->seq
	};

	pdu_send(c, &pdu);
}

static void
nack(struct smsc_client *c, uint32_t seq, enum smpp_pdu_status status)
{
	struct smpp_pdu pdu = { .cmd = SMPP_PDU_RESP |
		    SMPP_PDU_CMD_GENERIC_NACK,
		.status = status,
		.seq = seq };

	pdu_send(c, &pdu);
}

static void
bind_send(struct smsc_client *c)
{
	struct smpp_pdu pdu = { .cmd = SMPP_PDU_CMD_BIND_TRANSCEIVER,
		.seq = seq_next(c) };
	struct buf body;

	buf_init(&body, SMPP_PDU_MAX - SMPP_PDU_HEAD);
	if (smpp_bind_build(&c->conf.bind, &body) != RC_OK) {
		c->broken = true;
	} else {
		pdu.body = buf_get(&body);
		pdu_send(c, &pdu);
		state_set(c, STATE_BINDING);
	}
	buf_clear(&body);
}

static void
connect_start(struct smsc_client *c)
{
	size_t at = c->addr++ % c->conf.addrs;
	const struct sockaddr *sa = (const struct sockaddr *)&c->conf.addr[at];

	state_set(c, STATE_CONNECTING);
	c->wants_out = true;
	c->fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    (connect(c->fd, sa, c->conf.addr_len[at]) != 0 &&
		errno != EINPROGRESS) ||
	    loop_io_add(c->loop, c->fd, EPOLLIN | EPOLLOUT, on_io, c, &c->io) !=
		RC_OK)
		link_drop(c);
}

/* The end of a queued submit_sm, one way or another. */
static void
item_end(struct smsc_client *c, struct smsc_queue_item *item, enum rc rc,
    const char *id)
{
	uint64_t token = item->token;

	smsc_queue_remove(c->queue, item);
	c->hooks.on_submitted(c->hooks.arg, token, rc, id);
}

static void
on_bind_resp(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	if (c->state != STATE_BINDING)
		return;
	if (pdu->status != SMPP_PDU_STATUS_ROK) {
		log_event(LOG_SMS_DOWN, LOG_U("status", pdu->status));
		c->broken = true;
		return;
	}
	if (smpp_bind_resp_parse(pdu->body) != RC_OK) {
		log_event(LOG_SMS_GARBAGE);
		c->broken = true;
		return;
	}
	state_set(c, STATE_BOUND);
	c->enquiring = false;
	c->credited = loop_now(c->loop);
	log_event(LOG_SMS_BOUND);
}

/* The SMSC is busy: nothing is sent for a while, twice as long each time. */
static void
throttle(struct smsc_client *c)
{
	c->throttle = c->throttle == 0 ? BACKOFF_MS : c->throttle * 2;
	if (c->throttle > BACKOFF_MAX)
		c->throttle = BACKOFF_MAX;
	c->throttled_until = mono_add_ms(loop_now(c->loop), c->throttle);
	log_event(LOG_SMS_THROTTLED, LOG_U("wait_ms", c->throttle));
}

static void
on_submit_resp(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	struct smsc_queue_item *item = pdu->seq == 0
	    ? NULL
	    : smsc_queue_find(c->queue, pdu->seq);
	char id[SMPP_PDU_ID_MAX] = "";

	if (item == NULL)
		return; /* answered twice, or of an earlier session */
	switch (pdu->status) {
	case SMPP_PDU_STATUS_ROK:
		if (smpp_submit_resp_parse(pdu->body, id) != RC_OK) {
			log_event(LOG_SMS_GARBAGE);
			c->broken = true;
			return;
		}
		c->throttle = 0;
		item_end(c, item, RC_OK, id);
		break;
	case SMPP_PDU_STATUS_RTHROTTLED:
	case SMPP_PDU_STATUS_RMSGQFUL:
		item->seq = 0;
		/* one step for a window that was refused as a whole */
		if (!mono_is_after(c->throttled_until, loop_now(c->loop)))
			throttle(c);
		break;
	default:
		log_event(LOG_SMS_REJECTED, LOG_U("status", pdu->status));
		item_end(c, item, RC_DENIED, "");
		break;
	}
}

static void
on_nack(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	struct smsc_queue_item *item = pdu->seq == 0
	    ? NULL
	    : smsc_queue_find(c->queue, pdu->seq);

	log_event(LOG_SMS_REJECTED, LOG_U("status", pdu->status));
	if (item != NULL)
		item_end(c, item, RC_DENIED, "");
	else /* it no longer knows where a PDU begins */
		c->broken = true;
}

static void
on_deliver(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	if (c->state != STATE_BOUND)
		answer(c, pdu, SMPP_PDU_STATUS_RINVBNDSTS);
	else
		c->hooks.on_deliver(
		    c->hooks.arg, c->session, pdu->seq, pdu->body);
}

static void
on_unbind(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	answer(c, pdu, SMPP_PDU_STATUS_ROK);
	c->broken = true;
}

static void
on_unbind_resp(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	(void)pdu;
	c->broken = true;
}

static void
on_enquire(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	answer(c, pdu, SMPP_PDU_STATUS_ROK);
}

static void
on_enquire_resp(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	(void)pdu;
	c->enquiring = false;
}

static void
on_pdu(struct smsc_client *c, const struct smpp_pdu *pdu)
{
	static const struct {
		uint32_t cmd;
		void (*fn)(struct smsc_client *, const struct smpp_pdu *);
	} table[] = {
		{ SMPP_PDU_RESP | SMPP_PDU_CMD_GENERIC_NACK, on_nack },
		{ SMPP_PDU_RESP | SMPP_PDU_CMD_SUBMIT_SM, on_submit_resp },
		{ SMPP_PDU_CMD_DELIVER_SM, on_deliver },
		{ SMPP_PDU_CMD_UNBIND, on_unbind },
		{ SMPP_PDU_RESP | SMPP_PDU_CMD_UNBIND, on_unbind_resp },
		{ SMPP_PDU_RESP | SMPP_PDU_CMD_BIND_TRANSCEIVER, on_bind_resp },
		{ SMPP_PDU_CMD_ENQUIRE_LINK, on_enquire },
		{ SMPP_PDU_RESP | SMPP_PDU_CMD_ENQUIRE_LINK, on_enquire_resp },
	};

	c->heard = loop_now(c->loop);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].cmd == pdu->cmd) {
			table[i].fn(c, pdu);
			return;
		}
	log_event(LOG_SMS_GARBAGE);
	if ((pdu->cmd & SMPP_PDU_RESP) == 0) /* section 4.3.1 */
		nack(c, pdu->seq, SMPP_PDU_STATUS_RINVCMDID);
}

/* Everything whole that was read. */
static void
pdus_take(struct smsc_client *c)
{
	struct rd in = buf_get(&c->in);
	struct smpp_pdu pdu = { 0 };
	enum rc rc = RC_OK;

	while (!c->broken && (rc = smpp_pdu_parse(&in, &pdu)) == RC_OK)
		on_pdu(c, &pdu);
	if (rc != RC_OK && rc != RC_AGAIN) {
		log_event(LOG_SMS_GARBAGE);
		c->broken = true;
	}
	if (c->broken)
		return;
	buf_consume(&c->in, c->in.len - in.left);
	if (c->in.len == 0)
		buf_clear(&c->in); /* wiped: it held texts */
}

static void
fill(struct smsc_client *c)
{
	uint8_t *p = NULL;
	ssize_t n;

	if (buf_reserve(&c->in, READ_SIZE, &p) != RC_OK) {
		c->broken = true;
		return;
	}
	n = recv(c->fd, p, READ_SIZE, MSG_DONTWAIT);
	if (n > 0) {
		buf_commit(&c->in, (size_t)n);
		pdus_take(c);
	} else if (n == 0 ||
	    (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		c->broken = true;
	}
}

static void
pump_one(struct smsc_client *c, struct smsc_queue_item *item)
{
	struct smpp_pdu pdu = { .cmd = SMPP_PDU_CMD_SUBMIT_SM };

	if (++item->tries > TRIES_MAX) {
		item_end(c, item, RC_STATE, "");
		return;
	}
	item->seq = seq_next(c);
	item->sent = loop_now(c->loop);
	pdu.seq = item->seq;
	pdu.body = buf_get(&item->body);
	c->credit -= 1000;
	pdu_send(c, &pdu);
}

/* Sends what window, rate and the SMSC's patience allow. */
static void
pump(struct smsc_client *c)
{
	int64_t full = (int64_t)c->conf.rate * 1000;
	struct smsc_queue_item *item;

	c->credit += ms_since(c, c->credited) * (int64_t)c->conf.rate;
	c->credit = c->credit > full ? full : c->credit;
	c->credited = loop_now(c->loop);
	if (mono_is_after(c->throttled_until, loop_now(c->loop)))
		return;
	while (c->state == STATE_BOUND && !c->broken && c->credit >= 1000 &&
	    smsc_queue_sent(c->queue) < c->conf.window &&
	    (item = smsc_queue_waiting(c->queue)) != NULL)
		pump_one(c, item);
}

static void
link_check(struct smsc_client *c)
{
	struct smpp_pdu pdu = { .cmd = SMPP_PDU_CMD_ENQUIRE_LINK };
	struct smsc_queue_item *oldest = smsc_queue_oldest_sent(c->queue);

	if ((oldest != NULL && ms_since(c, oldest->sent) >= ANSWER_MS) ||
	    (c->enquiring && ms_since(c, c->enquired) >= ENQUIRE_MS))
		c->broken = true;
	if (c->broken || c->enquiring ||
	    ms_since(c, c->heard) < (int64_t)c->conf.enquire_s * 1000)
		return;
	c->enquiring = true;
	c->enquired = loop_now(c->loop);
	pdu.seq = seq_next(c);
	pdu_send(c, &pdu);
}

/* What is too old, or all when the SMSC is down, goes back unsent. */
static void
give_back(struct smsc_client *c)
{
	struct smsc_queue_item *item;

	while ((item = smsc_queue_first(c->queue)) != NULL && item->seq == 0 &&
	    (is_down(c) || ms_since(c, item->born) >= AGE_MS))
		item_end(c, item, RC_STATE, "");
}

static void
settle(struct smsc_client *c)
{
	loop_fn stopped = c->stopped;

	if (c->broken)
		link_drop(c);
	if (c->state == STATE_STOPPED && stopped != NULL) {
		c->stopped = NULL;
		stopped(c->stopped_arg);
	}
}

static void
on_tick(void *arg)
{
	struct smsc_client *c = arg;

	switch (c->state) {
	case STATE_DOWN:
		if (!mono_is_after(c->retry_at, loop_now(c->loop)))
			connect_start(c);
		break;
	case STATE_CONNECTING:
	case STATE_BINDING:
		if (ms_since(c, c->since) >= OPEN_MS)
			c->broken = true;
		break;
	case STATE_BOUND:
		link_check(c);
		pump(c);
		break;
	case STATE_UNBINDING:
		if (ms_since(c, c->since) >= STOP_MS)
			c->broken = true;
		break;
	case STATE_STOPPED:
		break;
	}
	settle(c);
	if (c->state == STATE_STOPPED)
		return;
	give_back(c);
	tick_arm(c);
}

static void
on_io(void *arg, uint32_t events)
{
	struct smsc_client *c = arg;
	int error = 0;
	socklen_t n = sizeof(error);

	if (c->state == STATE_CONNECTING && (events & EPOLLOUT) != 0) {
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 ||
		    error != 0)
			c->broken = true;
		else
			bind_send(c);
	} else if ((events & EPOLLOUT) != 0) {
		flush(c);
	}
	if (!c->broken && (events & EPOLLIN) != 0)
		fill(c);
	else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
		c->broken = true;
	if (!c->broken && c->state == STATE_BOUND)
		pump(c);
	settle(c);
}

enum rc
smsc_client_new(struct loop *l, const struct smsc_client_conf *conf,
    const struct smsc_client_hooks *hooks, struct smsc_client **ret_c)
{
	struct smsc_client *c = NULL;
	enum rc rc = RC_OK;

	CHECK(conf->addrs >= 1, RC_BUG);
	CHECK(conf->addrs <= SMSC_CLIENT_ADDRS_MAX, RC_BUG);
	c = failmem_alloc(sizeof(*c));
	CHECK(c != NULL, RC_NOMEM);
	c->fd = -1;
	c->loop = l;
	c->conf = *conf;
	c->hooks = *hooks;
	c->backoff = BACKOFF_MS;
	c->down_since = c->retry_at = c->since = loop_now(l);
	c->heard = c->credited = c->throttled_until = loop_now(l);
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, OUT_MAX);
	TRY(smsc_queue_new(SMSC_CLIENT_QUEUE_MAX, &c->queue));
	TRY(loop_timer_add(l, 0, on_tick, c, &c->timer));
	*ret_c = c;
	c = NULL;
out:
	smsc_client_free(c);
	return rc;
}

void
smsc_client_free(struct smsc_client *c)
{
	if (c == NULL)
		return;
	loop_timer_del(&c->timer);
	if (c->io != NULL)
		loop_io_del(c->io);
	if (c->fd >= 0)
		(void)close(c->fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	smsc_queue_free(c->queue);
	smpp_bind_clear(&c->conf.bind);
	free(c);
}

enum rc
smsc_client_submit(struct smsc_client *c, uint64_t token, struct rd body)
{
	enum rc rc = RC_OK;

	CHECK(
	    c->state != STATE_STOPPED && c->state != STATE_UNBINDING, RC_STATE);
	CHECK(!is_down(c), RC_STATE);
	TRY(smsc_queue_add(c->queue, token, body, loop_now(c->loop)));
	tick_arm(c); /* sooner than an idle tick */
out:
	return rc;
}

void
smsc_client_tune(
    struct smsc_client *c, uint32_t window, uint32_t enquire_s, uint32_t rate)
{
	c->conf.window = window;
	c->conf.enquire_s = enquire_s;
	c->conf.rate = rate;
}

size_t
smsc_client_room(const struct smsc_client *c)
{
	return smsc_queue_room(c->queue);
}

void
smsc_client_answer(struct smsc_client *c, uint64_t session, uint32_t seq,
    enum smpp_pdu_status status)
{
	static const uint8_t no_id[1]; /* section 4.6.2: message_id, unused */
	struct smpp_pdu pdu = { .cmd = SMPP_PDU_CMD_DELIVER_SM | SMPP_PDU_RESP,
		.status = status,
		.seq = seq,
		.body = { no_id, sizeof(no_id) } };

	if (session == c->session && c->state == STATE_BOUND)
		pdu_send(c, &pdu);
}

void
smsc_client_stop(struct smsc_client *c, loop_fn fn, void *arg)
{
	struct smpp_pdu pdu = { .cmd = SMPP_PDU_CMD_UNBIND };

	c->stopped = fn;
	c->stopped_arg = arg;
	if (c->state != STATE_BOUND) {
		c->broken = c->fd >= 0;
		state_set(c, STATE_STOPPED);
		settle(c);
		return;
	}
	pdu.seq = seq_next(c);
	pdu_send(c, &pdu);
	state_set(c, STATE_UNBINDING);
}
