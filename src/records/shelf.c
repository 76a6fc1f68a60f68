#include "records/shelf.h"

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
#include "base/file.h"
#include "base/mono.h"

#define KEY_SIZE 32

static const char *const endings[] = { "", ".log", ".seg", ".key" };

/* ".PPP", three digits or more, and moves past it. */
static enum rc
part_parse(const char **at, uint16_t *ret_part)
{
	const char *p = *at;
	uint32_t v = 0;
	size_t n = 0;

	if (*p++ != '.')
		return RC_NOT_FOUND;
	for (; *p >= '0' && *p <= '9' && n < 5; p++, n++)
		v = v * 10 + (uint32_t)(*p - '0');
	if (n < 3 || v > UINT16_MAX)
		return RC_NOT_FOUND;
	*ret_part = (uint16_t)v;
	*at = p;
	return RC_OK;
}

enum rc
shelf_name_parse(const char *name, struct shelf_item *ret_item)
{
	struct shelf_item item = { 0 };
	size_t n = strlen(name);
	const char *at = name + MONO_DATE_SIZE - 1;
	char date[MONO_DATE_SIZE];
	int32_t day;
	enum rc rc = RC_BUG;

	if (n > 4 && strcmp(name + n - 4, ".new") == 0) {
		ret_item->kind = SHELF_KIND_TEMPORARY;
		return RC_OK;
	}
	CHECK(n >= MONO_DATE_SIZE + 3 && n < SHELF_NAME_SIZE, RC_NOT_FOUND);
	memcpy(date, name, MONO_DATE_SIZE - 1);
	date[MONO_DATE_SIZE - 1] = '\0';
	CHECK(mono_date_parse(date, &day) == RC_OK, RC_NOT_FOUND);
	item.day = (uint32_t)day;
	if (strcmp(at, endings[SHELF_KIND_KEY]) == 0) {
		item.kind = SHELF_KIND_KEY;
	} else {
		TRY(part_parse(&at, &item.part));
		if (strcmp(at, endings[SHELF_KIND_JOURNAL]) == 0)
			item.kind = SHELF_KIND_JOURNAL;
		else if (strcmp(at, endings[SHELF_KIND_SEGMENT]) == 0)
			item.kind = SHELF_KIND_SEGMENT;
		else
			CHECK(false, RC_NOT_FOUND);
	}
	*ret_item = item;
	rc = RC_OK;
out:
	return rc;
}

enum rc
shelf_name_build(
    const struct shelf_item *item, char ret_name[static SHELF_NAME_SIZE])
{
	char date[MONO_DATE_SIZE];
	enum rc rc = RC_BUG;

	CHECK(item->kind != SHELF_KIND_TEMPORARY, RC_BUG);
	TRY(mono_date((int32_t)item->day, date));
	if (item->kind == SHELF_KIND_KEY)
		(void)snprintf(ret_name, SHELF_NAME_SIZE, "%s%s", date,
		    endings[item->kind]);
	else
		(void)snprintf(ret_name, SHELF_NAME_SIZE, "%s.%03u%s", date,
		    (unsigned)item->part, endings[item->kind]);
out:
	return rc;
}

static int
by_time(const void *a, const void *b)
{
	const struct shelf_item *x = a;
	const struct shelf_item *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

enum rc
shelf_list(struct shelf_item **ret_items, size_t *ret_n)
{
	struct shelf_item *items = NULL;
	struct shelf_item *more;
	size_t n = 0;
	size_t cap = 0;
	struct dirent *e;
	DIR *d = opendir(".");
	enum rc rc = RC_BUG;

	CHECK(d != NULL, RC_IO);
	while ((e = readdir(d)) != NULL) {
		if (n == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			more = failmem_array(cap, sizeof(*more));
			CHECK(more != NULL, RC_NOMEM);
			if (n > 0)
				memcpy(more, items, n * sizeof(*items));
			free(items);
			items = more;
		}
		if (shelf_name_parse(e->d_name, &items[n]) != RC_OK)
			continue;
		if (items[n].kind == SHELF_KIND_TEMPORARY)
			(void)unlink(e->d_name);
		else
			n++;
	}
	if (n > 0)
		qsort(items, n, sizeof(*items), by_time);
	*ret_items = items;
	*ret_n = n;
	items = NULL;
	rc = RC_OK;
out:
	free(items);
	if (d != NULL)
		(void)closedir(d);
	return rc;
}

enum rc
shelf_remove(const struct shelf_item *item)
{
	char name[SHELF_NAME_SIZE];
	enum rc rc = RC_BUG;

	TRY(shelf_name_build(item, name));
	CHECK(unlink(name) == 0 || errno == ENOENT, RC_IO);
	rc = RC_OK;
out:
	return rc;
}

enum rc
shelf_sync(void)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_IO;

	if (dir >= 0) {
		rc = fsync(dir) == 0 ? RC_OK : RC_IO;
		(void)close(dir);
	}
	return rc;
}

enum rc
shelf_map(const char *name, struct rd *ret_content)
{
	struct stat st;
	void *p;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
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
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

void
shelf_unmap(struct rd content)
{
	if (content.left > 0)
		(void)munmap((void *)(uintptr_t)content.p, content.left);
}

/* --- day keys ------------------------------------------------------------- */

static enum rc
key_name(uint32_t day, char ret_name[static SHELF_NAME_SIZE])
{
	const struct shelf_item item = { SHELF_KIND_KEY, day, 0 };

	return shelf_name_build(&item, ret_name);
}

enum rc
shelf_key_read(uint32_t day, uint8_t ret_key[static 32])
{
	char name[SHELF_NAME_SIZE];
	uint8_t key[KEY_SIZE + 1];
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(key_name(day, name));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	CHECK(read(fd, key, sizeof(key)) == KEY_SIZE, RC_CORRUPT);
	/* zero: a destruction that a crash interrupted */
	CHECK(!sodium_is_zero(key, KEY_SIZE), RC_NOT_FOUND);
	memcpy(ret_key, key, KEY_SIZE);
	rc = RC_OK;
out:
	sodium_memzero(key, sizeof(key));
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
key_write(const char *name, const uint8_t key[static KEY_SIZE])
{
	char temp[SHELF_NAME_SIZE + 4];
	int fd;
	enum rc rc = RC_BUG;

	(void)snprintf(temp, sizeof(temp), "%s.new", name);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0, file_error());
	TRY(file_write(fd, (struct rd){ key, KEY_SIZE }));
	CHECK(fsync(fd) == 0, file_error());
	CHECK(rename(temp, name) == 0, RC_IO);
	TRY(shelf_sync());
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
shelf_key_open(uint32_t day, uint8_t ret_key[static 32])
{
	char name[SHELF_NAME_SIZE];
	uint8_t key[KEY_SIZE];
	enum rc rc = shelf_key_read(day, ret_key);

	if (rc != RC_NOT_FOUND)
		return rc;
	randombytes_buf(key, sizeof(key));
	TRY(key_name(day, name));
	TRY(key_write(name, key));
	memcpy(ret_key, key, KEY_SIZE);
out:
	sodium_memzero(key, sizeof(key));
	return rc;
}

enum rc
shelf_key_destroy(uint32_t day)
{
	static const uint8_t zero[KEY_SIZE];
	char name[SHELF_NAME_SIZE];
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(key_name(day, name));
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		rc = errno == ENOENT ? RC_OK : RC_IO;
		goto out;
	}
	/* in place: a new file would leave the old octets on the disk */
	TRY(file_write(fd, (struct rd){ zero, sizeof(zero) }));
	CHECK(fsync(fd) == 0, RC_IO);
	CHECK(unlink(name) == 0, RC_IO);
	TRY(shelf_sync());
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
