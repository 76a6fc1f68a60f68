/*
 * changes: the directory as ktlog keeps it: an append-only file of all changes
 * there ever were, DIR/directory/changes, and in memory the entries as they are
 * now, by place, and where each slot is, by its commitment. Blocks on the disk.
 *
 *   put     a change is checked and waits
 *   sync    those that wait are durable, or none of them is in
 *   cut     an epoch is closed: what comes now is of the next one
 *
 * Records are of one size, in order of their epochs; what a crash left behind
 * the last whole one is cut off at a start. An epoch that was closed and not
 * made is known by the records of the next one.
 */
#ifndef CHANGES_H
#define CHANGES_H
#include "directory/diff.h"
#include "directory/directory_set.h"
#include "ktlog/change.h"

struct changes;
struct changes_diff;

/* made: the newest epoch that was made, and how many records it and those
 * before it have. dir is kept open by the caller. RC_CORRUPT: a record of a
 * made epoch is damaged or missing; RC_NOMEM; RC_IO. */
MUST_USE enum rc changes_open(
    int dir, uint32_t made, uint32_t made_records, struct changes **ret_c);
void changes_close(struct changes *c);   /* NULL is fine */
int changes_fd(const struct changes *c); /* borrowed */
/* Octets behind the last whole record that the start cut off. */
uint64_t changes_torn(const struct changes *c);

/* What is there for the number of a change. */
struct changes_state {
	uint32_t epoch;   /* that a slot must be made for */
	uint32_t version; /* 0: none */
	uint8_t commitment[SLOT_HASH_SIZE];
};

/* Checks a change (change_of) and lets it wait. RC_LIMIT: another number that
 * can come into one bucket with it has its tag, which nobody will live to see:
 * it cannot be in the directory. *ret_s: on RC_OK and RC_EXISTS
 * the state with it, else the state there. RC_EXISTS: it is there and durable;
 * RC_STATE: it does not follow what is there; RC_AGAIN: sync first. */
MUST_USE enum rc changes_put(struct changes *c, const struct change *change,
    struct changes_state *ret_s);
/* RC_NOSPACE, RC_IO: none of those that waited is in. */
MUST_USE enum rc changes_sync(struct changes *c);
/* The epoch that changes are of now; and closes it. None may wait. */
uint32_t changes_epoch(const struct changes *c);
void changes_cut(struct changes *c);

/* Durable ones. */
uint32_t changes_count(const struct changes *c);
/* How many records the epochs up to this one have. RC_IO, RC_CORRUPT. */
MUST_USE enum rc changes_until(
    const struct changes *c, uint32_t epoch, uint32_t *ret_records);
/* The entries now; borrowed. */
const struct directory_set *changes_set(const struct changes *c);
/* Makes the entries those of the first records; the rest cannot be put any
 * more. For who makes an epoch, in a memory of his own. */
MUST_USE enum rc changes_rewind(struct changes *c, uint32_t records);

/* Appends the slot's octets. RC_NOT_FOUND. */
MUST_USE enum rc changes_slot(const struct changes *c,
    const uint8_t commitment[static SLOT_HASH_SIZE], struct buf *b);
/* Appends the page of entries, as they were with the first records, from a
 * bucket on, of so many columns. RC_NOT_FOUND: there is no such bucket. */
MUST_USE enum rc changes_entries(const struct changes *c, uint32_t records,
    uint32_t columns, uint32_t bucket, struct buf *b);

/* The rows of a diff, records from to until - 1, in order, by the buckets of so
 * many columns. Release with changes_diff_free. RC_NOMEM, RC_IO, RC_CORRUPT. */
MUST_USE enum rc changes_diff_new(const struct changes *c, uint32_t from,
    uint32_t until, uint32_t columns, struct changes_diff **ret_d);
void changes_diff_free(struct changes_diff *d); /* NULL is fine */
/* Appends row i as octets. */
MUST_USE enum rc changes_diff_row(
    const struct changes_diff *d, uint32_t i, struct buf *b);
/* Appends the page of rows from a row on. RC_NOT_FOUND: behind the last. */
MUST_USE enum rc changes_diff_page(
    const struct changes_diff *d, uint32_t row, struct buf *b);
MUST_USE enum rc changes_diff_hash(
    const struct changes_diff *d, uint8_t ret_hash[static 32]);
#endif
