/*
 * log_mark: size and root of the last checkpoint that was signed, in two places
 * of one small file, written in turn: one torn write leaves the other. The file
 * is opened by somebody else; blocks on the disk.
 */
#ifndef LOG_MARK_H
#define LOG_MARK_H
#include "base/rd.h"

#define LOG_MARK_SIZE 128 /* octets of the file; it never grows */

struct log_mark {
	int fd;
	unsigned next; /* the place that is written next */
	uint64_t size; /* 0: none was signed */
	uint8_t root[32];
};

/* Takes fd. A file of zeros or of no octets: nothing was signed yet. RC_IO. */
MUST_USE enum rc log_mark_open(int fd, struct log_mark *ret_m);
/* Whether a checkpoint may be signed: the same, or a larger one. */
bool log_mark_is_next(
    const struct log_mark *m, uint64_t size, const uint8_t root[static 32]);
/* Remembers it, durably. On failure m is as it was. RC_IO, RC_NOSPACE. */
MUST_USE enum rc log_mark_set(
    struct log_mark *m, uint64_t size, const uint8_t root[static 32]);
void log_mark_close(struct log_mark *m);
#endif
