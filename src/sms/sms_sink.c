#include "sms/sms_sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "wire/e164_text.h"

#define NUMBER_MAX 999999
#define NAME_SIZE 48
#define TEMPORARY ".new"

struct sms_sink {
	int dir_fd;
	uint32_t last;
};

/* The count in "NNNNNN-...", or 0. */
static uint32_t
count_of(const char *name)
{
	uint32_t n = 0;

	for (size_t i = 0; i < 6; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(name[i] - '0');
	}
	return name[6] == '-' ? n : 0;
}

static enum rc
last_find(int dir_fd, uint32_t *ret_last)
{
	struct dirent *entry;
	uint32_t last = 0;
	DIR *dir = NULL;
	int fd = -1;
	enum rc rc = RC_OK;

	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0, RC_IO);
	dir = fdopendir(fd);
	CHECK(dir != NULL, RC_IO);
	fd = -1; /* dir's now */
	while ((entry = readdir(dir)) != NULL)
		if (count_of(entry->d_name) > last)
			last = count_of(entry->d_name);
	*ret_last = last;
out:
	if (dir != NULL)
		(void)closedir(dir);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
sms_sink_open(int dir_fd, struct sms_sink **ret_s)
{
	struct sms_sink *s = NULL;
	enum rc rc = RC_OK;

	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	s->dir_fd = dir_fd;
	TRY(last_find(dir_fd, &s->last));
	*ret_s = s;
	s = NULL;
out:
	sms_sink_close(s);
	if (rc == RC_NOMEM)
		(void)close(dir_fd);
	return rc;
}

void
sms_sink_close(struct sms_sink *s)
{
	if (s == NULL)
		return;
	(void)close(s->dir_fd);
	free(s);
}

/* Appends n as six digits. */
static enum rc
name_build(uint32_t n, const struct e164 *to, char ret_name[static NAME_SIZE])
{
	char number[E164_TEXT_SIZE] = "", name[NAME_SIZE] = "";
	struct buf b;
	enum rc rc = RC_OK;

	buf_init(&b, NAME_SIZE - 1);
	e164_text(to, number);
	TRY(buf_add_fmt(&b, "%06u-%s.txt", n, number));
	memcpy(name, b.p, b.len);
	memcpy(ret_name, name, NAME_SIZE);
out:
	explicit_bzero(number, sizeof(number));
	explicit_bzero(name, sizeof(name));
	buf_clear(&b);
	return rc;
}

enum rc
sms_sink_put(struct sms_sink *s, const struct e164 *to, struct rd text)
{
	char name[NAME_SIZE] = "";
	int fd = -1;
	enum rc rc = RC_OK;

	CHECK(s->last < NUMBER_MAX, RC_LIMIT);
	TRY(name_build(s->last + 1, to, name));
	fd = openat(s->dir_fd, TEMPORARY,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	CHECK(fd >= 0 || errno != ENOSPC, RC_NOSPACE);
	CHECK(fd >= 0, RC_IO);
	TRY(file_write(fd, text));
	CHECK(fsync(fd) == 0, RC_IO);
	CHECK(renameat(s->dir_fd, TEMPORARY, s->dir_fd, name) == 0, RC_IO);
	s->last++;
	CHECK(fsync(s->dir_fd) == 0, RC_IO);
out:
	if (fd >= 0)
		(void)close(fd);
	if (rc != RC_OK)
		(void)unlinkat(s->dir_fd, TEMPORARY, 0);
	explicit_bzero(name, sizeof(name));
	return rc;
}
