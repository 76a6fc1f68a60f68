/*
 * request: what the clerk asks of each custodian, as a file (doc/protocol/
 * records.md, section 5), and the custodian's answer, the shares. Pure. A
 * request names handles; it holds no key.
 */
#ifndef REQUEST_H
#define REQUEST_H
#include <jansson.h>

#include "crypto/tdh2.h"
#include "merkle/tree.h"
#include "orders/commitment.h"
#include "wire/journal.h"

#define REQUEST_PARTS_MAX 4096
#define REQUEST_REVIEWS 2
#define REQUEST_PARENTS_MAX 4
#define REQUEST_NOTE_MAX 65536
#define REQUEST_NAME_SIZE ORDER_TEXT_SIZE
#define REQUEST_SIZE_MAX (256u << 20)

enum request_stage {
	REQUEST_STAGE_FIND = 1, /* which envelopes are the handles' */
	REQUEST_STAGE_OPEN      /* open those */
};

struct request_review { /* one of the two who decided */
	char name[REQUEST_NAME_SIZE];
	uint8_t key[32];
	uint8_t signature[64];
};

struct request_decision {
	enum order_decision verdict;
	/* who decided, who confirmed */
	struct request_review reviews[REQUEST_REVIEWS];
};

struct request_parent { /* a preservation that the order follows */
	struct order order;
	struct request_decision decided;
	uint8_t opening[COMMITMENT_OPENING_SIZE];
	uint64_t log_index;
	struct tree_proof path; /* to the same checkpoint */
};

struct request_part {                   /* one segment */
	struct buf body;                /* of its SESSION, with plain shares */
	struct journal_session session; /* borrows from body */
	/* stage OPEN: k shares for each handle, by handle */
	uint8_t (*found)[TDH2_SHARE_SIZE];
};

struct request_envelope {
	uint32_t part;   /* in parts */
	uint32_t handle; /* of the order */
	enum journal_direction direction;
	uint8_t tag[JOURNAL_TAG_SIZE];
	uint8_t wrap[TDH2_CT_SIZE];
};

struct request {
	enum request_stage stage;
	struct order order; /* as decided; its canonical JSON is committed */
	uint8_t opening[32];
	uint64_t log_index;
	struct buf note; /* a checkpoint */
	struct tree_proof path;
	struct request_decision decided;
	/* the order's parent, then that one's, up to who froze the rows */
	struct request_parent parents[REQUEST_PARENTS_MAX];
	size_t n_parents;
	struct request_part *parts;
	size_t n_parts;
	struct request_envelope *envelopes; /* stage OPEN */
	size_t n_envelopes;
};

void request_init(struct request *q);
void request_clear(struct request *q);
/* Room for n parts with bodies still empty, or n envelopes. RC_LIMIT. */
MUST_USE enum rc request_parts_new(struct request *q, size_t n);
MUST_USE enum rc request_envelopes_new(struct request *q, size_t n);
/* Tags of stage OPEN from their shares, checked against the commitments of
 * each part; every envelope's tag is set. RC_DENIED: a share is wrong:
 * *ret_index is the custodian who gave it. */
MUST_USE enum rc request_tags(struct request *q, uint16_t *ret_index);
/* What the public log has of an order with this commitment. */
MUST_USE enum rc request_entry(
    const uint8_t commitment[static COMMITMENT_SIZE], struct buf *b);
/* RC_MALFORMED: *ret_why names the field. */
MUST_USE enum rc request_parse(
    struct rd text, struct request *ret_q, const char **ret_why);
MUST_USE enum rc request_build(const struct request *q, struct buf *b);

struct request_shares { /* the answer of one custodian */
	enum request_stage stage;
	uint16_t custodian;
	uint8_t request_hash[32]; /* SHA-256 of the request file */
	uint8_t (*shares)[TDH2_SHARE_SIZE];
	size_t n; /* FIND: parts x handles, by part; OPEN: envelopes */
};
void request_shares_clear(struct request_shares *s);
MUST_USE enum rc request_shares_parse(
    struct rd text, struct request_shares *ret_s);
MUST_USE enum rc request_shares_build(
    const struct request_shares *s, struct buf *b);
#endif
