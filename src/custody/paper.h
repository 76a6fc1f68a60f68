/*
 * paper: the files that custodians, server and clerk exchange: one JSON object,
 * {"tacet": KIND, "version": 2, ..., "signature"}, signed by its author's
 * Ed25519 key (custody.md, section 4). Pure.
 */
#ifndef PAPER_H
#define PAPER_H
#include "wire/json_body.h"

#define PAPER_MAX JSON_BODY_MAX
#define PAPER_HASH_SIZE 32
#define PAPER_KEY_SIZE 32 /* an Ed25519 public key, and its seed */

/* On success the caller owns *ret_o: json_body_free. RC_MALFORMED: not JSON,
 * or of another kind or version. The signature is not checked. */
MUST_USE enum rc paper_parse(struct rd text, const char *kind, json_t **ret_o);
/* RC_DENIED: not signed by this key, or changed since. */
MUST_USE enum rc paper_verify(const json_t *o, const char *kind,
    const uint8_t sign_key[static PAPER_KEY_SIZE]);
/* Adds "tacet", "version" and "signature" to o; appends its canonical JSON and
 * a newline. RC_NOMEM, RC_LIMIT. */
MUST_USE enum rc paper_build(json_t *o, const char *kind,
    const uint8_t sign_seed[static PAPER_KEY_SIZE], struct buf *b);
/* Appends the canonical JSON: sorted names, compact. RC_NOMEM: o is NULL. */
MUST_USE enum rc paper_canonical(const json_t *o, struct buf *b);
/* SHA-256 of the canonical JSON of o without its "signature". */
MUST_USE enum rc paper_hash(
    const json_t *o, uint8_t ret_hash[static PAPER_HASH_SIZE]);
/* A string of exactly n octets in base64url: a field of an object, a value of
 * an array. RC_MALFORMED. */
MUST_USE enum rc paper_get(
    const json_t *o, const char *field, size_t n, void *ret_bytes);
MUST_USE enum rc paper_at(const json_t *a, size_t i, size_t n, void *ret_bytes);
/* RC_NOMEM. */
MUST_USE enum rc paper_set(json_t *o, const char *field, struct rd bytes);
MUST_USE enum rc paper_append(json_t *a, struct rd bytes);
#endif
