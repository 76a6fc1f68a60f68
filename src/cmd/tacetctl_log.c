/*
 * The whole public log, checked against nothing but the trust file: every entry
 * is read, every hash is made again from the entries, and the checkpoint is by
 * the log's key and enough witnesses.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/tacetctl_app.h"
#include "merkle/log_dir.h"
#include "merkle/log_entry.h"
#include "merkle/trust.h"
#include "wire/json_body.h"

#define LEVELS 64

/* The complete subtrees of the entries so far, one a level at most. */
struct climb {
	struct log_dir *dir;
	uint64_t n;
	uint8_t hashes[LEVELS][TREE_HASH_SIZE];
};

/* One hash more at a level; two of a level are one above it. What a tile holds
 * of it must be the same. RC_CORRUPT. */
static enum rc
climb_add(struct climb *c, uint8_t hash[static TREE_HASH_SIZE])
{
	uint8_t tile[TREE_HASH_SIZE];
	uint64_t index = c->n;
	unsigned level = 0;
	enum rc rc = RC_BUG;

	for (;; level++, index >>= 1) {
		if (level % 8 == 0) {
			TRY(log_dir_hash(c->dir, level, index, tile));
			CHECK(
			    memcmp(tile, hash, sizeof(tile)) == 0, RC_CORRUPT);
		}
		if ((index & 1) == 0)
			break;
		tree_node(c->hashes[level], hash, hash);
	}
	memcpy(c->hashes[level], hash, TREE_HASH_SIZE);
	c->n++;
	rc = RC_OK;
out:
	return rc;
}

static enum rc
climb_hash(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE])
{
	struct climb *c = arg;

	(void)index; /* the last complete one of that level */
	memcpy(ret_hash, c->hashes[level], TREE_HASH_SIZE);
	return RC_OK;
}

/* --- what an entry of a type promises beyond its form
 * ------------------------------ */

static enum rc
check_policy(struct tacetctl *t, const json_t *entry)
{
	uint8_t hash[32];
	struct wall time;
	struct rd text;
	enum rc rc = RC_BUG;

	(void)t;
	TRY(json_body_hex(entry, "sha256", sizeof(hash), hash));
	TRY(json_body_str(entry, "time", MONO_RFC3339_SIZE - 1, &text));
	TRY(mono_rfc3339_parse((const char *)text.p, &time));
out:
	return rc;
}

/* RC_MALFORMED, RC_DENIED, RC_CORRUPT: the entry does not hold. One row for a
 * type whose promise can be checked here; log_verify_segment belongs here. */
static const struct {
	enum log_entry_type type;
	enum rc (*fn)(struct tacetctl *t, const json_t *entry);
} checks[] = {
	{ LOG_ENTRY_TYPE_POLICY, check_policy },
};

static enum rc
check_entry(struct tacetctl *t, struct rd octets)
{
	enum log_entry_type type;
	json_t *entry = NULL;
	enum rc rc = RC_BUG;

	TRY(log_entry_parse(octets, &type, &entry));
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (checks[i].type == type)
			TRY(checks[i].fn(t, entry));
out:
	json_body_free(entry);
	return rc;
}

/* --- the log
 * ------------------------------------------------------------------------- */

static int
wrong(uint64_t index, const char *why)
{
	(void)fprintf(stderr, "tacetctl: log verify: entry %" PRIu64 ": %s\n",
	    index, why);
	return TACETCTL_EXIT_NO;
}

static int
check_entries(struct tacetctl *t, struct climb *c, uint64_t size)
{
	uint8_t leaf[TREE_HASH_SIZE];
	int status = TACETCTL_EXIT_OK;
	struct buf b;

	buf_init(&b, TILES_ENTRY_MAX);
	for (uint64_t i = 0; i < size && status == TACETCTL_EXIT_OK; i++) {
		b.len = 0;
		if (log_dir_entry(c->dir, i, &b) != RC_OK) {
			status = wrong(i, "it cannot be read");
			break;
		}
		tree_leaf(buf_get(&b), leaf);
		if (climb_add(c, leaf) != RC_OK)
			status = wrong(i, "the tiles are not of these entries");
		else if (check_entry(t, buf_get(&b)) != RC_OK)
			status = wrong(i, "it is no entry of this log");
	}
	buf_clear(&b);
	return status;
}

static enum rc
read_trust(struct tacetctl *t, struct trust *ret_t)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRUST_TEXT_MAX + 1);
	TRY(tacetctl_read(t->dir, "trust.json", TRUST_TEXT_MAX + 1, &b));
	TRY(trust_parse(buf_get(&b), ret_t));
out:
	buf_clear(&b);
	return rc;
}

static enum rc
open_log(struct tacetctl *t, struct log_dir **ret_d)
{
	int fd = openat(t->dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_IO;

	if (fd >= 0) {
		rc = log_dir_open(fd, ret_d);
		(void)close(fd);
	}
	return rc;
}

static int
verify(struct tacetctl *t, const struct trust *trust, struct log_dir *dir)
{
	struct climb c = { .dir = dir };
	uint8_t root[TREE_HASH_SIZE];
	uint8_t made[TREE_HASH_SIZE];
	uint64_t size = 0;
	unsigned witnesses = 0;
	struct buf note;
	int status;
	enum rc rc;

	buf_init(&note, CHECKPOINT_NOTE_MAX);
	rc = log_dir_checkpoint(dir, &note);
	if (rc == RC_OK)
		rc = trust_checkpoint(
		    trust, buf_get(&note), &size, root, &witnesses);
	buf_clear(&note);
	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, "log verify",
		    "the checkpoint is not signed by the log's key and a "
		    "quorum of its witnesses");
	status = check_entries(t, &c, size);
	if (status != TACETCTL_EXIT_OK)
		return status;
	rc = tree_root(climb_hash, &c, size, made);
	if (rc != RC_OK || memcmp(made, root, sizeof(root)) != 0)
		return tacetctl_say(TACETCTL_EXIT_NO, "log verify",
		    "the entries are not those of the checkpoint");
	(void)printf(
	    "VERIFIED %" PRIu64 " entries, %u witnesses", size, witnesses);
	if (trust->quorum == 0)
		(void)printf(" (quorum 0: nobody watches this log)");
	(void)putchar('\n');
	return TACETCTL_EXIT_OK;
}

int
tacetctl_log_verify(struct tacetctl *t)
{
	struct log_dir *dir = NULL;
	struct trust trust;
	int status;
	enum rc rc = read_trust(t, &trust);

	if (rc != RC_OK)
		return tacetctl_say_rc("trust.json", rc);
	rc = open_log(t, &dir);
	status = rc == RC_OK ? verify(t, &trust, dir)
			     : tacetctl_say_rc("log", rc);
	log_dir_close(dir);
	return status;
}
