#include "ktlog/log_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "merkle/checkpoint.h"

#define LEVELS (TILES_LEVEL_MAX + 1)
#define TILE_SIZE (TILES_WIDTH * TREE_HASH_SIZE)
#define TEMP "new"
#define PENDING "pending"
#define CHECKPOINT "checkpoint"
#define GROUP_OCTETS (LOG_WRITE_GROUP_MAX * (2 + TILES_ENTRY_MAX))
/* 128 bits of the leaf hash name an entry in the index */
#define NAME_SIZE 16

struct part { /* the last tile of a level */
	unsigned n;
	bool is_new; /* since the last flush */
	uint8_t hashes[TILE_SIZE];
};

struct slot {
	uint8_t name[NAME_SIZE];
	uint64_t index_1; /* index + 1; 0: free */
};

struct log_write {
	int dir;
	struct log_dir *read; /* as of committed */
	uint64_t committed;
	uint64_t size; /* flushed */
	uint8_t root[TREE_HASH_SIZE];
	struct part parts[LEVELS];
	struct buf bundle; /* the last, partial one */
	struct buf group;  /* as in a bundle */
	size_t n_group;
	struct slot *slots;
	size_t cap;
	size_t n_slots;
};

/* --- files ------------------------------------------------------------------
 */

static enum rc
sync_dir(struct log_write *w, const char *path)
{
	int fd = openat(w->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, RC_IO);
	CHECK(fsync(fd) == 0, file_error());
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* Makes the directories of path, which is cut at each slash for a moment; a new
 * one is known to the one above it when the disk says so. Leaves in *ret_slash
 * the last one's place. */
static enum rc
make_dirs(struct log_write *w, char *path, char **ret_slash)
{
	char *above = NULL;
	char *slash = path;
	enum rc rc = RC_OK;

	*ret_slash = NULL;
	while ((slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		if (mkdirat(w->dir, path, 0700) == 0) {
			if (above != NULL)
				*above = '\0';
			rc = sync_dir(w, above == NULL ? "." : path);
			if (above != NULL)
				*above = '/';
		} else if (errno != EEXIST) {
			rc = file_error();
		}
		*slash = '/';
		if (rc != RC_OK)
			return rc;
		above = slash++;
	}
	*ret_slash = above;
	return RC_OK;
}

static enum rc
write_temp(struct log_write *w, struct rd octets)
{
	int fd = openat(
	    w->dir, TEMP, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, file_error());
	TRY(file_write(fd, octets));
	CHECK(fsync(fd) == 0, file_error());
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* path is modified and restored. */
static enum rc
write_file(struct log_write *w, char *path, struct rd octets)
{
	char *slash = NULL;
	enum rc rc = RC_BUG;

	TRY(make_dirs(w, path, &slash));
	TRY(write_temp(w, octets));
	CHECK(renameat(w->dir, TEMP, w->dir, path) == 0, file_error());
	if (slash != NULL)
		*slash = '\0';
	rc = sync_dir(w, slash == NULL ? "." : path);
	if (slash != NULL)
		*slash = '/';
out:
	return rc;
}

static enum rc
write_id(struct log_write *w, const struct tiles_id *id, struct rd octets)
{
	struct buf path;
	enum rc rc = RC_BUG;

	buf_init(&path, TILES_PATH_MAX + 1);
	TRY(tiles_path_build(id, &path));
	TRY(buf_u8(&path, 0));
	TRY(write_file(w, (char *)path.p, octets));
out:
	buf_clear(&path);
	return rc;
}

static void
remove_id(struct log_write *w, const struct tiles_id *id, bool with_dir)
{
	struct buf path;

	buf_init(&path, TILES_PATH_MAX + 1);
	if (tiles_path_build(id, &path) == RC_OK && buf_u8(&path, 0) == RC_OK)
		(void)unlinkat(w->dir, (const char *)path.p, 0);
	path.len = 0;
	if (with_dir && tiles_partials_build(id, &path) == RC_OK &&
	    buf_u8(&path, 0) == RC_OK)
		(void)unlinkat(w->dir, (const char *)path.p, AT_REMOVEDIR);
	buf_clear(&path);
}

/* --- which entry is where ----------------------------------------------------
 */

static struct slot *
slot_of(struct slot *slots, size_t cap, const uint8_t name[static NAME_SIZE])
{
	size_t at;

	memcpy(&at, name, sizeof(at)); /* a hash is its own hash */
	for (at &= cap - 1; slots[at].index_1 != 0; at = (at + 1) & (cap - 1))
		if (memcmp(slots[at].name, name, NAME_SIZE) == 0)
			break;
	return &slots[at];
}

static enum rc
remember(struct log_write *w, const uint8_t leaf[static TREE_HASH_SIZE],
    uint64_t index)
{
	struct slot *slots;
	struct slot *s;
	size_t cap = w->cap == 0 ? 1024 : w->cap * 2;

	if (w->n_slots * 2 >= w->cap) {
		slots = failmem_array(cap, sizeof(*slots));
		if (slots == NULL)
			return RC_NOMEM;
		for (size_t i = 0; i < w->cap; i++)
			if (w->slots[i].index_1 != 0)
				*slot_of(
				    slots, cap, w->slots[i].name) = w->slots[i];
		free(w->slots);
		w->slots = slots;
		w->cap = cap;
	}
	s = slot_of(w->slots, w->cap, leaf);
	if (s->index_1 == 0) {
		memcpy(s->name, leaf, NAME_SIZE);
		s->index_1 = index + 1;
		w->n_slots++;
	}
	return RC_OK;
}

static bool
recall(const struct log_write *w, const uint8_t leaf[static TREE_HASH_SIZE],
    uint64_t *ret_index)
{
	const struct slot *s;

	if (w->cap == 0)
		return false;
	s = slot_of(w->slots, w->cap, leaf);
	if (s->index_1 == 0)
		return false;
	*ret_index = s->index_1 - 1;
	return true;
}

/* --- reading it at a start
 * ---------------------------------------------------- */

/* The root by the tiles, for the size that read has now. */
static enum rc
check_root(struct log_write *w, uint64_t size,
    const uint8_t root[static TREE_HASH_SIZE])
{
	uint8_t got[TREE_HASH_SIZE];
	enum rc rc = RC_BUG;

	log_dir_resize(w->read, size);
	rc = tree_root(log_dir_hash, w->read, size, got);
	CHECK(rc != RC_NOT_FOUND, RC_CORRUPT);
	TRY(rc);
	CHECK(memcmp(got, root, sizeof(got)) == 0, RC_CORRUPT);
out:
	return rc;
}

static enum rc
read_checkpoint(struct log_write *w)
{
	struct checkpoint c = { .size = 0 };
	struct rd text;
	struct rd lines;
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	TRY(log_dir_refresh(w->read));
	TRY(tree_root(log_dir_hash, w->read, 0, c.root));
	TRY(log_dir_checkpoint(w->read, &note));
	if (note.len > 0) {
		TRY(note_split(buf_get(&note), &text, &lines));
		TRY(checkpoint_parse(text, &c));
		TRY(check_root(w, c.size, c.root));
	}
	w->committed = c.size;
	w->size = c.size;
	memcpy(w->root, c.root, sizeof(w->root));
out:
	buf_clear(&note);
	return rc == RC_MALFORMED ? RC_CORRUPT : rc;
}

/* Takes up what was flushed and never committed. */
static enum rc
read_pending(struct log_write *w)
{
	uint8_t text[CHECKPOINT_TEXT_MAX];
	struct checkpoint c;
	ssize_t n;
	int fd = openat(w->dir, PENDING, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	if (fd < 0 && errno == ENOENT)
		return RC_OK;
	CHECK(fd >= 0, RC_IO);
	n = read(fd, text, sizeof(text));
	CHECK(n >= 0, RC_IO);
	CHECK(checkpoint_parse((struct rd){ text, (size_t)n }, &c) == RC_OK &&
		rd_is_eq(c.origin, PENDING),
	    RC_CORRUPT);
	if (c.size > w->size) {
		TRY(check_root(w, c.size, c.root));
		w->size = c.size;
		memcpy(w->root, c.root, sizeof(w->root));
	}
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* The last tiles, to go on from; and that the last bundle is theirs. */
static enum rc
read_parts(struct log_write *w)
{
	uint8_t leaf[TREE_HASH_SIZE];
	struct rd entry;
	struct buf b;
	struct rd r;
	enum rc rc = RC_BUG;

	buf_init(&b, TILE_SIZE);
	w->bundle.len = 0;
	for (unsigned l = 0; l < LEVELS; l++) {
		uint64_t n = w->size >> (8 * l);
		struct part *p = &w->parts[l];
		struct tiles_id id = { false, l, n / TILES_WIDTH,
			(unsigned)(n % TILES_WIDTH) };

		p->n = id.width;
		p->is_new = false;
		if (p->n == 0)
			continue;
		b.len = 0;
		TRY(log_dir_tile(w->read, &id, &b));
		memcpy(p->hashes, b.p, b.len);
		id.is_entries = true;
		if (l == 0)
			TRY(log_dir_tile(w->read, &id, &w->bundle));
	}
	r = buf_get(&w->bundle);
	for (unsigned i = 0; i < w->parts[0].n; i++) {
		TRY(tiles_entry_parse(&r, &entry));
		tree_leaf(entry, leaf);
		CHECK(memcmp(leaf, w->parts[0].hashes + i * TREE_HASH_SIZE,
			  sizeof(leaf)) == 0,
		    RC_CORRUPT);
	}
	rc = RC_OK;
out:
	buf_clear(&b);
	return rc == RC_NOT_FOUND ? RC_CORRUPT : rc;
}

static enum rc
read_index(struct log_write *w)
{
	uint8_t leaf[TREE_HASH_SIZE];
	enum rc rc = RC_OK;

	free(w->slots);
	w->slots = NULL;
	w->cap = 0;
	w->n_slots = 0;
	for (uint64_t i = 0; i < w->size; i++) {
		TRY(log_dir_hash(w->read, 0, i, leaf));
		TRY(remember(w, leaf, i));
	}
out:
	return rc;
}

/* Whether the partial tile is one of the committed or the flushed tree. */
static bool
is_wanted(const struct log_write *w, unsigned level, uint64_t index,
    unsigned long width)
{
	const uint64_t sizes[] = { w->committed, w->size };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		uint64_t n = sizes[i] >> (8 * level);

		if (n / TILES_WIDTH == index && n % TILES_WIDTH == width)
			return true;
	}
	return false;
}

static void
sweep_partials(struct log_write *w, struct tiles_id id)
{
	struct dirent *e;
	struct buf path;
	DIR *list = NULL;
	bool keep = false;
	int fd = -1;

	buf_init(&path, TILES_PATH_MAX + 1);
	if (tiles_partials_build(&id, &path) == RC_OK &&
	    buf_u8(&path, 0) == RC_OK)
		fd = openat(w->dir, (const char *)path.p,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		list = fdopendir(fd);
	while (list != NULL && (e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (is_wanted(
			w, id.level, id.index, strtoul(e->d_name, NULL, 10)))
			keep = true;
		else
			(void)unlinkat(fd, e->d_name, 0);
	}
	if (list != NULL)
		(void)closedir(list);
	else if (fd >= 0)
		(void)close(fd);
	if (!keep && path.len > 0)
		(void)unlinkat(w->dir, (const char *)path.p, AT_REMOVEDIR);
	buf_clear(&path);
}

/* Removes what a crash or a full disk left: tiles of entries that never came
 * into the log. A group spans two tiles of a level at most. */
static void
sweep(struct log_write *w)
{
	for (unsigned l = 0; l < 2 * LEVELS; l++) {
		unsigned level = l / 2;
		uint64_t n = (w->size >> (8 * level)) / TILES_WIDTH;
		struct tiles_id id = { l % 2 == 1, level, n, TILES_WIDTH };

		if (id.is_entries && level > 0)
			continue;
		remove_id(w, &id, false);
		for (id.index = n > 0 ? n - 1 : 0; id.index <= n + 1;
		     id.index++)
			sweep_partials(w, id);
		id.index = n + 1;
		remove_id(w, &id, false);
	}
}

enum rc
log_write_drop(struct log_write *w)
{
	enum rc rc = RC_BUG;

	w->group.len = 0;
	w->n_group = 0;
	TRY(read_checkpoint(w));
	TRY(read_pending(w));
	log_dir_resize(w->read, w->size);
	TRY(read_parts(w));
	TRY(read_index(w));
	log_dir_resize(w->read, w->committed);
	sweep(w);
out:
	return rc;
}

enum rc
log_write_open(int dirfd, struct log_write **ret_w)
{
	struct log_write *w = failmem_alloc(sizeof(*w));
	enum rc rc = RC_BUG;

	CHECK(w != NULL, RC_NOMEM);
	w->dir = -1;
	buf_init(&w->bundle, TILES_BUNDLE_MAX);
	buf_init(&w->group, GROUP_OCTETS);
	TRY(log_dir_open(dirfd, &w->read));
	w->dir = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	CHECK(w->dir >= 0, RC_IO);
	TRY(log_write_drop(w));
	*ret_w = w;
	w = NULL;
out:
	log_write_close(w);
	return rc;
}

void
log_write_close(struct log_write *w)
{
	if (w == NULL)
		return;
	if (w->dir >= 0)
		(void)close(w->dir);
	log_dir_close(w->read);
	buf_clear(&w->bundle);
	buf_clear(&w->group);
	free(w->slots);
	free(w);
}

/* --- writing
 * ------------------------------------------------------------------- */

enum rc
log_write_add(struct log_write *w, struct rd entry, uint64_t *ret_index)
{
	uint8_t leaf[TREE_HASH_SIZE];
	uint64_t index;
	enum rc rc = RC_BUG;

	CHECK(entry.left <= TILES_ENTRY_MAX, RC_LIMIT);
	tree_leaf(entry, leaf);
	if (recall(w, leaf, &index)) {
		*ret_index = index;
		return index < w->committed ? RC_EXISTS : RC_OK;
	}
	CHECK(w->n_group < LOG_WRITE_GROUP_MAX, RC_AGAIN);
	index = w->size + w->n_group;
	CHECK(index < TREE_SIZE_MAX, RC_LIMIT);
	TRY(remember(w, leaf, index));
	TRY(tiles_entry_build(entry, &w->group)); /* there is room */
	w->n_group++;
	*ret_index = index;
out:
	return rc;
}

/* Adds a hash to the last tile of a level; a full one is written, and its own
 * hash goes to the level above. */
static enum rc
push(struct log_write *w, uint64_t n, uint8_t hash[static TREE_HASH_SIZE])
{
	enum rc rc = RC_OK;

	for (unsigned l = 0; l < LEVELS; l++, n /= TILES_WIDTH) {
		struct part *p = &w->parts[l];
		struct tiles_id id = { false, l, n / TILES_WIDTH, TILES_WIDTH };

		memcpy(p->hashes + p->n * TREE_HASH_SIZE, hash, TREE_HASH_SIZE);
		p->is_new = true;
		if (++p->n < TILES_WIDTH)
			break;
		TRY(write_id(
		    w, &id, (struct rd){ p->hashes, sizeof(p->hashes) }));
		for (unsigned width = TILES_WIDTH; width > 1; width /= 2)
			for (unsigned i = 0; i < width; i += 2)
				tree_node(p->hashes + i * TREE_HASH_SIZE,
				    p->hashes + (i + 1) * TREE_HASH_SIZE,
				    p->hashes + i / 2 * TREE_HASH_SIZE);
		memcpy(hash, p->hashes, TREE_HASH_SIZE);
		p->n = 0;
		p->is_new = false;
	}
out:
	return rc;
}

static enum rc
write_partials(struct log_write *w, uint64_t size)
{
	struct tiles_id id = { true, 0, size / TILES_WIDTH, w->parts[0].n };
	enum rc rc = RC_OK;

	if (id.width > 0)
		TRY(write_id(w, &id, buf_get(&w->bundle)));
	for (unsigned l = 0; l < LEVELS; l++) {
		struct part *p = &w->parts[l];

		id = (struct tiles_id){ false, l,
			(size >> (8 * l)) / TILES_WIDTH, p->n };
		if (p->is_new && p->n > 0)
			TRY(write_id(w, &id,
			    (struct rd){ p->hashes, p->n * TREE_HASH_SIZE }));
		p->is_new = false;
	}
out:
	return rc;
}

static enum rc
write_entries(struct log_write *w, uint64_t *ret_size)
{
	uint8_t leaf[TREE_HASH_SIZE];
	struct rd r = buf_get(&w->group);
	struct rd entry = { 0 };
	uint64_t size = w->size;
	enum rc rc = RC_OK;

	while (r.left > 0) {
		struct tiles_id id = { true, 0, size / TILES_WIDTH,
			TILES_WIDTH };

		TRY(tiles_entry_parse(&r, &entry));
		TRY(tiles_entry_build(entry, &w->bundle));
		tree_leaf(entry, leaf);
		if (size % TILES_WIDTH == TILES_WIDTH - 1) {
			TRY(write_id(w, &id, buf_get(&w->bundle)));
			w->bundle.len = 0;
		}
		TRY(push(w, size, leaf));
		size++;
	}
	TRY(write_partials(w, size));
	*ret_size = size;
out:
	return rc;
}

static enum rc
write_pending(struct log_write *w, uint64_t size,
    const uint8_t root[static TREE_HASH_SIZE])
{
	struct checkpoint c = { .origin = rd_str(PENDING), .size = size };
	char path[] = PENDING;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CHECKPOINT_TEXT_MAX);
	memcpy(c.root, root, sizeof(c.root));
	TRY(checkpoint_build(&c, &b));
	TRY(write_file(w, path, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

enum rc
log_write_flush(struct log_write *w)
{
	uint8_t root[TREE_HASH_SIZE];
	uint64_t size = 0;
	enum rc rc = RC_BUG;
	enum rc again;

	CHECK(w->size == w->committed, RC_STATE);
	if (w->n_group == 0)
		return RC_OK;
	rc = write_entries(w, &size);
	if (rc == RC_OK) {
		/* by what was written, which is read once more for it */
		log_dir_resize(w->read, size);
		rc = tree_root(log_dir_hash, w->read, size, root);
		log_dir_resize(w->read, w->committed);
	}
	if (rc == RC_OK)
		rc = write_pending(w, size, root);
	if (rc != RC_OK) {
		again = log_write_drop(w);
		CHECK(again == RC_OK, again);
		CHECK(false, rc);
	}
	w->size = size;
	memcpy(w->root, root, sizeof(w->root));
	w->group.len = 0;
	w->n_group = 0;
out:
	return rc;
}

/* The partial tiles of before, where a wider one or a full one took over. */
static void
prune(struct log_write *w, uint64_t old_size)
{
	for (unsigned l = 0; l < LEVELS; l++) {
		uint64_t old = old_size >> (8 * l);
		uint64_t now = w->committed >> (8 * l);
		struct tiles_id id = { false, l, old / TILES_WIDTH,
			(unsigned)(old % TILES_WIDTH) };
		bool moved = now / TILES_WIDTH != id.index;

		if (old == now || id.width == 0)
			continue;
		remove_id(w, &id, moved);
		id.is_entries = true;
		if (l == 0)
			remove_id(w, &id, moved);
	}
}

enum rc
log_write_commit(struct log_write *w, struct rd note)
{
	char path[] = CHECKPOINT;
	uint64_t old = w->committed;
	uint64_t now;
	enum rc rc = RC_BUG;

	TRY(write_file(w, path, note));
	TRY(log_dir_refresh(w->read));
	now = log_dir_size(w->read);
	CHECK(now == old || now == w->size, RC_BUG);
	w->committed = now;
	prune(w, old);
out:
	return rc;
}

uint64_t
log_write_committed(const struct log_write *w)
{
	return w->committed;
}

uint64_t
log_write_size(const struct log_write *w)
{
	return w->size;
}

const uint8_t *
log_write_root(const struct log_write *w)
{
	return w->root;
}

size_t
log_write_group(const struct log_write *w)
{
	return w->n_group;
}

struct log_dir *
log_write_read(struct log_write *w)
{
	return w->read;
}
