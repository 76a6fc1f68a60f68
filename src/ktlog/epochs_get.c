#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "directory/stash.h"
#include "ktlog/epochs_internal.h"
#include "merkle/checkpoint.h"
#include "wire/json_body.h"
#include "wire/text64.h"

#define HASH_SIZE 32
#define FILTER_PART (1u << 20)
#define HASH_TEXT_SIZE 45 /* base64 and NUL */

/* --- the newest epoch ----------------------------------------------------- */

static json_t *
hashes_json(const struct tree_proof *p)
{
	json_t *a = json_array();
	struct buf b;

	buf_init(&b, HASH_TEXT_SIZE);
	for (size_t i = 0; i < p->n; i++) {
		b.len = 0;
		if (text64_std_build(&b,
			(struct rd){ p->hashes[i], TREE_HASH_SIZE }) == RC_OK)
			(void)json_array_append_new(
			    a, json_stringn((const char *)b.p, b.len));
	}
	buf_clear(&b);
	return a;
}

static json_t *
text_json(const struct buf *b)
{
	return json_stringn((const char *)b->p, b->len);
}

/* from 0: nothing is proved of an empty tree, and nobody asked. */
static enum rc
prove(struct epochs *e, uint64_t from, struct tree_proof *ret_path,
    struct tree_proof *ret_consistency)
{
	struct log_dir *d = e->log.read(e->log.arg);
	uint64_t size = log_dir_size(d);
	enum rc rc = RC_BUG;

	ret_consistency->n = 0;
	CHECK(from <= size, RC_NOT_FOUND);
	TRY(tree_inclusion(log_dir_hash, d, e->index, size, ret_path));
	if (from > 0)
		TRY(tree_consistency(
		    log_dir_hash, d, from, size, ret_consistency));
out:
	return rc;
}

static enum rc
get_epoch(struct epochs *e, uint64_t from, struct buf *b)
{
	const struct epoch_state *s = epochs_served(e);
	struct tree_proof path;
	struct tree_proof consistency;
	struct buf entry;
	struct buf note;
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	buf_init(&entry, EPOCH_ENTRY_MAX);
	buf_init(&note, CHECKPOINT_NOTE_MAX);
	CHECK(s != NULL, RC_AGAIN);
	TRY(prove(e, from, &path, &consistency));
	TRY(epoch_entry_build(&s->entry, &entry));
	TRY(log_dir_checkpoint(e->log.read(e->log.arg), &note));
	o = json_pack("{s:o,s:o,s:o,s:I,s:o,s:I}", "checkpoint",
	    text_json(&note), "consistency", hashes_json(&consistency), "entry",
	    text_json(&entry), "index", (json_int_t)e->index, "path",
	    hashes_json(&path), "token_day", (json_int_t)s->day);
	TRY(json_body_build(o, b));
out:
	json_body_free(o);
	buf_clear(&entry);
	buf_clear(&note);
	return rc;
}

/* --- by hash -------------------------------------------------------------- */

static enum rc
get_slot(struct epochs *e, struct rd hex, struct buf *b)
{
	uint8_t commitment[HASH_SIZE];

	if (text64_hex_parse(hex, sizeof(commitment), commitment) != RC_OK)
		return RC_NOT_FOUND;
	return changes_slot(e->changes, commitment, b);
}

static enum rc
get_stash(struct epochs *e, struct rd hex, struct buf *b)
{
	char name[BUILDER_NAME_SIZE];
	uint8_t hash[HASH_SIZE];

	if (text64_hex_parse(hex, sizeof(hash), hash) != RC_OK)
		return RC_NOT_FOUND;
	builder_stash_name(hash, name);
	return file_read_at(e->dir, name, b);
}

/* "HASH/OFFSET": a filter is large, and given in parts. */
static enum rc
get_filter(struct epochs *e, struct rd path, struct buf *b)
{
	char name[BUILDER_NAME_SIZE];
	uint8_t hash[HASH_SIZE];
	uint8_t *part;
	uint64_t offset;
	struct rd hex;
	ssize_t n;
	int fd = -1;
	enum rc rc = RC_NOT_FOUND;

	CHECK(rd_take(&path, 2 * HASH_SIZE, &hex) == RC_OK &&
		text64_hex_parse(hex, sizeof(hash), hash) == RC_OK &&
		path.left > 0 && path.p[0] == '/' &&
		rd_skip(&path, 1) == RC_OK &&
		tree_size_parse(path, &offset) == RC_OK && offset <= INT32_MAX,
	    RC_NOT_FOUND);
	builder_filter_name(hash, name);
	fd = openat(e->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CHECK(fd >= 0, RC_NOT_FOUND);
	TRY(buf_reserve(b, FILTER_PART, &part));
	n = pread(fd, part, FILTER_PART, (off_t)offset);
	CHECK(n >= 0, RC_IO);
	CHECK(n > 0, RC_NOT_FOUND);
	buf_commit(b, (size_t)n);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* --- by epoch, for auditors ----------------------------------------------- */

/* "N/AT": both decimal; N is an epoch that is or was answered for. */
static enum rc
numbers_take(const struct epochs *e, struct rd path, uint32_t *ret_epoch,
    uint32_t *ret_at)
{
	const uint8_t *slash = path.left == 0 ? NULL
					      : memchr(path.p, '/', path.left);
	size_t n = slash == NULL ? 0 : (size_t)(slash - path.p);
	uint64_t epoch;
	uint64_t at;
	enum rc rc = RC_NOT_FOUND;

	CHECK(slash != NULL, RC_NOT_FOUND);
	CHECK(tree_size_parse((struct rd){ path.p, n }, &epoch) == RC_OK &&
		tree_size_parse(
		    (struct rd){ slash + 1, path.left - n - 1 }, &at) == RC_OK,
	    RC_NOT_FOUND);
	CHECK(epoch > 0 && epoch <= e->served && at < UINT32_MAX, RC_NOT_FOUND);
	*ret_epoch = (uint32_t)epoch;
	*ret_at = (uint32_t)at;
	rc = RC_OK;
out:
	return rc;
}

static enum rc
get_entries(struct epochs *e, struct rd path, struct buf *b)
{
	uint32_t epoch = 0;
	uint32_t bucket = 0;
	uint32_t records = 0;
	enum rc rc = RC_BUG;

	TRY(numbers_take(e, path, &epoch, &bucket));
	TRY(changes_until(e->changes, epoch, &records));
	TRY(changes_entries(e->changes, records,
	    epoch_state_columns(&e->states, epoch), bucket, b));
out:
	return rc;
}

static enum rc
get_diff(struct epochs *e, struct rd path, struct buf *b)
{
	struct changes_diff *d = NULL;
	uint32_t epoch = 0;
	uint32_t row = 0;
	uint32_t from = 0;
	uint32_t until = 0;
	enum rc rc = RC_BUG;

	TRY(numbers_take(e, path, &epoch, &row));
	TRY(changes_until(e->changes, epoch - 1, &from));
	TRY(changes_until(e->changes, epoch, &until));
	TRY(changes_diff_new(e->changes, from, until,
	    epoch_state_columns(&e->states, epoch), &d));
	TRY(changes_diff_page(d, row, b));
out:
	changes_diff_free(d);
	return rc;
}

/* The rest of path behind prefix. */
static bool
is_under(struct rd path, const char *prefix, struct rd *ret_rest)
{
	size_t n = strlen(prefix);

	if (path.left < n || memcmp(path.p, prefix, n) != 0)
		return false;
	*ret_rest = (struct rd){ path.p + n, path.left - n };
	return true;
}

enum rc
epochs_get(struct epochs *e, struct rd path, struct buf *b, bool *ret_fixed)
{
	static const struct {
		const char *prefix;
		enum rc (*fn)(struct epochs *e, struct rd rest, struct buf *b);
	} fixed[] = {
		{ "stash/", get_stash },
		{ "slots/", get_slot },
		{ "filter/", get_filter },
		{ "diff/", get_diff },
		{ "entries/", get_entries },
	};
	struct rd rest;
	uint64_t from = 0;

	*ret_fixed = false;
	if (rd_is_eq(path, "epoch"))
		return get_epoch(e, 0, b);
	if (is_under(path, "epoch?from=", &rest))
		return tree_size_parse(rest, &from) == RC_OK
		    ? get_epoch(e, from, b)
		    : RC_NOT_FOUND;
	*ret_fixed = true;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (is_under(path, fixed[i].prefix, &rest))
			return fixed[i].fn(e, rest, b);
	return RC_NOT_FOUND;
}
