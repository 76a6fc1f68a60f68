/* Each check runs in a process of its own, which does not come back from its
 * sandbox. The exit status says what it could do. */
#include "proc/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define COULD 0
#define REFUSED 9
#define KILLED 200 /* by seccomp */

static char home[] = "/tmp/tacet-sandbox-XXXXXX";

typedef bool (*deed_fn)(void);

static int
outcome(enum permit_role role, deed_fn deed)
{
	int status = -1;
	int fd;
	pid_t pid = fork();

	if (pid == 0) {
		fd = open(home, O_RDONLY | O_DIRECTORY);
		if (freopen("/dev/null", "w", stderr) == NULL || fd < 0 ||
		    sandbox_drop(role, fd) != RC_OK ||
		    sandbox_enter(role) != RC_OK)
			_exit(1);
		_exit(deed() ? COULD : REFUSED);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
write_home(void)
{
	int fd = open("a", O_RDWR | O_CREAT, 0600);

	return fd >= 0 && pwrite(fd, "x", 1, 0) == 1 && fdatasync(fd) == 0 &&
	    ftruncate(fd, 0) == 0 && rename("a", "b") == 0 && unlink("b") == 0;
}

static bool
read_outside(void)
{
	return open("/proc/self/status", O_RDONLY) >= 0 ||
	    open("../../etc/passwd", O_RDONLY) >= 0;
}

static bool
make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool
run_program(void)
{
	char *argv[] = { (char *)"true", NULL };

	(void)execve("/bin/true", argv, NULL);
	return false;
}

static bool
make_process(void)
{
	return fork() >= 0;
}

static void *
nothing(void *arg)
{
	return arg;
}

static bool
make_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) == 0 &&
	    pthread_join(t, NULL) == 0;
}

static int other = -1;

static bool
read_other(void)
{
	return openat(other, ".", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool
dump_core(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_CORE, &r) != 0 || r.rlim_max != 0;
}

static bool
have_root(void)
{
	return geteuid() == 0;
}

static void
a_role_with_a_home_works_there_and_nowhere_else(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		tap_skip("this kernel has no Landlock");
		return;
	}
	T_OK(outcome(PERMIT_ROLE_EXCHANGE, write_home) == COULD);
	T_OK(outcome(PERMIT_ROLE_RECORDS, write_home) == COULD);
	T_OK(outcome(PERMIT_ROLE_SMS, write_home) == COULD);
	T_OK(outcome(PERMIT_ROLE_KTLOG, write_home) == COULD);
	T_OK(outcome(PERMIT_ROLE_KTLOG, read_outside) == REFUSED);
	T_OK(outcome(PERMIT_ROLE_EXCHANGE, read_outside) == REFUSED);
	T_OK(outcome(PERMIT_ROLE_RECORDS, read_outside) == REFUSED);
	T_OK(outcome(PERMIT_ROLE_SMS, read_outside) == REFUSED);
}

static void
front_keys_herald_and_lookup_open_nothing(void)
{
	T_OK(outcome(PERMIT_ROLE_LOOKUP, write_home) == KILLED);
	T_OK(outcome(PERMIT_ROLE_LOOKUP, read_outside) == KILLED);
	T_OK(outcome(PERMIT_ROLE_KEYS, write_home) == KILLED);
	T_OK(outcome(PERMIT_ROLE_KEYS, read_outside) == KILLED);
	T_OK(outcome(PERMIT_ROLE_HERALD, write_home) == KILLED);
	T_OK(outcome(PERMIT_ROLE_HERALD, read_outside) == KILLED);
	T_OK(outcome(PERMIT_ROLE_FRONT, write_home) == KILLED);
	T_OK(outcome(PERMIT_ROLE_FRONT, read_outside) == KILLED);
}

static void
only_sms_and_herald_make_a_socket(void)
{
	T_OK(outcome(PERMIT_ROLE_HERALD, make_socket) == COULD);
	T_OK(outcome(PERMIT_ROLE_KTLOG, make_socket) == KILLED);
	T_OK(outcome(PERMIT_ROLE_KEYS, make_socket) == KILLED);
	T_OK(outcome(PERMIT_ROLE_LOOKUP, make_socket) == KILLED);
	T_OK(outcome(PERMIT_ROLE_SMS, make_socket) == COULD);
	T_OK(outcome(PERMIT_ROLE_FRONT, make_socket) == KILLED);
	T_OK(outcome(PERMIT_ROLE_EXCHANGE, make_socket) == KILLED);
	T_OK(outcome(PERMIT_ROLE_RECORDS, make_socket) == KILLED);
}

static void
no_role_runs_a_program_and_only_ktlog_makes_a_process(void)
{
	for (int r = PERMIT_ROLE_FRONT; r <= PERMIT_ROLE_LAST; r++) {
		enum permit_role role = (enum permit_role)r;

		T_OK(outcome(role, run_program) == KILLED);
		T_OK(outcome(role, make_process) ==
		    (role == PERMIT_ROLE_KTLOG ? COULD : KILLED));
	}
}

static void
only_lookup_makes_a_thread(void)
{
	for (int r = PERMIT_ROLE_FRONT; r <= PERMIT_ROLE_LAST; r++)
		T_OK(outcome((enum permit_role)r, make_thread) ==
		    (r == PERMIT_ROLE_LOOKUP ? COULD : KILLED));
}

static void
one_directory_more_can_be_named(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		tap_skip("this kernel has no Landlock");
		return;
	}
	other = open("/tmp", O_RDONLY | O_DIRECTORY);
	T_OK(outcome(PERMIT_ROLE_KTLOG, read_other) == REFUSED);
	sandbox_beneath(other);
	T_OK(outcome(PERMIT_ROLE_KTLOG, read_other) == COULD);
	T_OK(outcome(PERMIT_ROLE_KTLOG, read_outside) == REFUSED);
	sandbox_beneath(-1);
	(void)close(other);
}

static void
no_role_dumps_core_or_stays_root(void)
{
	for (int r = PERMIT_ROLE_FRONT; r <= PERMIT_ROLE_LAST; r++) {
		T_OK(outcome((enum permit_role)r, dump_core) == REFUSED);
		T_OK(outcome((enum permit_role)r, have_root) == REFUSED);
	}
}

int
main(void)
{
	/* root becomes another user, who must be able to work in it */
	if (mkdtemp(home) == NULL || chmod(home, 0777) != 0)
		abort();
	TEST(a_role_with_a_home_works_there_and_nowhere_else);
	TEST(front_keys_herald_and_lookup_open_nothing);
	TEST(only_sms_and_herald_make_a_socket);
	TEST(no_role_runs_a_program_and_only_ktlog_makes_a_process);
	TEST(only_lookup_makes_a_thread);
	TEST(one_directory_more_can_be_named);
	TEST(no_role_dumps_core_or_stays_root);
	(void)rmdir(home);
	return tap_done();
}
