/*
 * segment: a closed part of the query log, sorted and with its Merkle tree
 * (doc/protocol/records.md, section 2). Pure; reads a mapped file in place.
 */
#ifndef SEGMENT_H
#define SEGMENT_H
#include "wire/journal.h"

#define SEGMENT_KEY_SIZE (JOURNAL_TAG_SIZE + 1)
#define SEGMENT_RECORD_SIZE (SEGMENT_KEY_SIZE + JOURNAL_WRAP_SIZE + 4 + 4)
#define SEGMENT_OWN_SIZE (4 + JOURNAL_LOCATOR_SIZE + JOURNAL_OWN_SIZE)
#define SEGMENT_LEAF_SIZE (SEGMENT_KEY_SIZE + 32)
#define SEGMENT_ENVELOPES_MAX JOURNAL_ENVELOPES_MAX

struct segment {
	uint64_t seq;
	uint64_t closed; /* seconds */
	uint8_t custodians[32];
	uint32_t envelopes;
	uint32_t owners; /* envelopes with an own copy */
	uint32_t rows;
	struct rd session_body; /* borrowed; its shares under D */
	struct journal_session session;
	struct rd records;
	struct rd owns;
	struct rd sealed; /* the rows */
	struct rd tree;
};

struct segment_record {
	const uint8_t *key; /* borrowed: SEGMENT_KEY_SIZE, tag and direction */
	uint32_t number;    /* its place: 0, 1, ...; of the layer of D */
	const uint8_t *locator; /* zero octets without own */
	const uint8_t *wrap;    /* under D, JOURNAL_LAYER_SORTED_WRAP */
	struct rd own; /* under D, JOURNAL_LAYER_SORTED_OWN; or empty */
	uint32_t rows;
	uint32_t first;   /* of all rows of the segment */
	struct rd sealed; /* JOURNAL_SEALED_SIZE each */
};

/* What a leaf says of an envelope, without the layer of D. */
struct segment_body {
	const uint8_t *locator;
	const uint8_t *wrap;
	struct rd own;
	uint32_t rows;
	uint8_t digest[32];
};

/* Borrows from file. RC_MALFORMED: not a segment, or cut short. */
MUST_USE enum rc segment_parse(struct rd file, struct segment *ret_s);
/* Whether file begins as a segment of another version of this format does. */
bool segment_is_foreign(struct rd file);
/* The head, up to the records; the caller appends those, the own copies, the
 * rows' octets and the tree. */
MUST_USE enum rc segment_build(const struct segment *s, struct buf *b);
/* Envelope i of s->envelopes. */
MUST_USE enum rc segment_record_parse(
    const struct segment *s, uint32_t i, struct segment_record *ret_r);
MUST_USE enum rc segment_record_build(
    const struct segment_record *r, struct buf *b);
/* Own copy j of s->owners: whose it is, and by which locator it is asked for.
 * They are in the order of their envelopes. */
MUST_USE enum rc segment_own_parse(const struct segment *s, uint32_t j,
    uint32_t *ret_i, const uint8_t **ret_locator);
MUST_USE enum rc segment_own_build(
    const struct segment_record *r, struct buf *b);
/* The envelope with key, or where it would stand and RC_NOT_FOUND. */
MUST_USE enum rc segment_find(const struct segment *s,
    const uint8_t key[static SEGMENT_KEY_SIZE], uint32_t *ret_i);
void segment_key(const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction, uint8_t ret_key[static SEGMENT_KEY_SIZE]);
/* The digest of an envelope's rows: SHA-256 of their SHA-256 hashes, in
 * order. sealed: JOURNAL_SEALED_SIZE each. */
void segment_digest(struct rd sealed, uint8_t ret_digest[static 32]);
/* Leaf octets; RFC 6962 hashes them. session_body with plain shares. */
void segment_leaf(const uint8_t key[static SEGMENT_KEY_SIZE],
    const struct segment_body *b, uint8_t ret_leaf[static SEGMENT_LEAF_SIZE]);
void segment_leaf_session(
    struct rd session_body, uint8_t ret_leaf[static SEGMENT_LEAF_SIZE]);
/* The hash of the complete subtree (level, index) as the file holds it: a
 * merkle/tree.h callback; arg is a const struct segment. */
MUST_USE enum rc segment_tree_hash(
    void *arg, unsigned level, uint64_t index, uint8_t ret_hash[static 32]);
/* How many hashes a tree of size leaves has in the file. */
uint64_t segment_tree_count(uint64_t size);
#endif
