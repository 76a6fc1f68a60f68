/* The write side and the read side of DIR/log on a real directory. A crash is
 * a copy of the directory as a cut made it: a limit on how many files may be
 * written stops the writer anywhere. */
#include "ktlog/log_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "merkle/checkpoint.h"
#include "tap.h"

/* in memory where there is such a place: thousands of syncs */
static char top[] = "/dev/shm/tacet-log-XXXXXX";
static int dir = -1;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
fresh(void)
{
	if (dir >= 0)
		(void)close(dir);
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (mkdir(top, 0700) != 0)
		abort();
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static size_t
entry(uint64_t i, char ret_text[static 32])
{
	return (size_t)snprintf(
	    ret_text, 32, "entry %llu", (unsigned long long)i);
}

/* What keys would answer; the signature is nobody's business here. */
static void
signed_note(const struct log_write *w, struct buf *ret_b)
{
	struct checkpoint c = { .origin = rd_str("o"),
		.size = log_write_size(w) };

	buf_init(ret_b, CHECKPOINT_NOTE_MAX);
	memcpy(c.root, log_write_root(w), sizeof(c.root));
	T_RC(RC_OK, checkpoint_build(&c, ret_b));
	T_RC(RC_OK, buf_add_str(ret_b, "\n\xe2\x80\x94 o AAAAAAA=\n"));
}

static enum rc
commit(struct log_write *w)
{
	struct buf b;
	enum rc rc;

	signed_note(w, &b);
	rc = log_write_commit(w, buf_get(&b));
	buf_clear(&b);
	return rc;
}

static void
add(struct log_write *w, uint64_t first, uint64_t n)
{
	char text[32];
	uint64_t index = 0;

	for (uint64_t i = first; i < first + n; i++) {
		struct rd r = { (uint8_t *)text, entry(i, text) };
		enum rc rc = log_write_add(w, r, &index);

		if (rc == RC_AGAIN) {
			T_RC(RC_OK, log_write_flush(w));
			T_RC(RC_OK, commit(w));
			rc = log_write_add(w, r, &index);
		}
		T_RC(RC_OK, rc);
		T_OK(index == i);
	}
}

/* The tree by the definition, from the entries alone. */
static enum rc
leaf_hash(void *arg, unsigned level, uint64_t index,
    uint8_t ret[static TREE_HASH_SIZE])
{
	uint8_t a[TREE_HASH_SIZE], b[TREE_HASH_SIZE];
	char text[32];

	if (level == 0) {
		tree_leaf(
		    (struct rd){ (uint8_t *)text, entry(index, text) }, ret);
		return RC_OK;
	}
	if (leaf_hash(arg, level - 1, 2 * index, a) != RC_OK ||
	    leaf_hash(arg, level - 1, 2 * index + 1, b) != RC_OK)
		return RC_BUG;
	tree_node(a, b, ret);
	return RC_OK;
}

/* Everything a reader can ask of a log of entries 0 .. size - 1. */
static void
reads_as(uint64_t size)
{
	uint8_t want[TREE_HASH_SIZE], got[TREE_HASH_SIZE];
	uint8_t leaf[TREE_HASH_SIZE];
	struct log_dir *d = NULL;
	struct checkpoint c;
	struct tree_proof p;
	struct rd text, lines;
	char line[32];
	struct buf b;

	buf_init(&b, 65536);
	T_RC(RC_OK, log_dir_open(dir, &d));
	T_OK(log_dir_size(d) == size);
	T_RC(RC_OK, tree_root(leaf_hash, NULL, size, want));
	T_RC(RC_OK, tree_root(log_dir_hash, d, size, got));
	T_MEM(want, got, sizeof(want));
	T_RC(RC_OK, log_dir_checkpoint(d, &b));
	T_RC(RC_OK, note_split(buf_get(&b), &text, &lines));
	T_RC(RC_OK, checkpoint_parse(text, &c));
	T_OK(c.size == size);
	T_MEM(want, c.root, sizeof(want));
	for (uint64_t i = 0; i < size; i += 1 + i / 8) {
		b.len = 0;
		T_RC(RC_OK, log_dir_entry(d, i, &b));
		T_OK(b.len == entry(i, line) && memcmp(line, b.p, b.len) == 0);
		T_RC(RC_OK, tree_inclusion(log_dir_hash, d, i, size, &p));
		tree_leaf(buf_get(&b), leaf);
		T_RC(RC_OK, tree_inclusion_check(leaf, i, size, &p, want));
	}
	T_RC(RC_NOT_FOUND, log_dir_entry(d, size, &b));
	log_dir_close(d);
	buf_clear(&b);
}

/* --- the tests
 * ------------------------------------------------------------------ */

static void
an_empty_directory_is_an_empty_log(void)
{
	uint8_t root[TREE_HASH_SIZE];
	struct log_dir *d = NULL;
	struct log_write *w = NULL;
	struct buf b;

	fresh();
	buf_init(&b, 100);
	T_RC(RC_OK, log_dir_open(dir, &d));
	T_OK(log_dir_size(d) == 0);
	T_RC(RC_OK, log_dir_checkpoint(d, &b));
	T_OK(b.len == 0);
	T_RC(RC_NOT_FOUND, log_dir_entry(d, 0, &b));
	T_RC(RC_NOT_FOUND, log_dir_hash(d, 0, 0, root));
	log_dir_close(d);
	T_RC(RC_OK, log_write_open(dir, &w));
	T_OK(log_write_size(w) == 0 && log_write_committed(w) == 0);
	T_RC(RC_OK, log_write_flush(w)); /* of nothing */
	T_OK(log_write_size(w) == 0);
	log_write_close(w);
}

static void
every_size_reads_as_what_was_written(void)
{
	static const uint64_t steps[] = { 1, 1, 3, 100, 150, 1, 1, 255, 256,
		256, 1, 513 };
	struct log_write *w = NULL;
	uint64_t size = 0;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		add(w, size, steps[i]);
		size += steps[i];
		T_RC(RC_OK, log_write_flush(w));
		T_OK(log_write_size(w) == size);
		T_RC(RC_OK, commit(w));
		T_OK(log_write_committed(w) == size);
		reads_as(size);
		if (i % 3 == 2) { /* as after a restart */
			log_write_close(w);
			w = NULL;
			T_RC(RC_OK, log_write_open(dir, &w));
		}
	}
	log_write_close(w);
}

/* 65536 entries are 256 full tiles, and the first full one above them. */
static void
a_second_level_fills(void)
{
	uint8_t want[TREE_HASH_SIZE], got[TREE_HASH_SIZE];
	const struct tiles_id top_tile = { false, 1, 0, TILES_WIDTH };
	struct log_write *w = NULL;
	struct buf b;

	fresh();
	buf_init(&b, 65536);
	T_RC(RC_OK, log_write_open(dir, &w));
	add(w, 0, 65536 + 3);
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, commit(w));
	T_RC(RC_OK, log_dir_tile(log_write_read(w), &top_tile, &b));
	T_OK(b.len == TILES_WIDTH * TREE_HASH_SIZE);
	T_RC(RC_OK, leaf_hash(NULL, 16, 0, want));
	T_RC(RC_OK, log_dir_hash(log_write_read(w), 16, 0, got));
	T_MEM(want, got, sizeof(want));
	log_write_close(w);
	w = NULL;
	T_RC(RC_OK, log_write_open(dir, &w));
	T_OK(log_write_committed(w) == 65539);
	log_write_close(w);
	buf_clear(&b);
}

static void
the_same_octets_are_the_same_entry(void)
{
	struct log_write *w = NULL;
	uint64_t index = 99;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	add(w, 0, 5);
	T_RC(RC_OK, log_write_add(w, rd_str("entry 3"), &index));
	T_OK(index == 3 && log_write_group(w) == 5); /* in the group */
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, log_write_add(w, rd_str("entry 2"), &index));
	T_OK(index == 2 && log_write_group(w) == 0); /* flushed */
	T_RC(RC_OK, commit(w));
	T_RC(RC_EXISTS, log_write_add(w, rd_str("entry 1"), &index));
	T_OK(index == 1);
	log_write_close(w);
	w = NULL;
	T_RC(RC_OK, log_write_open(dir, &w));
	T_RC(RC_EXISTS, log_write_add(w, rd_str("entry 4"), &index));
	T_OK(index == 4);
	T_RC(RC_OK, log_write_add(w, rd_str("entry 5"), &index));
	T_OK(index == 5);
	T_RC(RC_OK, log_write_drop(w));
	T_RC(RC_OK, log_write_add(w, rd_str("entry 6"), &index));
	T_OK(index == 5); /* the dropped one is forgotten */
	log_write_close(w);
}

static void
a_group_and_an_entry_have_their_most(void)
{
	static const uint8_t big[TILES_ENTRY_MAX + 1];
	struct log_write *w = NULL;
	uint64_t index = 7;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	T_RC(RC_LIMIT,
	    log_write_add(w, (struct rd){ big, sizeof(big) }, &index));
	T_RC(RC_OK,
	    log_write_add(w, (struct rd){ big, TILES_ENTRY_MAX }, &index));
	add(w, 1, LOG_WRITE_GROUP_MAX - 1);
	index = 7;
	T_RC(RC_AGAIN, log_write_add(w, rd_str("one more"), &index));
	T_OK(index == 7);
	T_RC(RC_OK, log_write_add(w, rd_str("entry 9"), &index));
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, log_write_add(w, rd_str("one more"), &index));
	T_OK(index == LOG_WRITE_GROUP_MAX);
	T_RC(RC_STATE, log_write_flush(w)); /* nobody signed the first */
	T_RC(RC_OK, commit(w));
	T_RC(RC_OK, log_write_flush(w));
	log_write_close(w);
}

static void
what_was_flushed_is_taken_up_again(void)
{
	struct log_write *w = NULL;
	uint8_t root[TREE_HASH_SIZE];
	uint64_t index;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	add(w, 0, 300);
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, commit(w));
	add(w, 300, 7);
	T_RC(RC_OK, log_write_flush(w));
	memcpy(root, log_write_root(w), sizeof(root));
	log_write_close(w); /* before the signature came */
	w = NULL;
	reads_as(300);
	T_RC(RC_OK, log_write_open(dir, &w));
	T_OK(log_write_committed(w) == 300 && log_write_size(w) == 307);
	T_MEM(root, log_write_root(w), sizeof(root));
	T_RC(RC_OK, log_write_add(w, rd_str("entry 305"), &index));
	T_OK(index == 305);
	T_RC(RC_OK, commit(w));
	reads_as(307);
	log_write_close(w);
}

static unsigned
count_files(const char *path)
{
	struct dirent *e;
	unsigned n = 0;
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	while (list != NULL && (e = readdir(list)) != NULL)
		n += e->d_name[0] != '.';
	if (list != NULL)
		(void)closedir(list);
	return n;
}

static void
old_partial_tiles_are_taken_away(void)
{
	struct log_write *w = NULL;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	for (uint64_t i = 0; i < 20; i++) {
		add(w, i, 1);
		T_RC(RC_OK, log_write_flush(w));
		T_RC(RC_OK, commit(w));
		T_OK(count_files("tile/0/000.p") == 1);
		T_OK(count_files("tile/entries/000.p") == 1);
	}
	add(w, 20, 236);
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, commit(w));
	T_OK(faccessat(dir, "tile/0/000.p", F_OK, 0) != 0);
	T_OK(faccessat(dir, "tile/0/000", F_OK, 0) == 0);
	reads_as(256);
	log_write_close(w);
}

static void
a_reader_of_an_older_checkpoint_finds_its_tree_in_newer_tiles(void)
{
	static const uint64_t sizes[] = { 5, 9, 255, 256, 300 };
	uint8_t want[TREE_HASH_SIZE], got[TREE_HASH_SIZE];
	struct log_dir *old = NULL;
	struct log_write *w = NULL;
	struct buf b;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	buf_init(&b, 100);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		uint64_t before = log_write_committed(w);

		add(w, before, sizes[i] - before);
		T_RC(RC_OK, log_write_flush(w));
		T_RC(RC_OK, commit(w));
		if (old == NULL)
			T_RC(RC_OK, log_dir_open(dir, &old));
		log_dir_resize(old, sizes[0]); /* forgets what it has read */
		T_RC(RC_OK, tree_root(leaf_hash, NULL, sizes[0], want));
		T_RC(RC_OK, tree_root(log_dir_hash, old, sizes[0], got));
		T_MEM(want, got, sizeof(want));
		b.len = 0;
		T_RC(RC_OK, log_dir_entry(old, 4, &b));
		T_OK(rd_is_eq(buf_get(&b), "entry 4"));
		T_RC(RC_NOT_FOUND, log_dir_entry(old, 5, &b));
	}
	T_RC(RC_OK, log_dir_refresh(old));
	T_OK(log_dir_size(old) == 300);
	log_dir_close(old);
	log_write_close(w);
	buf_clear(&b);
}

/* --- damage
 * ----------------------------------------------------------------------- */

static void
flip(const char *path)
{
	uint8_t octet = 0;
	int fd = openat(dir, path, O_RDWR);

	T_OK(fd >= 0 && pread(fd, &octet, 1, 5) == 1);
	octet ^= 1;
	T_OK(pwrite(fd, &octet, 1, 5) == 1);
	(void)close(fd);
}

static void
a_damaged_log_is_not_gone_on_with(void)
{
	static const char *const files[] = { "tile/0/001.p/44",
		"tile/entries/001.p/44", "tile/1/000.p/1", "checkpoint",
		"pending" };
	struct log_write *w = NULL;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	add(w, 0, 300);
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, commit(w));
	log_write_close(w);
	w = NULL;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		flip(files[i]);
		T_RC(RC_CORRUPT, log_write_open(dir, &w));
		T_OK(w == NULL);
		flip(files[i]);
	}
	T_OK(unlinkat(dir, "tile/0/001.p/44", 0) == 0);
	T_RC(RC_CORRUPT, log_write_open(dir, &w));
}

/* A flush that must fail: the directory it writes into is a file. */
static void
a_failed_flush_leaves_the_log_as_it_was(void)
{
	struct log_write *w = NULL;
	int fd;

	fresh();
	T_RC(RC_OK, log_write_open(dir, &w));
	add(w, 0, 250);
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, commit(w));
	fd = openat(dir, "tile/1", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0);
	(void)close(fd);
	add(w, 250, 20); /* fills the first tile: level 1 is wanted */
	T_RC(RC_IO, log_write_flush(w));
	T_OK(log_write_size(w) == 250 && log_write_group(w) == 0);
	T_OK(faccessat(dir, "tile/0/000", F_OK, 0) != 0);
	reads_as(250);
	T_OK(unlinkat(dir, "tile/1", 0) == 0);
	add(w, 250, 20);
	T_RC(RC_OK, log_write_flush(w));
	T_RC(RC_OK, commit(w));
	reads_as(270);
	log_write_close(w);
}

/* The writer is killed after each of its writes to the disk in turn: a limit on
 * the size of files lets the k-th file be too large, and kills it. */
static int
write_until(rlim_t octets)
{
	const struct rlimit limit = { octets, octets };
	struct log_write *w = NULL;
	char text[32];
	uint64_t index;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (log_write_open(dir, &w) != RC_OK)
			_exit(9);
		for (uint64_t i = log_write_size(w); i < 300; i++)
			if (log_write_add(w,
				(struct rd){ (uint8_t *)text, entry(i, text) },
				&index) != RC_OK)
				break;
		(void)setrlimit(RLIMIT_FSIZE, &limit);
		if (log_write_size(w) == log_write_committed(w) &&
		    log_write_flush(w) != RC_OK)
			_exit(8);
		_exit(commit(w) == RC_OK ? 0 : 7);
	}
	if (waitpid(pid, &status, 0) != pid)
		abort();
	return status;
}

static void
killed_at_any_size_of_a_file_it_goes_on(void)
{
	static const rlim_t limits[] = { 0, 1, 40, 60, 100, 1000, 4000, 8191,
		8192, 1 << 20 };
	struct log_write *w = NULL;
	uint64_t size = 0;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		int status;

		fresh();
		T_RC(RC_OK, log_write_open(dir, &w));
		add(w, 0, 44);
		T_RC(RC_OK, log_write_flush(w));
		T_RC(RC_OK, commit(w));
		log_write_close(w);
		w = NULL;
		status = write_until(limits[i]);
		T_OK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		T_RC(RC_OK, log_write_open(dir, &w));
		size = log_write_size(w);
		T_OK(size == 44 || size == 300);
		if (size > log_write_committed(w))
			T_RC(RC_OK, commit(w));
		add(w, size, 300 - size + 11);
		T_RC(RC_OK, log_write_flush(w));
		T_RC(RC_OK, commit(w));
		log_write_close(w);
		w = NULL;
		reads_as(311);
	}
}

int
main(void)
{
	if (mkdtemp(top) == NULL) {
		memcpy(top, "/tmp/tacet-log-XXXXXX", 22);
		if (mkdtemp(top) == NULL)
			abort();
	}
	TEST(an_empty_directory_is_an_empty_log);
	TEST(every_size_reads_as_what_was_written);
	TEST(a_second_level_fills);
	TEST(the_same_octets_are_the_same_entry);
	TEST(a_group_and_an_entry_have_their_most);
	TEST(what_was_flushed_is_taken_up_again);
	TEST(old_partial_tiles_are_taken_away);
	TEST(a_reader_of_an_older_checkpoint_finds_its_tree_in_newer_tiles);
	TEST(a_damaged_log_is_not_gone_on_with);
	TEST(a_failed_flush_leaves_the_log_as_it_was);
	TEST(killed_at_any_size_of_a_file_it_goes_on);
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
