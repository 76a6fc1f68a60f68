#include "keys/log_mark.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

static const uint8_t a[32] = { 'a' };
static const uint8_t b[32] = { 'b' };

static int
file(void)
{
	static const uint8_t zeros[LOG_MARK_SIZE];
	int fd = memfd_create("mark", MFD_CLOEXEC);

	if (fd < 0 || write(fd, zeros, sizeof(zeros)) != sizeof(zeros))
		abort();
	return fd;
}

static struct log_mark
reopen(const struct log_mark *m)
{
	struct log_mark again = { .fd = -1 };

	T_RC(RC_OK, log_mark_open(m->fd, &again));
	return again;
}

static void
only_the_same_or_a_larger_one_is_next(void)
{
	struct log_mark m;

	T_RC(RC_OK, log_mark_open(file(), &m));
	T_OK(m.size == 0 && log_mark_is_next(&m, 1, a));
	T_RC(RC_OK, log_mark_set(&m, 5, a));
	T_OK(log_mark_is_next(&m, 5, a) && log_mark_is_next(&m, 6, b));
	T_OK(!log_mark_is_next(&m, 5, b) && !log_mark_is_next(&m, 4, a));
	log_mark_close(&m);
	log_mark_close(&m); /* twice is fine */
}

static void
it_is_remembered(void)
{
	struct log_mark m, again;

	T_RC(RC_OK, log_mark_open(file(), &m));
	for (uint64_t i = 1; i < 10; i++) {
		T_RC(RC_OK, log_mark_set(&m, i, i % 2 == 0 ? a : b));
		again = reopen(&m);
		T_OK(again.size == i && again.next == m.next);
		T_MEM(i % 2 == 0 ? a : b, again.root, 32);
	}
	log_mark_close(&m);
}

/* Whatever a crash leaves of the last place, the one before is there. */
static void
a_torn_write_leaves_the_one_before(void)
{
	static const uint8_t zeros[64];
	uint8_t whole[LOG_MARK_SIZE];
	struct log_mark m, again;

	T_RC(RC_OK, log_mark_open(file(), &m));
	T_RC(RC_OK, log_mark_set(&m, 7, a));
	T_RC(RC_OK, log_mark_set(&m, 8, b));
	T_OK(pread(m.fd, whole, sizeof(whole), 0) == sizeof(whole));
	for (size_t n = 0; n < 44; n++) {
		/* the second place of the file holds the second mark */
		T_OK(pwrite(m.fd, whole, 64, 0) == 64 &&
		    pwrite(m.fd, zeros, 64, 64) == 64 &&
		    pwrite(m.fd, whole + 64, n, 64) == (ssize_t)n);
		again = reopen(&m);
		T_OK(again.size == 7 && again.next == 1);
		T_MEM(a, again.root, 32);
	}
	T_OK(pwrite(m.fd, whole, sizeof(whole), 0) == sizeof(whole));
	for (size_t bit = 0; bit < 44 * 8; bit++) {
		whole[64 + bit / 8] ^= (uint8_t)(1u << (bit % 8));
		T_OK(pwrite(m.fd, whole, sizeof(whole), 0) == sizeof(whole));
		again = reopen(&m);
		T_OK(again.size == 7);
		whole[64 + bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	log_mark_close(&m);
}

static void
a_file_that_cannot_be_written_remembers_nothing(void)
{
	struct log_mark m;
	int fd[2];

	T_RC(RC_OK, log_mark_open(file(), &m));
	if (pipe(fd) != 0)
		abort();
	(void)close(m.fd);
	m.fd = fd[1];
	T_RC(RC_IO, log_mark_set(&m, 3, a));
	T_OK(m.size == 0 && log_mark_is_next(&m, 1, b));
	T_RC(RC_IO, log_mark_open(fd[0], &m));
	(void)close(fd[0]);
	log_mark_close(&m);
}

int
main(void)
{
	TEST(only_the_same_or_a_larger_one_is_next);
	TEST(it_is_remembered);
	TEST(a_torn_write_leaves_the_one_before);
	TEST(a_file_that_cannot_be_written_remembers_nothing);
	return tap_done();
}
