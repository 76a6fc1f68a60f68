#include "ipc/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"

#define FDS_MAX 32 /* descriptors in flight one way; set-up sends about ten */
#define FILL_STEP 65536

/* One frame that carries a descriptor: where its first octet stands in the
 * stream, so that the descriptor travels with that very octet. */
struct passed {
	uint64_t at;
	int fd;
};

struct chan {
	int fd;
	enum permit_role self;
	enum permit_role peer;
	bool serving;
	struct buf out;
	size_t out_done; /* octets of out that are written */
	uint64_t out_at; /* stream position of out.p[out_done] */
	struct passed pass[FDS_MAX];
	size_t n_pass;
	struct buf in;
	size_t in_done; /* octets of in that were handed out */
	int got[FDS_MAX];
	size_t n_got;
};

enum rc
chan_new(
    int fd, enum permit_role self, enum permit_role peer, struct chan **ret_c)
{
	struct chan *c = failmem_alloc(sizeof(*c));
	int flags = fcntl(fd, F_GETFL);

	if (c == NULL)
		return RC_NOMEM;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(c);
		return RC_IO;
	}
	c->fd = fd;
	c->self = self;
	c->peer = peer;
	buf_init(&c->out, CHAN_OUT_MAX);
	buf_init(&c->in, 2 * (MSG_BODY_MAX + MSG_HEAD_SIZE) + FILL_STEP);
	*ret_c = c;
	return RC_OK;
}

void
chan_free(struct chan *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_pass; i++)
		(void)close(c->pass[i].fd);
	for (size_t i = 0; i < c->n_got; i++)
		(void)close(c->got[i]);
	(void)close(c->fd);
	buf_clear(&c->out);
	buf_clear(&c->in);
	free(c);
}

int
chan_fd(const struct chan *c)
{
	return c->fd;
}

enum permit_role
chan_peer(const struct chan *c)
{
	return c->peer;
}

void
chan_serving(struct chan *c, bool serving)
{
	c->serving = serving;
}

enum rc
chan_send(struct chan *c, enum msg_type type, const void *msg, int send_fd)
{
	size_t before;
	int dup_fd = -1;
	enum rc rc = RC_BUG;

	if (c->out_done > 0) {
		buf_consume(&c->out, c->out_done);
		c->out_done = 0;
	}
	before = c->out.len;
	if (send_fd >= 0) {
		CHECK(c->n_pass < FDS_MAX, RC_LIMIT);
		dup_fd = fcntl(send_fd, F_DUPFD_CLOEXEC, 0);
		CHECK(dup_fd >= 0, RC_IO);
	}
	TRY(msg_build(type, msg, &c->out));
	/* what the receiver will check: our own mistakes end here, not there */
	if (!permit_is(type, c->self, c->peer, c->serving,
		c->out.len - before - MSG_HEAD_SIZE, send_fd >= 0)) {
		c->out.len = before;
		CHECK(false, RC_BUG);
	}
	if (dup_fd >= 0) {
		c->pass[c->n_pass++] = (struct passed){ c->out_at + before,
			dup_fd };
		dup_fd = -1;
	}
out:
	if (dup_fd >= 0)
		(void)close(dup_fd);
	return rc;
}

/* Writes one stretch; it ends before the next octet that has a descriptor. */
static ssize_t
write_some(struct chan *c)
{
	struct iovec iov = { c->out.p + c->out_done, c->out.len - c->out_done };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;
	size_t next = 0;

	if (c->n_pass > 0 && c->pass[0].at == c->out_at) {
		m.msg_control = ctl.space;
		m.msg_controllen = sizeof(ctl.space);
		cm = CMSG_FIRSTHDR(&m);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &c->pass[0].fd, sizeof(int));
		next = 1;
	}
	if (c->n_pass > next && c->pass[next].at - c->out_at < iov.iov_len)
		iov.iov_len = (size_t)(c->pass[next].at - c->out_at);
	return sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

enum rc
chan_flush(struct chan *c)
{
	ssize_t n;

	while (c->out_done < c->out.len) {
		n = write_some(c);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return RC_AGAIN;
		if (n <= 0)
			return RC_IO;
		if (c->n_pass > 0 && c->pass[0].at == c->out_at) {
			(void)close(c->pass[0].fd);
			c->n_pass--;
			memmove(c->pass, c->pass + 1,
			    c->n_pass * sizeof(c->pass[0]));
		}
		c->out_done += (size_t)n;
		c->out_at += (uint64_t)n;
	}
	if (c->out.len > 0) /* numbers may have stood here */
		explicit_bzero(c->out.p, c->out.len);
	c->out.len = 0;
	c->out_done = 0;
	return RC_OK;
}

bool
chan_has_output(const struct chan *c)
{
	return c->out_done < c->out.len;
}

size_t
chan_queued(const struct chan *c)
{
	return c->out.len - c->out_done;
}

/* Keeps the descriptors of one recvmsg; more than fit are closed, and the
 * missing one makes chan_next refuse the frame. */
static void
keep_fds(struct chan *c, struct msghdr *m)
{
	struct cmsghdr *cm;
	size_t n;
	int fd;

	for (cm = CMSG_FIRSTHDR(m); cm != NULL; cm = CMSG_NXTHDR(m, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			memcpy(
			    &fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(int));
			if (c->n_got < FDS_MAX)
				c->got[c->n_got++] = fd;
			else
				(void)close(fd);
		}
	}
}

/* What was read held numbers and texts. */
void
chan_forget(struct chan *c)
{
	if (c->in_done == 0)
		return;
	buf_consume(&c->in, c->in_done);
	explicit_bzero(c->in.p + c->in.len, c->in_done);
	c->in_done = 0;
}

enum rc
chan_fill(struct chan *c)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} ctl = { 0 };
	struct iovec iov;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	uint8_t *p;
	ssize_t n;
	enum rc rc = RC_BUG;

	chan_forget(c);
	TRY(buf_reserve(&c->in, FILL_STEP, &p));
	iov = (struct iovec){ p, FILL_STEP };
	m.msg_control = ctl.space;
	m.msg_controllen = sizeof(ctl.space);
	do
		n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RC_AGAIN;
	CHECK(n > 0, RC_IO);
	keep_fds(c, &m);
	buf_commit(&c->in, (size_t)n);
	rc = RC_OK;
out:
	return rc;
}

enum rc
chan_next(
    struct chan *c, enum msg_type *ret_type, struct rd *ret_body, int *ret_fd)
{
	struct rd r = buf_get(&c->in);
	uint16_t type;
	uint32_t n;
	struct rd body;
	bool wants_fd;
	enum rc rc = RC_BUG;

	/* a descriptor comes with the first octet of its frame: one that no
	 * frame is waiting for was smuggled in */
	if (c->in.len == c->in_done && c->n_got > 0)
		return RC_DENIED;
	if (c->in.len - c->in_done < MSG_HEAD_SIZE)
		return RC_AGAIN;
	TRY(rd_skip(&r, c->in_done));
	TRY(rd_u16(&r, &type));
	TRY(rd_u32(&r, &n));
	wants_fd = permit_has_fd((enum msg_type)type);
	/* refused by its head alone: nothing is buffered for it */
	CHECK(permit_is((enum msg_type)type, c->peer, c->self, c->serving, n,
		  wants_fd),
	    RC_DENIED);
	if (r.left < n)
		return RC_AGAIN;
	TRY(rd_take(&r, n, &body));
	CHECK(!wants_fd || c->n_got > 0, RC_DENIED);
	*ret_fd = -1;
	if (wants_fd) {
		*ret_fd = c->got[0];
		c->n_got--;
		memmove(c->got, c->got + 1, c->n_got * sizeof(c->got[0]));
	}
	c->in_done += MSG_HEAD_SIZE + n;
	*ret_type = (enum msg_type)type;
	*ret_body = body;
out:
	return rc;
}
