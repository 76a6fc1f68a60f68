/*
 * directory_audit: replays the directory, epoch by epoch, from what the server
 * publishes, and says the first thing that is wrong (doc/protocol/directory.md,
 * section 4). Pure; holds all entries, by their buckets.
 */
#ifndef DIRECTORY_AUDIT_H
#define DIRECTORY_AUDIT_H
#include "directory/directory_shape.h"
#include "directory/epoch_entry.h"

struct directory_audit;

/* What is wrong: a constant sentence, and where. */
struct directory_audit_why {
	const char *text;
	uint32_t epoch;
	uint32_t row; /* of its diff, from 0 */
	bool is_row;
};

/* Begins before epoch 1, with no entries. RC_NOMEM. */
MUST_USE enum rc directory_audit_new(struct directory_audit **ret_a);
void directory_audit_free(struct directory_audit *a); /* NULL is fine */

/* Each: RC_DENIED when something is wrong, and then directory_audit_why says
 * what; RC_NOMEM. */
/* To begin with a later epoch instead: this, its pages (entries_page.h), its
 * end. */
MUST_USE enum rc directory_audit_begin(
    struct directory_audit *a, const struct epoch_entry *e);
/* The next epoch: this, the pages of its diff (diff.h), its end. */
MUST_USE enum rc directory_audit_epoch(
    struct directory_audit *a, const struct epoch_entry *e);
/* The page from row directory_audit_row on; *ret_end: it was the last. */
MUST_USE enum rc directory_audit_diff(
    struct directory_audit *a, struct rd page, bool *ret_end);
/* The page from bucket directory_audit_bucket on. */
MUST_USE enum rc directory_audit_page(
    struct directory_audit *a, struct rd page, bool *ret_end);
/* RC_AGAIN: its shape is another, so that only its pages say in which buckets
 * the entries are now: those first. */
MUST_USE enum rc directory_audit_end(struct directory_audit *a);

uint32_t directory_audit_row(const struct directory_audit *a);
uint32_t directory_audit_bucket(const struct directory_audit *a);
uint64_t directory_audit_entries(const struct directory_audit *a);
const struct directory_audit_why *directory_audit_why(
    const struct directory_audit *a);
#endif
