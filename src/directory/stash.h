/*
 * stash: the public file of entries that found no place in their buckets
 * (doc/protocol/directory.md, section 3; doc/decisions/0010). Pure.
 */
#ifndef STASH_H
#define STASH_H
#include "directory/directory_entry.h"

#define STASH_MAX 2048
#define STASH_FEW 16 /* so many make no larger shape necessary */
#define STASH_ITEM_SIZE (4 + DIRECTORY_ENTRY_SIZE)
#define STASH_SIZE_MAX (STASH_MAX * STASH_ITEM_SIZE)

struct stash {
	size_t n;
	struct rd octets; /* borrowed */
};

/* RC_MALFORMED: not whole entries in order of (bucket, tag), each once, or an
 * empty one; RC_LIMIT: more than STASH_MAX. */
MUST_USE enum rc stash_parse(struct rd octets, struct stash *ret_s);
/* Appends n items, which are in order. RC_LIMIT; RC_MALFORMED: they are not. */
MUST_USE enum rc stash_build(
    const struct directory_item *items, size_t n, struct buf *b);
/* RC_NOT_FOUND. */
MUST_USE enum rc stash_find(const struct stash *s, uint32_t bucket,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    struct directory_entry *ret_e);
/* One item as the stash and the pages of entries have it: RC_MALFORMED, also
 * for an empty entry and a bucket over the last. */
MUST_USE enum rc stash_item_parse(struct rd *r, struct directory_item *ret_i);
MUST_USE enum rc stash_item_build(
    const struct directory_item *i, struct buf *b);
/* Whether b comes behind a, by (bucket, tag). */
bool stash_is_order(
    const struct directory_item *a, const struct directory_item *b);
#endif
