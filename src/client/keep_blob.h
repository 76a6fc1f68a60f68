/*
 * keep_blob: the state as octets to store, version 1: deterministic CBOR, so
 * that equal states are equal octets, with BLAKE2b-256 of all of it behind:
 * damage is told from an older version. Holds every key. Pure.
 */
#ifndef KEEP_BLOB_H
#define KEEP_BLOB_H
#include "client/keep.h"

/* Appends. RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc keep_blob_build(const struct keep *k, struct buf *b);
/* Caller owns *ret_k. RC_CORRUPT: damaged, or a version we do not know. */
MUST_USE enum rc keep_blob_parse(struct rd blob, struct keep **ret_k);
#endif
