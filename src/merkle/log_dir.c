#include "merkle/log_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "merkle/checkpoint.h"

#define LEVELS (TILES_LEVEL_MAX + 1)
#define TILE_MAX (TILES_WIDTH * TREE_HASH_SIZE)
#define TRIES 8 /* a writer replaces partial tiles while we look */

struct cached {
	uint64_t index;
	unsigned width; /* 0: nothing */
	struct buf octets;
};

struct log_dir {
	int dir;
	uint64_t size;
	struct buf note;
	struct cached tiles[LEVELS];
	struct cached bundle;
};

/* --- files ------------------------------------------------------------------
 */

static enum rc
read_id(struct log_dir *d, const struct tiles_id *id, struct buf *b)
{
	struct buf path;
	enum rc rc = RC_BUG;

	buf_init(&path, TILES_PATH_MAX + 1);
	TRY(tiles_path_build(id, &path));
	TRY(buf_u8(&path, 0));
	TRY(file_read_at(d->dir, (const char *)path.p, b));
out:
	buf_clear(&path);
	return rc;
}

/* The narrowest partial tile that is wide enough: the writer keeps only the
 * last ones. RC_NOT_FOUND. */
static enum rc
find_wider(struct log_dir *d, const struct tiles_id *id, unsigned *ret_width)
{
	unsigned best = TILES_WIDTH;
	struct dirent *e;
	struct buf path;
	DIR *list = NULL;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&path, TILES_PATH_MAX + 1);
	TRY(tiles_partials_build(id, &path));
	TRY(buf_u8(&path, 0));
	fd = openat(
	    d->dir, (const char *)path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	list = fdopendir(fd);
	CHECK(list != NULL, RC_IO);
	fd = -1;
	while ((e = readdir(list)) != NULL) {
		char *end = NULL;
		unsigned long v = strtoul(e->d_name, &end, 10);

		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    *end == '\0' && v >= id->width && v < best)
			best = (unsigned)v;
	}
	CHECK(best < TILES_WIDTH, RC_NOT_FOUND);
	*ret_width = best;
out:
	if (list != NULL)
		(void)closedir(list);
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&path);
	return rc;
}

/* Octets of the first width hashes or entries of what was read. RC_CORRUPT. */
static enum rc
cut(const struct tiles_id *id, unsigned width, struct rd all, size_t *ret_n)
{
	struct rd r = all;
	struct rd entry;
	size_t n = (size_t)id->width * TREE_HASH_SIZE;
	enum rc rc = RC_BUG;

	if (id->is_entries) {
		for (unsigned i = 0; i < id->width; i++)
			CHECK(
			    tiles_entry_parse(&r, &entry) == RC_OK, RC_CORRUPT);
		n = all.left - r.left;
		for (unsigned i = id->width; i < width; i++)
			CHECK(
			    tiles_entry_parse(&r, &entry) == RC_OK, RC_CORRUPT);
		CHECK(r.left == 0, RC_CORRUPT);
	} else {
		CHECK(all.left == (size_t)width * TREE_HASH_SIZE, RC_CORRUPT);
	}
	*ret_n = n;
	rc = RC_OK;
out:
	return rc;
}

/* The file of that width, else the full one, else a wider partial one. */
static enum rc
read_cut(struct log_dir *d, const struct tiles_id *id, struct buf *b)
{
	struct tiles_id at = *id;
	size_t before = b->len;
	size_t n = 0;
	enum rc rc = RC_BUG;

	rc = read_id(d, &at, b);
	for (int i = 0;
	     i < TRIES && rc == RC_NOT_FOUND && id->width < TILES_WIDTH; i++) {
		at.width = TILES_WIDTH;
		rc = read_id(d, &at, b);
		if (rc == RC_NOT_FOUND && find_wider(d, id, &at.width) == RC_OK)
			rc = read_id(d, &at, b);
	}
	CHECK(rc != RC_NOT_FOUND && rc != RC_LIMIT, RC_CORRUPT);
	TRY(rc);
	TRY(cut(
	    id, at.width, (struct rd){ b->p + before, b->len - before }, &n));
	b->len = before + n;
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

/* --- the tree ---------------------------------------------------------------
 */

/* How many of the tile's hashes or entries there are at this size. */
static unsigned
width_of(const struct log_dir *d, unsigned level, uint64_t index)
{
	uint64_t n = d->size >> (8 * level);

	if (index > n / TILES_WIDTH)
		return 0;
	n -= index * TILES_WIDTH;
	return n > TILES_WIDTH ? TILES_WIDTH : (unsigned)n;
}

enum rc
log_dir_tile(struct log_dir *d, const struct tiles_id *id, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(id->level <= TILES_LEVEL_MAX && id->width > 0 &&
		id->width <= width_of(d, id->level, id->index),
	    RC_NOT_FOUND);
	TRY(read_cut(d, id, b));
out:
	return rc;
}

/* The tile with at least want of its parts. */
static enum rc
load(struct log_dir *d, bool is_entries, unsigned level, uint64_t index,
    unsigned want)
{
	struct cached *c = is_entries ? &d->bundle : &d->tiles[level];
	struct tiles_id id = { is_entries, level, index, 0 };
	enum rc rc = RC_OK;

	if (c->width >= want && c->index == index)
		return RC_OK;
	c->width = 0;
	c->octets.len = 0;
	id.width = width_of(d, level, index);
	CHECK(id.width >= want, RC_NOT_FOUND);
	TRY(read_cut(d, &id, &c->octets));
	c->index = index;
	c->width = id.width;
out:
	return rc;
}

enum rc
log_dir_hash(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE])
{
	uint8_t part[TILE_MAX];
	struct log_dir *d = arg;
	unsigned in_tile = level % 8; /* levels above the tile's own hashes */
	uint64_t first = index << in_tile;
	unsigned at = (unsigned)(first % TILES_WIDTH);
	unsigned n = 1u << in_tile;
	enum rc rc = RC_BUG;

	CHECK(level < 64 && index < d->size >> level, RC_NOT_FOUND);
	TRY(load(d, false, level / 8, first / TILES_WIDTH, at + n));
	memcpy(part, d->tiles[level / 8].octets.p + at * TREE_HASH_SIZE,
	    n * TREE_HASH_SIZE);
	for (; n > 1; n /= 2)
		for (unsigned i = 0; i < n; i += 2)
			tree_node(part + i * TREE_HASH_SIZE,
			    part + (i + 1) * TREE_HASH_SIZE,
			    part + i / 2 * TREE_HASH_SIZE);
	memcpy(ret_hash, part, TREE_HASH_SIZE);
out:
	return rc;
}

enum rc
log_dir_entry(struct log_dir *d, uint64_t i, struct buf *b)
{
	unsigned at = (unsigned)(i % TILES_WIDTH);
	struct rd entry = { 0 };
	struct rd r;
	enum rc rc = RC_BUG;

	CHECK(i < d->size, RC_NOT_FOUND);
	TRY(load(d, true, 0, i / TILES_WIDTH, at + 1));
	r = buf_get(&d->bundle.octets);
	for (unsigned k = 0; k <= at; k++)
		CHECK(tiles_entry_parse(&r, &entry) == RC_OK, RC_CORRUPT);
	TRY(buf_add_rd(b, entry));
out:
	return rc;
}

/* --- life --------------------------------------------------------------------
 */

void
log_dir_resize(struct log_dir *d, uint64_t size)
{
	d->size = size;
	for (size_t i = 0; i < LEVELS; i++)
		d->tiles[i].width = 0;
	d->bundle.width = 0;
}

enum rc
log_dir_refresh(struct log_dir *d)
{
	struct checkpoint c = { .size = 0 };
	struct rd text;
	struct rd lines;
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	rc = file_read_at(d->dir, "checkpoint", &note);
	if (rc == RC_NOT_FOUND)
		rc = RC_OK;
	else if (rc == RC_OK)
		CHECK(note_split(buf_get(&note), &text, &lines) == RC_OK &&
			checkpoint_parse(text, &c) == RC_OK,
		    RC_CORRUPT);
	CHECK(rc != RC_LIMIT, RC_CORRUPT);
	TRY(rc);
	buf_clear(&d->note);
	d->note = note; /* moved */
	buf_init(&note, 0);
	log_dir_resize(d, c.size);
out:
	buf_clear(&note);
	return rc;
}

enum rc
log_dir_open(int dirfd, struct log_dir **ret_d)
{
	struct log_dir *d = failmem_alloc(sizeof(*d));
	enum rc rc = RC_BUG;

	CHECK(d != NULL, RC_NOMEM);
	d->dir = -1;
	buf_init(&d->note, CHECKPOINT_NOTE_MAX);
	for (size_t i = 0; i < LEVELS; i++)
		buf_init(&d->tiles[i].octets, TILE_MAX);
	buf_init(&d->bundle.octets, TILES_BUNDLE_MAX);
	d->dir = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	CHECK(d->dir >= 0, RC_IO);
	TRY(log_dir_refresh(d));
	*ret_d = d;
	d = NULL;
out:
	log_dir_close(d);
	return rc;
}

void
log_dir_close(struct log_dir *d)
{
	if (d == NULL)
		return;
	if (d->dir >= 0)
		(void)close(d->dir);
	for (size_t i = 0; i < LEVELS; i++)
		buf_clear(&d->tiles[i].octets);
	buf_clear(&d->bundle.octets);
	buf_clear(&d->note);
	free(d);
}

uint64_t
log_dir_size(const struct log_dir *d)
{
	return d->size;
}

enum rc
log_dir_checkpoint(const struct log_dir *d, struct buf *b)
{
	return buf_add_rd(b, buf_get(&d->note));
}
