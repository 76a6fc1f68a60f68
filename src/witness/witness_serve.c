#include "witness/witness_serve.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"
#include "wire/http1.h"

#define TARGET "/add-checkpoint" /* behind a prefix, the proxy's matter */
#define LIMIT_MS 10000
#define ANSWER_MAX 16384

struct conn {
	struct witness_serve *serve;
	int fd;
	struct loop_io *io;
	struct loop_timer *limit;
	struct buf in;
	struct buf out;
	size_t sent;
	bool is_answered;
	struct conn *next;
};

struct witness_serve {
	struct loop *loop;
	int fd;
	size_t max;
	witness_serve_fn fn;
	void *arg;
	struct loop_io *io;
	size_t n;
	struct conn *conns;
};

/* --- connections
 * ------------------------------------------------------------------ */

static void
welcome(struct witness_serve *s, bool any)
{
	ASSERT(loop_io_set(s->io, any ? (uint32_t)EPOLLIN : 0) == RC_OK);
}

static void
conn_free(struct conn *c)
{
	loop_io_del(c->io);
	loop_timer_del(&c->limit);
	(void)close(c->fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	free(c);
}

static void
conn_close(struct conn *c)
{
	struct witness_serve *s = c->serve;
	struct conn **at = &s->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	conn_free(c);
	/* there is room again */
	if (s->n-- == WITNESS_SERVE_CONNS)
		welcome(s, true);
}

static void
on_limit(void *arg)
{
	conn_close(arg);
}

/* The peer is told once, and then has said all he may. */
static void
answer(struct conn *c, uint16_t status, const char *type, struct rd body)
{
	enum rc rc = RC_BUG;

	c->is_answered = true;
	TRY(http1_status_build(&c->out, status));
	TRY(buf_add_str(&c->out, "Connection: close\r\n"));
	if (type != NULL)
		TRY(http1_field_build(&c->out, "Content-Type", rd_str(type)));
	TRY(http1_end_build(&c->out, body.left));
	TRY(buf_add_rd(&c->out, body));
	TRY(loop_io_set(c->io, EPOLLOUT));
	return;
out:
	conn_close(c);
}

static void
judge(struct conn *c, struct rd body)
{
	struct witness_serve_answer a = { .status = 500 };

	buf_init(&a.body, ANSWER_MAX / 2);
	c->serve->fn(c->serve->arg, body, &a);
	answer(c, a.status, a.type, buf_get(&a.body));
	buf_clear(&a.body);
}

/* One whole request, if it is there. */
static void
take_request(struct conn *c)
{
	struct rd r = buf_get(&c->in);
	struct http1_head h;
	struct rd body;
	enum rc rc = http1_request_parse(&r, &h);

	if (rc == RC_AGAIN)
		return;
	if (rc != RC_OK)
		answer(c, rc == RC_LIMIT ? 431 : 400, NULL, rd_str(""));
	else if (!rd_is_eq(h.target, TARGET))
		answer(c, 404, NULL, rd_str(""));
	else if (!rd_is_eq(h.method, "POST"))
		answer(c, 405, NULL, rd_str(""));
	else if (!h.has_length)
		answer(c, 400, NULL, rd_str(""));
	else if (h.length > c->serve->max)
		answer(c, 413, NULL, rd_str(""));
	else if (rd_take(&r, (size_t)h.length, &body) == RC_OK)
		judge(c, body);
}

static void
on_readable(struct conn *c)
{
	uint8_t step[4096];
	ssize_t n = recv(c->fd, step, sizeof(step), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || buf_add(&c->in, step, (size_t)n) != RC_OK) {
		conn_close(c);
		return;
	}
	take_request(c);
}

static void
on_writable(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent,
	    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->sent += (size_t)n;
	if (n <= 0 || c->sent == c->out.len) {
		(void)shutdown(c->fd, SHUT_WR);
		conn_close(c);
	}
}

static void
on_conn(void *arg, uint32_t events)
{
	struct conn *c = arg;

	(void)events;
	if (c->is_answered)
		on_writable(c);
	else
		on_readable(c);
}

static void
on_accept(void *arg, uint32_t events)
{
	struct witness_serve *s = arg;
	struct conn *c = failmem_alloc(sizeof(*c));
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (c == NULL || fd < 0) {
		free(c);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	c->serve = s;
	c->fd = fd;
	buf_init(&c->in, HTTP1_HEAD_MAX + s->max + 4096);
	buf_init(&c->out, ANSWER_MAX);
	if (loop_io_add(s->loop, fd, EPOLLIN, on_conn, c, &c->io) != RC_OK) {
		(void)close(fd);
		free(c);
		return;
	}
	c->next = s->conns;
	s->conns = c;
	if (++s->n == WITNESS_SERVE_CONNS)
		welcome(s, false); /* the others wait in the queue */
	if (loop_timer_add(s->loop, LIMIT_MS, on_limit, c, &c->limit) != RC_OK)
		conn_close(c);
}

/* --- life
 * ------------------------------------------------------------------------- */

enum rc
witness_serve_new(struct loop *l, int listen_fd, size_t max,
    witness_serve_fn fn, void *arg, struct witness_serve **ret_s)
{
	struct witness_serve *s = failmem_alloc(sizeof(*s));
	enum rc rc = RC_BUG;

	CHECK(s != NULL, RC_NOMEM);
	s->loop = l;
	s->fd = listen_fd;
	s->max = max;
	s->fn = fn;
	s->arg = arg;
	TRY(loop_io_add(l, listen_fd, EPOLLIN, on_accept, s, &s->io));
	*ret_s = s;
	s = NULL;
out:
	free(s);
	return rc;
}

void
witness_serve_free(struct witness_serve *s)
{
	struct conn *next;

	if (s == NULL)
		return;
	for (struct conn *c = s->conns; c != NULL; c = next) {
		next = c->next;
		conn_free(c);
	}
	loop_io_del(s->io);
	(void)close(s->fd);
	free(s);
}
