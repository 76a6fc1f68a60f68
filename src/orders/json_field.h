/*
 * json_field: fields of our own JSON files, strictly: exact lengths, base64url
 * without padding, no silent default. Pure. Each: RC_MALFORMED when the field
 * is missing, of another type or length.
 */
#ifndef JSON_FIELD_H
#define JSON_FIELD_H
#include <jansson.h>

#include "base/buf.h"
#include "merkle/tree.h"

bool json_field_is(const json_t *j, const char *name, const char *value);
/* A string of at most size - 1 octets, and its NUL. */
MUST_USE enum rc json_field_text(
    const json_t *j, const char *name, size_t size, char *ret_text);
/* Exactly n octets. */
MUST_USE enum rc json_field_octets(
    const json_t *j, const char *name, size_t n, uint8_t *ret_octets);
/* The same of a string that is an array's element. */
MUST_USE enum rc json_field_element(
    const json_t *v, size_t n, uint8_t *ret_octets);
/* Appends any number of octets up to b's maximum. */
MUST_USE enum rc json_field_bytes(
    const json_t *j, const char *name, struct buf *b);
/* An integer in [0, end). */
MUST_USE enum rc json_field_number(
    const json_t *j, const char *name, uint64_t end, uint64_t *ret_n);
/* A Merkle path: an array of hashes. */
MUST_USE enum rc json_field_path(const json_t *a, struct tree_proof *ret_p);
/* Caller owns the value; NULL when out of memory. */
json_t *json_field_base64(struct rd octets);
json_t *json_field_path_json(const struct tree_proof *p);
/* Appends canonical JSON (sorted, compact) and a newline. */
MUST_USE enum rc json_field_dump(const json_t *j, struct buf *b);
#endif
