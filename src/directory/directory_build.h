/*
 * directory_build: the snapshot of a set of entries: its shape, buckets, tree
 * and stash (doc/protocol/directory.md, section 3). A function of the set
 * alone, so that an auditor comes to the same. Pure; takes about a second for
 * 10^7 entries.
 */
#ifndef DIRECTORY_BUILD_H
#define DIRECTORY_BUILD_H
#include "directory/directory_set.h"
#include "directory/directory_shape.h"

struct directory_build;

/* The set is borrowed, and must stay as it is while *ret_b lives. RC_NOMEM;
 * RC_LIMIT: no shape holds so many. */
MUST_USE enum rc directory_build_new(
    const struct directory_set *set, struct directory_build **ret_b);
void directory_build_free(struct directory_build *b); /* NULL is fine */
const struct directory_shape *directory_build_shape(
    const struct directory_build *b);
const uint8_t *directory_build_root(const struct directory_build *b);
/* Borrowed. */
struct rd directory_build_stash(const struct directory_build *b);
void directory_build_stash_hash(
    const struct directory_build *b, uint8_t ret_hash[static 32]);
/* Appends the filter of all its entries (filter.h), which takes their number
 * times some 30 octets of memory meanwhile. RC_NOMEM, RC_LIMIT. */
MUST_USE enum rc directory_build_filter(
    const struct directory_build *b, struct buf *filter);
/* At most so long is the filter of n entries. */
size_t directory_build_filter_max(uint64_t n);
/* A whole column: directory_shape_column octets. RC_NOMEM. */
MUST_USE enum rc directory_build_column(
    struct directory_build *b, uint32_t index, uint8_t *ret_column);
#endif
