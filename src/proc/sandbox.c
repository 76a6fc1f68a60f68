#include "proc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proc/log.h"

#define UID_BASE 64700u /* no system user and no systemd dynamic user here */

/* A sanitizer build looks for leaks by tracing itself, which a process that is
 * not dumpable refuses; the unit tests look for leaks instead. The sanitizer's
 * run-time reads this name; no other build calls it. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

uint32_t
sandbox_uid(enum permit_role role)
{
	const struct passwd *pw;
	char name[32];

	(void)snprintf(name, sizeof(name), "_tacet-%s", permit_role_name(role));
	pw = getpwnam(name);
	return pw != NULL ? (uint32_t)pw->pw_uid : UID_BASE + (uint32_t)role;
}

enum rc
sandbox_drop(enum permit_role role, int home_fd)
{
	const struct rlimit no_core = { 0, 0 };
	uint32_t uid;
	enum rc rc = RC_BUG;

	/* the C library would look for a zone file at its first date */
	CHECK(setenv("TZ", "UTC0", 1) == 0, RC_NOMEM);
	tzset();
	CHECK(setrlimit(RLIMIT_CORE, &no_core) == 0, RC_IO);
	uid = sandbox_uid(role); /* reads /etc/passwd: before chroot */
	if (home_fd >= 0)
		CHECK(fchdir(home_fd) == 0, RC_IO);
	if (geteuid() == 0) {
		/* sms resolves its SMSC's name first, which reads /etc; its
		 * file system ends with Landlock all the same */
		if (home_fd >= 0 && role != PERMIT_ROLE_SMS) {
			CHECK(chroot(".") == 0, RC_IO);
			CHECK(chdir("/") == 0, RC_IO);
		}
		CHECK(setgroups(0, NULL) == 0, RC_IO);
		CHECK(setresgid(uid, uid, uid) == 0, RC_IO);
		CHECK(setresuid(uid, uid, uid) == 0, RC_IO);
	}
	/* after the change of user, which resets it */
	CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, RC_IO);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, RC_IO);
	rc = RC_OK;
out:
	return rc;
}

/* --- Landlock (kernel documentation, userspace-api/landlock) ---------------
 */

/* Debian 12's header ends at ABI 2; these are the kernel's own numbers. */
#define FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND_TCP (1ULL << 0)  /* ABI 4 */
#define NET_CONNECT_TCP (1ULL << 1)

struct ruleset {
	uint64_t fs;
	uint64_t net;
};

/* Connections: to the SMSC; to the witnesses. */
static struct sandbox_needs
needs_of(enum permit_role role)
{
	return (struct sandbox_needs){
		.home = role == PERMIT_ROLE_EXCHANGE ||
		    role == PERMIT_ROLE_RECORDS || role == PERMIT_ROLE_SMS ||
		    role == PERMIT_ROLE_KTLOG,
		.accepts = role == PERMIT_ROLE_FRONT ||
		    role == PERMIT_ROLE_EXCHANGE,
		.connects = role == PERMIT_ROLE_SMS ||
		    role == PERMIT_ROLE_HERALD,
		.marks = role == PERMIT_ROLE_KEYS,
		.threads = role == PERMIT_ROLE_LOOKUP,
		.forks = role == PERMIT_ROLE_KTLOG,
	};
}

static int beneath_fd = -1; /* of sandbox_beneath */

void
sandbox_beneath(int dirfd)
{
	beneath_fd = dirfd;
}

/* Everything in and under the directory. */
static bool
grant(int ruleset, uint64_t fs, int dirfd)
{
	const struct landlock_path_beneath_attr beneath = { fs, dirfd };

	return dirfd >= 0 &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&beneath, 0) == 0;
}

/* Whether the kernel took it. Nothing in the file system but what is beneath
 * the working directory, and that only for one with a home; and the one
 * directory more. */
static bool
landlock(const struct sandbox_needs *needs)
{
	struct ruleset set = { (1ULL << 13) - 1, 0 };
	size_t size = sizeof(set.fs);
	long abi;
	int home;
	int fd;
	bool ok = true;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return false;
	if (abi >= 2)
		set.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		set.fs |= FS_TRUNCATE;
	if (abi >= 5)
		set.fs |= FS_IOCTL_DEV;
	if (abi >= 4) {
		set.net = NET_BIND_TCP;
		if (!needs->connects)
			set.net |= NET_CONNECT_TCP;
		size = sizeof(set);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return false;
	if (needs->home) {
		home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		ok = grant(fd, set.fs, home) &&
		    (beneath_fd < 0 || grant(fd, set.fs, beneath_fd));
		if (home >= 0)
			(void)close(home);
	}
	ok = ok && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	(void)close(fd);
	return ok;
}

/* --- seccomp
 * ------------------------------------------------------------------ */

#define CALL(name) SCMP_SYS(name)

static const int every_role[] = { CALL(read), CALL(write), CALL(readv),
	CALL(writev), CALL(close), CALL(fstat), CALL(newfstatat), CALL(lseek),
	CALL(mmap), CALL(munmap), CALL(mprotect), CALL(mremap), CALL(madvise),
	CALL(brk), CALL(mlock), CALL(mlock2), CALL(munlock), CALL(rt_sigaction),
	CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack), CALL(exit),
	CALL(exit_group), CALL(futex), CALL(clock_gettime), CALL(gettimeofday),
	CALL(clock_nanosleep), CALL(nanosleep), CALL(getrandom), CALL(getpid),
	CALL(gettid), CALL(tgkill), CALL(epoll_wait), CALL(epoll_pwait),
	CALL(epoll_pwait2), CALL(epoll_ctl), CALL(sendmsg), CALL(recvmsg),
	CALL(sendto), CALL(recvfrom), CALL(shutdown), CALL(fcntl),
	CALL(restart_syscall), CALL(sched_yield), CALL(prlimit64),
	CALL(geteuid), CALL(getuid), CALL(getppid), CALL(set_robust_list),
	CALL(rseq) };

static const int files[] = { CALL(openat), CALL(open), CALL(pread64),
	CALL(pwrite64), CALL(pwritev), CALL(fsync), CALL(fdatasync),
	CALL(ftruncate), CALL(unlink), CALL(unlinkat), CALL(rename),
	CALL(renameat), CALL(renameat2), CALL(stat), CALL(lstat), CALL(access),
	CALL(faccessat), CALL(faccessat2), CALL(getdents64), CALL(mkdir),
	CALL(mkdirat), CALL(fchmod), CALL(fchown), CALL(fstatfs), CALL(statfs),
	CALL(readlink), CALL(readlinkat), CALL(getcwd), CALL(flock),
	CALL(fallocate), CALL(statx) };

/* The parent's descriptor of a reloaded file is read by read(2) alone. */
static const int accepting[] = { CALL(accept4), CALL(setsockopt),
	CALL(getsockopt), CALL(getpeername), CALL(getsockname) };

static const int connecting[] = { CALL(socket), CALL(connect), CALL(setsockopt),
	CALL(getsockopt), CALL(getsockname), CALL(bind) };

/* keys writes its mark, in a file that it was given open. */
static const int marking[] = { CALL(pwrite64), CALL(fdatasync) };

/* lookup's threads start inside the sandbox; what tokens were spent it writes
 * into files that it was given open. */
static const int computing[] = { CALL(pwrite64), CALL(fdatasync),
	CALL(ftruncate), CALL(pread64), CALL(eventfd2),
	CALL(sched_getaffinity) };

/* ktlog makes epochs in a process of its own, which has its memory as it was
 * and its sandbox (doc/decisions/0015): a pipe from it, its end, its priority,
 * and one file under two names. */
static const int building[] = { CALL(pipe2), CALL(wait4), CALL(kill),
	CALL(close_range), CALL(prctl), CALL(setpriority), CALL(linkat) };

static bool
allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);

		/* a call that this architecture does not have is no loss */
		if (rc != 0 && rc != -EDOM && rc != -EEXIST)
			return false;
	}
	return true;
}

/* clone(2) as fork uses it: no shared memory, no namespace, no trace. */
static bool
allow_fork(scmp_filter_ctx ctx)
{
	const scmp_datum_t fork_flags = CLONE_CHILD_SETTID |
	    CLONE_CHILD_CLEARTID | SIGCHLD;

	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(clone), 1,
		   SCMP_A0(SCMP_CMP_EQ, fork_flags, 0)) == 0;
}

/* A thread, and no process. The flags of clone3 lie in memory, where no filter
 * sees them: the C library takes clone when it is told there is no other. */
static bool
allow_threads(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(clone), 1,
		   SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) ==
	    0 &&
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0) == 0;
}

static bool
filter(const struct sandbox_needs *needs)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool ok;

	if (ctx == NULL)
		return false;
	ok = allow(ctx, every_role, ARRAY_LEN(every_role));
	if (needs->home)
		ok = ok && allow(ctx, files, ARRAY_LEN(files));
	if (needs->accepts)
		ok = ok && allow(ctx, accepting, ARRAY_LEN(accepting));
	if (needs->marks)
		ok = ok && allow(ctx, marking, ARRAY_LEN(marking));
	if (needs->threads)
		ok = ok && allow(ctx, computing, ARRAY_LEN(computing)) &&
		    allow_threads(ctx);
	if (needs->connects)
		ok = ok && allow(ctx, connecting, ARRAY_LEN(connecting));
	if (needs->forks)
		ok = ok && allow(ctx, building, ARRAY_LEN(building)) &&
		    allow_fork(ctx);
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

void
sandbox_close(const struct sandbox_needs *needs, bool *ret_fs, bool *ret_calls)
{
	*ret_fs = landlock(needs);
	*ret_calls = filter(needs);
}

enum rc
sandbox_enter(enum permit_role role)
{
	const struct sandbox_needs needs = needs_of(role);
	bool fs, calls;

	sandbox_close(&needs, &fs, &calls);

	/* a kernel without them is a weaker place, and the operator reads it */
	if (!fs)
		log_event(LOG_NO_LANDLOCK);
	if (!calls)
		log_event(LOG_NO_SECCOMP);
	if (fs && calls)
		log_event(LOG_SANDBOXED);
	return RC_OK;
}
