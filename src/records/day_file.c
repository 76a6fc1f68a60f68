#include "records/day_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/mono.h"

#define NAME_SIZE 16 /* "2026-11-24.log" */

struct day_file {
	int fd;
	off_t end; /* of the last CHAIN frame */
	uint8_t chain[32];
};

static enum rc
name_build(uint32_t day, char ret_name[static NAME_SIZE])
{
	char date[MONO_DATE_SIZE];
	enum rc rc = mono_date((int32_t)day, date);

	if (rc == RC_OK)
		(void)snprintf(ret_name, NAME_SIZE, "%s.log", date);
	return rc;
}

static enum rc
name_parse(const char *name, uint32_t *ret_day)
{
	char date[MONO_DATE_SIZE];
	int32_t day;
	enum rc rc = RC_MALFORMED;

	if (strlen(name) != MONO_DATE_SIZE + 3 ||
	    strcmp(name + MONO_DATE_SIZE - 1, ".log") != 0)
		return RC_MALFORMED;
	memcpy(date, name, MONO_DATE_SIZE - 1);
	date[MONO_DATE_SIZE - 1] = '\0';
	rc = mono_date_parse(date, &day);
	if (rc == RC_OK)
		*ret_day = (uint32_t)day;
	return rc;
}

/* hash = BLAKE2b-256(previous hash, all frames since) */
static void
chain_next(uint8_t chain[static 32], struct rd frames)
{
	crypto_generichash_state st;

	(void)crypto_generichash_init(&st, NULL, 0, 32);
	(void)crypto_generichash_update(&st, chain, 32);
	(void)crypto_generichash_update(&st, frames.p, frames.left);
	(void)crypto_generichash_final(&st, chain, 32);
}

/* Finds the last CHAIN frame whose hash is right. */
static void
recover(struct day_file *f, struct rd content)
{
	struct rd r = content;
	struct rd group = content;
	struct segment_frame frame;
	uint8_t chain[32] = { 0 };

	f->end = 0;
	sodium_memzero(f->chain, sizeof(f->chain));
	for (;;) {
		struct rd before = r;

		if (segment_frame_parse(&r, &frame) != RC_OK)
			return;
		if (frame.type != SEGMENT_TYPE_CHAIN)
			continue;
		group.left = (size_t)(before.p - group.p);
		chain_next(chain, group);
		if (memcmp(chain, frame.u.chain, sizeof(chain)) != 0)
			return;
		memcpy(f->chain, chain, sizeof(chain));
		f->end = r.p - content.p;
		group = r;
	}
}

static enum rc
map(int fd, struct rd *ret_content)
{
	struct stat st;
	void *p;
	enum rc rc = RC_BUG;

	CHECK(fstat(fd, &st) == 0, RC_IO);
	*ret_content = (struct rd){ (const uint8_t *)"", 0 };
	if (st.st_size > 0) {
		p = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		CHECK(p != MAP_FAILED, RC_IO);
		*ret_content = (struct rd){ p, (size_t)st.st_size };
	}
	rc = RC_OK;
out:
	return rc;
}

static void
unmap(struct rd content)
{
	if (content.left > 0)
		(void)munmap((void *)(uintptr_t)content.p, content.left);
}

enum rc
day_file_open(uint32_t day, struct day_file **ret_f, uint64_t *ret_torn)
{
	char name[NAME_SIZE];
	struct day_file *f = NULL;
	struct rd content;
	uint64_t torn = 0;
	int dir;
	enum rc rc = RC_BUG;

	f = failmem_alloc(sizeof(*f));
	CHECK(f != NULL, RC_NOMEM);
	f->fd = -1;
	TRY(name_build(day, name));
	f->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(f->fd >= 0, errno == ENOSPC ? RC_NOSPACE : RC_IO);
	TRY(map(f->fd, &content));
	recover(f, content);
	torn = content.left - (uint64_t)f->end;
	unmap(content);
	if (torn > 0)
		CHECK(ftruncate(f->fd, f->end) == 0, RC_IO);
	CHECK(lseek(f->fd, f->end, SEEK_SET) == f->end, RC_IO);
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(dir >= 0, RC_IO);
	rc = fsync(dir) == 0 ? RC_OK : RC_IO; /* the name is durable */
	(void)close(dir);
	CHECK(rc == RC_OK, rc);
	*ret_torn = torn;
	*ret_f = f;
	f = NULL;
out:
	day_file_close(f);
	return rc;
}

void
day_file_close(struct day_file *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		(void)close(f->fd);
	free(f);
}

static enum rc
write_all(int fd, struct rd r)
{
	ssize_t n;

	while (r.left > 0) {
		n = write(fd, r.p, r.left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == ENOSPC || errno == EDQUOT ? RC_NOSPACE
								  : RC_IO;
		r.p += n;
		r.left -= (size_t)n;
	}
	return RC_OK;
}

enum rc
day_file_append(struct day_file *f, struct rd frames)
{
	struct segment_frame chain = { .type = SEGMENT_TYPE_CHAIN };
	uint8_t next[32];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, frames.left + 64);
	memcpy(next, f->chain, sizeof(next));
	chain_next(next, frames);
	memcpy(chain.u.chain, next, sizeof(next));
	TRY(buf_add_rd(&b, frames));
	TRY(segment_frame_build(&chain, &b));
	TRY(write_all(f->fd, buf_get(&b)));
	CHECK(fdatasync(f->fd) == 0, errno == ENOSPC ? RC_NOSPACE : RC_IO);
	memcpy(f->chain, next, sizeof(next));
	f->end += (off_t)b.len;
out:
	if (rc != RC_OK) {
		/* whether this works or not, what follows is not a CHAIN
		 * that continues ours: the next open cuts it */
		(void)!ftruncate(f->fd, f->end);
		(void)lseek(f->fd, f->end, SEEK_SET);
	}
	buf_clear(&b);
	return rc;
}

enum rc
day_file_remove(uint32_t first, uint32_t *ret_n)
{
	DIR *d = opendir(".");
	struct dirent *e;
	uint32_t day;
	enum rc rc = RC_BUG;

	*ret_n = 0;
	CHECK(d != NULL, RC_IO);
	rc = RC_OK;
	while ((e = readdir(d)) != NULL)
		if (name_parse(e->d_name, &day) == RC_OK && day < first) {
			CHECK(unlink(e->d_name) == 0, RC_IO);
			(*ret_n)++;
		}
out:
	if (d != NULL)
		(void)closedir(d);
	return rc;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_day(const struct dirent *e)
{
	uint32_t day;

	return name_parse(e->d_name, &day) == RC_OK;
}

static enum rc
one_file(const char *name, day_file_fn fn, void *arg)
{
	struct rd content = { (const uint8_t *)"", 0 };
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, RC_IO);
	TRY(map(fd, &content));
	TRY(fn(arg, content));
out:
	unmap(content);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
day_file_each(day_file_fn fn, void *arg)
{
	struct dirent **list = NULL;
	int n = scandir(".", &list, is_day, by_name);
	enum rc rc = n < 0 ? RC_IO : RC_OK;

	for (int i = 0; i < n; i++) {
		if (rc == RC_OK)
			rc = one_file(list[i]->d_name, fn, arg);
		free(list[i]);
	}
	free(list);
	return rc;
}
