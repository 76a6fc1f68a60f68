/*
 * filter: which numbers of a whole address book may be registered, for who has
 * their y: a binary fuse filter (Graf, Lemire: Binary Fuse Filters, 2022; three
 * places a key) with 16-bit fingerprints over the tags of all entries
 * (doc/protocol/directory.md, section 7). It never misses one that is there; of
 * those that are not, one in 65,536 seems to be. The same entries give the same
 * octets. Pure.
 */
#ifndef FILTER_H
#define FILTER_H
#include "base/buf.h"
#include "directory/handle_keys.h"

#define FILTER_HEAD_SIZE 28
#define FILTER_KEYS_MAX (UINT32_C(1) << 27)

struct filter {
	uint64_t seed;
	uint32_t n;              /* keys */
	uint32_t segment_length; /* a power of two; 0 with no key */
	uint32_t segment_count;  /* without the last two */
	const uint8_t *prints;   /* borrowed: two octets each */
};

/* Of an entry: its tag, then the low octet of its place. */
uint64_t filter_key(
    uint32_t place, const uint8_t tag[static HANDLE_KEYS_TAG_SIZE]);
/* RC_MALFORMED: no filter, cut short, too long, or of a shape that no filter
 * has. */
MUST_USE enum rc filter_parse(struct rd octets, struct filter *ret_f);
/* Appends the filter of n keys; a key that is there twice counts once.
 * RC_LIMIT: too many, or b is full; RC_NOMEM. It takes 26 octets of memory and
 * some 100 ns a key. */
MUST_USE enum rc filter_build(const uint64_t *keys, size_t n, struct buf *b);
bool filter_has(const struct filter *f, uint64_t key);
#endif
