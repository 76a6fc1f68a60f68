#include "herald/witness_post.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"
#include "wire/http1.h"

#define ADDRS_MAX 4
#define ANSWER_MAX 16384
#define REQUEST_MAX 16384
#define LIMIT_MS 10000

struct witness_post {
	struct loop *loop;
	struct witness_line line;
	witness_post_fn fn;
	void *arg;
	struct sockaddr_storage addrs[ADDRS_MAX];
	socklen_t lens[ADDRS_MAX];
	size_t n_addrs;
	size_t at; /* the address that is tried */
	int fd;    /* -1: nothing is under way */
	struct loop_io *io;
	struct loop_timer *limit;
	bool is_connected;
	struct buf out;
	size_t sent;
	struct buf in;
};

static enum rc
look_up(struct witness_post *p)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	enum rc rc = RC_BUG;

	CHECK(getaddrinfo(p->line.host, p->line.port, &hints, &list) == 0,
	    RC_NOT_FOUND);
	for (struct addrinfo *a = list; a != NULL && p->n_addrs < ADDRS_MAX;
	     a = a->ai_next) {
		memcpy(&p->addrs[p->n_addrs], a->ai_addr, a->ai_addrlen);
		p->lens[p->n_addrs++] = a->ai_addrlen;
	}
	CHECK(p->n_addrs > 0, RC_NOT_FOUND);
	rc = RC_OK;
out:
	if (list != NULL)
		freeaddrinfo(list);
	return rc;
}

enum rc
witness_post_new(struct loop *l, const struct witness_line *w,
    witness_post_fn fn, void *arg, struct witness_post **ret_p)
{
	struct witness_post *p = failmem_alloc(sizeof(*p));
	enum rc rc = RC_BUG;

	CHECK(p != NULL, RC_NOMEM);
	p->loop = l;
	p->line = *w;
	p->fn = fn;
	p->arg = arg;
	p->fd = -1;
	buf_init(&p->out, REQUEST_MAX);
	buf_init(&p->in, ANSWER_MAX);
	TRY(look_up(p));
	*ret_p = p;
	p = NULL;
out:
	witness_post_free(p);
	return rc;
}

static void
hang_up(struct witness_post *p)
{
	loop_io_del(p->io);
	p->io = NULL;
	loop_timer_del(&p->limit);
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

void
witness_post_free(struct witness_post *p)
{
	if (p == NULL)
		return;
	hang_up(p);
	buf_clear(&p->out);
	buf_clear(&p->in);
	free(p);
}

static void
end(struct witness_post *p, enum rc rc, uint16_t status, struct rd body)
{
	hang_up(p);
	if (rc != RC_OK) /* the next request tries the next address */
		p->at = (p->at + 1) % p->n_addrs;
	p->fn(p->arg, rc, status, body);
}

static void
fail(struct witness_post *p, enum rc rc)
{
	end(p, rc, 0, rd_str(""));
}

/* --- one request
 * ------------------------------------------------------------------ */

static void
on_limit(void *arg)
{
	fail(arg, RC_AGAIN);
}

/* The answer, once it is whole: by its length, or by the end of the octets. */
static void
take_answer(struct witness_post *p, bool is_end)
{
	struct rd r = buf_get(&p->in);
	struct http1_head h;
	struct rd body;
	enum rc rc;

	if (r.left == 0 || (rc = http1_response_parse(&r, &h)) == RC_AGAIN) {
		if (is_end)
			fail(p, RC_IO);
		return;
	}
	if (rc != RC_OK || (h.has_length && h.length > ANSWER_MAX)) {
		fail(p, RC_MALFORMED);
		return;
	}
	body = r;
	if (h.has_length && rd_take(&r, (size_t)h.length, &body) != RC_OK) {
		if (is_end)
			fail(p, RC_IO);
		return;
	}
	if (h.has_length || is_end)
		end(p, RC_OK, h.status, body);
}

static void
on_readable(struct witness_post *p)
{
	uint8_t step[4096];
	ssize_t n = recv(p->fd, step, sizeof(step), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		fail(p, RC_IO);
	else if (buf_add(&p->in, step, (size_t)n) != RC_OK)
		fail(p, RC_MALFORMED);
	else
		take_answer(p, n == 0);
}

static void
on_writable(struct witness_post *p)
{
	int error = 0;
	socklen_t len = sizeof(error);
	ssize_t n;

	if (!p->is_connected &&
	    (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
		error != 0)) {
		fail(p, RC_IO);
		return;
	}
	p->is_connected = true;
	n = send(p->fd, p->out.p + p->sent, p->out.len - p->sent,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		fail(p, RC_IO);
		return;
	}
	p->sent += (size_t)n;
	if (p->sent == p->out.len && loop_io_set(p->io, EPOLLIN) != RC_OK)
		fail(p, RC_IO);
}

static void
on_io(void *arg, uint32_t events)
{
	struct witness_post *p = arg;

	if (p->sent < p->out.len && (events & (EPOLLOUT | EPOLLERR)) != 0)
		on_writable(p);
	else if (p->sent == p->out.len || (events & EPOLLHUP) != 0)
		on_readable(p);
}

static enum rc
request_build(struct witness_post *p, struct rd body)
{
	enum rc rc = RC_BUG;

	TRY(http1_request_build(
	    &p->out, "POST", p->line.target, p->line.authority));
	TRY(buf_add_str(&p->out, "Connection: close\r\n"));
	TRY(http1_field_build(&p->out, "Content-Type", rd_str("text/plain")));
	TRY(http1_end_build(&p->out, body.left));
	TRY(buf_add_rd(&p->out, body));
out:
	return rc;
}

enum rc
witness_post_start(struct witness_post *p, struct rd body)
{
	const struct sockaddr_storage *a = &p->addrs[p->at];
	enum rc rc = RC_BUG;

	CHECK(p->fd < 0, RC_STATE);
	p->out.len = 0;
	p->in.len = 0;
	p->sent = 0;
	p->is_connected = false;
	TRY(request_build(p, body));
	p->fd = socket(
	    a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CHECK(p->fd >= 0, RC_IO);
	CHECK(connect(p->fd, (const struct sockaddr *)a, p->lens[p->at]) == 0 ||
		errno == EINPROGRESS,
	    RC_IO);
	TRY(loop_io_add(p->loop, p->fd, EPOLLOUT | EPOLLIN, on_io, p, &p->io));
	TRY(loop_timer_add(p->loop, LIMIT_MS, on_limit, p, &p->limit));
out:
	if (rc != RC_OK && rc != RC_STATE) {
		hang_up(p);
		p->at = (p->at + 1) % p->n_addrs;
	}
	return rc;
}
