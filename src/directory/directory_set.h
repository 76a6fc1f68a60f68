/*
 * directory_set: all entries of a directory in memory, by place and tag: what
 * its builder and its auditor keep. 10^7 entries take about 600 MB. Pure.
 */
#ifndef DIRECTORY_SET_H
#define DIRECTORY_SET_H
#include "directory/directory_entry.h"

struct directory_set;

struct directory_set_item {
	struct directory_entry entry;
	uint32_t record; /* the caller's word */
};

/* Caller owns *ret_s. RC_NOMEM. */
MUST_USE enum rc directory_set_new(struct directory_set **ret_s);
void directory_set_free(struct directory_set *s); /* NULL is fine */
uint64_t directory_set_size(const struct directory_set *s);
/* The entry with that tag at that place, which is below PLACE_COUNT; borrowed
 * until the set changes. RC_NOT_FOUND. */
MUST_USE enum rc directory_set_find(const struct directory_set *s,
    uint32_t place, const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    const struct directory_set_item **ret_i);
/* Adds it, or replaces the one with its tag. RC_NOMEM: as before. */
MUST_USE enum rc directory_set_put(struct directory_set *s, uint32_t place,
    const struct directory_set_item *i);
/* RC_NOT_FOUND. */
MUST_USE enum rc directory_set_remove(struct directory_set *s, uint32_t place,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE]);
/* The entries of a place in order of their tags; borrowed as above. */
const struct directory_set_item *directory_set_at(
    const struct directory_set *s, uint32_t place, size_t *ret_n);
#endif
