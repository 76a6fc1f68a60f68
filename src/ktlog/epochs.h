/*
 * epochs: the directory's life in ktlog: changes come in, an epoch is closed
 * and made, its entry goes into the public log, its table to lookup, and from
 * then on it is the newest one (doc/protocol/directory.md, 4).
 *
 *   closed    changes_cut: what comes now is of the next
 *   made      by builder; then snapshot.N, and DIR/directory/epochs says so:
 *             from that rename on epoch N is this one
 *   logged    its entry is under a signed checkpoint
 *   served    lookup has the table; front's questions are about it
 *
 * A start goes on where the files say. One epoch at a time.
 */
#ifndef EPOCHS_H
#define EPOCHS_H
#include "merkle/log_dir.h"
#include "proc/child.h"

struct epochs;

struct epochs_log { /* what ktlog does for it */
	void *arg;
	/* Appends an entry; epochs_on_appended comes, perhaps within. */
	void (*append)(void *arg, struct rd entry);
	/* The committed log, borrowed. */
	struct log_dir *(*read)(void *arg);
};

/* dir: DIR/directory, the caller's, open as long as *ret_e lives. RC_CORRUPT:
 * its files contradict each other. */
MUST_USE enum rc epochs_open(struct child *c, int dir,
    const struct epochs_log *log, struct epochs **ret_e);
void epochs_close(struct epochs *e); /* NULL is fine */
/* Whether the last epoch entry of the log is one that is known here, or older.
 * RC_CORRUPT: the directory is older than its log. *ret_policy: the index of
 * the policy's entry by then, when it is known. RC_NOT_FOUND: it is not. */
MUST_USE enum rc epochs_check(
    const struct epochs *e, struct rd entry, uint64_t *ret_policy);

/* The policy's entry is in the log. */
void epochs_on_policy(
    struct epochs *e, const uint8_t sha256[static 32], uint64_t index);
void epochs_on_appended(
    struct epochs *e, enum msg_status status, uint64_t index);
/* Messages. */
void epochs_on_slot_put(struct epochs *e, struct rd body);
void epochs_on_keys(struct epochs *e, struct rd body);
void epochs_on_ready(struct epochs *e, struct rd body);
/* The end of a turn: changes become durable, and what is due is begun. */
void epochs_on_turn(struct epochs *e);

/* What GET /v1/directory/PATH is answered with. RC_NOT_FOUND; RC_AGAIN: there
 * is no epoch yet. *ret_fixed: it never changes. */
MUST_USE enum rc epochs_get(
    struct epochs *e, struct rd path, struct buf *b, bool *ret_fixed);
#endif
