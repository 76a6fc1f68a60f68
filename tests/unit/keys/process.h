/*
 * process: one process as the parent starts it, by its real main, and the peers
 * that a test plays around it.
 */
#ifndef PROCESS_H
#define PROCESS_H
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/chan.h"
#include "proc/child.h"
#include "tap.h"

#define PROCESS_WAIT_MS 5000

static struct chan *process_parent;
static pid_t process_pid;
static enum permit_role process_role;

static inline void
process_send(struct chan *c, enum msg_type type, const void *msg, int fd)
{
	struct pollfd p = { chan_fd(c), POLLOUT, 0 };
	enum rc rc = chan_send(c, type, msg, fd);

	while (rc == RC_OK && (rc = chan_flush(c)) == RC_AGAIN) {
		if (poll(&p, 1, PROCESS_WAIT_MS) != 1)
			break;
		rc = RC_OK;
	}
	T_OK(rc == RC_OK);
}

/* The next message; its struct, which borrows until the next call, in
 * *ret_msg. False: another, none in time, or the process is gone. */
static inline bool
process_hear(struct chan *c, enum msg_type want, void *ret_msg, int ms)
{
	struct pollfd p = { chan_fd(c), POLLIN, 0 };
	enum msg_type type;
	struct rd body;
	int fd;
	enum rc rc;

	while ((rc = chan_next(c, &type, &body, &fd)) == RC_AGAIN) {
		if (poll(&p, 1, ms) != 1 || chan_fill(c) == RC_IO)
			return false;
	}
	return rc == RC_OK && type == want &&
	    msg_parse(type, body, ret_msg) == RC_OK;
}

/* Hands on a descriptor, which is closed here. */
static inline void
process_give(enum msg_type type, const char *name, int fd)
{
	const struct msg_named m = { rd_str(name) };

	process_send(process_parent, type, &m, fd);
	(void)close(fd);
}

/* A file of these octets. */
static inline int
process_file(const void *octets, size_t n)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0 || write(fd, octets, n) != (ssize_t)n)
		abort();
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

/* The caller frees it. */
static inline struct chan *
process_peer(enum permit_role role)
{
	struct chan *c = NULL;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	T_RC(RC_OK, chan_new(pair[0], role, process_role, &c));
	chan_serving(c, true);
	process_give(MSG_PEER, permit_role_name(role), pair[1]);
	return c;
}

static inline void
process_begin(enum permit_role role, int (*run)(void), const char *conf)
{
	const struct msg_config config = { rd_str(conf) };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	process_role = role;
	process_pid = fork();
	if (process_pid == 0) {
		(void)dup2(pair[1], 200);
		(void)dup2(200, CHILD_PARENT_FD);
		(void)close_range(CHILD_PARENT_FD + 1, ~0u, 0);
		_exit(run());
	}
	(void)close(pair[1]);
	T_RC(RC_OK,
	    chan_new(pair[0], PERMIT_ROLE_PARENT, role, &process_parent));
	process_send(process_parent, MSG_CONFIG, &config, -1);
}

/* Whether it serves. */
static inline bool
process_start(void)
{
	const struct msg_empty go = { 0 };
	struct msg_empty ready;

	process_send(process_parent, MSG_START, &go, -1);
	chan_serving(process_parent, true);
	return process_hear(process_parent, MSG_READY, &ready, PROCESS_WAIT_MS);
}

/* Its exit status, after STOP when stop. */
static inline int
process_end(bool stop)
{
	const struct msg_empty m = { 0 };
	struct msg_empty ready;
	int status = -1;

	if (stop) {
		process_send(process_parent, MSG_STOP, &m, -1);
		T_OK(process_hear(
		    process_parent, MSG_READY, &ready, PROCESS_WAIT_MS));
	}
	chan_free(process_parent);
	process_parent = NULL;
	if (waitpid(process_pid, &status, 0) != process_pid ||
	    !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
#endif
