#include "lookup/spent.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failmem.h"
#include "tap.h"

#define DAY 20781 /* odd */
#define HEAD 24
#define RECORD 20

static int files[2] = { -1, -1 };

static void
fresh(void)
{
	for (size_t i = 0; i < 2; i++) {
		if (files[i] >= 0)
			(void)close(files[i]);
		files[i] = memfd_create("spent", MFD_CLOEXEC);
		if (files[i] < 0)
			abort();
	}
}

static struct spent *
open_files(void)
{
	const int fds[2] = { dup(files[0]), dup(files[1]) };
	struct spent *s = NULL;

	T_RC(RC_OK, spent_open(fds, &s));
	return s;
}

static const uint8_t *
id_of(uint32_t i)
{
	static uint8_t id[SPENT_ID_SIZE];

	memset(id, 0, sizeof(id));
	memcpy(id, &i, sizeof(i)); /* 0 is the id of zeros */
	return id;
}

static off_t
size_of(int fd)
{
	struct stat st = { 0 };

	return fstat(fd, &st) == 0 ? st.st_size : -1;
}

static void
a_token_is_spent_once_over_restarts(void)
{
	struct spent *s;

	fresh();
	s = open_files();
	T_OK(spent_day(s) == 0 && spent_count(s) == 0);
	for (uint32_t i = 0; i < 3000; i++) {
		T_OK(!spent_has(s, DAY, id_of(i)));
		T_RC(RC_OK, spent_add(s, DAY, id_of(i)));
		T_RC(RC_EXISTS, spent_add(s, DAY, id_of(i)));
	}
	spent_close(s); /* nothing was synced: killed is no different */
	s = open_files();
	T_OK(spent_day(s) == DAY && spent_count(s) == 3000);
	T_OK(spent_torn(s) == 0);
	for (uint32_t i = 0; i < 3000; i++)
		T_RC(RC_EXISTS, spent_add(s, DAY, id_of(i)));
	T_RC(RC_OK, spent_add(s, DAY, id_of(3000)));
	T_RC(RC_OK, spent_sync(s));
	T_OK(size_of(files[DAY % 2]) == HEAD + 3001 * RECORD);
	spent_close(s);
}

static void
two_days_are_kept_and_the_third_takes_the_place_of_the_first(void)
{
	struct spent *s;

	fresh();
	s = open_files();
	T_RC(RC_OK, spent_add(s, DAY, id_of(1)));
	T_RC(RC_OK, spent_add(s, DAY + 1, id_of(1))); /* another token */
	T_OK(spent_has(s, DAY, id_of(1)) && spent_has(s, DAY + 1, id_of(1)));
	T_OK(spent_count(s) == 2 && spent_day(s) == DAY + 1);
	T_RC(RC_OK, spent_add(s, DAY + 2, id_of(2)));
	T_OK(spent_count(s) == 2 && !spent_has(s, DAY, id_of(1)));
	T_OK(!spent_has(s, DAY + 2, id_of(1)));
	/* the clock was set back: that day is over */
	T_RC(RC_STATE, spent_add(s, DAY, id_of(3)));
	T_RC(RC_EXISTS, spent_add(s, DAY + 1, id_of(1)));
	spent_close(s);
	s = open_files();
	T_OK(spent_day(s) == DAY + 2 && spent_count(s) == 2);
	T_RC(RC_STATE, spent_add(s, DAY, id_of(3)));
	spent_close(s);
}

/* What is whole is there; what is cut is gone; and what is added then stands
 * in its place. */
static void
a_file_cut_anywhere_keeps_what_is_whole(void)
{
	const off_t whole = HEAD + 3 * RECORD;
	uint8_t octets[HEAD + 3 * RECORD];
	int fd;
	struct spent *s;

	fresh();
	s = open_files();
	for (uint32_t i = 1; i <= 3; i++)
		T_RC(RC_OK, spent_add(s, DAY, id_of(i)));
	spent_close(s);
	fd = files[DAY % 2];
	T_OK(pread(fd, octets, sizeof(octets), 0) == whole);
	for (off_t n = 0; n < whole; n++) {
		uint64_t want = n < HEAD ? 0 : (uint64_t)(n - HEAD) / RECORD;

		T_OK(ftruncate(fd, 0) == 0 &&
		    pwrite(fd, octets, (size_t)n, 0) == n);
		s = open_files();
		T_OK(spent_count(s) == want && spent_torn(s) == 0);
		for (uint32_t i = 1; i <= 3; i++)
			T_RC(i <= want ? RC_EXISTS : RC_OK,
			    spent_add(s, DAY, id_of(i)));
		spent_close(s);
		s = open_files();
		T_OK(spent_count(s) == 3);
		spent_close(s);
		T_OK(size_of(fd) == whole);
	}
}

static void
a_damaged_record_is_counted_and_the_others_stand(void)
{
	struct spent *s;
	uint8_t c;
	int fd;

	for (off_t at = HEAD; at < HEAD + 3 * RECORD; at++) {
		fresh();
		s = open_files();
		for (uint32_t i = 1; i <= 3; i++)
			T_RC(RC_OK, spent_add(s, DAY, id_of(i)));
		spent_close(s);
		fd = files[DAY % 2];
		T_OK(pread(fd, &c, 1, at) == 1);
		c ^= 0x40;
		T_OK(pwrite(fd, &c, 1, at) == 1);
		s = open_files();
		T_OK(spent_torn(s) == 1 && spent_count(s) == 2);
		spent_close(s);
	}
}

/* A head of another day, or of nothing, is no file of ours: it begins anew. */
static void
a_damaged_head_begins_anew(void)
{
	struct spent *s;
	uint8_t c;

	for (off_t at = 0; at < HEAD; at++) {
		fresh();
		s = open_files();
		T_RC(RC_OK, spent_add(s, DAY, id_of(1)));
		spent_close(s);
		T_OK(pread(files[DAY % 2], &c, 1, at) == 1);
		c ^= 1;
		T_OK(pwrite(files[DAY % 2], &c, 1, at) == 1);
		s = open_files();
		T_OK(spent_count(s) == 0 && spent_day(s) == 0);
		T_RC(RC_OK, spent_add(s, DAY, id_of(1)));
		spent_close(s);
		s = open_files();
		T_OK(spent_count(s) == 1);
		spent_close(s);
	}
}

static void
a_killed_writer_loses_nothing_it_answered_for(void)
{
	uint32_t said = 0;
	uint32_t last = 0;
	int pipe_fds[2];
	struct spent *s;
	pid_t pid;

	fresh();
	T_OK(pipe(pipe_fds) == 0);
	pid = fork();
	if (pid == 0) {
		s = open_files();
		for (uint32_t i = 1;; i++)
			if (spent_add(s, DAY, id_of(i)) != RC_OK ||
			    write(pipe_fds[1], &i, sizeof(i)) != sizeof(i))
				_exit(1);
	}
	(void)close(pipe_fds[1]);
	while (said < 5000 &&
	    read(pipe_fds[0], &said, sizeof(said)) == sizeof(said))
		;
	(void)kill(pid, SIGKILL);
	while (read(pipe_fds[0], &last, sizeof(last)) == sizeof(last))
		said = last;
	(void)waitpid(pid, NULL, 0);
	(void)close(pipe_fds[0]);
	s = open_files();
	T_OK(spent_count(s) >= said && said >= 5000);
	for (uint32_t i = 1; i <= said; i++)
		T_OK(spent_has(s, DAY, id_of(i)));
	spent_close(s);
}

static void
a_million_tokens_fit(void)
{
	struct spent *s;
	bool all = true;

	fresh();
	s = open_files();
	for (uint32_t i = 0; i < 1000000; i++)
		all = all && spent_add(s, DAY, id_of(i)) == RC_OK;
	T_OK(all && spent_count(s) == 1000000);
	for (uint32_t i = 0; i < 1000000; i += 997)
		all = all && spent_has(s, DAY, id_of(i)) &&
		    !spent_has(s, DAY, id_of(i + 1000000));
	T_OK(all);
	spent_close(s);
}

static void
a_full_disk_spends_nothing(void)
{
	const struct rlimit small = { HEAD + RECORD + 7, RLIM_INFINITY };
	const struct rlimit large = { RLIM_INFINITY, RLIM_INFINITY };
	struct spent *s;

	(void)signal(SIGXFSZ, SIG_IGN);
	fresh();
	s = open_files();
	T_OK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	T_RC(RC_OK, spent_add(s, DAY, id_of(1)));
	T_RC(RC_NOSPACE, spent_add(s, DAY, id_of(2)));
	T_OK(!spent_has(s, DAY, id_of(2)));
	T_OK(setrlimit(RLIMIT_FSIZE, &large) == 0);
	T_RC(RC_OK, spent_add(s, DAY, id_of(2)));
	spent_close(s);
	s = open_files();
	T_OK(spent_count(s) == 2 && spent_torn(s) == 0);
	spent_close(s);
}

static void
a_failed_allocation_spends_nothing(void)
{
	int fds[2];
	struct spent *s = NULL;

	fresh();
	fds[0] = dup(files[0]);
	fds[1] = dup(files[1]);
	(void)failmem_after(0);
	T_RC(RC_NOMEM, spent_open(fds, &s));
	(void)failmem_after(-1);
	T_OK(s == NULL && fcntl(fds[0], F_GETFD) < 0); /* it took them */
	s = open_files();
	(void)failmem_after(0);
	T_RC(RC_NOMEM, spent_add(s, DAY, id_of(1)));
	(void)failmem_after(-1);
	T_OK(!spent_has(s, DAY, id_of(1)));
	T_RC(RC_OK, spent_add(s, DAY, id_of(1)));
	spent_close(s);
	spent_close(NULL);
}

int
main(void)
{
	if (sodium_init() < 0)
		abort();
	TEST(a_token_is_spent_once_over_restarts);
	TEST(two_days_are_kept_and_the_third_takes_the_place_of_the_first);
	TEST(a_file_cut_anywhere_keeps_what_is_whole);
	TEST(a_damaged_record_is_counted_and_the_others_stand);
	TEST(a_damaged_head_begins_anew);
	TEST(a_killed_writer_loses_nothing_it_answered_for);
	TEST(a_million_tokens_fit);
	TEST(a_full_disk_spends_nothing);
	TEST(a_failed_allocation_spends_nothing);
	return tap_done();
}
