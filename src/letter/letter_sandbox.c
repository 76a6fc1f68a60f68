#include "letter/letter_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define UID 64799u /* no system user; not one of tacetd's processes either */
#define MEMORY ((rlim_t)512 << 20)
#define CPU_S 10
#define FILES 16
#define FS_TRUNCATE (1ULL << 14) /* Landlock ABI 3; newer than our header */

/* A sanitizer build looks for leaks by tracing itself, which the filter
 * forbids. The sanitizer's run-time reads this name; no other build calls it.
 */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* The limit counts from what is mapped at the start: a sanitizer reserves
 * terabytes. */
static enum rc
limit_memory(void)
{
	unsigned long long pages = 0;
	struct rlimit limit;
	char text[32] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, RC_IO);
	n = read(fd, text, sizeof(text) - 1);
	CHECK(n > 0, RC_IO);
	pages = strtoull(text, NULL, 10);
	CHECK(pages > 0, RC_IO);
	limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY;
	limit.rlim_max = limit.rlim_cur;
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0, RC_IO);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
limit(int what, rlim_t n)
{
	const struct rlimit l = { n, n };

	return setrlimit((__rlimit_resource_t)what, &l) == 0 ? RC_OK : RC_IO;
}

/* Whether the kernel took it. Reading beneath folder, and nothing else. */
static bool
landlock(const char *folder)
{
	struct landlock_path_beneath_attr beneath = { 0 };
	uint64_t fs = (1ULL << 13) - 1;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int fd;
	bool ok;

	if (abi < 1)
		return false;
	if (abi >= 2)
		fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		fs |= FS_TRUNCATE;
	fd = (int)syscall(SYS_landlock_create_ruleset, &fs, sizeof(fs), 0);
	if (fd < 0)
		return false;
	beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
	    LANDLOCK_ACCESS_FS_READ_DIR;
	beneath.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* no such folder: then nothing can be read, and the fonts say so */
	ok = beneath.parent_fd < 0 ||
	    syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		&beneath, 0) == 0;
	ok = ok && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	if (beneath.parent_fd >= 0)
		(void)close(beneath.parent_fd);
	(void)close(fd);
	return ok;
}

enum rc
letter_sandbox_start(const char *fonts_folder)
{
	enum rc rc = RC_BUG;

	/* the C library would look for a zone file at its first date */
	CHECK(setenv("TZ", "UTC0", 1) == 0, RC_NOMEM);
	tzset();
	(void)mallopt(M_ARENA_MAX, 1); /* threads that only wait */
	TRY(limit(RLIMIT_CORE, 0));
	TRY(limit(RLIMIT_CPU, CPU_S));
	TRY(limit(RLIMIT_NOFILE, FILES));
	TRY(limit(RLIMIT_FSIZE, (rlim_t)64 << 20));
	TRY(limit_memory());
	/* of what the caller had open, only the three remain */
	CHECK(close_range(3, ~0U, 0) == 0, RC_IO);
	if (geteuid() == 0) {
		CHECK(setgroups(0, NULL) == 0, RC_IO);
		CHECK(setresgid(UID, UID, UID) == 0, RC_IO);
		CHECK(setresuid(UID, UID, UID) == 0, RC_IO);
	}
	CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, RC_IO);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, RC_IO);
	/* a kernel without Landlock still has the filter below, which comes
	 * before the first foreign octet */
	(void)landlock(fonts_folder);
	rc = RC_OK;
out:
	return rc;
}

#define CALL(name) SCMP_SYS(name)

/* What memory, threads and three open descriptors need. */
static const int calls[] = { CALL(read), CALL(write), CALL(close), CALL(fstat),
	CALL(newfstatat), CALL(lseek), CALL(munmap), CALL(mremap),
	CALL(madvise), CALL(brk), CALL(futex), CALL(rt_sigaction),
	CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack),
	CALL(clock_gettime), CALL(gettimeofday), CALL(getrandom), CALL(getpid),
	CALL(gettid), CALL(sched_yield), CALL(sched_getaffinity),
	CALL(set_robust_list), CALL(rseq), CALL(restart_syscall), CALL(exit),
	CALL(exit_group) };
/* The same, for pages that are not run. */
static const int maps[] = { CALL(mmap), CALL(mprotect) };

/* Calls that libraries make and that get an answer without being made: whether
 * a font's file may be read (cairo: yes, it is open already), a dictionary of
 * Thai words (pango: there is none), and clone3, whose flags a filter cannot
 * see (the C library then takes clone). */
static const struct {
	int call;
	uint32_t answer;
} answered[] = {
	{ CALL(access), SCMP_ACT_ERRNO(0) },
	{ CALL(faccessat), SCMP_ACT_ERRNO(0) },
	{ CALL(open), SCMP_ACT_ERRNO(EACCES) },
	{ CALL(openat), SCMP_ACT_ERRNO(EACCES) },
	{ CALL(clone3), SCMP_ACT_ERRNO(ENOSYS) },
};

/* pango asks fontconfig in a thread of its own for a script it meets first. */
static enum rc
allow_threads(scmp_filter_ctx ctx)
{
	const scmp_datum_t thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	enum rc rc = RC_BUG;

	CHECK(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(clone), 1,
		  SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread)) == 0,
	    RC_IO);
	CHECK(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(prctl), 1,
		  SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0)) == 0,
	    RC_IO);
	rc = RC_OK;
out:
	return rc;
}

static enum rc
add(scmp_filter_ctx ctx, uint32_t action, int call)
{
	int n = seccomp_rule_add(ctx, action, call, 0);

	/* a call that this architecture does not have is no loss */
	return n == 0 || n == -EDOM || n == -EEXIST ? RC_OK : RC_IO;
}

enum rc
letter_sandbox_enter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	enum rc rc = RC_BUG;

	CHECK(ctx != NULL, RC_NOMEM);
	/* fontconfig and pango keep threads of their own */
	CHECK(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0, RC_IO);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		TRY(add(ctx, SCMP_ACT_ALLOW, calls[i]));
	for (size_t i = 0; i < ARRAY_LEN(answered); i++)
		TRY(add(ctx, answered[i].answer, answered[i].call));
	for (size_t i = 0; i < ARRAY_LEN(maps); i++)
		CHECK(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, maps[i], 1,
			  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0,
		    RC_IO);
	TRY(allow_threads(ctx));
	CHECK(seccomp_load(ctx) == 0, RC_IO);
	rc = RC_OK;
out:
	if (ctx != NULL)
		seccomp_release(ctx);
	return rc;
}
