/*
 * bhttp: Binary HTTP messages (RFC 9292): what travels inside Oblivious HTTP.
 * Messages of known and of indeterminate length are read, those of known length
 * are written. Strict besides: a method, a path and fields that HTTP/1.1 of
 * ours would not take are refused, so is every pseudo-field; informational
 * responses and trailers are checked and dropped.
 * Pure: borrowed views, but for content that came in pieces.
 */
#ifndef BHTTP_H
#define BHTTP_H
#include "wire/http1.h"

/* Ours, in a request: the size that its answer shall have before it is sealed,
 * in decimal; so all answers of a route look alike, and errors too. */
#define BHTTP_ANSWER_SIZE "tacet-answer-size"

struct bhttp {
	/* method and target, or status; fields; has_length, length: the
	 * content's; keep_alive and minor are as in HTTP/1.1 */
	struct http1_head head;
	struct rd scheme;    /* requests */
	struct rd authority; /* requests; may be empty */
	struct rd content;
};

/* All of message, to its padding. Content of indeterminate length goes into
 * joined, which must live as long as *ret_m. RC_MALFORMED; RC_LIMIT: too many
 * fields, or more than joined may hold. */
MUST_USE enum rc bhttp_request_parse(
    struct rd message, struct buf *joined, struct bhttp *ret_m);
MUST_USE enum rc bhttp_response_parse(
    struct rd message, struct buf *joined, struct bhttp *ret_m);
/* Appends the message, and zeros until it has size octets at least (section
 * 3.8). RC_MALFORMED: it would not be read; RC_LIMIT; then b is unchanged. */
MUST_USE enum rc bhttp_request_build(
    const struct bhttp *m, size_t size, struct buf *b);
MUST_USE enum rc bhttp_response_build(
    const struct bhttp *m, size_t size, struct buf *b);
/* The same zeros, n of them, behind a message that is built. */
MUST_USE enum rc bhttp_pad(struct buf *b, size_t n);
/* The size to pad a message of n octets to, where nobody asks for another: one
 * of few, a power of two or a multiple of 64 KiB. */
size_t bhttp_size(size_t n);
#endif
