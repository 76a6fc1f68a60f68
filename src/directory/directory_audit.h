/*
 * directory_audit: replays the directory, epoch by epoch, from what the server
 * publishes, and says the first thing that is wrong (doc/protocol/directory.md,
 * section 4). Pure; holds all entries.
 */
#ifndef DIRECTORY_AUDIT_H
#define DIRECTORY_AUDIT_H
#include "directory/directory_shape.h"
#include "directory/epoch_entry.h"

struct directory_audit;

/* What is wrong: a constant sentence, and where. */
struct directory_audit_why {
	const char *text;
	uint32_t epoch; /* 0: before the first */
	uint32_t row;   /* of its diff, from 0 */
	bool is_row;
};

/* Begins before epoch 1, with no entries. RC_NOMEM. */
MUST_USE enum rc directory_audit_new(struct directory_audit **ret_a);
void directory_audit_free(struct directory_audit *a); /* NULL is fine */

/* Each: RC_DENIED when something is wrong, and then directory_audit_why says
 * what; RC_NOMEM. */
/* To begin with a later epoch instead: its pages (entries_page.h), the one from
 * place 0 first; *ret_next is the place to ask from next. Then the epoch. */
MUST_USE enum rc directory_audit_page(
    struct directory_audit *a, struct rd page, uint32_t *ret_next);
MUST_USE enum rc directory_audit_begin(
    struct directory_audit *a, const struct epoch_entry *e);
/* The next epoch; then the pages of its diff (diff.h) from row 0 on, until
 * *ret_end; then its end. */
MUST_USE enum rc directory_audit_epoch(
    struct directory_audit *a, const struct epoch_entry *e);
MUST_USE enum rc directory_audit_diff(
    struct directory_audit *a, struct rd page, bool *ret_end);
MUST_USE enum rc directory_audit_end(struct directory_audit *a);

/* How many rows of the epoch were taken: where the next page begins. */
uint32_t directory_audit_row(const struct directory_audit *a);
uint64_t directory_audit_entries(const struct directory_audit *a);
const struct directory_audit_why *directory_audit_why(
    const struct directory_audit *a);
#endif
