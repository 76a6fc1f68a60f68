#include "cmd/tacet_verify_mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "dial/dial.h"
#include "merkle/checkpoint.h"
#include "merkle/tiles.h"
#include "wire/note.h"

#define TIMEOUT_MS 30000
#define PATH_SIZE 160

struct tacet_verify_mirror {
	int dir;
	struct dial *dial; /* NULL: the files alone */
	struct dial_answer answer;
	char file[PATH_SIZE];
	const char *why;
};

enum rc
tacet_verify_mirror_open(const char *path, const char *url, const char *ca,
    struct tacet_verify_mirror **ret_m)
{
	struct tacet_verify_mirror *m = failmem_alloc(sizeof(*m));
	enum rc rc = RC_BUG;

	CHECK(m != NULL, RC_NOMEM);
	dial_http_init(&m->answer);
	m->why = "it cannot be read";
	if (url != NULL)
		(void)mkdir(path, 0755);
	m->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(m->dir >= 0, RC_NOT_FOUND);
	if (url != NULL)
		TRY(dial_new(url, ca, TIMEOUT_MS, &m->dial));
	*ret_m = m;
	m = NULL;
	rc = RC_OK;
out:
	tacet_verify_mirror_close(m);
	return rc;
}

void
tacet_verify_mirror_close(struct tacet_verify_mirror *m)
{
	if (m == NULL)
		return;
	if (m->dir >= 0)
		(void)close(m->dir);
	dial_free(m->dial);
	dial_http_clear(&m->answer);
	free(m);
}

const char *
tacet_verify_mirror_file(const struct tacet_verify_mirror *m)
{
	return m->file;
}

const char *
tacet_verify_mirror_why(const struct tacet_verify_mirror *m)
{
	return m->why;
}

/* --- fetching ------------------------------------------------------------- */

static enum rc
keep(struct tacet_verify_mirror *m, const char *path, struct rd octets)
{
	char above[PATH_SIZE];
	enum rc rc = RC_BUG;

	m->why = "it cannot be written";
	for (size_t i = 0; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		(void)snprintf(above, sizeof(above), "%.*s", (int)i, path);
		CHECK(mkdirat(m->dir, above, 0755) == 0 || errno == EEXIST,
		    RC_IO);
	}
	TRY(file_replace(m->dir, path, 0644, octets));
out:
	return rc;
}

static enum rc
fetch(struct tacet_verify_mirror *m, const char *path)
{
	char target[PATH_SIZE + 4];
	const struct dial_request q = { .method = "GET", .target = target };
	bool reused = true;
	enum rc rc = RC_IO;

	(void)snprintf(target, sizeof(target), "/v1/%s", path);
	while (rc == RC_IO && reused) /* an older connection may have ended */
		rc = dial_http_request(m->dial, &q, &reused, &m->answer);
	m->why = dial_why(m->dial);
	TRY(rc);
	m->why = "the server does not have it";
	CHECK(m->answer.status != 404, RC_NOT_FOUND);
	m->why = "the server does not give it";
	CHECK(m->answer.status == 200, RC_IO);
	TRY(keep(m, path, buf_get(&m->answer.body)));
out:
	return rc;
}

static enum rc
need(struct tacet_verify_mirror *m, const char *path)
{
	(void)snprintf(m->file, sizeof(m->file), "%s", path);
	m->why = "it is not there";
	if (faccessat(m->dir, path, F_OK, 0) == 0)
		return RC_OK;
	return m->dial == NULL ? RC_NOT_FOUND : fetch(m, path);
}

enum rc
tacet_verify_mirror_get(
    struct tacet_verify_mirror *m, const char *path, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(need(m, path));
	m->why = "it cannot be read";
	TRY(file_read_at(m->dir, path, b));
out:
	return rc;
}

/* --- the log -------------------------------------------------------------- */

static enum rc
need_tile(struct tacet_verify_mirror *m, const struct tiles_id *id)
{
	struct buf path;
	enum rc rc = RC_BUG;

	buf_init(&path, PATH_SIZE);
	TRY(buf_add_str(&path, "log/"));
	TRY(tiles_path_build(id, &path));
	TRY(buf_u8(&path, 0));
	TRY(need(m, (const char *)path.p));
out:
	buf_clear(&path);
	return rc;
}

static enum rc
need_tiles(struct tacet_verify_mirror *m, uint64_t size)
{
	struct tiles_id id = { .level = 0 };
	enum rc rc = RC_OK;

	for (; id.level <= TILES_LEVEL_MAX; id.level++) {
		uint64_t n = size >> (8 * id.level);

		for (id.index = 0; id.index * TILES_WIDTH < n; id.index++) {
			uint64_t left = n - id.index * TILES_WIDTH;

			id.width = left < TILES_WIDTH ? (unsigned)left
						      : TILES_WIDTH;
			id.is_entries = false;
			TRY(need_tile(m, &id));
			id.is_entries = true;
			if (id.level == 0)
				TRY(need_tile(m, &id));
		}
	}
out:
	return rc;
}

static enum rc
bring_log(struct tacet_verify_mirror *m)
{
	static const char path[] = "log/checkpoint";
	struct checkpoint c;
	struct rd text;
	struct rd lines;
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	(void)snprintf(m->file, sizeof(m->file), "%s", path);
	TRY(fetch(m, path));
	TRY(tacet_verify_mirror_get(m, path, &note));
	m->why = "it is no checkpoint";
	CHECK(note_split(buf_get(&note), &text, &lines) == RC_OK &&
		checkpoint_parse(text, &c) == RC_OK,
	    RC_MALFORMED);
	TRY(need_tiles(m, c.size));
out:
	buf_clear(&note);
	return rc;
}

enum rc
tacet_verify_mirror_log(struct tacet_verify_mirror *m, int *ret_fd)
{
	int fd;
	enum rc rc = RC_BUG;

	if (m->dial != NULL)
		TRY(bring_log(m));
	(void)snprintf(m->file, sizeof(m->file), "log");
	m->why = "it is not there";
	fd = openat(m->dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0, RC_NOT_FOUND);
	*ret_fd = fd;
	rc = RC_OK;
out:
	return rc;
}
