/*
 * entries_page: the entries of an epoch in order of (bucket, tag), some
 * buckets at a time, for an auditor that starts (doc/protocol/directory.md,
 * section 5). Pure.
 */
#ifndef ENTRIES_PAGE_H
#define ENTRIES_PAGE_H
#include "directory/stash.h"

#define ENTRIES_PAGE_ITEMS 16384
#define ENTRIES_PAGE_MAX (8 + ENTRIES_PAGE_ITEMS * STASH_ITEM_SIZE)

struct entries_page {
	uint32_t next;   /* the bucket to ask from next; at the end: columns */
	uint32_t n;      /* items */
	struct rd items; /* borrowed: for stash_item_parse */
};

/* RC_MALFORMED: not whole items, or more than ENTRIES_PAGE_ITEMS; or next is no
 * bucket. Items and their order are looked at by who takes them. */
MUST_USE enum rc entries_page_parse(
    struct rd octets, struct entries_page *ret_p);
MUST_USE enum rc entries_page_build(
    const struct entries_page *p, struct buf *b);
#endif
