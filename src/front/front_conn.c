/*
 * One connection: its life, its deadlines, and octets between TLS and two
 * bounded buffers. Requests come one at a time; what is pipelined waits in the
 * buffer, and reading stops while there is enough to do.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/failmem.h"
#include "front/front_internal.h"
#include "proc/log.h"
#include "wire/json_body.h"

#define READ_STEP 16384 /* one TLS record (RFC 8446 section 5.1) */
#define READS_MAX 8     /* then the others have their turn */
#define WRITE_STEP 65536
#define STALL_MS 30000 /* no octet written: the peer does not read */
#define STOP_MS 3000
#define ACCEPTS_MAX 64
#define ACCEPT_PAUSE_MS 100
#define LINGER_MAX (1u << 20)
#define LOG_EVERY_MS 60000

static const int64_t phase_ms[] = {
	[CONN_PHASE_TLS] = 10000,
	[CONN_PHASE_IDLE] = 60000,
	[CONN_PHASE_HEAD] = 10000,
	[CONN_PHASE_BODY] = 30000,
	[CONN_PHASE_WAIT] = 30000,
	[CONN_PHASE_PING] = 30000,
	[CONN_PHASE_LAST] = 60000,
	[CONN_PHASE_LINGER] = 2000,
};

static void
on_free(void *arg)
{
	struct conn *c = arg;

	json_body_free(c->asked);
	front_ohttp_free(c);
	SSL_free(c->ssl);
	(void)close(c->fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	buf_clear(&c->message);
	free(c);
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
	front_http_release(c);
	front_addr_release(c);
	loop_io_del(c->io);
	loop_timer_del(&c->timer);
	loop_timer_del(&c->stall);
	if (loop_defer(child_loop(f->child), on_free, c) != RC_OK)
		_exit(70); /* a leak of every connection is worse */
	if (f->stopping && f->n_conns == 0)
		child_done(f->child);
}

struct conn *
front_conn_find(struct front *f, uint64_t req)
{
	uint32_t slot = (uint32_t)(req >> 32);

	if (req == 0 || slot >= f->n_slots || f->slots[slot] == NULL ||
	    f->slots[slot]->req != req)
		return NULL;
	return f->slots[slot];
}

/* --- deadlines ------------------------------------------------------------ */

static void
on_deadline(void *arg)
{
	struct conn *c = arg;

	switch (c->phase) {
	case CONN_PHASE_HEAD:
	case CONN_PHASE_BODY:
	case CONN_PHASE_WAIT:
		front_http_timeout(c);
		break;
	case CONN_PHASE_PING:
		front_stream_ping(c);
		break;
	case CONN_PHASE_IDLE:
		if (c->out.len > 0) { /* still reads its answer: see stall */
			front_conn_phase_again(c, CONN_PHASE_IDLE);
			break;
		}
		front_conn_close(c);
		break;
	case CONN_PHASE_TLS:
	case CONN_PHASE_LAST:
	case CONN_PHASE_LINGER:
		front_conn_close(c);
		break;
	}
}

void
front_conn_phase_again(struct conn *c, enum conn_phase phase)
{
	loop_timer_del(&c->timer);
	c->phase = phase;
	if (!c->dead &&
	    loop_timer_add(child_loop(c->front->child), phase_ms[phase],
		on_deadline, c, &c->timer) != RC_OK)
		front_conn_close(c);
}

void
front_conn_phase(struct conn *c, enum conn_phase phase)
{
	if (c->phase != phase || c->timer == NULL)
		front_conn_phase_again(c, phase);
}

static void
on_stall(void *arg)
{
	front_conn_close(arg);
}

/* Progress, or nothing to write: the clock starts anew or stands still. */
static void
watch_stall(struct conn *c, bool progress)
{
	if (progress || c->out.len == 0)
		loop_timer_del(&c->stall);
	if (c->out.len > 0 && c->stall == NULL &&
	    loop_timer_add(child_loop(c->front->child), STALL_MS, on_stall, c,
		&c->stall) != RC_OK)
		front_conn_close(c);
}

/* --- writing -------------------------------------------------------------- */

static bool
is_reading(const struct conn *c)
{
	switch (c->state) {
	case CONN_STATE_HTTP:
	case CONN_STATE_STREAM:
		return c->out.len <= FRONT_OUT_PAUSE;
	case CONN_STATE_TLS:
	case CONN_STATE_LINGER:
		return true;
	case CONN_STATE_WAITING:
	case CONN_STATE_LAST:
		break;
	}
	return false;
}

static void
watch(struct conn *c)
{
	uint32_t events = 0;

	if (is_reading(c))
		events |= EPOLLIN;
	if (c->out.len > 0)
		events |= EPOLLOUT;
	if (loop_io_set(c->io, events) != RC_OK)
		front_conn_close(c);
}

/* Closing with unread octets would make the kernel reset the connection, and
 * the peer lose the answer: it is read and dropped for a moment. */
static void
linger(struct conn *c)
{
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	if (c->front->stopping || shutdown(c->fd, SHUT_WR) < 0) {
		front_conn_close(c);
		return;
	}
	buf_clear(&c->in);
	c->state = CONN_STATE_LINGER;
	front_conn_phase(c, CONN_PHASE_LINGER);
}

void
front_conn_flush(struct conn *c)
{
	bool progress = false;
	int n;

	if (c->state == CONN_STATE_LINGER)
		return;
	while (!c->dead && c->out.len > 0) {
		ERR_clear_error();
		n = SSL_write(c->ssl, c->out.p,
		    c->out.len > WRITE_STEP ? WRITE_STEP : (int)c->out.len);
		if (n <= 0) {
			n = SSL_get_error(c->ssl, n);
			if (n != SSL_ERROR_WANT_WRITE &&
			    n != SSL_ERROR_WANT_READ)
				front_conn_close(c);
			break;
		}
		progress = true;
		buf_consume(&c->out, (size_t)n);
	}
	if (c->dead)
		return;
	watch_stall(c, progress);
	if (!c->dead && c->out.len == 0) {
		buf_clear(&c->out); /* idle connections hold no buffers */
		if (c->state == CONN_STATE_LAST)
			linger(c);
	}
	if (!c->dead)
		watch(c);
}

void
front_conn_last(struct conn *c)
{
	c->state = CONN_STATE_LAST;
	front_conn_phase(c, CONN_PHASE_LAST);
	if (!c->dead)
		front_conn_flush(c);
}

/* --- reading -------------------------------------------------------------- */

void
front_conn_process(struct conn *c)
{
	bool more = true;

	if (c->processing) /* an answer at once: the loop below goes on */
		return;
	c->processing = true;
	while (more && !c->dead && c->out.len <= FRONT_OUT_PAUSE) {
		if (c->state == CONN_STATE_HTTP)
			more = front_http_take(c);
		else if (c->state == CONN_STATE_STREAM)
			more = front_stream_take(c);
		else
			more = false;
	}
	c->processing = false;
	if (c->dead)
		return;
	if (c->in.len == 0)
		buf_clear(&c->in);
	front_conn_flush(c);
}

/* The peer said it sends no more; it may still read. */
static void
on_eof(struct conn *c, int why)
{
	if (why == SSL_ERROR_ZERO_RETURN && c->out.len > 0 &&
	    c->state == CONN_STATE_HTTP) {
		front_conn_last(c);
		return;
	}
	if (why == SSL_ERROR_ZERO_RETURN)
		(void)SSL_shutdown(c->ssl); /* RFC 8446 section 6.1 */
	front_conn_close(c);
}

/* False: nothing more to read now. */
static bool
read_once(struct conn *c)
{
	uint8_t *p;
	int n;

	if (buf_reserve(&c->in, READ_STEP, &p) != RC_OK) {
		front_conn_close(c); /* more than any request has */
		return false;
	}
	ERR_clear_error();
	n = SSL_read(c->ssl, p, READ_STEP);
	if (n > 0) {
		buf_commit(&c->in, (size_t)n);
		return true;
	}
	n = SSL_get_error(c->ssl, n);
	if (n != SSL_ERROR_WANT_READ && n != SSL_ERROR_WANT_WRITE)
		on_eof(c, n);
	return false;
}

static void
read_some(struct conn *c)
{
	bool more = true;

	for (int i = 0; more && i < READS_MAX; i++) {
		more = read_once(c);
		if (c->dead)
			return;
		if (more)
			front_conn_process(c);
		more = more && !c->dead && is_reading(c) &&
		    c->state != CONN_STATE_LINGER;
	}
	if (!c->dead && c->in.len == 0)
		buf_clear(&c->in);
}

static void
drop_some(struct conn *c)
{
	uint8_t dropped[4096];
	ssize_t n = recv(c->fd, dropped, sizeof(dropped), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->lingered += (uint32_t)n;
	if (n <= 0 || c->lingered > LINGER_MAX)
		front_conn_close(c);
}

static void
handshake(struct conn *c)
{
	int n;

	ERR_clear_error();
	n = SSL_accept(c->ssl);
	if (n == 1) {
		c->state = CONN_STATE_HTTP;
		front_conn_phase(c, CONN_PHASE_HEAD);
		if (!c->dead)
			watch(c);
		if (!c->dead)
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
	if (c->state == CONN_STATE_LINGER) {
		drop_some(c);
		return;
	}
	if ((events & EPOLLOUT) != 0) {
		front_conn_flush(c);
		if (!c->dead) /* room again: what waited in the buffer */
			front_conn_process(c);
	}
	if (c->dead || c->state == CONN_STATE_LINGER)
		return;
	if ((events & EPOLLIN) != 0 && is_reading(c))
		read_some(c);
	else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		front_conn_close(c);
}

/* --- accepting ------------------------------------------------------------ */

static enum rc
conn_new(struct front *f, int fd, const struct sockaddr *sa)
{
	struct conn *c = failmem_alloc(sizeof(*c));
	const int on = 1;
	bool taken = false;
	enum rc rc = RC_BUG;

	CHECK(c != NULL, RC_NOMEM);
	c->front = f;
	c->fd = fd;
	buf_init(&c->in, FRONT_IN_MAX);
	buf_init(&c->out, FRONT_OUT_MAX);
	buf_init(&c->message, RELAY_FRAME_MAX);
	front_addr_key(sa, f->addr_secret, c->addr_key);
	front_addr_text(sa, child_conf(f->child)->client_ip, c->addr);
	CHECK(f->n_conns < f->n_slots, RC_LIMIT);
	taken = front_addr_take(c);
	CHECK(taken, RC_LIMIT);
	c->ssl = SSL_new(f->tls);
	CHECK(c->ssl != NULL && SSL_set_fd(c->ssl, fd) == 1, RC_NOMEM);
	TRY(loop_io_add(child_loop(f->child), fd, EPOLLIN, on_io, c, &c->io));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (f->slots[f->next_slot] != NULL)
		f->next_slot = (f->next_slot + 1) % f->n_slots;
	c->slot = f->next_slot;
	f->slots[c->slot] = c;
	f->n_conns++;
	front_conn_phase(c, CONN_PHASE_TLS); /* its failure closes c itself */
	c = NULL;
out:
	if (c != NULL) {
		if (taken)
			front_addr_release(c);
		SSL_free(c->ssl);
		free(c);
	}
	return rc;
}

static void
refused(struct front *f, enum rc rc)
{
	struct mono now = loop_now(child_loop(f->child));

	if (f->limit_logged.us != 0 &&
	    mono_diff_ms(now, f->limit_logged) < LOG_EVERY_MS)
		return;
	f->limit_logged = now;
	log_event(LOG_CONN_LIMIT, LOG_RC(rc), LOG_U("conns", f->n_conns));
}

static void
on_accept_again(void *arg)
{
	struct front *f = arg;

	if (!f->stopping && loop_io_set(f->accept_io, EPOLLIN) != RC_OK)
		_exit(70); /* a front that accepts nobody is half alive */
}

/* No descriptor or memory is free: the listening socket stays readable, so it
 * is left alone until some connection may have ended. */
static void
accept_pause(struct front *f)
{
	refused(f, RC_LIMIT);
	if (loop_io_set(f->accept_io, 0) != RC_OK ||
	    loop_timer_add(child_loop(f->child), ACCEPT_PAUSE_MS,
		on_accept_again, f, &f->accept_timer) != RC_OK)
		_exit(70);
}

static void
on_accept(void *arg, uint32_t events)
{
	struct front *f = arg;
	struct sockaddr_storage sa = { 0 };
	socklen_t n;
	int fd;
	enum rc rc;

	(void)events;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		n = sizeof(sa);
		fd = accept4(f->listen_fd, (struct sockaddr *)&sa, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				accept_pause(f);
			return;
		}
		rc = conn_new(f, fd, (struct sockaddr *)&sa);
		if (rc != RC_OK) {
			refused(f, rc);
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

/* --- the end -------------------------------------------------------------- */

static void
on_stop_timeout(void *arg)
{
	struct front *f = arg;

	for (uint32_t i = 0; i < f->n_slots; i++)
		if (f->slots[i] != NULL)
			front_conn_close(f->slots[i]);
	child_done(f->child);
}

static void
stop_one(struct conn *c)
{
	if (c->state == CONN_STATE_STREAM)
		front_stream_close(c, 1001, true); /* going away */
	else if (c->state == CONN_STATE_HTTP && c->out.len > 0)
		front_conn_last(c);
	else if (c->state != CONN_STATE_WAITING && c->state != CONN_STATE_LAST)
		front_conn_close(c);
}

void
front_conn_stop(struct front *f)
{
	f->stopping = true;
	loop_timer_del(&f->accept_timer);
	loop_timer_del(&f->begin_timer);
	loop_io_del(f->accept_io);
	for (uint32_t i = 0; i < f->n_slots; i++)
		if (f->slots[i] != NULL)
			stop_one(f->slots[i]);
	if (f->n_conns == 0 ||
	    loop_timer_add(child_loop(f->child), STOP_MS, on_stop_timeout, f,
		&f->stop_timer) != RC_OK)
		child_done(f->child);
}
