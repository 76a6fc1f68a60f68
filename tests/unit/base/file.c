#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"
#include "tap.h"

#define SIZE 100000 /* more than a pipe and more than a step */

static uint8_t octets[SIZE];

static int
file_of(size_t n)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	T_OK(fd >= 0);
	T_RC(RC_OK, file_write(fd, (struct rd){ octets, n }));
	T_OK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void
what_is_written_is_read(void)
{
	const size_t sizes[] = { 0, 1, 16383, 16384, 16385, SIZE };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		int fd = file_of(sizes[i]);
		struct buf b;

		buf_init(&b, SIZE + 1);
		T_RC(RC_OK, buf_u8(&b, 7)); /* it appends */
		T_RC(RC_OK, file_read(fd, &b));
		T_OK(b.len == sizes[i] + 1 && b.p[0] == 7);
		T_MEM(octets, b.p + 1, sizes[i]);
		buf_clear(&b);
		(void)close(fd);
	}
}

static void
a_file_that_just_fits_is_read_and_a_larger_one_is_not(void)
{
	const size_t sizes[] = { 0, 1, 16384, SIZE - 1 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (size_t more = 0; more < 2; more++) {
			int fd = file_of(sizes[i] + more);
			struct buf b;

			buf_init(&b, sizes[i]);
			T_RC(more == 0 ? RC_OK : RC_LIMIT, file_read(fd, &b));
			buf_clear(&b);
			(void)close(fd);
		}
}

static void
on_signal(int number)
{
	(void)number;
}

struct other { /* reads slowly what the test writes, and interrupts it */
	pthread_t writer;
	int fd;
	size_t got;
};

static void *
drain(void *arg)
{
	struct other *o = arg;
	uint8_t step[997];
	ssize_t n;

	while ((n = read(o->fd, step, sizeof(step))) > 0) {
		T_MEM(octets + o->got, step, (size_t)n);
		o->got += (size_t)n;
		(void)pthread_kill(o->writer, SIGUSR1);
	}
	return NULL;
}

static void
signals_and_short_writes_lose_nothing(void)
{
	struct sigaction act = { 0 };
	struct other o = { .writer = pthread_self() };
	pthread_t thread;
	int fds[2];

	act.sa_handler = on_signal; /* without SA_RESTART */
	T_OK(sigaction(SIGUSR1, &act, NULL) == 0);
	T_OK(pipe(fds) == 0);
	o.fd = fds[0];
	T_OK(pthread_create(&thread, NULL, drain, &o) == 0);
	T_RC(RC_OK, file_write(fds[1], (struct rd){ octets, SIZE }));
	(void)close(fds[1]);
	while (pthread_join(thread, NULL) == EINTR)
		;
	T_OK(o.got == SIZE);
	(void)close(fds[0]);
}

static void
what_fails_is_told(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct buf b;

	buf_init(&b, SIZE);
	T_RC(RC_NOSPACE, file_write(full, rd_str("x")));
	T_RC(RC_OK, file_write(full, rd_str("")));
	T_RC(RC_IO, file_read(full, &b)); /* not open for that */
	(void)close(full);
	T_RC(RC_IO, file_write(-1, rd_str("x")));
	T_RC(RC_NOT_FOUND, file_read_at(AT_FDCWD, "/nowhere/at-all", &b));
	T_RC(RC_IO, file_read_at(AT_FDCWD, "/", &b));
	(void)failmem_after(0);
	T_RC(RC_NOMEM, file_read_at(AT_FDCWD, "/proc/self/exe", &b));
	(void)failmem_after(-1);
	T_OK(b.len == 0);
	buf_clear(&b);
}

static int
text_is(int dir, const char *path, const char *want)
{
	struct buf b;
	int same;

	buf_init(&b, 64);
	same = file_read_at(dir, path, &b) == RC_OK &&
	    rd_is_eq(buf_get(&b), want);
	buf_clear(&b);
	return same;
}

static void
a_file_is_replaced_whole_or_not_at_all(void)
{
	char top[] = "/tmp/tacet-file-XXXXXX";
	char path[128];
	char longest[4093];
	struct stat st;
	int dir;

	T_OK(mkdtemp(top) != NULL);
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)umask(077);
	T_RC(RC_OK, file_replace(dir, "a", 0644, rd_str("one")));
	T_OK(fstatat(dir, "a", &st, 0) == 0 && (st.st_mode & 0777) == 0644);
	(void)snprintf(path, sizeof(path), "%s/a", top);
	T_RC(RC_OK, file_replace(AT_FDCWD, path, 0600, rd_str("two")));
	T_OK(fstatat(dir, "a", &st, 0) == 0 && (st.st_mode & 0777) == 0600);
	T_OK(text_is(dir, "a", "two"));
	/* what a crash left there is written over, and a link not followed */
	T_OK(symlinkat("b", dir, "a.new") == 0);
	T_RC(RC_OK, file_replace(dir, "a", 0600, rd_str("three")));
	T_OK(text_is(dir, "a", "three"));
	T_OK(faccessat(dir, "b", F_OK, 0) < 0);
	/* a name that is a directory cannot be replaced: no half file stays */
	T_OK(mkdirat(dir, "d", 0700) == 0);
	T_RC(RC_IO, file_replace(dir, "d", 0600, rd_str("x")));
	T_OK(faccessat(dir, "d.new", F_OK, 0) < 0);
	T_RC(RC_IO, file_replace(dir, "none/a", 0600, rd_str("x")));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	T_RC(RC_LIMIT, file_replace(dir, longest, 0600, rd_str("x")));
	T_OK(unlinkat(dir, "a", 0) == 0);
	T_OK(unlinkat(dir, "d", AT_REMOVEDIR) == 0);
	T_OK(rmdir(top) == 0); /* nothing else was left there */
	(void)close(dir);
}

int
main(void)
{
	for (size_t i = 0; i < SIZE; i++)
		octets[i] = (uint8_t)(i * 31 + i / 256);
	TEST(what_is_written_is_read);
	TEST(a_file_that_just_fits_is_read_and_a_larger_one_is_not);
	TEST(signals_and_short_writes_lose_nothing);
	TEST(what_fails_is_told);
	TEST(a_file_is_replaced_whole_or_not_at_all);
	return tap_done();
}
