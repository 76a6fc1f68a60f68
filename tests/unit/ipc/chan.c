#include "ipc/chan.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"
#include "tap.h"

#define CONF_TEXT 65536

struct ends {
	struct chan *parent;
	struct chan *front;
};

static struct ends
pair_up(void)
{
	struct ends e = { NULL, NULL };
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0 ||
	    chan_new(fd[0], PERMIT_ROLE_PARENT, PERMIT_ROLE_FRONT, &e.parent) !=
		RC_OK ||
	    chan_new(fd[1], PERMIT_ROLE_FRONT, PERMIT_ROLE_PARENT, &e.front) !=
		RC_OK)
		abort();
	return e;
}

static void
part(struct ends *e)
{
	chan_free(e->parent);
	chan_free(e->front);
}

/* A bare socket in place of the parent: it can say what it likes. */
static struct chan *
front_of(int *ret_raw)
{
	struct chan *c = NULL;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0 ||
	    chan_new(fd[1], PERMIT_ROLE_FRONT, PERMIT_ROLE_PARENT, &c) != RC_OK)
		abort();
	*ret_raw = fd[0];
	return c;
}

static void
send_raw(int raw, const void *bytes, size_t n, int fd)
{
	struct iovec iov = { (void *)(uintptr_t)bytes, n };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ctl = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = ctl.space;
		m.msg_controllen = sizeof(ctl.space);
		CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &fd, sizeof(int));
	}
	T_OK(sendmsg(raw, &m, MSG_NOSIGNAL) == (ssize_t)n);
}

static void
send_file(struct chan *c, const char *name, const char *content)
{
	struct msg_named m = { rd_str(name) };
	int fd[2];

	if (pipe(fd) != 0 ||
	    write(fd[1], content, strlen(content)) != (ssize_t)strlen(content))
		abort();
	T_RC(RC_OK, chan_send(c, MSG_FILE, &m, fd[0]));
	(void)close(fd[0]); /* the channel has its own */
	(void)close(fd[1]);
}

static void
expect_file(struct chan *c, const char *name, const char *content)
{
	struct msg_named m;
	enum msg_type type;
	struct rd body;
	char got[16] = "";
	int fd = -1;

	T_RC(RC_OK, chan_next(c, &type, &body, &fd));
	T_OK(type == MSG_FILE);
	T_RC(RC_OK, msg_parse(MSG_FILE, body, &m));
	T_OK(rd_is_eq(m.name, name));
	T_OK(read(fd, got, sizeof(got) - 1) == (ssize_t)strlen(content));
	T_STR(content, got);
	(void)close(fd);
}

static void
fill_all(struct chan *c)
{
	while (chan_fill(c) == RC_OK)
		;
}

static void
each_descriptor_arrives_with_its_own_message(void)
{
	const struct msg_config conf = { rd_str("classic = no\n") };
	struct ends e = pair_up();
	enum msg_type type;
	struct rd body;
	int fd;

	send_file(e.parent, "tls.cert", "one");
	T_RC(RC_OK, chan_send(e.parent, MSG_CONFIG, &conf, -1));
	send_file(e.parent, "tls.key", "two");
	send_file(e.parent, "listen", "three");
	T_OK(chan_has_output(e.parent) && chan_queued(e.parent) > 0);
	T_RC(RC_OK, chan_flush(e.parent));
	T_OK(!chan_has_output(e.parent));
	fill_all(e.front);
	expect_file(e.front, "tls.cert", "one");
	T_RC(RC_OK, chan_next(e.front, &type, &body, &fd));
	T_OK(type == MSG_CONFIG && fd == -1);
	expect_file(e.front, "tls.key", "two");
	expect_file(e.front, "listen", "three");
	T_RC(RC_AGAIN, chan_next(e.front, &type, &body, &fd));
	part(&e);
}

static void
a_message_in_single_octets_is_whole_at_its_last(void)
{
	/* MSG_CONFIG: u16 type, u32 length, u32 length of text, text */
	static const uint8_t config[] = { 0, 1, 0, 0, 0, 7, 0, 0, 0, 3, 'a',
		'=', 'b' };
	enum msg_type type;
	struct rd body;
	int raw;
	int fd;
	struct chan *c = front_of(&raw);

	for (size_t i = 0; i < sizeof(config); i++) {
		T_RC(RC_AGAIN, chan_next(c, &type, &body, &fd));
		send_raw(raw, config + i, 1, -1);
		T_RC(RC_OK, chan_fill(c));
	}
	T_RC(RC_OK, chan_next(c, &type, &body, &fd));
	T_OK(type == MSG_CONFIG && body.left == 7 && fd == -1);
	T_RC(RC_AGAIN, chan_fill(c));
	(void)close(raw);
	T_RC(RC_IO, chan_fill(c));
	chan_free(c);
}

static void
what_the_table_forbids_cannot_be_sent(void)
{
	const struct msg_empty empty = { 0 };
	const struct msg_named peer = { rd_str("exchange") };
	struct ends e = pair_up();

	T_RC(RC_BUG, chan_send(e.front, MSG_START, &empty, -1));
	T_RC(RC_BUG, chan_send(e.parent, MSG_READY, &empty, -1));
	T_RC(RC_BUG, chan_send(e.parent, MSG_FILE, &peer, -1));
	T_RC(RC_BUG, chan_send(e.parent, MSG_START, &empty, STDIN_FILENO));
	chan_serving(e.parent, true);
	T_RC(RC_BUG, chan_send(e.parent, MSG_PEER, &peer, STDIN_FILENO));
	T_OK(!chan_has_output(e.parent) && !chan_has_output(e.front));
	part(&e);
}

static void
what_the_table_forbids_is_refused_by_its_head(void)
{
	static const struct {
		uint8_t head[MSG_HEAD_SIZE];
		const char *why;
	} bad[] = {
		{ { 0, 5, 0, 0, 0, 1 }, "READY is a child's" },
		{ { 0, 30, 0, 0, 0, 1 }, "LOOKUP is no parent's" },
		{ { 0, 7, 0, 0, 0, 1 }, "RELOAD before START" },
		{ { 0, 4, 0, 0, 0, 2 }, "START with two octets" },
		{ { 0, 1, 0, 1, 0, 5 }, "CONFIG one over its maximum" },
		{ { 0, 0, 0, 0, 0, 0 }, "no type" },
		{ { 255, 255, 255, 255, 255, 255 }, "the largest head" },
	};
	enum msg_type type;
	struct rd body;
	int fd;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int raw;
		struct chan *c = front_of(&raw);

		send_raw(raw, bad[i].head, MSG_HEAD_SIZE, -1);
		T_RC(RC_OK, chan_fill(c));
		T_RC(RC_DENIED, chan_next(c, &type, &body, &fd));
		chan_free(c);
		(void)close(raw);
	}
}

static void
a_file_without_its_descriptor_is_refused(void)
{
	static const uint8_t file[] = { 0, 2, 0, 0, 0, 5, 0, 0, 0, 1, 'a' };
	enum msg_type type;
	struct rd body;
	int raw;
	int fd;
	struct chan *c = front_of(&raw);

	send_raw(raw, file, sizeof(file), -1);
	T_RC(RC_OK, chan_fill(c));
	T_RC(RC_DENIED, chan_next(c, &type, &body, &fd));
	chan_free(c);
	(void)close(raw);
}

static void
a_descriptor_without_its_file_is_refused(void)
{
	static const uint8_t stop[] = { 0, 6, 0, 0, 0, 1, 0 };
	enum msg_type type;
	struct rd body;
	int raw;
	int fd;
	struct chan *c = front_of(&raw);

	send_raw(raw, stop, sizeof(stop), STDIN_FILENO);
	T_RC(RC_OK, chan_fill(c));
	T_RC(RC_OK, chan_next(c, &type, &body, &fd));
	T_OK(type == MSG_STOP && fd == -1);
	T_RC(RC_DENIED, chan_next(c, &type, &body, &fd));
	chan_free(c);
	(void)close(raw);
}

static void
more_than_the_socket_holds_waits_and_arrives(void)
{
	enum { N = 64 };
	static char big[CONF_TEXT];
	const struct msg_config conf = { { (uint8_t *)big, sizeof(big) } };
	struct ends e = pair_up();
	enum msg_type type;
	struct rd body;
	int fd;
	int got = 0;
	bool waited = false;

	memset(big, 'a', sizeof(big));
	for (int i = 0; i < N; i++)
		T_RC(RC_OK, chan_send(e.parent, MSG_CONFIG, &conf, -1));
	while (got < N) {
		waited = chan_flush(e.parent) == RC_AGAIN || waited;
		if (chan_fill(e.front) != RC_OK)
			break;
		while (chan_next(e.front, &type, &body, &fd) == RC_OK)
			got += body.left == sizeof(big) + 4;
	}
	T_OK(waited && got == N && !chan_has_output(e.parent));
	part(&e);
}

static void
a_full_queue_is_a_limit_and_stays_whole(void)
{
	static char big[CONF_TEXT];
	const struct msg_config conf = { { (uint8_t *)big, sizeof(big) } };
	struct ends e = pair_up();
	size_t before;
	enum rc rc = RC_OK;

	memset(big, 'a', sizeof(big));
	do {
		before = chan_queued(e.parent);
		rc = chan_send(e.parent, MSG_CONFIG, &conf, -1);
	} while (rc == RC_OK && before <= CHAN_OUT_MAX);
	T_OK(rc == RC_LIMIT);
	T_OK(chan_queued(e.parent) == before);
	T_OK(before + sizeof(big) + 10 > CHAN_OUT_MAX);
	part(&e);
}

static void
a_closed_peer_is_an_error_of_the_next_flush(void)
{
	const struct msg_empty empty = { 0 };
	struct ends e = pair_up();

	chan_free(e.front);
	e.front = NULL;
	T_RC(RC_OK, chan_send(e.parent, MSG_START, &empty, -1));
	T_RC(RC_IO, chan_flush(e.parent));
	part(&e);
}

static void
a_failed_allocation_sends_nothing(void)
{
	const struct msg_named m = { rd_str("listen") };
	struct ends e = pair_up();
	struct chan *c = NULL;

	(void)failmem_after(0);
	T_RC(RC_NOMEM, chan_send(e.parent, MSG_FILE, &m, STDIN_FILENO));
	(void)failmem_after(0);
	T_RC(RC_NOMEM,
	    chan_new(STDIN_FILENO, PERMIT_ROLE_PARENT, PERMIT_ROLE_SMS, &c));
	(void)failmem_after(0);
	T_RC(RC_NOMEM, chan_fill(e.front));
	(void)failmem_after(-1);
	T_OK(c == NULL && !chan_has_output(e.parent));
	part(&e);
}

int
main(void)
{
	TEST(each_descriptor_arrives_with_its_own_message);
	TEST(a_message_in_single_octets_is_whole_at_its_last);
	TEST(what_the_table_forbids_cannot_be_sent);
	TEST(what_the_table_forbids_is_refused_by_its_head);
	TEST(a_file_without_its_descriptor_is_refused);
	TEST(a_descriptor_without_its_file_is_refused);
	TEST(more_than_the_socket_holds_waits_and_arrives);
	TEST(a_full_queue_is_a_limit_and_stays_whole);
	TEST(a_closed_peer_is_an_error_of_the_next_flush);
	TEST(a_failed_allocation_sends_nothing);
	return tap_done();
}
