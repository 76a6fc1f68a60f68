/*
 * journal: frames of a running part of the query log, and what binds and hides
 * what they hold: tag, label, the row's seal, the layer of the day key
 * (doc/protocol/records.md, section 1). Pure.
 */
#ifndef JOURNAL_H
#define JOURNAL_H
#include "base/buf.h"
#include "wire/row.h"

#define JOURNAL_VERSION 3
#define JOURNAL_HEAD_SIZE 8 /* length u32, CRC-32C u32 */
#define JOURNAL_FRAME_MAX 65536
#define JOURNAL_TAG_SIZE 16
#define JOURNAL_KEY_SIZE 32
#define JOURNAL_NONCE_SIZE 16
#define JOURNAL_LOCATOR_SIZE 16
#define JOURNAL_WRAP_SIZE 160 /* TDH2 */
#define JOURNAL_OWN_SIZE 80   /* HPKE of a key */
#define JOURNAL_SHARE_SIZE 80 /* HPKE of a share */
#define JOURNAL_MEMBERS_MAX 16
#define JOURNAL_SEALED_SIZE (ROW_SIZE + 16)
#define JOURNAL_ENTRY_SIZE (3 + JOURNAL_SEALED_SIZE) /* a row in a frame */
#define JOURNAL_ENTRIES_MAX 1024                     /* rows of a frame */
#define JOURNAL_ENVELOPES_MAX (1u << 24)             /* of a part */
#define JOURNAL_LABEL_SIZE (4 + 2 + JOURNAL_TAG_SIZE + 1 + 13)

enum journal_type {
	JOURNAL_TYPE_SESSION = 1,
	JOURNAL_TYPE_ENVELOPE = 2,
	JOURNAL_TYPE_ROWS = 3,
	JOURNAL_TYPE_CHAIN = 4,
	JOURNAL_TYPE_PROOF = 5 /* in answers about own rows only */
};

enum journal_direction {
	JOURNAL_DIRECTION_SOURCE = 1,
	JOURNAL_DIRECTION_LOOKUP = 2
};

enum journal_layer { /* what is under the day key, and so its nonce */
	JOURNAL_LAYER_SHARES = 0,
	JOURNAL_LAYER_WRAP = 1,
	JOURNAL_LAYER_OWN = 2,
	/* the same in a segment, where the number is the sorted place: the
	 * order in which handles came is not kept */
	JOURNAL_LAYER_SORTED_WRAP = 3,
	JOURNAL_LAYER_SORTED_OWN = 4
};

struct journal_session {
	uint32_t day; /* days since 1970 */
	uint16_t part;
	uint64_t opened; /* seconds */
	uint8_t nonce[JOURNAL_NONCE_SIZE];
	uint8_t k;
	uint8_t n;
	const uint8_t *commitments; /* borrowed: k of 32 octets */
	const uint8_t *shares;      /* borrowed: n of JOURNAL_SHARE_SIZE */
};

struct journal_envelope {
	uint8_t tag[JOURNAL_TAG_SIZE];
	enum journal_direction direction;
	uint32_t number;
	uint8_t locator[JOURNAL_LOCATOR_SIZE]; /* zero without own */
	const uint8_t *wrap;                   /* borrowed: JOURNAL_WRAP_SIZE */
	struct rd own; /* borrowed: JOURNAL_OWN_SIZE, or empty */
};

struct journal_proof { /* that the envelope before it is in a segment */
	uint64_t seq;  /* of the segment's entry in the public log */
	uint64_t size; /* leaves */
	uint64_t index;
	uint8_t n;
	const uint8_t *hashes; /* borrowed: n of 32 octets */
};
#define JOURNAL_PROOF_MAX 64

struct journal_frame {
	enum journal_type type;
	union {
		struct journal_session session;
		struct journal_envelope envelope;
		struct rd rows; /* borrowed: 1 to JOURNAL_ENTRIES_MAX */
		struct journal_proof proof;
		uint8_t chain[32];
	} u;
};

/* Reads one frame from the front of r and moves past it. RC_AGAIN: fewer
 * octets than the frame has (a torn end); RC_MALFORMED: CRC or format. */
MUST_USE enum rc journal_frame_parse(struct rd *r, struct journal_frame *ret_f);
MUST_USE enum rc journal_frame_build(
    const struct journal_frame *f, struct buf *b);
/* Whether content begins as a journal of another version of this format does:
 * its SESSION frame is whole. */
bool journal_is_foreign(struct rd content);
/* The body of a SESSION frame behind its type: also the head of a segment. */
MUST_USE enum rc journal_session_parse(
    struct rd body, struct journal_session *ret_s);
MUST_USE enum rc journal_session_build(
    const struct journal_session *s, struct buf *b);
/* The tag of a handle from its TPRF evaluation (custody.md, section 3). */
void journal_tag(
    const uint8_t point[static 32], uint8_t ret_tag[static JOURNAL_TAG_SIZE]);
/* day || part || tag || direction || "TRAFFIC_QUERY": what a wrap and a row
 * are bound to. */
void journal_label(const struct journal_session *s,
    const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction,
    uint8_t ret_label[static JOURNAL_LABEL_SIZE]);
/* Puts the layer of the day key on, or takes it off: bytes in place. */
void journal_layer_xor(const uint8_t day_key[static JOURNAL_KEY_SIZE],
    const uint8_t nonce[static JOURNAL_NONCE_SIZE], enum journal_layer layer,
    uint32_t number, struct buf *bytes);
/* The associated data of share i of a part (section 1). */
#define JOURNAL_SHARE_AAD_SIZE (4 + 2 + JOURNAL_NONCE_SIZE + 2)
void journal_share_aad(const struct journal_session *s, uint16_t index,
    uint8_t ret_aad[static JOURNAL_SHARE_AAD_SIZE]);
/* A ROWS frame that is written row by row: _begin appends its head, then come
 * its entries, and _end says in the head what is there. */
MUST_USE enum rc journal_rows_begin(struct buf *b, size_t *ret_at);
void journal_rows_end(struct buf *b, size_t at);
/* The next entry of a ROWS frame: its envelope's number and the sealed row. */
MUST_USE enum rc journal_entry_parse(
    struct rd *rows, uint32_t *ret_envelope, struct rd *ret_sealed);
/* The same where there is room for it: the envelope's number, and where the
 * sealed row goes. */
uint8_t *journal_entry_put(uint32_t envelope, uint8_t *p);
MUST_USE enum rc journal_entry_build(
    uint32_t envelope, struct rd sealed, struct buf *b);
/* Opens a row: XChaCha20-Poly1305 under K, nonce 20 zero octets and the
 * counter, label as associated data. What seals is records/row_seal.h.
 * RC_DENIED: not under this key, counter and label; RC_MALFORMED: its length is
 * not a sealed row's. */
MUST_USE enum rc journal_row_open(struct rd sealed, uint32_t counter,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE],
    uint8_t ret_plain[static ROW_SIZE]);
#endif
