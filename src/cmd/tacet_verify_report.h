/*
 * tacet_verify_report: whether a transparency report says what the public log
 * says. Needs the log's files (DIR/log, or GET /v1/log/... fetched by anybody)
 * and the trust file; no server.
 */
#ifndef TACET_VERIFY_REPORT_H
#define TACET_VERIFY_REPORT_H
#include "merkle/trust.h"

/* Prints the result, or on stderr what is wrong first. Returns the exit
 * status. */
int tacet_verify_report(
    const struct trust *t, const char *log_path, const char *report_path);
#endif
