/*
 * segment: frames of the query log (doc/protocol/records.md). Pure.
 */
#ifndef SEGMENT_H
#define SEGMENT_H
#include "base/buf.h"

#define SEGMENT_VERSION 1
#define SEGMENT_HEAD_SIZE 8 /* length u32, CRC-32C u32 */
#define SEGMENT_FRAME_MAX 4096
#define SEGMENT_WRAP_MAX 256
#define SEGMENT_TAG_SIZE 16
#define SEGMENT_KEY_SIZE 32
#define SEGMENT_PLAIN_MAX 256 /* octets of a row */
#define SEGMENT_MAC_SIZE 16
#define SEGMENT_LABEL_SIZE (4 + SEGMENT_TAG_SIZE + 1 + 13)

enum segment_type {
	SEGMENT_TYPE_SESSION = 1,
	SEGMENT_TYPE_ENVELOPE = 2,
	SEGMENT_TYPE_ROW = 3,
	SEGMENT_TYPE_CHAIN = 4
};

enum segment_direction {
	SEGMENT_DIRECTION_SOURCE = 1,
	SEGMENT_DIRECTION_LOOKUP = 2
};

struct segment_session {
	uint32_t day; /* days since 1970 */
	uint8_t nonce[16];
	struct rd index_wrap; /* borrowed */
};

struct segment_envelope {
	uint8_t tag[SEGMENT_TAG_SIZE];
	enum segment_direction direction;
	uint32_t number;
	uint8_t locator[16];
	struct rd wrap;     /* borrowed */
	struct rd own_wrap; /* empty for lookup */
};

struct segment_row {
	uint32_t envelope;
	uint32_t counter;
	struct rd sealed; /* borrowed */
};

struct segment_frame {
	enum segment_type type;
	union {
		struct segment_session session;
		struct segment_envelope envelope;
		struct segment_row row;
		uint8_t chain[32];
	} u;
};

/* Reads one frame from the front of r and moves past it. RC_AGAIN: fewer
 * octets than the frame has (a torn end); RC_MALFORMED: CRC or format. */
MUST_USE enum rc segment_frame_parse(struct rd *r, struct segment_frame *ret_f);
MUST_USE enum rc segment_frame_build(
    const struct segment_frame *f, struct buf *b);
/* day || tag || direction || "TRAFFIC_QUERY": what a wrap and a row are bound
 * to. */
void segment_label(uint32_t day, const uint8_t tag[static SEGMENT_TAG_SIZE],
    enum segment_direction direction,
    uint8_t ret_label[static SEGMENT_LABEL_SIZE]);
/* The row's octets under K: XChaCha20-Poly1305, nonce 20 zero octets and the
 * counter, label as associated data. ret_sealed has room for plain.left +
 * SEGMENT_MAC_SIZE. */
void segment_row_seal(struct rd plain, uint32_t counter,
    const uint8_t label[static SEGMENT_LABEL_SIZE],
    const uint8_t key[static SEGMENT_KEY_SIZE], uint8_t *ret_sealed);
/* RC_DENIED: not under this key and label; RC_MALFORMED: too long. */
MUST_USE enum rc segment_row_open(const struct segment_row *w,
    const uint8_t label[static SEGMENT_LABEL_SIZE],
    const uint8_t key[static SEGMENT_KEY_SIZE],
    uint8_t ret_plain[static SEGMENT_PLAIN_MAX], size_t *ret_n);
#endif
