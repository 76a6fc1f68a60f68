#include "proc/loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failmem.h"
#include "tap.h"

struct seen {
	struct loop *loop;
	char order[32];
	size_t n;
	struct loop_timer *timer;
	struct loop_io *io;
	int fd;
};

static void
note(struct seen *s, char c)
{
	if (s->n < sizeof(s->order) - 1)
		s->order[s->n++] = c;
}

static void
on_a(void *arg)
{
	note(arg, 'a');
}

static void
on_b(void *arg)
{
	note(arg, 'b');
}

static void
on_end(void *arg)
{
	struct seen *s = arg;

	note(s, '.');
	loop_stop(s->loop);
}

static void
timers_fire_by_time_and_a_cancelled_one_does_not(void)
{
	struct seen s = { 0 };
	struct loop_timer *a = NULL;
	struct loop_timer *b = NULL;
	struct loop_timer *gone = NULL;
	struct loop_timer *end = NULL;

	T_RC(RC_OK, loop_new(&s.loop));
	T_RC(RC_OK, loop_timer_add(s.loop, 40, on_end, &s, &end));
	T_RC(RC_OK, loop_timer_add(s.loop, 20, on_b, &s, &b));
	T_RC(RC_OK, loop_timer_add(s.loop, 10, on_a, &s, &gone));
	T_RC(RC_OK, loop_timer_add(s.loop, 1, on_a, &s, &a));
	loop_timer_del(&gone);
	T_OK(gone == NULL);
	loop_timer_del(&gone); /* twice is fine */
	T_RC(RC_OK, loop_run(s.loop));
	T_STR("ab.", s.order);
	T_OK(a == NULL && b == NULL && end == NULL);
	loop_free(s.loop);
}

static void
timers_left_at_the_end_are_released(void)
{
	struct seen s = { 0 };
	struct loop_timer *many[200];

	T_RC(RC_OK, loop_new(&s.loop));
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		T_RC(RC_OK,
		    loop_timer_add(s.loop, 1000000 - (int64_t)(i * 37 % 200),
			on_a, &s, &many[i]));
	for (size_t i = 0; i < ARRAY_LEN(many); i += 3)
		loop_timer_del(&many[i]);
	loop_free(s.loop);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		T_OK(many[i] == NULL);
}

static void
on_turn(void *arg)
{
	note(arg, 't');
}

static void
on_readable(void *arg, uint32_t events)
{
	struct seen *s = arg;
	char c;

	T_OK((events & EPOLLIN) != 0 && read(s->fd, &c, 1) == 1);
	note(s, 'r');
	T_RC(RC_OK, loop_defer(s->loop, on_end, s));
	loop_io_del(s->io); /* inside its own callback */
}

static void
a_turn_is_events_then_commit_then_deferred(void)
{
	struct seen s = { 0 };
	int fd[2];

	T_OK(pipe(fd) == 0 && write(fd[1], "xy", 2) == 2);
	s.fd = fd[0];
	T_RC(RC_OK, loop_new(&s.loop));
	T_RC(
	    RC_OK, loop_io_add(s.loop, fd[0], EPOLLIN, on_readable, &s, &s.io));
	loop_on_turn(s.loop, on_turn, &s);
	T_RC(RC_OK, loop_run(s.loop));
	T_STR("trt.", s.order); /* the first turn has no event */
	loop_free(s.loop);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* --- channels: a broken one ends the process, so each runs in its own ----- */

static void
on_msg(void *arg, enum msg_type type, struct rd body, int fd)
{
	struct seen *s = arg;

	(void)body;
	(void)fd;
	note(s, type == MSG_STOP ? 's' : '?');
	loop_stop(s->loop);
}

/* Runs a loop in a process that got these octets from its parent, and then
 * the end of the channel; returns its exit status. */
static int
status_after(const void *bytes, size_t n, bool forgive)
{
	struct seen s = { 0 };
	struct loop_timer *t;
	struct chan *c = NULL;
	int fd[2];
	int status = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		(void)close(fd[0]);
		if (freopen("/dev/null", "w", stderr) == NULL ||
		    loop_new(&s.loop) != RC_OK ||
		    chan_new(fd[1], PERMIT_ROLE_SMS, PERMIT_ROLE_PARENT, &c) !=
			RC_OK ||
		    loop_chan_add(s.loop, c, on_msg, &s) != RC_OK)
			_exit(1);
		if (forgive)
			loop_forgive(s.loop);
		if (loop_timer_add(s.loop, 300, on_end, &s, &t) != RC_OK ||
		    loop_run(s.loop) != RC_OK)
			_exit(2);
		_exit(s.order[0]);
	}
	(void)close(fd[1]);
	if (write(fd[0], bytes, n) != (ssize_t)n)
		abort();
	(void)close(fd[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void
a_message_reaches_its_callback(void)
{
	static const uint8_t stop[] = { 0, 6, 0, 0, 0, 1, 0 };

	T_OK(status_after(stop, sizeof(stop), false) == 's');
}

static void
a_forbidden_message_ends_the_process(void)
{
	static const uint8_t ready[] = { 0, 5, 0, 0, 0, 1, 0 };

	T_OK(status_after(ready, sizeof(ready), false) == 70);
	T_OK(status_after(ready, sizeof(ready), true) == 70);
}

static void
a_closed_channel_ends_the_process_unless_all_end(void)
{
	T_OK(status_after("", 0, false) == 70);
	T_OK(status_after("", 0, true) == '.');
}

static void
a_failed_allocation_adds_nothing(void)
{
	struct seen s = { 0 };
	struct loop *none = NULL;

	T_RC(RC_OK, loop_new(&s.loop));
	for (long k = 0; k < 2; k++) { /* the heap, the timer */
		(void)failmem_after(k);
		T_RC(RC_NOMEM, loop_timer_add(s.loop, 1, on_a, &s, &s.timer));
	}
	(void)failmem_after(0);
	T_RC(RC_NOMEM, loop_defer(s.loop, on_a, &s));
	(void)failmem_after(0);
	T_RC(RC_NOMEM, loop_io_add(s.loop, 0, EPOLLIN, on_readable, &s, &s.io));
	(void)failmem_after(0);
	T_RC(RC_NOMEM, loop_new(&none));
	(void)failmem_after(-1);
	T_OK(none == NULL && s.timer == NULL && s.io == NULL);
	loop_free(s.loop);
}

int
main(void)
{
	TEST(timers_fire_by_time_and_a_cancelled_one_does_not);
	TEST(timers_left_at_the_end_are_released);
	TEST(a_turn_is_events_then_commit_then_deferred);
	TEST(a_message_reaches_its_callback);
	TEST(a_forbidden_message_ends_the_process);
	TEST(a_closed_channel_ends_the_process_unless_all_end);
	TEST(a_failed_allocation_adds_nothing);
	return tap_done();
}
