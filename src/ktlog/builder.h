/*
 * builder: makes one epoch of the directory: tree, stash, the table that lookup
 * answers from, DIR/directory/snapshot.new. In a process of its own that is
 * forked for it: so it has all entries as they were at that moment, copied only
 * where they change meanwhile, and the loop goes on
 * (doc/decisions/0015-an-epoch-is-made-in-a-forked-process.md).
 */
#ifndef BUILDER_H
#define BUILDER_H
#include "ktlog/changes.h"
#include "ktlog/epoch_state.h"
#include "proc/loop.h"

#define BUILDER_FILE "snapshot.new"
#define BUILDER_NAME_SIZE 80

struct builder;

struct builder_job {
	int dir;                 /* DIR/directory */
	struct changes *changes; /* none waits */
	uint32_t epoch;
	uint32_t from; /* its records: from .. until - 1 */
	uint32_t until;
};

/* On RC_OK *made has shape, root, stash and diff of the entry, and the counts;
 * the rest is zero. Any other rc: nothing was made. */
typedef void (*builder_fn)(
    void *arg, enum rc rc, const struct epoch_state *made);

/* Starts it; fn is called once, unless builder_stop comes before. Caller owns
 * *ret_b. RC_NOMEM, RC_IO: no process. */
MUST_USE enum rc builder_start(struct loop *l, const struct builder_job *job,
    builder_fn fn, void *arg, struct builder **ret_b);
/* Ends and releases it; NULL is fine. Not inside fn. */
void builder_stop(struct builder *b);

/* The names of an epoch's table, of a stash and of a filter in that directory.
 */
void builder_snapshot_name(
    uint32_t epoch, char ret_name[static BUILDER_NAME_SIZE]);
void builder_stash_name(
    const uint8_t hash[static 32], char ret_name[static BUILDER_NAME_SIZE]);
void builder_filter_name(
    const uint8_t hash[static 32], char ret_name[static BUILDER_NAME_SIZE]);
/* What the process does, in this one: for tests. */
MUST_USE enum rc builder_make(
    const struct builder_job *job, struct epoch_state *ret_made);
#endif
