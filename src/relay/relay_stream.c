#include "relay/relay_stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"

#define STEP 16384   /* one TLS record (RFC 8446 section 5.1) */
#define READS_MAX 16 /* then the others have their turn */
#define DROP_MAX (1u << 20)

struct relay_stream {
	struct relay_stream_spec spec;
	struct loop_io *io;
	struct buf in;
	struct buf out;
	bool is_open;
	bool is_over;
	bool is_shut;
	bool is_dead;
	bool is_due;      /* on_due is deferred */
	bool wants_write; /* the handshake does */
	size_t dropped;
};

static void
watch(struct relay_stream *s)
{
	uint32_t events = 0;

	if (s->is_dead)
		return;
	if (s->spec.is_connecting || s->wants_write || s->out.len > 0)
		events |= EPOLLOUT;
	if (!s->is_over && !s->spec.is_connecting &&
	    (s->is_shut || s->in.len < s->spec.in_max))
		events |= EPOLLIN;
	if (loop_io_set(s->io, events) != RC_OK)
		s->is_over = true;
}

static void
fail(struct relay_stream *s)
{
	s->is_over = true;
	s->out.len = 0;
}

/* --- one step ------------------------------------------------------------- */

/* What OpenSSL waits for, or the end. */
static void
tls_result(struct relay_stream *s, int n)
{
	switch (SSL_get_error(s->spec.ssl, n)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_WANT_WRITE:
		s->wants_write = true;
		break;
	case SSL_ERROR_ZERO_RETURN:
		s->is_over = true;
		break;
	default:
		fail(s);
		break;
	}
}

static void
open_step(struct relay_stream *s)
{
	int error = 0;
	socklen_t len = sizeof(error);
	int n;

	if (s->spec.is_connecting) {
		if (getsockopt(
			s->spec.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
		    error != 0) {
			fail(s);
			return;
		}
		s->spec.is_connecting = false;
	}
	if (s->spec.ssl == NULL) {
		s->is_open = true;
		return;
	}
	ERR_clear_error();
	n = SSL_do_handshake(s->spec.ssl);
	if (n == 1)
		s->is_open = true;
	else
		tls_result(s, n);
}

/* Octets written; 0: not now, or the end. */
static size_t
write_step(struct relay_stream *s)
{
	int n = s->out.len > STEP ? STEP : (int)s->out.len;
	ssize_t sent;

	if (s->spec.ssl == NULL) {
		sent = send(s->spec.fd, s->out.p, (size_t)n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			fail(s);
		return sent > 0 ? (size_t)sent : 0;
	}
	ERR_clear_error();
	n = SSL_write(s->spec.ssl, s->out.p, n);
	if (n > 0)
		return (size_t)n;
	tls_result(s, n);
	return 0;
}

/* Octets read into p; 0: not now, or the end. */
static size_t
read_step(struct relay_stream *s, uint8_t *p)
{
	ssize_t got;
	int n;

	if (s->spec.ssl == NULL) {
		got = recv(s->spec.fd, p, STEP, MSG_DONTWAIT);
		if (got == 0)
			s->is_over = true;
		else if (got < 0 && errno != EAGAIN && errno != EINTR)
			fail(s);
		return got > 0 ? (size_t)got : 0;
	}
	ERR_clear_error();
	n = SSL_read(s->spec.ssl, p, STEP);
	if (n > 0)
		return (size_t)n;
	tls_result(s, n);
	return 0;
}

/* --- all of them ---------------------------------------------------------- */

static void
write_all(struct relay_stream *s)
{
	size_t n = 1;

	while (!s->is_over && s->out.len > 0 && n > 0) {
		n = write_step(s);
		if (n > 0)
			buf_consume(&s->out, n);
	}
	if (s->out.len == 0)
		buf_clear(&s->out); /* idle streams hold no buffers */
}

static void
read_all(struct relay_stream *s)
{
	uint8_t *p;
	size_t n = 1;

	for (int i = 0; i < READS_MAX && n > 0 && !s->is_over; i++) {
		if (!s->is_shut && s->in.len >= s->spec.in_max)
			break;
		if (buf_reserve(&s->in, STEP, &p) != RC_OK) {
			fail(s);
			break;
		}
		n = read_step(s, p);
		if (!s->is_shut)
			buf_commit(&s->in, n);
		s->dropped += s->is_shut ? n : 0;
		if (s->dropped > DROP_MAX)
			fail(s);
	}
	if (s->in.len == 0)
		buf_clear(&s->in);
}

static void
pump(struct relay_stream *s)
{
	s->wants_write = false;
	if (!s->is_open && !s->is_over)
		open_step(s);
	if (s->is_open) {
		write_all(s);
		read_all(s);
	}
	watch(s);
	s->spec.fn(s->spec.arg);
}

static void
on_io(void *arg, uint32_t events)
{
	struct relay_stream *s = arg;

	if (s->is_dead)
		return;
	/* while there is no room for more, its end is all that can be told */
	if ((events & (EPOLLIN | EPOLLOUT)) == 0 &&
	    (events & (EPOLLHUP | EPOLLERR)) != 0)
		fail(s);
	pump(s);
}

/* The owner added or consumed: what can be done without the socket having more
 * to read. TLS may hold octets already for which epoll would wait in vain; the
 * others wait for their turn, or two fast peers would keep the loop. */
static void
on_due(void *arg)
{
	struct relay_stream *s = arg;

	s->is_due = false;
	if (s->is_dead || !s->is_open)
		return;
	write_all(s);
	if (s->spec.ssl != NULL && SSL_has_pending(s->spec.ssl) == 1)
		read_all(s);
	watch(s);
	s->spec.fn(s->spec.arg);
}

static void
due(struct relay_stream *s)
{
	if (s->is_due || s->is_dead)
		return;
	s->is_due = true;
	if (loop_defer(s->spec.loop, on_due, s) != RC_OK) {
		s->is_due = false;
		watch(s); /* out of memory: the next event does it */
	}
}

/* --- life ----------------------------------------------------------------- */

enum rc
relay_stream_new(
    const struct relay_stream_spec *spec, struct relay_stream **ret_s)
{
	struct relay_stream *s = failmem_alloc(sizeof(*s));
	enum rc rc = RC_BUG;

	CHECK(s != NULL, RC_NOMEM);
	s->spec = *spec;
	buf_init(&s->in, spec->in_max + STEP);
	buf_init(&s->out, spec->out_max);
	CHECK(spec->ssl == NULL || SSL_set_fd(spec->ssl, spec->fd) == 1,
	    RC_NOMEM);
	TRY(loop_io_add(spec->loop, spec->fd,
	    spec->is_connecting ? EPOLLOUT : EPOLLIN, on_io, s, &s->io));
	s->is_open = spec->ssl == NULL && !spec->is_connecting;
	*ret_s = s;
	s = NULL;
out:
	if (rc != RC_OK) {
		SSL_free(spec->ssl);
		(void)close(spec->fd);
	}
	free(s);
	return rc;
}

static void
on_free(void *arg)
{
	struct relay_stream *s = arg;

	buf_clear(&s->in);
	buf_clear(&s->out);
	free(s);
}

void
relay_stream_free(struct relay_stream *s)
{
	if (s == NULL || s->is_dead)
		return;
	s->is_dead = true;
	loop_io_del(s->io);
	if (s->spec.ssl != NULL) {
		if (s->is_open && !s->is_over)
			(void)SSL_shutdown(s->spec.ssl);
		ERR_clear_error();
		SSL_free(s->spec.ssl);
	}
	(void)close(s->spec.fd);
	if (loop_defer(s->spec.loop, on_free, s) != RC_OK)
		_exit(70); /* a leak of every connection is worse */
}

bool
relay_stream_is_open(const struct relay_stream *s)
{
	return s->is_open;
}

bool
relay_stream_is_over(const struct relay_stream *s)
{
	return s->is_over;
}

struct rd
relay_stream_get(const struct relay_stream *s)
{
	return buf_get(&s->in);
}

void
relay_stream_consume(struct relay_stream *s, size_t n)
{
	bool was_full = s->in.len >= s->spec.in_max;

	buf_consume(&s->in, n);
	if (was_full && s->in.len < s->spec.in_max)
		due(s);
}

size_t
relay_stream_queued(const struct relay_stream *s)
{
	return s->out.len;
}

enum rc
relay_stream_add(struct relay_stream *s, struct rd octets)
{
	enum rc rc = buf_add_rd(&s->out, octets);

	if (rc == RC_OK && octets.left > 0)
		due(s);
	return rc;
}

void
relay_stream_shut(struct relay_stream *s)
{
	if (s->is_shut || s->is_over)
		return;
	s->is_shut = true;
	buf_clear(&s->in);
	if (s->spec.ssl != NULL)
		(void)SSL_shutdown(s->spec.ssl);
	ERR_clear_error();
	if (shutdown(s->spec.fd, SHUT_WR) < 0)
		s->is_over = true;
	watch(s);
}
