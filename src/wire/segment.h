/*
 * segment: a closed part of the query log, sorted and with its Merkle tree
 * (doc/protocol/records.md, section 2). Pure; reads a mapped file in place.
 */
#ifndef SEGMENT_H
#define SEGMENT_H
#include "wire/journal.h"

#define SEGMENT_KEY_SIZE (JOURNAL_TAG_SIZE + 1)
#define SEGMENT_RECORD_SIZE 286
#define SEGMENT_LEAF_SIZE (SEGMENT_KEY_SIZE + 32)
#define SEGMENT_ENVELOPES_MAX (1u << 24)

struct segment {
	uint64_t seq;
	uint64_t closed; /* seconds */
	uint8_t custodians[32];
	uint32_t envelopes;
	uint64_t rows;
	struct rd session_body; /* borrowed; its shares under D */
	struct journal_session session;
	struct rd records;
	struct rd all; /* row offsets count from its first octet */
	size_t rows_end;
};

struct segment_record {
	const uint8_t *key; /* borrowed: SEGMENT_KEY_SIZE, tag and direction */
	uint32_t number;    /* its place: 0, 1, ...; of the layer of D */
	const uint8_t *locator;
	const uint8_t *wrap; /* under D, JOURNAL_LAYER_SORTED_WRAP */
	struct rd own;       /* under D, JOURNAL_LAYER_SORTED_OWN */
	uint32_t rows;
	struct rd at; /* its rows, and what follows them */
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
/* The head, up to the records; the caller appends those, rows and tree. */
MUST_USE enum rc segment_build(const struct segment *s, struct buf *b);
/* Envelope i of s->envelopes. */
MUST_USE enum rc segment_record_parse(
    const struct segment *s, uint32_t i, struct segment_record *ret_r);
/* offset: of its first row, from the file's first octet. */
MUST_USE enum rc segment_record_build(
    const struct segment_record *r, uint64_t offset, struct buf *b);
/* The envelope with key, or where it would stand and RC_NOT_FOUND. */
MUST_USE enum rc segment_find(const struct segment *s,
    const uint8_t key[static SEGMENT_KEY_SIZE], uint32_t *ret_i);
void segment_key(const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction, uint8_t ret_key[static SEGMENT_KEY_SIZE]);
/* Takes the next sealed row from the front of at (segment_record.at). */
MUST_USE enum rc segment_row_parse(struct rd *at, struct rd *ret_sealed);
MUST_USE enum rc segment_row_build(struct rd sealed, struct buf *b);
/* The digest of rows: SHA-256 of their SHA-256 hashes, in order. */
MUST_USE enum rc segment_digest(
    const struct segment_record *r, uint8_t ret_digest[static 32]);
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
