/*
 * parcel: what an envelope holds: a session's message and, while the session is
 * unanswered, the sender's signed device list, so that the receiver needs no
 * lookup to know whose keys began it (doc/protocol/session.md, Parcel).
 * Deterministic CBOR: [message bstr, device list bstr or null]. Pure.
 */
#ifndef PARCEL_H
#define PARCEL_H
#include "e2ee/session.h"

struct parcel {
	struct rd message;     /* borrowed */
	struct rd device_list; /* borrowed; empty: none */
};

MUST_USE enum rc parcel_parse(struct rd octets, struct parcel *ret_p);
MUST_USE enum rc parcel_build(const struct parcel *p, struct buf *b);
/* Whether the list, by the signature of the intro's identity key, has the
 * intro's device with the intro's DH identity. RC_DENIED: it has not, or is
 * not signed; RC_MALFORMED. Without this anybody could begin a session in
 * another's name. */
MUST_USE enum rc parcel_check(
    const struct parcel *p, const struct session_intro *intro);
#endif
