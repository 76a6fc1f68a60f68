/*
 * data_dir: the data directory: what the first start makes, and what every
 * start checks (owner, 0700, secrets 0600). Makes keys; wipes what it held.
 *
 *   store/ records/ sms/   homes of the processes of that name
 *   keys/store.key         32 random octets: keyed hashes of numbers
 *   keys/lookup.key        32 random octets: evaluations and tokens
 *   keys/policy.key        base64url of an Ed25519 seed; policy.pub beside DIR
 *   keys/log.key           the same of the public log; log.pub beside DIR
 *   keys/log.mark          the last checkpoint signed; keys writes it
 *   lookup/token.spent.*   tokens that were redeemed; lookup writes them
 *   tls/key.pem cert.pem   self-signed P-256, unless configured otherwise
 *   custody/               --demo only: the local 1-of-1 custodian
 *   custodians.json        who opens the query log together
 *   policy.json            the policy, made anew at each start; keys signs it
 *   log/                   the public log, home of ktlog
 */
#ifndef DATA_DIR_H
#define DATA_DIR_H
#include <sys/types.h>

#include "proc/conf.h"

/* Makes and checks everything; *ret_fd is the directory, locked against a
 * second tacetd. *ret_why is a constant sentence on failure: RC_EXISTS (in
 * use), RC_DENIED (owner or mode), RC_IO, RC_CORRUPT. */
MUST_USE enum rc data_dir_open(
    const char *path, const struct conf *c, int *ret_fd, const char **ret_why);
/* Opens a file of it for another process; RC_NOT_FOUND; RC_DENIED: a secret
 * with a mode wider than 0600. */
MUST_USE enum rc data_dir_file(
    int dir, const char *name, bool secret, int *ret_fd);
/* Writes policy.json by the configuration. */
MUST_USE enum rc data_dir_policy(int dir, const struct conf *c);
#endif
