/*
 * nonces: which signed requests were seen in the last window, so that a replay
 * is refused. In memory: after a restart nothing signed before it is taken.
 */
#ifndef NONCES_H
#define NONCES_H
#include "base/mono.h"

#define NONCES_WINDOW_S 300 /* doc/protocol/api.md: Signed */

struct nonces;

MUST_USE enum rc nonces_new(struct nonces **ret_n);
void nonces_free(struct nonces *n);
/* RC_EXISTS: seen before; RC_LIMIT: more requests in the window than can be
 * remembered: refuse. */
MUST_USE enum rc nonces_add(
    struct nonces *n, const uint8_t nonce[static 16], struct mono now);
#endif
