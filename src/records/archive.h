/*
 * archive: what becomes of the log's parts when they end: each journal becomes
 * a segment, each segment's root goes into the public log in the order of its
 * number, each day's key is destroyed when its time is over, and then its
 * segments go. Every step is found again after a crash by the files alone.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H
#include "proc/child.h"

struct archive;

/* Reads what the directory holds. custodians: hash of the group file.
 * RC_STATE: journals or segments are of another version of the format, and
 * nothing was changed. */
MUST_USE enum rc archive_new(struct child *c,
    const uint8_t custodians[static 32], struct archive **ret_a);
void archive_free(struct archive *a); /* NULL is fine */
/* The number that the next part of day takes. RC_LIMIT: 65,536 a day. */
MUST_USE enum rc archive_next_part(
    struct archive *a, uint32_t day, uint16_t *ret_part);
/* Closes every journal but the running one (running: its number, NULL when
 * none runs; day: its day), as of now, and sends what the public log has not
 * got. RC_NOSPACE, RC_IO, RC_CORRUPT: the first failure; the others are tried
 * all the same. */
MUST_USE enum rc archive_close(
    struct archive *a, const uint16_t *running, uint32_t day, uint64_t now);
/* Answers MSG_CUT req when everything closed by then is in the public log. */
MUST_USE enum rc archive_wait(struct archive *a, uint64_t req);
void archive_on_appended(struct archive *a, const struct msg_log_appended *m);
/* Destroys the keys of days before first and what they hid; *ret_n days. */
MUST_USE enum rc archive_retire(
    struct archive *a, uint32_t first, uint32_t *ret_n);
#endif
