/*
 * tacet_verify_mirror: a directory of files as a server publishes them under
 * /v1/log/ and /v1/directory/. What is not there is fetched, when a server is
 * named, and kept. Nothing here is believed: who reads it checks.
 */
#ifndef TACET_VERIFY_MIRROR_H
#define TACET_VERIFY_MIRROR_H
#include "base/buf.h"

struct tacet_verify_mirror;

/* url NULL: the files alone. ca: a PEM file, or NULL. RC_NOT_FOUND: no such
 * directory; RC_MALFORMED: the URL. */
MUST_USE enum rc tacet_verify_mirror_open(const char *path, const char *url,
    const char *ca, struct tacet_verify_mirror **ret_m);
void tacet_verify_mirror_close(struct tacet_verify_mirror *m);
/* Appends a file, "directory/diff/7/0". RC_NOT_FOUND; RC_LIMIT; RC_IO. */
MUST_USE enum rc tacet_verify_mirror_get(
    struct tacet_verify_mirror *m, const char *path, struct buf *b);
/* Brings the log up to the server's newest checkpoint; *ret_fd is the log's
 * directory, the caller's. RC_MALFORMED: the checkpoint is none. */
MUST_USE enum rc tacet_verify_mirror_log(
    struct tacet_verify_mirror *m, int *ret_fd);
/* Of the last failure: the file, and why, for a person. */
const char *tacet_verify_mirror_file(const struct tacet_verify_mirror *m);
const char *tacet_verify_mirror_why(const struct tacet_verify_mirror *m);
#endif
