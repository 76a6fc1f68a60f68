#include "merkle/log_audit.h"

#include <string.h>

#include "merkle/log_dir.h"

#define LEVELS 64
#define TILE_LEVELS 8 /* of hashes: a tile is 2^8 wide */

struct audit {
	struct log_dir *dir;
	log_audit_fn fn;
	void *arg;
	struct log_audit_result r;
	uint64_t n; /* entries so far */
	/* their complete subtrees, one a level at most */
	uint8_t hashes[LEVELS][TREE_HASH_SIZE];
};

/* One leaf more: two subtrees of a level are one of the next. What a tile holds
 * of one must be the same. */
static enum rc
climb(struct audit *a, uint8_t hash[static TREE_HASH_SIZE])
{
	uint8_t tile[TREE_HASH_SIZE];
	uint64_t index = a->n;
	unsigned level = 0;
	enum rc rc = RC_BUG;

	for (;; level++, index >>= 1) {
		if (level % TILE_LEVELS == 0) {
			TRY(log_dir_hash(a->dir, level, index, tile));
			CHECK(
			    memcmp(tile, hash, sizeof(tile)) == 0, RC_CORRUPT);
		}
		if ((index & 1) == 0)
			break;
		tree_node(a->hashes[level], hash, hash);
	}
	memcpy(a->hashes[level], hash, TREE_HASH_SIZE);
	a->n++;
	rc = RC_OK;
out:
	return rc;
}

/* The last complete subtree of a level: what the root of all is made of. */
static enum rc
last_of(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE])
{
	const struct audit *a = arg;

	(void)index;
	memcpy(ret_hash, a->hashes[level], TREE_HASH_SIZE);
	return RC_OK;
}

static enum rc
one_entry(struct audit *a, struct rd octets)
{
	struct log_audit_entry e = { .index = a->n, .octets = octets };
	uint8_t leaf[TREE_HASH_SIZE];
	json_t *json = NULL;
	enum rc rc = RC_BUG;

	a->r.why = "it is no entry of a log";
	rc = log_entry_parse(octets, &e.type, &json);
	CHECK(rc == RC_OK, rc == RC_NOMEM ? rc : RC_CORRUPT);
	e.json = json;
	a->r.why = "the tiles are not of these entries";
	tree_leaf(octets, leaf);
	TRY(climb(a, leaf));
	a->r.why = "it does not hold";
	if (a->fn != NULL)
		TRY(a->fn(a->arg, &e));
out:
	json_decref(json);
	return rc;
}

static enum rc
all_entries(struct audit *a)
{
	struct buf b;
	enum rc rc = RC_OK;

	buf_init(&b, TILES_ENTRY_MAX);
	a->r.is_entry = true;
	for (uint64_t i = 0; i < a->r.size; i++) {
		a->r.index = i;
		a->r.why = "it cannot be read";
		b.len = 0;
		TRY(log_dir_entry(a->dir, i, &b));
		TRY(one_entry(a, buf_get(&b)));
	}
	a->r.is_entry = false;
out:
	buf_clear(&b);
	return rc;
}

static enum rc
check_log(struct audit *a, const struct trust *t)
{
	uint8_t root[TREE_HASH_SIZE];
	uint8_t made[TREE_HASH_SIZE];
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	TRY(log_dir_checkpoint(a->dir, &note));
	a->r.why = "the checkpoint is not signed by the log's key and a quorum "
		   "of its witnesses";
	CHECK(trust_checkpoint(t, buf_get(&note), &a->r.size, root,
		  &a->r.witnesses) == RC_OK,
	    RC_DENIED);
	TRY(all_entries(a));
	a->r.why = "the entries are not those of the checkpoint";
	TRY(tree_root(last_of, a, a->r.size, made));
	CHECK(memcmp(made, root, sizeof(root)) == 0, RC_CORRUPT);
out:
	buf_clear(&note);
	return rc;
}

enum rc
log_audit(int dir, const struct trust *t, log_audit_fn fn, void *arg,
    struct log_audit_result *ret)
{
	struct audit a = {
		.fn = fn, .arg = arg, .r = { .why = "its files cannot be read" }
	};
	enum rc rc = RC_BUG;

	TRY(log_dir_open(dir, &a.dir));
	TRY(check_log(&a, t));
out:
	log_dir_close(a.dir);
	*ret = a.r;
	return rc;
}
