/*
 * diff: what changed from one epoch to the next, for auditors
 * (doc/protocol/directory.md, section 4). Pure.
 */
#ifndef DIFF_H
#define DIFF_H
#include "directory/directory_entry.h"

#define DIFF_ROW_SIZE (4 + 2 * (DIRECTORY_ENTRY_SIZE + SLOT_HEAD_SIZE))
#define DIFF_PAGE_ROWS 4096
#define DIFF_PAGE_MAX (8 + DIFF_PAGE_ROWS * DIFF_ROW_SIZE)

struct diff_side {
	struct directory_entry entry;
	struct slot_head head;
};

struct diff_row {
	uint32_t bucket; /* by the shape of the epoch */
	bool is_new;     /* then before is zero */
	struct diff_side before;
	struct diff_side after;
};

struct diff_page {      /* rows from some row on: what one request gets */
	uint32_t total; /* rows of the diff */
	uint32_t n;     /* of this page */
	struct rd rows; /* borrowed: for diff_row_parse */
};

/* Takes a row from the front of r. RC_MALFORMED. */
MUST_USE enum rc diff_row_parse(struct rd *r, struct diff_row *ret_w);
MUST_USE enum rc diff_row_build(const struct diff_row *w, struct buf *b);
/* Whether the row is right by itself: each entry's commitment is of its head,
 * the tag stays, the version is the next, the chain is extended, and it was
 * made in that epoch. RC_DENIED: *ret_why is a constant sentence. */
MUST_USE enum rc diff_row_check(
    const struct diff_row *w, uint32_t epoch, const char **ret_why);
/* Order of a diff: (bucket, tag, version). */
int diff_row_compare(const struct diff_row *a, const struct diff_row *b);

/* RC_MALFORMED: not whole rows, more than the total, or more than
 * DIFF_PAGE_ROWS. */
MUST_USE enum rc diff_page_parse(struct rd octets, struct diff_page *ret_p);
MUST_USE enum rc diff_page_build(const struct diff_page *p, struct buf *b);
#endif
