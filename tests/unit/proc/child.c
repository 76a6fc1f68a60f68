/* The life of a process as its parent sees it, over a real socket pair. */
#include "proc/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

struct life {
	struct chan *chan;
	pid_t pid;
};

static int failing; /* the rc of on_start */

/* What the configuration and the file say becomes the exit status of a wrong
 * start; a right one is OK. */
static enum rc
on_start(void *arg, struct child *c)
{
	char got[8] = "";
	int fd = -1;

	(void)arg;
	if (failing != 0)
		return (enum rc)failing;
	if (child_conf(c)->retention_days != 9 ||
	    child_file_take(c, "policy", &fd) != RC_OK ||
	    read(fd, got, sizeof(got) - 1) != 3 || strcmp(got, "new") != 0)
		return RC_STATE;
	return child_file_take(c, "policy", &fd) == RC_NOT_FOUND ? RC_OK
								 : RC_EXISTS;
}

static void
on_reload(void *arg, struct child *c)
{
	(void)arg;
	if (child_conf(c)->retention_days != 10)
		_exit(99);
}

static struct life
be_born(void)
{
	static const struct child_hooks hooks = { .on_start = on_start,
		.on_reload = on_reload };
	struct life l = { NULL, 0 };
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		abort();
	l.pid = fork();
	if (l.pid == 0) {
		(void)close(fd[0]);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		if (fd[1] != CHILD_PARENT_FD &&
		    dup2(fd[1], CHILD_PARENT_FD) < 0)
			_exit(1);
		if (fd[1] != CHILD_PARENT_FD)
			(void)close(fd[1]);
		_exit(child_run(PERMIT_ROLE_RECORDS, &hooks));
	}
	(void)close(fd[1]);
	if (chan_new(fd[0], PERMIT_ROLE_PARENT, PERMIT_ROLE_RECORDS, &l.chan) !=
	    RC_OK)
		abort();
	return l;
}

static void
say(struct life *l, enum msg_type type, const void *msg, int fd)
{
	T_RC(RC_OK, chan_send(l->chan, type, msg, fd));
	T_RC(RC_OK, chan_flush(l->chan));
}

static void
say_config(struct life *l, const char *text)
{
	const struct msg_config m = { rd_str(text) };

	say(l, MSG_CONFIG, &m, -1);
}

static void
say_file(struct life *l, const char *content)
{
	const struct msg_named m = { rd_str("policy") };
	int fd[2];

	if (pipe(fd) != 0 || write(fd[1], content, 3) != 3)
		abort();
	(void)close(fd[1]);
	say(l, MSG_FILE, &m, fd[0]);
	(void)close(fd[0]);
}

static void
say_plain(struct life *l, enum msg_type type)
{
	const struct msg_empty m = { 0 };

	say(l, type, &m, -1);
}

static bool
is_ready(struct life *l)
{
	struct pollfd pfd = { chan_fd(l->chan), POLLIN, 0 };
	enum msg_type type;
	struct rd body;
	int fd;

	if (poll(&pfd, 1, 5000) <= 0 || chan_fill(l->chan) != RC_OK ||
	    chan_next(l->chan, &type, &body, &fd) != RC_OK)
		return false;
	chan_serving(l->chan, true);
	return type == MSG_READY;
}

static int
its_end(struct life *l)
{
	int status = -1;

	if (waitpid(l->pid, &status, 0) != l->pid)
		status = -1;
	chan_free(l->chan);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
a_process_is_set_up_serves_reloads_and_stops(void)
{
	struct life l = be_born();

	say_config(&l, "retention_days = 9\n");
	say_file(&l, "old");
	say_file(&l, "new"); /* takes the place of the first */
	say_plain(&l, MSG_START);
	T_OK(is_ready(&l));
	say_config(&l, "retention_days = 10\n");
	say_plain(&l, MSG_RELOAD);
	say_plain(&l, MSG_STOP);
	T_OK(is_ready(&l)); /* durable, and still there */
	T_OK(waitpid(l.pid, NULL, WNOHANG) == 0);
	T_OK(shutdown(chan_fd(l.chan), SHUT_RDWR) == 0);
	T_OK(its_end(&l) == 0);
}

static void
a_failed_start_is_named_by_the_exit_status(void)
{
	struct life l;

	failing = RC_NOT_FOUND;
	l = be_born();
	say_plain(&l, MSG_START);
	T_OK(!is_ready(&l));
	T_OK(its_end(&l) == 80 + RC_NOT_FOUND);
	failing = 0;
}

static void
a_bad_configuration_ends_the_process(void)
{
	struct life l = be_born();

	say_config(&l, "unknown = 1\n");
	T_OK(its_end(&l) == 70);
}

static void
a_peer_that_is_not_joined_ends_the_process(void)
{
	const struct msg_named m = { rd_str("sms") };
	struct life l = be_born();

	say(&l, MSG_PEER, &m, STDERR_FILENO);
	T_OK(its_end(&l) == 70);
}

static void
a_dead_parent_ends_the_process(void)
{
	struct life l = be_born();

	T_OK(shutdown(chan_fd(l.chan), SHUT_RDWR) == 0);
	T_OK(its_end(&l) == 70);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	TEST(a_process_is_set_up_serves_reloads_and_stops);
	TEST(a_failed_start_is_named_by_the_exit_status);
	TEST(a_bad_configuration_ends_the_process);
	TEST(a_peer_that_is_not_joined_ends_the_process);
	TEST(a_dead_parent_ends_the_process);
	return tap_done();
}
