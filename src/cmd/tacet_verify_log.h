/*
 * tacet_verify_log: whether a public log is whole, and whether a transparency
 * report says what it says. Needs the log's files (DIR/log, or GET /v1/log/...
 * fetched by anybody) and the trust file; no server.
 */
#ifndef TACET_VERIFY_LOG_H
#define TACET_VERIFY_LOG_H
#include "merkle/trust.h"

/* report_path NULL: the log alone. Prints the result, or on stderr what is
 * wrong first. Returns the exit status. */
int tacet_verify_log(
    const struct trust *t, const char *log_path, const char *report_path);
#endif
