/*
 * envelope: the sealed outside of a message (design: e2ee, On the wire): HPKE
 * base mode to the device's EK, info "tacet envelope v1", padded so that the
 * sealed size is 256, 512, 1024, 2048, 4096, ... octets. The relay sees no
 * sender. Pure but for randomness.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H
#include "base/buf.h"

/* message: what session_seal made. RC_LIMIT above RELAY_ENVELOPE_MAX. */
MUST_USE enum rc envelope_seal(
    const uint8_t ek[static 32], struct rd message, struct buf *b);
/* RC_DENIED for every envelope that is not for this key. */
MUST_USE enum rc envelope_open(
    const uint8_t ek_secret[static 32], struct rd envelope, struct buf *b);
#endif
