/*
 * witness_state: what a witness must never forget: for each log the size and
 * root that it signed last. One text file, replaced whole and synced before
 * anything depends on it. Blocks on the disk.
 */
#ifndef WITNESS_STATE_H
#define WITNESS_STATE_H
#include "merkle/checkpoint.h"

#define WITNESS_STATE_LOGS 64

struct witness_seen {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size;
	uint8_t root[TREE_HASH_SIZE];
};

struct witness_state {
	size_t n;
	struct witness_seen seen[WITNESS_STATE_LOGS];
};

/* "ORIGIN SIZE BASE64\n" a log. RC_MALFORMED, also for an origin twice. */
MUST_USE enum rc witness_state_parse(
    struct rd text, struct witness_state *ret_s);
MUST_USE enum rc witness_state_build(
    const struct witness_state *s, struct buf *b);
/* RC_NOT_FOUND: no such file, which is no state; RC_CORRUPT; RC_IO. */
MUST_USE enum rc witness_state_load(
    const char *path, struct witness_state *ret_s);
/* Durable when it returns RC_OK; else the file is as it was, or the new one
 * without that certainty. RC_NOSPACE, RC_IO. */
MUST_USE enum rc witness_state_save(
    const char *path, const struct witness_state *s);
/* Borrowed. NULL: this log was never signed. */
const struct witness_seen *witness_state_find(
    const struct witness_state *s, const char *origin);
/* RC_LIMIT: too many logs. */
MUST_USE enum rc witness_state_set(struct witness_state *s, const char *origin,
    uint64_t size, const uint8_t root[static TREE_HASH_SIZE]);
#endif
