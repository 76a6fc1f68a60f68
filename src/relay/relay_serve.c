#include "relay/relay_serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"
#include "relay/relay_stream.h"
#include "wire/http1.h"

#define ACCEPTS_MAX 32
#define PAUSE_MS 100 /* out of descriptors */
#define REQUEST_MS                                                         \
	30000         /* the handshake, and each request until it is whole \
		       */
#define IDLE_MS 60000 /* between two requests */
#define LAST_MS 30000 /* the last answer */
#define LINGER_MS 2000
#define OUT_FULL 65536 /* then the gateway's answer waits */
#define OUT_MAX (OUT_FULL + 2 * 65536)
#define PROBLEM_MAX 512

enum state {
	STATE_REQUEST, /* reads one */
	STATE_ASKED,   /* a gateway has it */
	STATE_LAST,    /* writes the last answer */
	STATE_LINGER   /* wrote it; drops what still comes */
};

struct client {
	struct relay_serve *serve;
	struct relay_stream *stream;
	enum state state;
	uint32_t place;
	struct loop_timer *timer;
	struct relay_call *call; /* NULL: none is under way */
	size_t gateway;
	bool has_head; /* of the answer: it can no more be another one */
	bool keep_alive;
	bool is_idle; /* an answer was given, and nothing came since */
	bool continued;
	bool is_taking; /* take_requests is on the stack */
	bool is_closing;
	struct client *next;
};

struct relay_serve {
	struct relay_serve_spec spec;
	struct relay_limits *limits;
	struct loop_io *io;
	struct loop_timer *pause;
	struct client *clients;
	uint32_t n;
	struct relay_serve_counts counts;
};

/* --- the end of one ------------------------------------------------------- */

static void
client_free(struct client *c)
{
	loop_timer_del(&c->timer);
	if (c->call != NULL)
		relay_call_cancel(c->call);
	relay_stream_free(c->stream);
	relay_limits_release(c->serve->limits, c->place);
	free(c);
}

static void
on_close(void *arg)
{
	struct client *c = arg;
	struct relay_serve *s = c->serve;
	struct client **at = &s->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	s->n--;
	client_free(c);
}

/* At the end of the turn: perhaps the call or the stream is what calls. */
static void
client_close(struct client *c)
{
	if (c->is_closing)
		return;
	c->is_closing = true;
	if (loop_defer(c->serve->spec.loop, on_close, c) != RC_OK)
		_exit(70); /* a leak of every connection is worse */
}

static void
on_timer(void *arg)
{
	client_close(arg);
}

static void
set_timer(struct client *c, int64_t ms)
{
	loop_timer_del(&c->timer);
	if (loop_timer_add(c->serve->spec.loop, ms, on_timer, c, &c->timer) !=
	    RC_OK)
		client_close(c);
}

/* --- answers -------------------------------------------------------------- */

static enum rc
head_add(struct client *c, const struct relay_call_head *h, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(http1_status_build(b, h->status));
	TRY(buf_add_str(b, "Cache-Control: no-store\r\n"));
	if (!c->keep_alive)
		TRY(buf_add_str(b, "Connection: close\r\n"));
	if (h->type.left > 0)
		TRY(http1_field_build(b, "Content-Type", h->type));
	if (h->retry_after > 0)
		TRY(buf_add_fmt(b, "Retry-After: %u\r\n", h->retry_after));
	if (h->status == 405) /* RFC 9110 section 15.5.6 */
		TRY(buf_add_str(b, "Allow: POST\r\n"));
	if (h->status == 204)
		TRY(buf_add_str(b, "\r\n"));
	else
		TRY(http1_end_build(b, h->length));
	TRY(relay_stream_add(c->stream, buf_get(b)));
out:
	return rc;
}

static void
head_send(struct client *c, const struct relay_call_head *h)
{
	struct buf b;

	buf_init(&b, HTTP1_HEAD_MAX);
	c->has_head = true;
	if (head_add(c, h, &b) != RC_OK)
		client_close(c);
	buf_clear(&b);
}

/* The answer is in the stream. */
static void
answered(struct client *c)
{
	c->has_head = false;
	c->state = c->keep_alive ? STATE_REQUEST : STATE_LAST;
	c->is_idle = c->keep_alive;
	c->continued = false;
	set_timer(c, c->keep_alive ? IDLE_MS : LAST_MS);
}

struct problem {
	uint16_t status;
	const char *name;
	const char *title; /* a constant sentence: no value gets in */
};

static const struct problem malformed = { 400, "malformed",
	"The request is malformed" };
static const struct problem not_found = { 404, "not-found",
	"This relay has no such gateway" };
static const struct problem method = { 405, "method",
	"A relay takes POST alone" };
static const struct problem no_length = { 411, "length-required",
	"The length of the body must be there" };
static const struct problem too_large = { 413, "too-large",
	"The body is too large" };
static const struct problem media_type = { 415, "media-type",
	"The body is no encapsulated request" };
static const struct problem limit = { 429, "limit", "Too many requests" };
static const struct problem fields = { 431, "fields-too-large",
	"The header is too large" };
static const struct problem busy = { 503, "down",
	"The relay has too much to do" };
static const struct problem gateway_down = { 502, "gateway-down",
	"The gateway cannot be reached, or does not answer as one" };
static const struct problem gateway_slow = { 504, "gateway-slow",
	"The gateway did not answer in time" };

/* RFC 9457. */
static void
refuse(struct client *c, const struct problem *p, uint32_t retry_after)
{
	static const char type[] = "application/problem+json";
	struct relay_call_head h = { .status = p->status,
		.type = rd_str(type),
		.retry_after = retry_after };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PROBLEM_MAX);
	TRY(buf_add_fmt(&b,
	    "{\"type\":\"https://tacet.example/problems/%s\","
	    "\"title\":\"%s\",\"status\":%u",
	    p->name, p->title, (unsigned)p->status));
	if (retry_after > 0)
		TRY(buf_add_fmt(&b, ",\"retry_after\":%u", retry_after));
	TRY(buf_add_str(&b, "}"));
	h.length = b.len;
	head_send(c, &h);
	TRY(relay_stream_add(c->stream, buf_get(&b)));
	answered(c);
out:
	if (rc != RC_OK)
		client_close(c);
	buf_clear(&b);
}

/* By the relay itself. The rest of what comes is not looked at, unless the
 * whole request was there. */
static void
refuse_request(struct client *c, const struct problem *p, uint32_t retry_after)
{
	c->serve->counts.refused++;
	if (p == &limit)
		c->serve->counts.limited++;
	refuse(c, p, retry_after);
}

/* --- what a gateway says -------------------------------------------------- */

static void
on_head(void *arg, const struct relay_call_head *h)
{
	struct client *c = arg;

	c->serve->counts.answers++;
	head_send(c, h);
}

static size_t
on_body(void *arg, struct rd octets)
{
	struct client *c = arg;

	if (c->is_closing || relay_stream_queued(c->stream) >= OUT_FULL)
		return 0;
	if (octets.left > OUT_FULL)
		octets.left = OUT_FULL;
	if (relay_stream_add(c->stream, octets) != RC_OK) {
		client_close(c);
		return 0;
	}
	return octets.left;
}

static void take_requests(struct client *c);

static void
on_end(void *arg, enum rc rc)
{
	struct client *c = arg;
	struct relay_serve *s = c->serve;

	c->call = NULL;
	if (c->is_closing)
		return;
	if (rc == RC_OK) {
		answered(c);
		take_requests(c); /* the next one may be there already */
		return;
	}
	s->counts.faults++;
	s->spec.on_fault(s->spec.arg, c->gateway, rc);
	if (c->has_head) { /* cut off: that it is not whole must be seen */
		client_close(c);
		return;
	}
	if (rc == RC_NOMEM)
		refuse(c, &busy, 1);
	else
		refuse(c, rc == RC_AGAIN ? &gateway_slow : &gateway_down, 1);
	take_requests(c);
}

static const struct relay_call_hooks hooks = { on_head, on_body, on_end };

/* --- requests ------------------------------------------------------------- */

/* One of the two; NULL: another. The constant goes on, not what was sent. */
static const char *
type_of(const struct http1_head *h)
{
	static const char *const types[] = { "message/ohttp-req",
		"message/ohttp-chunked-req" };
	struct rd v;

	if (http1_find(h, "content-type", &v) == RC_OK)
		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			if (rd_is_eq(v, types[i]))
				return types[i];
	return NULL;
}

static bool
gateway_find(const struct relay_conf *conf, struct rd target, size_t *ret_i)
{
	target.p++; /* the slash, which every target begins with */
	target.left--;
	for (size_t i = 0; i < conf->n_gateways; i++)
		if (rd_is_eq(target, conf->gateways[i].name)) {
			*ret_i = i;
			return true;
		}
	return false;
}

/* What is wrong with the head; NULL: nothing. */
static const struct problem *
judge(struct client *c, const struct http1_head *h)
{
	if (!gateway_find(c->serve->spec.conf, h->target, &c->gateway))
		return &not_found;
	if (!rd_is_eq(h->method, "POST"))
		return &method;
	if (!h->has_length)
		return &no_length;
	if (h->length > RELAY_SERVE_BODY_MAX)
		return &too_large;
	return type_of(h) == NULL ? &media_type : NULL;
}

static void
ask(struct client *c, const struct http1_head *h, struct rd body)
{
	struct relay_serve *s = c->serve;
	uint32_t wait = 0;
	enum rc rc;

	s->counts.requests++;
	c->keep_alive = h->keep_alive;
	rc = relay_limits_ask(
	    s->limits, c->place, loop_now(s->spec.loop), &wait);
	if (rc != RC_OK) {
		refuse_request(c, &limit, wait);
		return;
	}
	loop_timer_del(&c->timer); /* the call has its own */
	c->state = STATE_ASKED;
	rc = relay_gateway_ask(s->spec.gateways[c->gateway], type_of(h), body,
	    &hooks, c, &c->call);
	if (rc != RC_OK)
		refuse_request(c, &busy, 1);
}

/* RFC 9110 section 10.1.1: who asks first is told to go on, once. */
static void
go_on(struct client *c, const struct http1_head *h)
{
	struct rd expect;

	if (c->continued || h->minor == 0 ||
	    http1_find(h, "expect", &expect) != RC_OK || expect.left != 12 ||
	    strncasecmp((const char *)expect.p, "100-continue", 12) != 0)
		return;
	c->continued = true;
	if (relay_stream_add(
		c->stream, rd_str("HTTP/1.1 100 Continue\r\n\r\n")) != RC_OK)
		client_close(c);
}

/* One request, when it is there whole. True: perhaps there is another. */
static bool
take_request(struct client *c)
{
	struct rd r = relay_stream_get(c->stream);
	const struct problem *p = NULL;
	struct http1_head h;
	struct rd body = { 0 };
	size_t all = r.left;
	enum rc rc;

	if (c->state != STATE_REQUEST || c->is_closing || all == 0)
		return false;
	if (c->is_idle) {
		c->is_idle = false;
		set_timer(c, REQUEST_MS);
	}
	rc = http1_request_parse(&r, &h);
	if (rc == RC_AGAIN)
		return false;
	c->keep_alive = false; /* of a request that is not read to its end */
	if (rc != RC_OK) {
		refuse_request(c, rc == RC_LIMIT ? &fields : &malformed, 0);
		return false;
	}
	p = judge(c, &h);
	if (p != NULL) {
		refuse_request(c, p, 0);
		return false;
	}
	if (rd_take(&r, (size_t)h.length, &body) != RC_OK) {
		go_on(c, &h);
		return false;
	}
	ask(c, &h, body);
	relay_stream_consume(c->stream, all - r.left);
	return true;
}

/* An answer may come while its request is still being asked: the loop below
 * goes on with the next. */
static void
take_requests(struct client *c)
{
	if (c->is_taking)
		return;
	c->is_taking = true;
	while (take_request(c))
		;
	c->is_taking = false;
}

static void
on_stream(void *arg)
{
	struct client *c = arg;
	size_t queued = relay_stream_queued(c->stream);

	if (c->is_closing)
		return;
	if (c->state == STATE_LAST && queued == 0) {
		relay_stream_shut(c->stream);
		c->state = STATE_LINGER;
		set_timer(c, LINGER_MS);
	}
	/* who sends no more may still read what is in the queue; he does not
	 * wait for what is not */
	if (relay_stream_is_over(c->stream) &&
	    (queued == 0 || c->state == STATE_ASKED)) {
		client_close(c);
		return;
	}
	if (c->call != NULL && queued < OUT_FULL)
		relay_call_more(c->call);
	take_requests(c);
}

/* --- accepting ------------------------------------------------------------ */

static enum rc
client_new(struct relay_serve *s, int fd, const struct sockaddr *sa)
{
	struct relay_stream_spec spec = { .loop = s->spec.loop,
		.fd = fd,
		.in_max = HTTP1_HEAD_MAX + RELAY_SERVE_BODY_MAX,
		.out_max = OUT_MAX,
		.fn = on_stream };
	struct client *c = failmem_alloc(sizeof(*c));
	bool is_taken = false;
	enum rc rc = RC_BUG;

	CHECK(c != NULL, RC_NOMEM);
	c->serve = s;
	c->place = relay_limits_place(s->limits, sa);
	CHECK(s->n < s->spec.conf->connections, RC_LIMIT);
	is_taken = relay_limits_take(s->limits, c->place);
	CHECK(is_taken, RC_LIMIT);
	if (s->spec.ctx != NULL) {
		spec.ssl = SSL_new(s->spec.ctx);
		CHECK(spec.ssl != NULL, RC_NOMEM);
		SSL_set_accept_state(spec.ssl);
	}
	spec.arg = c;
	rc = relay_stream_new(&spec, &c->stream);
	fd = -1;
	CHECK(rc == RC_OK, rc);
	c->next = s->clients;
	s->clients = c;
	s->n++;
	set_timer(c, REQUEST_MS);
	c = NULL;
out:
	if (fd >= 0)
		(void)close(fd);
	if (c != NULL && is_taken)
		relay_limits_release(s->limits, c->place);
	free(c);
	return rc;
}

static void
on_again(void *arg)
{
	struct relay_serve *s = arg;

	if (loop_io_set(s->io, EPOLLIN) != RC_OK)
		_exit(70); /* one that accepts nobody is half alive */
}

static void
on_accept(void *arg, uint32_t events)
{
	struct relay_serve *s = arg;
	struct sockaddr_storage sa;
	const int on = 1;
	socklen_t n;
	int fd;

	(void)events;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		n = sizeof(sa);
		memset(&sa, 0, sizeof(sa));
		fd = accept4(s->spec.listen_fd, (struct sockaddr *)&sa, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED &&
		    (loop_io_set(s->io, 0) != RC_OK ||
			loop_timer_add(s->spec.loop, PAUSE_MS, on_again, s,
			    &s->pause) != RC_OK))
			_exit(70);
		if (fd < 0)
			break;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (client_new(s, fd, (struct sockaddr *)&sa) != RC_OK)
			s->counts.limited++;
	}
	explicit_bzero(&sa, sizeof(sa));
}

/* --- life ----------------------------------------------------------------- */

enum rc
relay_serve_new(const struct relay_serve_spec *spec, struct relay_serve **ret_s)
{
	struct relay_serve *s = failmem_alloc(sizeof(*s));
	enum rc rc = RC_BUG;

	CHECK(s != NULL, RC_NOMEM);
	s->spec = *spec;
	TRY(relay_limits_new(spec->conf->requests_per_minute,
	    spec->conf->connections_address, &s->limits));
	TRY(loop_io_add(
	    spec->loop, spec->listen_fd, EPOLLIN, on_accept, s, &s->io));
	*ret_s = s;
	s = NULL;
out:
	relay_serve_free(s);
	return rc;
}

const struct relay_serve_counts *
relay_serve_counts(const struct relay_serve *s)
{
	return &s->counts;
}

void
relay_serve_free(struct relay_serve *s)
{
	struct client *next;

	if (s == NULL)
		return;
	for (struct client *c = s->clients; c != NULL; c = next) {
		next = c->next;
		client_free(c);
	}
	loop_timer_del(&s->pause);
	loop_io_del(s->io);
	relay_limits_free(s->limits);
	free(s);
}
