/*
 * One connection: TLS, then HTTP requests one at a time (what is pipelined
 * waits in the buffer), perhaps a stream. Everything held for the peer is in
 * two bounded buffers; a deadline runs in every state.
 */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/failmem.h"
#include "front/front_internal.h"
#include "proc/log.h"
#include "wire/json_body.h"
#include "wire/relay.h"
#include "wire/ws.h"

#define IN_MAX (RELAY_FRAME_MAX + HTTP1_HEAD_MAX + 65536)
#define OUT_MAX (2u << 20)     /* a file answer is up to 1 MiB of base64 */
#define OUT_PAUSE (256u << 10) /* beyond it nothing more is read */
#define READ_STEP 16384
#define TLS_MS 10000
#define HEAD_MS 10000
#define BODY_MS 30000
#define IDLE_MS 60000
#define WAIT_MS 30000
#define LAST_MS 5000
#define PING_MS 30000
#define PINGS_MAX 3 /* unanswered: dead after 90 s */
#define STOP_MS 3000

static void on_io(void *arg, uint32_t events);
static void process(struct conn *c);

/* --- life and death
 * -------------------------------------------------------------- */

static void
on_free(void *arg)
{
	struct conn *c = arg;

	json_body_free(c->asked);
	SSL_free(c->ssl);
	(void)close(c->fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	free(c);
}

static void
stop_if_empty(struct front *f)
{
	if (f->stopping && f->n_conns == 0)
		child_done(f->child);
}

void
front_conn_close(struct conn *c)
{
	const struct msg_stream m = { c->req };
	struct front *f = c->front;

	if (c->dead)
		return;
	c->dead = true;
	if (c->state == CONN_STATE_STREAM)
		child_send(
		    f->child, PERMIT_ROLE_EXCHANGE, MSG_STREAM_CLOSE, &m);
	f->slots[c->slot] = NULL;
	f->n_conns--;
	front_addr_release(c);
	loop_io_del(c->io);
	loop_timer_del(&c->timer);
	stop_if_empty(f);
	if (loop_defer(child_loop(f->child), on_free, c) != RC_OK)
		_exit(70); /* a leak of every connection is worse */
}

struct conn *
front_conn_find(struct front *f, uint64_t req)
{
	uint32_t slot = (uint32_t)(req >> 32);

	if (slot >= f->n_slots || f->slots[slot] == NULL ||
	    f->slots[slot]->req != req)
		return NULL;
	return f->slots[slot];
}

static void
on_deadline(void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_STATE_HTTP && c->in.len > 0)
		front_problem(c, 408, "timeout", 0);
	else if (c->state == CONN_STATE_WAITING)
		front_problem(c, 503, "down", 1);
	else
		front_conn_close(c);
}

static void on_ping(void *arg);

static void
deadline(struct conn *c, int64_t ms)
{
	loop_timer_del(&c->timer);
	if (loop_timer_add(child_loop(c->front->child), ms,
		c->state == CONN_STATE_STREAM ? on_ping : on_deadline, c,
		&c->timer) != RC_OK)
		front_conn_close(c);
}

/* --- writing
 * ---------------------------------------------------------------------------
 */

static void
watch(struct conn *c)
{
	uint32_t events = 0;

	if (c->dead)
		return;
	c->is_paused = c->out.len > OUT_PAUSE ||
	    c->state == CONN_STATE_WAITING || c->state == CONN_STATE_LAST;
	if (!c->is_paused)
		events |= EPOLLIN;
	if (c->out.len > 0)
		events |= EPOLLOUT;
	if (loop_io_set(c->io, events) != RC_OK)
		front_conn_close(c);
}

static void
flush(struct conn *c)
{
	int n;

	while (!c->dead && c->out.len > 0) {
		ERR_clear_error();
		n = SSL_write(c->ssl, c->out.p,
		    c->out.len > 65536 ? 65536 : (int)c->out.len);
		if (n <= 0) {
			n = SSL_get_error(c->ssl, n);
			if (n != SSL_ERROR_WANT_WRITE &&
			    n != SSL_ERROR_WANT_READ)
				front_conn_close(c);
			break;
		}
		buf_consume(&c->out, (size_t)n);
	}
	if (!c->dead && c->out.len == 0 && c->state == CONN_STATE_LAST) {
		(void)SSL_shutdown(c->ssl);
		front_conn_close(c);
	}
	watch(c);
}

static enum rc
add_answer(struct conn *c, uint16_t status, const char *type, struct rd body,
    uint32_t retry_after)
{
	enum rc rc = RC_BUG;

	TRY(http1_status_build(&c->out, status));
	TRY(buf_add_str(&c->out,
	    "Strict-Transport-Security: max-age=31536000\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n"
	    "Cache-Control: no-store\r\n"));
	if (!c->keep_alive)
		TRY(buf_add_str(&c->out, "Connection: close\r\n"));
	if (type != NULL)
		TRY(http1_field_build(&c->out, "Content-Type", rd_str(type)));
	if (retry_after > 0)
		TRY(buf_add_fmt(&c->out, "Retry-After: %u\r\n", retry_after));
	if (status == 204)
		TRY(buf_add_str(&c->out, "\r\n"));
	else
		TRY(http1_end_build(&c->out, body.left));
	TRY(buf_add_rd(&c->out, body));
out:
	return rc;
}

void
front_conn_answer(struct conn *c, uint16_t status, const char *type,
    struct rd body, uint32_t retry_after)
{
	if (c->front->stopping)
		c->keep_alive = false;
	if (add_answer(c, status, type, body, retry_after) != RC_OK) {
		front_conn_close(c);
		return;
	}
	c->state = c->keep_alive ? CONN_STATE_HTTP : CONN_STATE_LAST;
	c->req = 0;
	json_body_free(c->asked);
	c->asked = NULL;
	deadline(c, c->keep_alive ? IDLE_MS : LAST_MS);
	flush(c);
}

void
front_conn_frame(struct conn *c, struct rd payload)
{
	if (ws_frame_build(&c->out, WS_OP_BINARY, NULL, payload) != RC_OK) {
		front_conn_close(c); /* it does not read: cut, mail waits */
		return;
	}
	flush(c);
}

static void
close_stream(struct conn *c, uint16_t code)
{
	uint8_t be[2] = { (uint8_t)(code >> 8), (uint8_t)code };
	const struct msg_stream m = { c->req };

	if (ws_frame_build(&c->out, WS_OP_CLOSE, NULL,
		(struct rd){ be, sizeof(be) }) != RC_OK) {
		front_conn_close(c);
		return;
	}
	child_send(c->front->child, PERMIT_ROLE_EXCHANGE, MSG_STREAM_CLOSE, &m);
	c->state = CONN_STATE_LAST;
	deadline(c, LAST_MS);
	flush(c);
}

static void
on_ping(void *arg)
{
	struct conn *c = arg;

	if (++c->unanswered_pings > PINGS_MAX ||
	    ws_frame_build(&c->out, WS_OP_PING, NULL, rd_str("")) != RC_OK) {
		front_conn_close(c);
		return;
	}
	deadline(c, PING_MS);
	flush(c);
}

void
front_conn_upgrade(struct conn *c)
{
	if (buf_add_fmt(&c->out,
		"HTTP/1.1 101 Switching Protocols\r\n"
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n\r\n",
		c->accept) != RC_OK) {
		front_conn_close(c);
		return;
	}
	c->state = CONN_STATE_STREAM;
	deadline(c, PING_MS);
	flush(c);
	process(c);
}

/* --- reading
 * -----------------------------------------------------------------------------
 */

static void
refuse(struct conn *c, uint16_t status, const char *name)
{
	c->keep_alive = false; /* where the next request begins is unknown */
	front_problem(c, status, name, 0);
}

/* One request, when it is there whole. True: perhaps there is another. */
static bool
take_request(struct conn *c)
{
	struct rd r = buf_get(&c->in);
	struct http1_head h;
	struct rd body;
	size_t used;
	enum rc rc;

	if (r.left == 0)
		return false;
	rc = http1_request_parse(&r, &h);
	if (rc == RC_AGAIN) {
		deadline(c, HEAD_MS);
		return false;
	}
	if (rc != RC_OK) {
		refuse(c, rc == RC_LIMIT ? 431 : 400,
		    rc == RC_LIMIT ? "fields-too-large" : "malformed");
		return false;
	}
	if (h.has_length && h.length > front_api_max(&h)) {
		refuse(c, 413, "too-large");
		return false;
	}
	used = c->in.len - r.left;
	if (rd_take(&r, h.has_length ? (size_t)h.length : 0, &body) != RC_OK) {
		deadline(c, BODY_MS);
		return false;
	}
	used += body.left;
	c->keep_alive = h.keep_alive;
	c->state = CONN_STATE_WAITING;
	c->req = (uint64_t)c->slot << 32 | ++c->front->generation;
	deadline(c, WAIT_MS);
	front_api_request(c, &h, body);
	if (!c->dead) {
		explicit_bzero(c->in.p, used);
		buf_consume(&c->in, used);
	}
	return !c->dead && c->state == CONN_STATE_HTTP;
}

static bool
take_frame(struct conn *c)
{
	struct rd r = buf_get(&c->in);
	struct ws_frame f;
	uint8_t *payload;
	size_t used;
	bool go_on = true;
	enum rc rc;

	if (r.left == 0)
		return false;
	rc = ws_frame_parse(&r, true, RELAY_FRAME_MAX, &f);
	if (rc == RC_AGAIN)
		return false;
	if (rc != RC_OK || !f.fin || f.op == WS_OP_CONT) {
		/* section 7.4.1: too big; protocol error */
		close_stream(c, rc == RC_LIMIT ? 1009 : 1002);
		return false;
	}
	used = c->in.len - r.left;
	payload = c->in.p + (used - f.payload.left);
	ws_unmask(payload, f.payload.left, f.mask);
	c->unanswered_pings = 0;
	if (f.op == WS_OP_BINARY)
		go_on = front_api_frame(c, f.payload);
	else if (f.op == WS_OP_PING)
		go_on = ws_frame_build(&c->out, WS_OP_PONG, NULL, f.payload) ==
		    RC_OK;
	else if (f.op != WS_OP_PONG)
		go_on = false;
	if (c->dead)
		return false;
	buf_consume(&c->in, used);
	if (!go_on)
		close_stream(c, f.op == WS_OP_CLOSE ? 1000 : 1003);
	return go_on;
}

static void
process(struct conn *c)
{
	bool more = true;

	while (more && !c->dead) {
		if (c->state == CONN_STATE_HTTP)
			more = take_request(c);
		else if (c->state == CONN_STATE_STREAM &&
		    c->out.len <= OUT_PAUSE)
			more = take_frame(c);
		else
			more = false;
	}
	if (!c->dead)
		flush(c);
}

static void
read_some(struct conn *c)
{
	uint8_t *p;
	int n;

	/* as long as the buffers of TLS hold something, epoll would not say */
	do {
		if (buf_reserve(&c->in, READ_STEP, &p) != RC_OK) {
			front_conn_close(c); /* more than any request has */
			return;
		}
		ERR_clear_error();
		n = SSL_read(c->ssl, p, READ_STEP);
		if (n <= 0) {
			n = SSL_get_error(c->ssl, n);
			if (n != SSL_ERROR_WANT_READ &&
			    n != SSL_ERROR_WANT_WRITE)
				front_conn_close(c);
			break;
		}
		buf_commit(&c->in, (size_t)n);
	} while (c->in.len + READ_STEP <= IN_MAX && SSL_pending(c->ssl) > 0);
	if (!c->dead)
		process(c);
}

static void
handshake(struct conn *c)
{
	int n;

	ERR_clear_error();
	n = SSL_accept(c->ssl);
	if (n == 1) {
		c->state = CONN_STATE_HTTP;
		deadline(c, HEAD_MS);
		watch(c);
		read_some(c);
		return;
	}
	n = SSL_get_error(c->ssl, n);
	if ((n != SSL_ERROR_WANT_READ && n != SSL_ERROR_WANT_WRITE) ||
	    loop_io_set(c->io, n == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT) !=
		RC_OK)
		front_conn_close(c);
}

static void
on_io(void *arg, uint32_t events)
{
	struct conn *c = arg;

	if (c->state == CONN_STATE_TLS) {
		handshake(c);
		return;
	}
	if ((events & EPOLLOUT) != 0)
		flush(c);
	if (c->dead)
		return;
	if ((events & EPOLLIN) != 0 && !c->is_paused)
		read_some(c);
	else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		front_conn_close(c);
	else if (c->state == CONN_STATE_STREAM)
		process(c); /* room again: what waited in the buffer */
}

/* --- accepting
 * ------------------------------------------------------------------------------
 */

static enum rc
conn_new(struct front *f, int fd, const struct sockaddr *sa)
{
	struct conn *c = failmem_alloc(sizeof(*c));
	enum rc rc = RC_BUG;

	CHECK(c != NULL, RC_NOMEM);
	c->front = f;
	c->fd = fd;
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, OUT_MAX);
	front_addr_set(c, sa);
	CHECK(f->n_conns < f->n_slots && front_addr_take(c), RC_LIMIT);
	c->ssl = SSL_new(f->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, fd) != 1 ||
	    loop_io_add(child_loop(f->child), fd, EPOLLIN, on_io, c, &c->io) !=
		RC_OK) {
		front_addr_release(c);
		CHECK(false, RC_NOMEM);
	}
	while (f->slots[f->next_slot] != NULL)
		f->next_slot = (f->next_slot + 1) % f->n_slots;
	c->slot = f->next_slot;
	f->slots[c->slot] = c;
	f->n_conns++;
	deadline(c, TLS_MS);
	c = NULL;
	rc = RC_OK;
out:
	if (c != NULL) {
		SSL_free(c->ssl);
		free(c);
	}
	return rc;
}

static void
on_accept(void *arg, uint32_t events)
{
	struct front *f = arg;
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	int fd;
	enum rc rc;

	(void)events;
	for (int i = 0; i < 64; i++) {
		n = sizeof(sa);
		fd = accept4(f->listen_fd, (struct sockaddr *)&sa, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		rc = conn_new(f, fd, (struct sockaddr *)&sa);
		if (rc != RC_OK) {
			log_event(LOG_CONN_LIMIT, LOG_RC(rc));
			(void)close(fd);
		}
	}
}

enum rc
front_conn_listen(struct front *f)
{
	return loop_io_add(child_loop(f->child), f->listen_fd, EPOLLIN,
	    on_accept, f, &f->accept_io);
}

static void
on_stop_timeout(void *arg)
{
	struct front *f = arg;

	for (uint32_t i = 0; i < f->n_slots; i++)
		if (f->slots[i] != NULL)
			front_conn_close(f->slots[i]);
	child_done(f->child);
}

void
front_conn_stop(struct front *f)
{
	f->stopping = true;
	loop_io_del(f->accept_io);
	for (uint32_t i = 0; i < f->n_slots; i++) {
		struct conn *c = f->slots[i];

		if (c == NULL)
			continue;
		if (c->state == CONN_STATE_STREAM)
			close_stream(c, 1001); /* section 7.4.1: going away */
		else if (c->state != CONN_STATE_WAITING &&
		    c->state != CONN_STATE_LAST)
			front_conn_close(c);
	}
	if (f->n_conns == 0 ||
	    loop_timer_add(child_loop(f->child), STOP_MS, on_stop_timeout, f,
		&f->stop_timer) != RC_OK)
		child_done(f->child);
}
