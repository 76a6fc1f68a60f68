/*
 * gateway_key: the keys of the Oblivious HTTP gateway, DIR/keys/ohttp.key: made
 * at the first start, and what the policy says of them. Each policy is in the
 * public log: whoever gave one person a key of his own would be seen.
 */
#ifndef GATEWAY_KEY_H
#define GATEWAY_KEY_H
#include "base/buf.h"

#define GATEWAY_KEY_FILE "keys/ohttp.key"
#define GATEWAY_KEY_TEXT_MAX 256

MUST_USE enum rc gateway_key_make(int dir);
/* Appends what clients get (application/ohttp-keys) as base64url. RC_CORRUPT:
 * not a file of keys. */
MUST_USE enum rc gateway_key_text(int dir, struct buf *b);
#endif
