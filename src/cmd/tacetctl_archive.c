#include "cmd/tacetctl_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/age.h"
#include "orders/ustar.h"

#define PATH_SIZE 4096

static enum rc
to_file(void *arg, struct rd octets)
{
	const int *fd = arg;

	return file_write(*fd, octets);
}

static enum rc
to_seal(void *arg, struct rd octets)
{
	return age_seal_write(arg, octets);
}

/* The folder inside the archive is the directory's last name. */
static const char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static enum rc
write_sealed(
    int dir, const char *path, struct wall time, const char *recipient, int *fd)
{
	uint8_t keys[1][AGE_KEY_SIZE];
	struct age_seal *s = NULL;
	enum rc rc = RC_BUG;

	TRY(age_key_parse(rd_str(recipient), keys[0]));
	TRY(age_seal_new(keys, 1, to_file, fd, &s));
	TRY(ustar_write(dir, folder_of(path), time, to_seal, s));
	TRY(age_seal_finish(s));
out:
	age_seal_free(s);
	return rc;
}

enum rc
tacetctl_archive(
    int dir, const char *path, struct wall time, const char *recipient)
{
	char name[PATH_SIZE];
	int fd = -1;
	enum rc rc = RC_BUG;

	CHECK(snprintf(name, sizeof(name), "%s.tar%s", path,
		  recipient != NULL ? ".age" : "") < (int)sizeof(name),
	    RC_LIMIT);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	rc = recipient != NULL
	    ? write_sealed(dir, path, time, recipient, &fd)
	    : ustar_write(dir, folder_of(path), time, to_file, &fd);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	if (rc != RC_OK)
		(void)unlink(name);
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
