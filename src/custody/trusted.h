/*
 * trusted: whom a custodian believes, as two files that he was given by hand:
 * the operator's trust file (merkle/trust.h) and the reviewers' keys
 * (orders/reviewers.h); and for how many days rows are kept. Blocks.
 */
#ifndef TRUSTED_H
#define TRUSTED_H
#include "custody/release.h"

#define TRUSTED_LOG "trust.json"
#define TRUSTED_REVIEWERS "reviewers.json"
#define TRUSTED_RETENTION "retention_days" /* decimal and newline */

/* From files of these names in dir. RC_NOT_FOUND: one is missing; RC_MALFORMED:
 * *ret_name says which is not one. */
MUST_USE enum rc trusted_read(int dir, const char *log, const char *reviewers,
    struct release_trust *ret_t, const char **ret_name);
/* Pins three files into a custodian's own directory. RC_EXISTS: another log is
 * pinned there already, which is how a log that begins anew would look. */
MUST_USE enum rc trusted_pin(int dir, struct rd log, struct rd reviewers,
    uint32_t retention_days, const char **ret_name);
/* What trusted_pin wrote. */
MUST_USE enum rc trusted_open(
    int dir, struct release_trust *ret_t, const char **ret_name);
#endif
