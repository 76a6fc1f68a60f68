/*
 * private_lookup: the bodies of anonymous requests and their answers
 * (doc/protocol/directory.md, 5). Pure. They hold tokens and encrypted queries,
 * and nothing that names who asks or what.
 */
#ifndef PRIVATE_LOOKUP_H
#define PRIVATE_LOOKUP_H
#include "base/buf.h"

#define PRIVATE_LOOKUP_TOKEN_SIZE 96 /* nonce 32, output 64 */
#define PRIVATE_LOOKUP_ELEMENT_SIZE 32
#define PRIVATE_LOOKUP_PROOF_SIZE 64
#define PRIVATE_LOOKUP_OPRF_MAX 100
/* What stands before the query, and before the answer. */
#define PRIVATE_LOOKUP_ASK_HEAD \
	(PRIVATE_LOOKUP_TOKEN_SIZE + PRIVATE_LOOKUP_ELEMENT_SIZE + 4)
#define PRIVATE_LOOKUP_ANSWER_HEAD \
	(PRIVATE_LOOKUP_ELEMENT_SIZE + PRIVATE_LOOKUP_PROOF_SIZE + 4)

/* One evaluation, and the token that pays it. */
struct private_lookup_pair {
	uint8_t token[PRIVATE_LOOKUP_TOKEN_SIZE];
	uint8_t element[PRIVATE_LOOKUP_ELEMENT_SIZE];
};

struct private_lookup_ask {
	struct private_lookup_pair pair;
	uint32_t epoch;
	struct rd query; /* borrowed; ring-pir.md */
};

struct private_lookup_answer {
	uint8_t element[PRIVATE_LOOKUP_ELEMENT_SIZE];
	uint8_t proof[PRIVATE_LOOKUP_PROOF_SIZE];
	uint32_t epoch;
	struct rd answer; /* borrowed */
};

/* Wipe them. RC_MALFORMED: cut short; whether a query has the right size is for
 * who knows the shape. */
MUST_USE enum rc private_lookup_ask_parse(
    struct rd body, struct private_lookup_ask *ret_a);
MUST_USE enum rc private_lookup_ask_build(
    const struct private_lookup_ask *a, struct buf *b);
MUST_USE enum rc private_lookup_answer_parse(
    struct rd body, struct private_lookup_answer *ret_a);
MUST_USE enum rc private_lookup_answer_build(
    const struct private_lookup_answer *a, struct buf *b);
/* 1 to PRIVATE_LOOKUP_OPRF_MAX pairs. RC_MALFORMED. */
MUST_USE enum rc private_lookup_oprf_parse(struct rd body,
    struct private_lookup_pair ret_pairs[static PRIVATE_LOOKUP_OPRF_MAX],
    size_t *ret_n);
MUST_USE enum rc private_lookup_oprf_build(
    const struct private_lookup_pair *pairs, size_t n, struct buf *b);
#endif
