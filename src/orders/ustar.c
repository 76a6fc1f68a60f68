#include "orders/ustar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"

#define TIME_MAX 8589934591 /* eleven octal digits, as the size */

/* Offset and size of each field: POSIX, table "ustar Header Block". */
enum field {
	FIELD_NAME,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_SIZE,
	FIELD_MTIME,
	FIELD_CHKSUM,
	FIELD_TYPEFLAG,
	FIELD_MAGIC,
	FIELD_DEVMAJOR,
	FIELD_DEVMINOR
};

static const struct {
	size_t at;
	size_t size;
} fields[] = {
	[FIELD_NAME] = { 0, 100 },
	[FIELD_MODE] = { 100, 8 },
	[FIELD_UID] = { 108, 8 },
	[FIELD_GID] = { 116, 8 },
	[FIELD_SIZE] = { 124, 12 },
	[FIELD_MTIME] = { 136, 12 },
	[FIELD_CHKSUM] = { 148, 8 },
	[FIELD_TYPEFLAG] = { 156, 1 },
	[FIELD_MAGIC] = { 257, 8 },
	[FIELD_DEVMAJOR] = { 329, 8 },
	[FIELD_DEVMINOR] = { 337, 8 },
};

struct list {
	size_t n;
	char names[USTAR_FILES_MAX][USTAR_NAME_MAX + 1];
};

/* --- the header
 * --------------------------------------------------------------- */

/* Octal digits to the field's last octet but one, which is NUL. */
static void
octal(uint8_t *block, enum field f, uint64_t v)
{
	uint8_t *p = block + fields[f].at;

	for (size_t i = fields[f].size - 1; i > 0; i--, v >>= 3)
		p[i - 1] = (uint8_t)('0' + (v & 7));
}

static bool
is_name(const char *name)
{
	static const char extra[] = "/._-";

	if (name[0] == '\0' || name[0] == '/' || name[0] == '.' ||
	    strstr(name, "/.") != NULL || strstr(name, "//") != NULL)
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && strchr(extra, *c) == NULL)
			return false;
	return true;
}

enum rc
ustar_header_build(const char *name, uint64_t size, struct wall time,
    uint8_t ret_block[static USTAR_BLOCK])
{
	size_t n = strlen(name);
	bool is_folder;
	unsigned int sum = 0;
	enum rc rc = RC_BUG;

	CHECK(n <= USTAR_NAME_MAX && size <= USTAR_SIZE_MAX, RC_LIMIT);
	CHECK(time.s >= 0 && time.s <= TIME_MAX, RC_LIMIT);
	CHECK(is_name(name), RC_MALFORMED);
	is_folder = name[n - 1] == '/';
	memset(ret_block, 0, USTAR_BLOCK);
	memcpy(ret_block + fields[FIELD_NAME].at, name, n);
	octal(ret_block, FIELD_MODE, is_folder ? 0700 : 0600);
	octal(ret_block, FIELD_UID, 0);
	octal(ret_block, FIELD_GID, 0);
	octal(ret_block, FIELD_SIZE, size);
	octal(ret_block, FIELD_MTIME, (uint64_t)time.s);
	ret_block[fields[FIELD_TYPEFLAG].at] = is_folder ? '5' : '0';
	memcpy(ret_block + fields[FIELD_MAGIC].at, "ustar\00000", 8);
	octal(ret_block, FIELD_DEVMAJOR, 0);
	octal(ret_block, FIELD_DEVMINOR, 0);
	/* the sum of all octets, those of the sum itself taken as blanks */
	memset(ret_block + fields[FIELD_CHKSUM].at, ' ',
	    fields[FIELD_CHKSUM].size);
	for (size_t i = 0; i < USTAR_BLOCK; i++)
		sum += ret_block[i];
	octal(ret_block, FIELD_CHKSUM, sum);
	ret_block[fields[FIELD_CHKSUM].at + 7] = '\0';
	rc = RC_OK;
out:
	return rc;
}

/* --- the directory
 * ------------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Sorted; "." and ".." left out, and nothing else. */
static enum rc
list_files(int dir, struct list *ret_l)
{
	const struct dirent *e;
	DIR *d = NULL;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, RC_IO);
	d = fdopendir(fd);
	CHECK(d != NULL, RC_IO);
	fd = -1;
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		CHECK(ret_l->n < USTAR_FILES_MAX, RC_LIMIT);
		CHECK(strlen(e->d_name) <= USTAR_NAME_MAX, RC_LIMIT);
		memcpy(
		    ret_l->names[ret_l->n++], e->d_name, strlen(e->d_name) + 1);
	}
	CHECK(errno == 0, RC_IO);
	qsort(ret_l->names, ret_l->n, sizeof(ret_l->names[0]), compare);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	if (d != NULL)
		(void)closedir(d);
	return rc;
}

/* The file's octets, and zeros to the end of its last block. */
static enum rc
copy(int fd, uint64_t size, ustar_out_fn out, void *arg)
{
	uint8_t part[64 * USTAR_BLOCK];
	uint64_t left = size;
	size_t pad = (size_t)(-size % USTAR_BLOCK);
	ssize_t n;
	enum rc rc = RC_BUG;

	while (left > 0) {
		n = read(fd, part, left < sizeof(part) ? left : sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		CHECK(n >= 0, RC_IO);
		CHECK(n > 0, RC_CORRUPT); /* shorter than it was */
		TRY(out(arg, (struct rd){ part, (size_t)n }));
		left -= (uint64_t)n;
	}
	CHECK(read(fd, part, 1) == 0, RC_CORRUPT); /* longer than it was */
	memset(part, 0, pad);
	rc = RC_OK;
	if (pad > 0)
		TRY(out(arg, (struct rd){ part, pad }));
out:
	explicit_bzero(part, sizeof(part));
	return rc;
}

static enum rc
add(int dir, const char *folder, const char *name, struct wall time,
    ustar_out_fn out, void *arg)
{
	char path[2 * USTAR_NAME_MAX + 2];
	uint8_t block[USTAR_BLOCK];
	struct stat st;
	/* not waiting for a writer, should it be a pipe */
	int fd = openat(
	    dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == ELOOP ? RC_MALFORMED : RC_IO);
	CHECK(fstat(fd, &st) == 0 && st.st_size >= 0, RC_IO);
	CHECK(S_ISREG(st.st_mode), RC_MALFORMED);
	CHECK(snprintf(path, sizeof(path), "%s/%s", folder, name) <
		(int)sizeof(path),
	    RC_LIMIT);
	TRY(ustar_header_build(path, (uint64_t)st.st_size, time, block));
	TRY(out(arg, (struct rd){ block, sizeof(block) }));
	TRY(copy(fd, (uint64_t)st.st_size, out, arg));
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
ustar_write(
    int dir, const char *folder, struct wall time, ustar_out_fn out, void *arg)
{
	static const uint8_t end[2 * USTAR_BLOCK];
	char path[USTAR_NAME_MAX + 2];
	uint8_t block[USTAR_BLOCK];
	struct list *l = NULL;
	enum rc rc = RC_BUG;

	CHECK(strlen(folder) < USTAR_NAME_MAX, RC_LIMIT);
	CHECK(strchr(folder, '/') == NULL, RC_MALFORMED);
	l = failmem_alloc(sizeof(*l));
	CHECK(l != NULL, RC_NOMEM);
	TRY(list_files(dir, l));
	(void)snprintf(path, sizeof(path), "%s/", folder);
	TRY(ustar_header_build(path, 0, time, block));
	TRY(out(arg, (struct rd){ block, sizeof(block) }));
	for (size_t i = 0; i < l->n; i++)
		TRY(add(dir, folder, l->names[i], time, out, arg));
	TRY(out(arg, (struct rd){ end, sizeof(end) }));
out:
	free(l);
	return rc;
}
