/*
 * day_file: the log's files in the working directory, one a UTC day: append a
 * group and make it durable, cut a torn end, remove what is beyond retention.
 * Blocks on the disk.
 */
#ifndef DAY_FILE_H
#define DAY_FILE_H
#include "base/buf.h"
#include "wire/segment.h"

struct day_file;

/* Opens or makes the file of day; what is behind its last whole CHAIN frame is
 * cut off: *ret_torn octets. RC_CORRUPT: its first octets are no frames. */
MUST_USE enum rc day_file_open(
    uint32_t day, struct day_file **ret_f, uint64_t *ret_torn);
void day_file_close(struct day_file *f);
/* Appends frames and a CHAIN frame, then fdatasync. On failure (RC_NOSPACE,
 * RC_IO) the file is cut back to where it was. */
MUST_USE enum rc day_file_append(struct day_file *f, struct rd frames);
/* Removes files of days before first; *ret_n is how many. */
MUST_USE enum rc day_file_remove(uint32_t first, uint32_t *ret_n);
/* Calls fn with each kept day's whole content, ascending. fn's rc other than
 * RC_OK ends it. */
typedef enum rc (*day_file_fn)(void *arg, struct rd frames);
MUST_USE enum rc day_file_each(day_file_fn fn, void *arg);
#endif
