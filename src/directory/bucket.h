/*
 * bucket: one column of a snapshot: entries, zeros, and the path of its leaf to
 * the root (doc/protocol/directory.md, section 3). Pure.
 */
#ifndef BUCKET_H
#define BUCKET_H
#include "directory/directory_entry.h"
#include "directory/directory_shape.h"

/* Sorts items, writes those that have a place here into the column, without its
 * path, and returns how many have none: they are the last of items then, and
 * belong into the stash. What goes in does not depend on who came first. */
size_t bucket_fill(const struct directory_shape *shape,
    struct directory_item *items, size_t n, uint8_t *ret_column);
/* The leaf of the column's entries. */
void bucket_leaf(const struct directory_shape *shape, const uint8_t *column,
    uint8_t ret_leaf[static 32]);
/* Where the siblings go, leaf side first. */
uint8_t *bucket_path(const struct directory_shape *shape, uint8_t *column);
/* That the column is bucket `index` of the snapshot with that root.
 * RC_MALFORMED: it has another size, or the shape is none; RC_DENIED. */
MUST_USE enum rc bucket_check(const struct directory_shape *shape,
    uint32_t index, struct rd column, const uint8_t root[static 32]);
/* The entry with that tag, in a checked column. RC_NOT_FOUND: look into the
 * stash. */
MUST_USE enum rc bucket_find(const struct directory_shape *shape,
    struct rd column, const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    struct directory_entry *ret_e);
#endif
