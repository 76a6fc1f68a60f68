/*
 * http1: HTTP/1.1 message heads (RFC 9112) as a server and as a client reads
 * them, strictly: CRLF only, no obs-fold, no whitespace before the colon, one
 * Content-Length or none, no Transfer-Encoding but "chunked" in responses we
 * never send (a request that has one is refused, RFC 9112 section 6.3).
 * Pure: borrowed views into the caller's buffer, no allocation.
 */
#ifndef HTTP1_H
#define HTTP1_H
#include "base/buf.h"

#define HTTP1_HEAD_MAX 8192 /* octets of start line and fields */
#define HTTP1_FIELDS_MAX 48
#define HTTP1_TARGET_MAX 1024

struct http1_field {
	struct rd name;  /* token, as sent; compare with http1_find */
	struct rd value; /* optional whitespace removed */
};

struct http1_head {
	struct rd method; /* requests */
	struct rd target; /* requests: origin-form, starts with "/" */
	uint16_t status;  /* responses */
	uint8_t minor;    /* HTTP/1.minor: 0 or 1 */
	bool keep_alive;
	bool upgrade_websocket; /* Connection: upgrade, Upgrade: websocket */
	bool has_length;
	uint64_t length; /* body octets that follow */
	size_t n_fields;
	struct http1_field fields[HTTP1_FIELDS_MAX];
};

/* Reads one request head from the front of r and moves r past it. RC_AGAIN:
 * no complete head yet (and fewer than HTTP1_HEAD_MAX octets); RC_LIMIT: the
 * head, its field count or its target is too large; RC_MALFORMED. */
MUST_USE enum rc http1_request_parse(struct rd *r, struct http1_head *ret_h);
MUST_USE enum rc http1_response_parse(struct rd *r, struct http1_head *ret_h);
/* A token, a field's value and a target as the parsers take them. */
bool http1_is_token(struct rd s);
bool http1_is_value(struct rd s);
bool http1_is_target(struct rd s);
/* Case-insensitive. RC_NOT_FOUND; RC_MALFORMED when the field appears twice. */
MUST_USE enum rc http1_find(
    const struct http1_head *h, const char *name, struct rd *ret_value);
/* "HTTP/1.1 200 OK\r\n"; the reason phrase of RFC 9110 section 15. */
MUST_USE enum rc http1_status_build(struct buf *b, uint16_t status);
MUST_USE enum rc http1_request_build(
    struct buf *b, const char *method, const char *target, const char *host);
/* "Name: value\r\n". RC_MALFORMED when the value holds CR, LF or NUL. */
MUST_USE enum rc http1_field_build(
    struct buf *b, const char *name, struct rd value);
/* "Content-Length: n\r\n\r\n": the last field and the end of the head. */
MUST_USE enum rc http1_end_build(struct buf *b, size_t length);
#endif
