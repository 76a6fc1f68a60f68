#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP 16384
#define PATH_SIZE 4096

enum rc
file_error(void)
{
	return errno == ENOSPC || errno == EDQUOT ? RC_NOSPACE : RC_IO;
}

enum rc
file_write(int fd, struct rd octets)
{
	while (octets.left > 0) {
		ssize_t n = write(fd, octets.p, octets.left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return file_error();
		octets.p += n;
		octets.left -= (size_t)n;
	}
	return RC_OK;
}

/* By way of the stack, so that a file that just fits b is read to its end. */
enum rc
file_read(int fd, struct buf *b)
{
	uint8_t step[STEP];
	ssize_t n = 0;
	enum rc rc = RC_BUG;

	do {
		TRY(buf_add(b, step, (size_t)n));
		do
			n = read(fd, step, sizeof(step));
		while (n < 0 && errno == EINTR);
	} while (n > 0);
	CHECK(n == 0, RC_IO);
	rc = RC_OK;
out:
	explicit_bzero(step, sizeof(step)); /* it may have been a key */
	return rc;
}

enum rc
file_read_at(int dir, const char *path, struct buf *b)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	TRY(file_read(fd, b));
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* So that the name lasts too. */
static enum rc
sync_above(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char above[PATH_SIZE] = ".";
	int fd = -1;
	enum rc rc = RC_BUG;

	if (slash != NULL)
		(void)snprintf(above, sizeof(above), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	fd = openat(dir, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0, RC_IO);
	CHECK(fsync(fd) == 0, file_error());
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
file_replace(int dir, const char *path, unsigned int mode, struct rd octets)
{
	char temporary[PATH_SIZE];
	int fd = -1;
	bool is_there = false;
	int n = snprintf(temporary, sizeof(temporary), "%s.new", path);
	enum rc rc = RC_BUG;

	CHECK(n > 0 && (size_t)n < sizeof(temporary), RC_LIMIT);
	(void)unlinkat(dir, temporary, 0); /* of a crash */
	fd = openat(dir, temporary,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	CHECK(fd >= 0, file_error());
	is_there = true;
	CHECK(fchmod(fd, mode) == 0, RC_IO); /* whatever the umask is */
	TRY(file_write(fd, octets));
	CHECK(fsync(fd) == 0, file_error());
	CHECK(renameat(dir, temporary, dir, path) == 0, file_error());
	is_there = false;
	TRY(sync_above(dir, path));
out:
	if (fd >= 0)
		(void)close(fd);
	if (is_there)
		(void)unlinkat(dir, temporary, 0);
	return rc;
}
