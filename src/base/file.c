#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STEP 16384

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
