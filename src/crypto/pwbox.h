/*
 * pwbox: a small secret in a file, encrypted by a passphrase: Argon2id
 * (RFC 9106; libsodium "moderate": 256 MiB, 3 passes) and XChaCha20-Poly1305.
 * Text form, one line: "tacet-key-v1 KIND OPSLIMIT MEMLIMIT SALT NONCE BOX",
 * base64url; an empty passphrase makes KIND "open" (--demo), still checked.
 */
#ifndef PWBOX_H
#define PWBOX_H
#include "base/buf.h"
#include "base/secret.h"

#define PWBOX_SECRET_MAX 256

MUST_USE enum rc pwbox_build(
    struct rd secret, struct rd passphrase, struct buf *b);
/* RC_DENIED: wrong passphrase or changed file; RC_MALFORMED; RC_LIMIT: asks
 * for more work than 1 GiB and 16 passes. Caller owns *ret_s. */
MUST_USE enum rc pwbox_parse(
    struct rd text, struct rd passphrase, struct secret **ret_s);
/* True when the file needs a passphrase. */
bool pwbox_is_locked(struct rd text);
#endif
