/*
 * json_body: JSON request and answer bodies, strictly (RFC 8259): one object,
 * UTF-8, no duplicate names, depth 8, 64 KiB, no U+0000, nothing behind it.
 * Over jansson. Pure. Bodies may hold numbers: release with json_body_free.
 */
#ifndef JSON_BODY_H
#define JSON_BODY_H
#include <jansson.h>

#include "base/buf.h"

#define JSON_BODY_MAX 65536 /* octets */
#define JSON_BODY_DEPTH 8   /* nested arrays and objects, the outer one too */

/* On success the caller owns *ret_o, an object: json_body_free. RC_LIMIT: too
 * large or too deep; RC_MALFORMED: anything else. Jansson's own allocations:
 * RC_NOMEM is not told from RC_MALFORMED. */
MUST_USE enum rc json_body_parse(struct rd octets, json_t **ret_o);
/* RC_MALFORMED when o has a field whose name is not among the n names. */
MUST_USE enum rc json_body_only(
    const json_t *o, const char *const names[], size_t n);
bool json_body_has(const json_t *o, const char *name);
/* Each getter: the field must be there and of that type: RC_MALFORMED. */
/* A string of at most max octets; *ret_s is borrowed from o. */
MUST_USE enum rc json_body_str(
    const json_t *o, const char *name, size_t max, struct rd *ret_s);
/* An integer from 0 to max. */
MUST_USE enum rc json_body_uint(
    const json_t *o, const char *name, uint64_t max, uint64_t *ret_v);
/* A string of exactly 2n lower-case hex digits. */
MUST_USE enum rc json_body_hex(
    const json_t *o, const char *name, size_t n, void *ret_bytes);
/* Base64url of at most max octets, appended to b (RC_LIMIT by b also). */
MUST_USE enum rc json_body_b64(
    const json_t *o, const char *name, size_t max, struct buf *b);
/* An array of at most max values; *ret_a is borrowed from o. */
MUST_USE enum rc json_body_array(
    const json_t *o, const char *name, size_t max, const json_t **ret_a);
/* Appends o as compact JSON, names in the order they were set; does not take
 * o. RC_NOMEM when o is NULL (json_pack failed); RC_LIMIT: it does not fit b.
 */
MUST_USE enum rc json_body_build(const json_t *o, struct buf *b);
void json_body_free(json_t *o); /* NULL is fine */
#endif
