/*
 * directory: what the log process needs for a directory of many numbers:
 *
 *   bench_directory NUMBERS [DIR]
 *
 * Prints JSON, one object a line: changes put and made durable, a start that
 * reads them all, the memory that they take, one slot found, a page of
 * entries, the snapshot without its table (tree and stash: what an auditor
 * does each epoch), and all that makes an epoch, table and file included. DIR,
 * a scratch directory (default: under /tmp), needs some 200 octets a number
 * and the table; what is made there is removed. Keys are not drawn: slots are
 * random octets.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mono.h"
#include "directory/directory_build.h"
#include "directory/entries_page.h"
#include "directory/place.h"
#include "ktlog/builder.h"

static void
must(enum rc rc, const char *what)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "bench_directory: %s: %s\n", what, rc_name(rc));
	_exit(1);
}

static double
since(struct mono begin)
{
	return (double)mono_diff_ms(mono_now(), begin) / 1000;
}

/* KiB in use now. */
static long
resident(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f != NULL)
		(void)fclose(f);
	return kib;
}

/* The i-th number's first slot. */
static struct change
number(uint32_t i)
{
	struct change c = { .slot = { .version = 1, .epoch_changed = 1 } };
	uint8_t seed[randombytes_SEEDBYTES] = { 0 };
	uint8_t drawn[4 + HANDLE_KEYS_TAG_SIZE];

	memcpy(seed, &i, sizeof(i));
	randombytes_buf_deterministic(drawn, sizeof(drawn), seed);
	memcpy(&c.place, drawn, sizeof(c.place));
	c.place %= PLACE_COUNT;
	memcpy(c.entry.tag, drawn + 4, sizeof(c.entry.tag));
	memcpy(c.slot.sealed, drawn, sizeof(drawn));
	slot_commitment(&c.slot, c.entry.commitment);
	return c;
}

static void
fill(struct changes *c, uint32_t n)
{
	struct mono begin = mono_now();
	struct changes_state s;

	for (uint32_t i = 0; i < n; i++) {
		const struct change change = number(i);

		if (i % 256 == 0)
			must(changes_sync(c), "sync");
		must(changes_put(c, &change, &s), "put");
	}
	must(changes_sync(c), "sync");
	(void)printf("{\"bench\":\"put\",\"numbers\":%u,\"seconds\":%.2f,"
		     "\"per_second\":%.0f}\n",
	    n, since(begin), n / since(begin));
}

/* In a process of its own, so that the next one's memory is the start's. */
static void
fill_apart(int dir, uint32_t n)
{
	struct changes *c = NULL;
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		must(changes_open(dir, 0, 0, &c), "open");
		fill(c, n);
		(void)fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		must(RC_IO, "fill");
}

static struct changes *
start(int dir, uint32_t n)
{
	struct mono begin = mono_now();
	struct changes *c = NULL;
	long before = resident();

	must(changes_open(dir, 0, 0, &c), "open");
	(void)printf("{\"bench\":\"start\",\"numbers\":%u,\"seconds\":%.2f,"
		     "\"octets_per_number\":%.0f}\n",
	    changes_count(c), since(begin),
	    (double)(resident() - before) * 1024 / n);
	return c;
}

static void
read_some(const struct changes *c, uint32_t n)
{
	enum { SLOTS = 100000, PAGES = 50 };
	struct mono begin = mono_now();
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct change change = number(i % n);

		b.len = 0;
		must(changes_slot(c, change.entry.commitment, &b), "slot");
	}
	(void)printf("{\"bench\":\"slot\",\"microseconds\":%.2f}\n",
	    since(begin) * 1e6 / SLOTS);
	begin = mono_now();
	for (uint32_t i = 0; i < PAGES; i++) {
		b.len = 0;
		must(changes_entries(c, n, 32768, i * 600, &b), "page");
	}
	(void)printf("{\"bench\":\"page\",\"milliseconds\":%.2f}\n",
	    since(begin) * 1e3 / PAGES);
	buf_clear(&b);
}

static void
snapshot(const struct changes *c)
{
	struct mono begin = mono_now();
	struct directory_build *b = NULL;
	const struct directory_shape *shape;

	must(directory_build_new(changes_set(c), &b), "build");
	shape = directory_build_shape(b);
	(void)printf("{\"bench\":\"snapshot\",\"seconds\":%.2f,\"columns\":%u,"
		     "\"blocks\":%u,\"stash\":%zu}\n",
	    since(begin), shape->columns, (unsigned)shape->blocks,
	    directory_build_stash(b).left / 44);
	directory_build_free(b);
}

static void
epoch(int dir, struct changes *c, uint32_t n)
{
	const struct builder_job job = { dir, c, 1, n > 1000 ? n - 1000 : 0,
		n };
	struct epoch_state made = { 0 };
	char name[BUILDER_NAME_SIZE];
	struct rusage u;
	off_t size;
	int fd;

	must(builder_make(&job, &made), "make");
	fd = openat(dir, BUILDER_FILE, O_RDONLY);
	size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	if (fd >= 0)
		(void)close(fd);
	(void)getrusage(RUSAGE_SELF, &u);
	(void)printf("{\"bench\":\"epoch\",\"seconds\":%.2f,"
		     "\"file_octets\":%lld,\"peak_kib\":%ld}\n",
	    made.build_ms / 1000.0, (long long)size, u.ru_maxrss);
	(void)unlinkat(dir, BUILDER_FILE, 0);
	builder_stash_name(made.entry.stash, name);
	(void)unlinkat(dir, name, 0);
}

int
main(int argc, char **argv)
{
	char path[1024];
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	struct changes *c = NULL;
	int dir;

	if (n < 2 || argc > 3) {
		(void)fprintf(stderr, "usage: bench_directory NUMBERS [DIR]\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/directory-XXXXXX",
	    argc > 2 ? argv[2] : "/tmp");
	if (sodium_init() < 0 || mkdtemp(path) == NULL)
		must(RC_IO, "set up");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fill_apart(dir, n);
	c = start(dir, n);
	read_some(c, n);
	snapshot(c);
	epoch(dir, c, n);
	changes_close(c);
	(void)unlinkat(dir, "changes", 0);
	(void)close(dir);
	(void)rmdir(path);
	return 0;
}
