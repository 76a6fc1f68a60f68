/*
 * trust_file: DIR/trust.json, by the two public keys and the configured
 * witnesses, made anew at each start (doc/protocol/log.md).
 */
#ifndef TRUST_FILE_H
#define TRUST_FILE_H
#include "proc/conf.h"

/* *ret_why is a constant sentence on failure: RC_MALFORMED (a witness line),
 * RC_IO, RC_NOSPACE, RC_CORRUPT (a public key). */
MUST_USE enum rc trust_file_write(
    int dir, const struct conf *c, const char **ret_why);
#endif
