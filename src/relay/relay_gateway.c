#include "relay/relay_gateway.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"
#include "dial/dial_tls.h"
#include "relay/relay_stream.h"
#include "wire/http1.h"

#define ADDRS_MAX 4
#define WAITING_MAX 256
#define LIMIT_MS 60000 /* a call, with its wait for a connection */
#define IDLE_MS 30000  /* half of what the gateway would wait */
#define IN_MAX 65536
#define REQUEST_MAX (2u << 20)

struct line { /* a connection to the gateway */
	struct relay_gateway *gateway;
	struct relay_stream *stream;
	struct relay_call *call; /* NULL: idle */
	struct loop_timer *idle;
	bool is_used; /* it answered before: it may have grown too old */
	struct line *next;
};

struct relay_call {
	struct relay_gateway *gateway;
	struct line *line; /* NULL: waits for one */
	const struct relay_call_hooks *hooks;
	void *arg;
	struct buf request;
	struct loop_timer *limit;
	bool has_head;
	bool keeps;              /* the connection, after this answer */
	bool is_again;           /* once more, on a new connection */
	size_t left;             /* of the body */
	struct relay_call *next; /* of those that wait */
};

struct relay_gateway {
	struct loop *loop;
	struct dial_url url;
	SSL_CTX *ctx;
	struct sockaddr_storage addrs[ADDRS_MAX];
	socklen_t lens[ADDRS_MAX];
	size_t n_addrs;
	size_t at; /* the address that new connections try */
	struct line *lines;
	size_t n_lines;
	struct relay_call *first; /* waiting, oldest first */
	struct relay_call **last;
	size_t n_waiting;
};

static void on_stream(void *arg);

/* --- connections ---------------------------------------------------------- */

static void
line_close(struct line *l)
{
	loop_timer_del(&l->idle);
	relay_stream_free(l->stream);
	free(l);
}

static void
line_free(struct line *l)
{
	struct relay_gateway *g = l->gateway;
	struct line **at = &g->lines;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	g->n_lines--;
	line_close(l);
}

static void
on_idle(void *arg)
{
	line_free(arg);
}

static enum rc
line_connect(struct relay_gateway *g, int *ret_fd, SSL **ret_ssl)
{
	const struct sockaddr_storage *a = &g->addrs[g->at];
	const int on = 1;
	SSL *ssl = SSL_new(g->ctx);
	int fd = -1;
	enum rc rc = RC_BUG;

	CHECK(ssl != NULL, RC_NOMEM);
	TRY(dial_tls_host(ssl, &g->url));
	SSL_set_connect_state(ssl);
	fd = socket(
	    a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0, RC_IO);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	CHECK(connect(fd, (const struct sockaddr *)a, g->lens[g->at]) == 0 ||
		errno == EINPROGRESS,
	    RC_IO);
	*ret_fd = fd;
	*ret_ssl = ssl;
	fd = -1;
	ssl = NULL;
out:
	SSL_free(ssl);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
line_new(struct relay_gateway *g, struct line **ret_l)
{
	struct relay_stream_spec spec = { .loop = g->loop,
		.is_connecting = true,
		.in_max = IN_MAX,
		.out_max = REQUEST_MAX,
		.fn = on_stream };
	struct line *l = failmem_alloc(sizeof(*l));
	enum rc rc = RC_BUG;

	CHECK(l != NULL, RC_NOMEM);
	l->gateway = g;
	spec.arg = l;
	TRY(line_connect(g, &spec.fd, &spec.ssl));
	TRY(relay_stream_new(&spec, &l->stream));
	l->next = g->lines;
	g->lines = l;
	g->n_lines++;
	*ret_l = l;
	l = NULL;
out:
	if (rc != RC_OK)
		g->at = (g->at + 1) % g->n_addrs;
	free(l);
	return rc;
}

/* --- calls ---------------------------------------------------------------- */

static void
call_free(struct relay_call *c)
{
	loop_timer_del(&c->limit);
	buf_clear(&c->request);
	free(c);
}

/* Off the queue of those that wait. */
static void
leave_queue(struct relay_call *c)
{
	struct relay_gateway *g = c->gateway;
	struct relay_call **at = &g->first;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = c->next;
	if (g->last == &c->next)
		g->last = at;
	g->n_waiting--;
}

static void start_next(struct relay_gateway *g);

/* Lets its connection go, or closes it. */
static void
let_go(struct relay_call *c, bool keep)
{
	struct line *l = c->line;
	struct relay_gateway *g = c->gateway;

	leave_queue(c);
	c->line = NULL;
	if (l == NULL)
		return;
	l->call = NULL;
	if (!keep ||
	    loop_timer_add(g->loop, IDLE_MS, on_idle, l, &l->idle) != RC_OK)
		line_free(l);
}

static void
end(struct relay_call *c, enum rc rc)
{
	struct relay_gateway *g = c->gateway;

	let_go(c, rc == RC_OK && c->keeps);
	c->hooks->on_end(c->arg, rc);
	call_free(c);
	start_next(g);
}

static void
on_limit(void *arg)
{
	end(arg, RC_AGAIN);
}

static void
line_give(struct line *l, struct relay_call *c)
{
	loop_timer_del(&l->idle);
	l->call = c;
	c->line = l;
	if (relay_stream_add(l->stream, buf_get(&c->request)) != RC_OK)
		end(c, RC_NOMEM);
}

static struct line *
line_idle(struct relay_gateway *g)
{
	struct line *l = g->lines;

	while (
	    l != NULL && (l->call != NULL || relay_stream_is_over(l->stream)))
		l = l->next;
	return l;
}

/* The oldest that waits gets a connection, when there is one or may be. */
static void
start_next(struct relay_gateway *g)
{
	struct relay_call *c = g->first;
	struct line *l;
	enum rc rc;

	if (c == NULL)
		return;
	l = c->is_again ? NULL : line_idle(g);
	if (l == NULL && g->n_lines >= RELAY_GATEWAY_CONNS) {
		if (!c->is_again)
			return;
		l = line_idle(g);
		if (l == NULL)
			return;
		line_free(l);
		l = NULL;
	}
	leave_queue(c);
	rc = l != NULL ? RC_OK : line_new(g, &l);
	if (rc != RC_OK)
		end(c, rc);
	else
		line_give(l, c);
}

static void
wait_in_queue(struct relay_call *c)
{
	struct relay_gateway *g = c->gateway;

	c->next = NULL;
	*g->last = c;
	g->last = &c->next;
	g->n_waiting++;
}

static enum rc
request_build(struct relay_call *c, const char *type, struct rd body)
{
	struct buf *b = &c->request;
	enum rc rc = RC_BUG;

	buf_init(b, HTTP1_HEAD_MAX + body.left);
	TRY(http1_request_build(
	    b, "POST", RELAY_GATEWAY_PATH, c->gateway->url.authority));
	TRY(http1_field_build(b, "Content-Type", rd_str(type)));
	TRY(http1_end_build(b, body.left));
	TRY(buf_add_rd(b, body));
out:
	return rc;
}

enum rc
relay_gateway_ask(struct relay_gateway *g, const char *type, struct rd body,
    const struct relay_call_hooks *hooks, void *arg, struct relay_call **ret_c)
{
	struct relay_call *c = NULL;
	enum rc rc = RC_BUG;

	CHECK(g->n_waiting < WAITING_MAX, RC_LIMIT);
	c = failmem_alloc(sizeof(*c));
	CHECK(c != NULL, RC_NOMEM);
	c->gateway = g;
	c->hooks = hooks;
	c->arg = arg;
	TRY(request_build(c, type, body));
	TRY(loop_timer_add(g->loop, LIMIT_MS, on_limit, c, &c->limit));
	wait_in_queue(c);
	*ret_c = c;
	c = NULL;
	start_next(g); /* may end it at once */
out:
	if (c != NULL)
		call_free(c);
	return rc;
}

void
relay_call_cancel(struct relay_call *c)
{
	struct relay_gateway *g = c->gateway;

	let_go(c, false);
	call_free(c);
	start_next(g);
}

/* --- answers -------------------------------------------------------------- */

static uint32_t
retry_after(const struct http1_head *h)
{
	struct rd v;
	uint32_t n = 0;

	if (http1_find(h, "retry-after", &v) != RC_OK || v.left > 5)
		return 0;
	for (size_t i = 0; i < v.left; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(v.p[i] - '0');
	}
	return n;
}

/* RC_AGAIN: not all of the head is there. */
static enum rc
take_head(struct relay_call *c)
{
	struct relay_stream *s = c->line->stream;
	struct rd r = relay_stream_get(s);
	struct relay_call_head head = { 0 };
	struct http1_head h;
	size_t before = r.left;
	enum rc rc = RC_AGAIN;

	CHECK(r.left > 0, RC_AGAIN);
	TRY(http1_response_parse(&r, &h));
	if (h.status < 200) { /* RFC 9110 section 15.2: another one follows */
		relay_stream_consume(s, before - r.left);
		return h.status == 101 ? RC_MALFORMED : RC_OK;
	}
	/* by its end alone nobody could say whether an answer is whole */
	CHECK(h.has_length || h.status == 204, RC_MALFORMED);
	CHECK(h.length <= RELAY_GATEWAY_ANSWER_MAX, RC_LIMIT);
	head.status = h.status;
	head.length = (size_t)h.length;
	head.retry_after = retry_after(&h);
	if (http1_find(&h, "content-type", &head.type) != RC_OK)
		head.type.left = 0;
	c->has_head = true;
	c->keeps = h.keep_alive;
	c->left = (size_t)h.length;
	c->hooks->on_head(c->arg, &head);
	relay_stream_consume(s, before - r.left);
out:
	return rc;
}

/* What the client takes. RC_AGAIN: more will come, or it is full. */
static enum rc
take_body(struct relay_call *c)
{
	struct relay_stream *s = c->line->stream;
	struct rd r = relay_stream_get(s);
	size_t n;

	if (c->left == 0)
		return RC_OK;
	if (r.left > c->left)
		r.left = c->left;
	if (r.left == 0)
		return RC_AGAIN;
	n = c->hooks->on_body(c->arg, r);
	c->left -= n;
	relay_stream_consume(s, n);
	return c->left == 0 ? RC_OK : RC_AGAIN;
}

static void
take_answer(struct relay_call *c)
{
	struct relay_stream *s = c->line->stream;
	enum rc rc = RC_OK;

	c->line->is_used = true;
	while (rc == RC_OK && !c->has_head)
		rc = take_head(c);
	if (rc == RC_OK)
		rc = take_body(c);
	/* octets behind the answer are nobody's: such a connection ends */
	if (rc == RC_OK && relay_stream_get(s).left > 0)
		c->keeps = false;
	if (rc != RC_AGAIN)
		end(c, rc);
	else if (relay_stream_is_over(s) &&
	    (!c->has_head || relay_stream_get(s).left == 0))
		end(c, RC_IO);
}

void
relay_call_more(struct relay_call *c)
{
	if (c->line != NULL && c->has_head)
		take_answer(c);
}

/* It ended before it answered. One that was kept may have been closed by age
 * meanwhile: once more, on a new one. */
static void
on_broken(struct line *l)
{
	struct relay_call *c = l->call;
	struct relay_gateway *g = l->gateway;
	bool again = l->is_used && !c->is_again;

	if (!relay_stream_is_open(l->stream)) /* try the next address then */
		g->at = (g->at + 1) % g->n_addrs;
	if (!again) {
		end(c, RC_IO);
		return;
	}
	c->is_again = true;
	let_go(c, false);
	wait_in_queue(c);
	start_next(g);
}

static void
on_stream(void *arg)
{
	struct line *l = arg;
	struct relay_call *c = l->call;
	bool is_over = relay_stream_is_over(l->stream);
	bool has_more = relay_stream_get(l->stream).left > 0;

	if (c == NULL) {
		/* an idle one that says something, or ends */
		if (is_over || has_more)
			line_free(l);
		return;
	}
	if (has_more || c->has_head)
		take_answer(c);
	else if (is_over)
		on_broken(l);
}

/* --- life ----------------------------------------------------------------- */

static enum rc
look_up(struct relay_gateway *g)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	enum rc rc = RC_BUG;

	CHECK(getaddrinfo(g->url.host, g->url.port, &hints, &list) == 0,
	    RC_NOT_FOUND);
	for (struct addrinfo *a = list; a != NULL && g->n_addrs < ADDRS_MAX;
	     a = a->ai_next) {
		memcpy(&g->addrs[g->n_addrs], a->ai_addr, a->ai_addrlen);
		g->lens[g->n_addrs++] = a->ai_addrlen;
	}
	CHECK(g->n_addrs > 0, RC_NOT_FOUND);
	rc = RC_OK;
out:
	if (list != NULL)
		freeaddrinfo(list);
	return rc;
}

enum rc
relay_gateway_new(struct loop *l, const struct dial_url *u, SSL_CTX *ctx,
    struct relay_gateway **ret_g)
{
	struct relay_gateway *g = failmem_alloc(sizeof(*g));
	enum rc rc = RC_BUG;

	CHECK(g != NULL, RC_NOMEM);
	g->loop = l;
	g->url = *u;
	g->ctx = ctx;
	g->last = &g->first;
	TRY(look_up(g));
	*ret_g = g;
	g = NULL;
out:
	free(g);
	return rc;
}

void
relay_gateway_free(struct relay_gateway *g)
{
	struct relay_call *c, *next_call;
	struct line *l, *next;

	if (g == NULL)
		return;
	for (c = g->first; c != NULL; c = next_call) {
		next_call = c->next;
		call_free(c);
	}
	for (l = g->lines; l != NULL; l = next) {
		next = l->next;
		if (l->call != NULL)
			call_free(l->call);
		line_close(l);
	}
	free(g);
}
