#include "ktlog/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "directory/directory_build.h"
#include "directory/stash.h"
#include "pir/pir_server.h"

#define RESULT_MAX (1 + EPOCH_STATE_SIZE_MAX)
#define ROOM_LEFT (16u << 20)
#define NICE 10 /* who asks goes before who builds */

struct builder {
	struct loop_io *io;
	int fd; /* its result comes from there */
	pid_t pid;
	struct buf result;
	builder_fn fn;
	void *arg;
};

void
builder_snapshot_name(uint32_t epoch, char ret_name[static BUILDER_NAME_SIZE])
{
	(void)snprintf(ret_name, BUILDER_NAME_SIZE, "snapshot.%u", epoch);
}

static void
hashed_name(const char *kind, const uint8_t hash[static 32],
    char ret_name[static BUILDER_NAME_SIZE])
{
	char hex[2 * 32 + 1];

	(void)sodium_bin2hex(hex, sizeof(hex), hash, 32);
	(void)snprintf(ret_name, BUILDER_NAME_SIZE, "%s.%s", kind, hex);
}

void
builder_stash_name(
    const uint8_t hash[static 32], char ret_name[static BUILDER_NAME_SIZE])
{
	hashed_name("stash", hash, ret_name);
}

void
builder_filter_name(
    const uint8_t hash[static 32], char ret_name[static BUILDER_NAME_SIZE])
{
	hashed_name("filter", hash, ret_name);
}

/* --- the work ------------------------------------------------------------- */

static enum rc
fill_table(struct directory_build *b, struct pir_table *t)
{
	const struct directory_shape *shape = directory_build_shape(b);
	uint8_t *column = failmem_alloc(directory_shape_column(shape));
	enum rc rc = RC_BUG;

	CHECK(column != NULL, RC_NOMEM);
	for (uint32_t i = 0; i < shape->columns; i++) {
		TRY(directory_build_column(b, i, column));
		TRY(pir_table_set(t, i, column));
	}
	TRY(pir_table_prepare(t));
out:
	free(column);
	return rc;
}

/* Whether the table fits and leaves the others some space: it can be made
 * later, and what they write must not wait. */
static bool
has_room(int dir, const struct pir_table *t)
{
	struct statvfs fs;

	return fstatvfs(dir, &fs) != 0 ||
	    (uint64_t)fs.f_bavail * fs.f_frsize >=
	    pir_table_file_size(pir_table_shape(t)) + ROOM_LEFT;
}

static enum rc
save_table(int dir, const struct pir_table *t)
{
	int fd = -1;
	enum rc rc = RC_BUG;

	(void)unlinkat(dir, BUILDER_FILE, 0); /* of one that did not end well */
	CHECK(has_room(dir, t), RC_NOSPACE);
	fd = openat(dir, BUILDER_FILE,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	CHECK(fd >= 0, file_error());
	TRY(pir_table_save(t, fd));
	CHECK(fsync(fd) == 0, file_error());
out:
	if (fd >= 0)
		(void)close(fd);
	if (rc != RC_OK) /* a full disk is given back what was taken */
		(void)unlinkat(dir, BUILDER_FILE, 0);
	return rc;
}

static enum rc
make_table(int dir, struct directory_build *b)
{
	const struct directory_shape *shape = directory_build_shape(b);
	struct pir_shape s = { .columns = shape->columns,
		.blocks = shape->blocks };
	struct pir_table *t = NULL;
	enum rc rc = RC_BUG;

	epoch_entry_label(s.label);
	TRY(pir_table_new(&s, &t));
	TRY(fill_table(b, t));
	TRY(save_table(dir, t));
out:
	pir_table_free(t);
	return rc;
}

static enum rc
make_diff(const struct builder_job *job, struct epoch_entry *e)
{
	struct changes_diff *d = NULL;
	enum rc rc = RC_BUG;

	TRY(changes_diff_new(
	    job->changes, job->from, job->until, e->shape.columns, &d));
	TRY(changes_diff_hash(d, e->diff));
out:
	changes_diff_free(d);
	return rc;
}

static enum rc
make_filter(
    int dir, const struct directory_build *b, uint64_t n, struct epoch_entry *e)
{
	char name[BUILDER_NAME_SIZE];
	struct buf filter;
	enum rc rc = RC_BUG;

	buf_init(&filter, directory_build_filter_max(n));
	TRY(directory_build_filter(b, &filter));
	(void)crypto_hash_sha256(e->filter, filter.p, filter.len);
	builder_filter_name(e->filter, name);
	TRY(file_replace(dir, name, 0600, buf_get(&filter)));
out:
	buf_clear(&filter);
	return rc;
}

static enum rc
make_stash(int dir, const struct directory_build *b, struct epoch_entry *e)
{
	char name[BUILDER_NAME_SIZE];

	directory_build_stash_hash(b, e->stash);
	builder_stash_name(e->stash, name);
	return file_replace(dir, name, 0600, directory_build_stash(b));
}

enum rc
builder_make(const struct builder_job *job, struct epoch_state *ret_made)
{
	struct epoch_state made = { .records = job->until };
	const struct directory_set *set = changes_set(job->changes);
	struct mono begin = mono_now();
	struct directory_build *b = NULL;
	enum rc rc = RC_BUG;

	made.entry.epoch = job->epoch;
	TRY(changes_rewind(job->changes, job->until));
	TRY(directory_build_new(set, &b));
	made.entry.shape = *directory_build_shape(b);
	TRY(make_diff(job, &made.entry));
	memcpy(made.entry.root, directory_build_root(b), 32);
	made.entries = (uint32_t)directory_set_size(set);
	made.stash = (uint32_t)(directory_build_stash(b).left /
	    STASH_ITEM_SIZE);
	TRY(make_stash(job->dir, b, &made.entry));
	TRY(make_filter(job->dir, b, made.entries, &made.entry));
	TRY(make_table(job->dir, b));
	made.build_ms = (uint32_t)mono_diff_ms(mono_now(), begin);
	*ret_made = made;
out:
	directory_build_free(b);
	return rc;
}

/* --- the process ---------------------------------------------------------- */

/* What it holds of the channels would keep them open after ktlog's end. */
static void
close_all_but(const int *keep, size_t n)
{
	unsigned from = 3;
	unsigned next;

	do {
		next = UINT32_MAX;
		for (size_t i = 0; i < n; i++)
			if ((unsigned)keep[i] >= from &&
			    (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > from)
			(void)close_range(from, next - 1, 0);
		from = next + 1;
	} while (next != UINT32_MAX);
}

static void NORETURN
run(const struct builder_job *job, int fd)
{
	const int keep[] = { job->dir, changes_fd(job->changes), fd };
	struct epoch_states s = { .n = 1 };
	struct buf b;
	enum rc rc;

	/* it must not outlive who would take its work for his own */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close_all_but(keep, ARRAY_LEN(keep));
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	buf_init(&b, RESULT_MAX);
	rc = builder_make(job, &s.all[0]);
	if (buf_u8(&b, (uint8_t)rc) == RC_OK &&
	    (rc != RC_OK || epoch_state_build(&s, &b) == RC_OK))
		rc = file_write(fd, buf_get(&b));
	_exit(rc == RC_OK ? 0 : 1);
}

/* It has ended; what came of it. */
static enum rc
take_result(struct builder *b, struct epoch_state *ret_made)
{
	struct rd r = buf_get(&b->result);
	struct epoch_states s;
	uint8_t rc;

	if (rd_u8(&r, &rc) != RC_OK)
		return RC_IO; /* it was killed, or had no memory left */
	if (rc != RC_OK)
		return rc <= RC_BUG ? (enum rc)rc : RC_BUG;
	if (epoch_state_parse(r, &s) != RC_OK || s.n != 1)
		return RC_BUG;
	*ret_made = s.all[0];
	return RC_OK;
}

static void
on_result(void *arg, uint32_t events)
{
	struct builder *b = arg;
	struct epoch_state made = { 0 };
	uint8_t step[512];
	ssize_t n = read(b->fd, step, sizeof(step));
	enum rc rc;

	(void)events;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		if (buf_add(&b->result, step, (size_t)n) != RC_OK)
			(void)kill(b->pid, SIGKILL); /* not from our own */
		return;
	}
	loop_io_del(b->io);
	b->io = NULL;
	(void)waitpid(b->pid, NULL, 0);
	b->pid = 0;
	rc = take_result(b, &made);
	b->fn(b->arg, rc, &made);
}

enum rc
builder_start(struct loop *l, const struct builder_job *job, builder_fn fn,
    void *arg, struct builder **ret_b)
{
	struct builder *b = failmem_alloc(sizeof(*b));
	int fd[2] = { -1, -1 };
	enum rc rc = RC_BUG;

	CHECK(b != NULL, RC_NOMEM);
	b->fd = -1;
	b->fn = fn;
	b->arg = arg;
	buf_init(&b->result, RESULT_MAX);
	CHECK(pipe2(fd, O_CLOEXEC) == 0, RC_IO);
	b->fd = fd[0];
	TRY(loop_io_add(l, b->fd, EPOLLIN, on_result, b, &b->io));
	b->pid = fork();
	if (b->pid == 0)
		run(job, fd[1]);
	CHECK(b->pid > 0, RC_NOMEM);
	*ret_b = b;
	b = NULL;
	rc = RC_OK;
out:
	if (fd[1] >= 0)
		(void)close(fd[1]);
	builder_stop(b);
	return rc;
}

void
builder_stop(struct builder *b)
{
	if (b == NULL)
		return;
	if (b->io != NULL)
		loop_io_del(b->io);
	if (b->pid > 0) {
		(void)kill(b->pid, SIGKILL);
		(void)waitpid(b->pid, NULL, 0);
	}
	if (b->fd >= 0)
		(void)close(b->fd);
	buf_clear(&b->result);
	free(b);
}
