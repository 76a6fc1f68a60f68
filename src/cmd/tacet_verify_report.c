#include "cmd/tacet_verify_report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "merkle/checkpoint.h"
#include "merkle/log_dir.h"
#include "merkle/log_entry.h"
#include "orders/report.h"

#define EXIT_NO 1
#define REPORT_MAX (16u << 20)
#define ENTRIES_MAX 10000000

struct log {
	struct log_dir *dir;
	uint64_t size; /* of the checkpoint that the trust file believes */
	uint8_t root[TREE_HASH_SIZE];
	unsigned witnesses;
	uint8_t (*leaves)[TREE_HASH_SIZE];
	json_t *entries;
};

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-verify: %s: %s\n", what, why);
	return EXIT_NO;
}

static int
fail_entry(uint64_t index, const char *why)
{
	(void)fprintf(
	    stderr, "tacet-verify: entry %" PRIu64 ": %s\n", index, why);
	return EXIT_NO;
}

/* A complete subtree from its leaves: the entries, and no tile, are believed.
 */
static enum rc
subtree(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE])
{
	struct log *l = arg;
	uint64_t n = (uint64_t)1 << level;
	uint8_t(*h)[TREE_HASH_SIZE] = failmem_array((size_t)n, sizeof(*h));

	if (h == NULL)
		return RC_NOMEM;
	memcpy(h, l->leaves + index * n, (size_t)n * sizeof(*h));
	for (; n > 1; n /= 2)
		for (uint64_t i = 0; i < n / 2; i++)
			tree_node(h[2 * i], h[2 * i + 1], h[i]);
	memcpy(ret_hash, h[0], TREE_HASH_SIZE);
	free(h);
	return RC_OK;
}

static enum rc
open_log(struct log *l, const struct trust *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	CHECK(fd >= 0, RC_NOT_FOUND);
	TRY(log_dir_open(fd, &l->dir));
	TRY(log_dir_checkpoint(l->dir, &note));
	TRY(trust_checkpoint(
	    t, buf_get(&note), &l->size, l->root, &l->witnesses));
	CHECK(l->size <= ENTRIES_MAX, RC_LIMIT);
	l->leaves = failmem_array((size_t)l->size + 1, TREE_HASH_SIZE);
	l->entries = json_array();
	CHECK(l->leaves != NULL && l->entries != NULL, RC_NOMEM);
out:
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&note);
	return rc;
}

static int
read_entries(struct log *l)
{
	uint8_t root[TREE_HASH_SIZE];
	enum log_entry_type type;
	int status = 0;
	struct buf b;

	buf_init(&b, LOG_ENTRY_MAX);
	for (uint64_t i = 0; i < l->size && status == 0; i++) {
		json_t *e = NULL;

		b.len = 0;
		if (log_dir_entry(l->dir, i, &b) != RC_OK)
			status = fail_entry(i, "it cannot be read");
		else if (log_entry_parse(buf_get(&b), &type, &e) != RC_OK)
			status = fail_entry(i, "it is no entry of a log");
		else if (json_array_append_new(l->entries, e) != 0)
			status = fail("log", rc_name(RC_NOMEM));
		tree_leaf(buf_get(&b), l->leaves[i]);
	}
	buf_clear(&b);
	if (status == 0 &&
	    (tree_root(subtree, l, l->size, root) != RC_OK ||
		memcmp(root, l->root, sizeof(root)) != 0))
		status = fail(
		    "log", "its entries are not those of its checkpoint");
	return status;
}

static json_t *
read_report(const char *path)
{
	json_t *j = NULL;
	struct buf b;
	uint8_t *p;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	buf_init(&b, REPORT_MAX);
	while (fd >= 0 && buf_reserve(&b, 4096, &p) == RC_OK) {
		n = read(fd, p, 4096);
		if (n <= 0)
			break;
		buf_commit(&b, (size_t)n);
	}
	if (n == 0)
		j = json_loadb(
		    (const char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	return j;
}

static int
check(const struct log *l, const char *path)
{
	struct report_error e = { 0, NULL, "" };
	json_t *report = read_report(path);
	int status = 0;
	enum rc rc;

	if (report == NULL)
		return fail(path,
		    "it is no report (tacetctl report --format "
		    "json)");
	rc = report_check(l->entries, report, &e);
	if (rc == RC_CORRUPT)
		status = fail_entry(e.index, e.why);
	else if (rc != RC_OK)
		status = fail(e.field[0] != '\0' ? e.field : path,
		    e.why != NULL ? e.why : rc_name(rc));
	else
		(void)printf("VERIFIED report %s to %s, %" PRIu64
			     " entries, %u witnesses\n",
		    json_string_value(json_object_get(report, "from")),
		    json_string_value(json_object_get(report, "to")), l->size,
		    l->witnesses);
	json_decref(report);
	return status;
}

int
tacet_verify_report(
    const struct trust *t, const char *log_path, const char *report_path)
{
	struct log l = { .dir = NULL };
	int status = 0;
	enum rc rc = open_log(&l, t, log_path);

	if (rc == RC_DENIED)
		status = fail(log_path,
		    "its checkpoint is not signed by the log's key and a "
		    "quorum of its witnesses");
	else if (rc != RC_OK)
		status = fail(log_path, "it is no log that can be read");
	if (status == 0)
		status = read_entries(&l);
	if (status == 0)
		status = check(&l, report_path);
	log_dir_close(l.dir);
	free(l.leaves);
	json_decref(l.entries);
	return status;
}
