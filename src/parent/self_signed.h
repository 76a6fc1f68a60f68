/*
 * self_signed: a P-256 key and a certificate for localhost, for the first
 * start; an operator puts his own in place. Pure but for randomness.
 */
#ifndef SELF_SIGNED_H
#define SELF_SIGNED_H
#include "base/buf.h"

/* Appends both as PEM. Valid for ten years from now. RC_NOMEM. */
MUST_USE enum rc self_signed_build(struct buf *key, struct buf *cert);
#endif
