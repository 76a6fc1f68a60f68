/*
 * age_header: the text at the front of an age file (age-encryption.org/v1,
 * "Header"). Pure. Stanzas of other types than X25519 are passed over, as the
 * specification wants; they are covered by the MAC all the same.
 */
#ifndef AGE_HEADER_H
#define AGE_HEADER_H
#include "base/buf.h"

#define AGE_HEADER_MAX 16384 /* octets */
#define AGE_HEADER_STANZAS_MAX 16
#define AGE_HEADER_SHARE_SIZE 32
#define AGE_HEADER_BODY_SIZE 32 /* file key and tag */
#define AGE_HEADER_MAC_SIZE 32

struct age_header_stanza {
	uint8_t share[AGE_HEADER_SHARE_SIZE]; /* ephemeral public key */
	uint8_t body[AGE_HEADER_BODY_SIZE];
};

struct age_header {
	size_t n; /* X25519 stanzas */
	struct age_header_stanza stanzas[AGE_HEADER_STANZAS_MAX];
	uint8_t mac[AGE_HEADER_MAC_SIZE];
};

/* Reads a header from the front of r and moves past it; *ret_covered: what the
 * MAC is over, borrowed from r. RC_AGAIN: not all of it is there yet.
 * RC_MALFORMED: also more than AGE_HEADER_MAX octets or stanzas. */
MUST_USE enum rc age_header_parse(
    struct rd *r, struct age_header *ret_h, struct rd *ret_covered);
/* The part that the MAC is over, and the whole. RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc age_header_covered(const struct age_header *h, struct buf *b);
MUST_USE enum rc age_header_build(const struct age_header *h, struct buf *b);
#endif
