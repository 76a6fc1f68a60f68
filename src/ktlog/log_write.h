/*
 * log_write: the write side of DIR/log, and what makes it crash-safe.
 *
 *   add     entries gather in memory and are given their index
 *   flush   bundles, tiles, then "pending" (size and root): from that rename
 *           on the entries are in the log, whatever happens
 *   commit  "checkpoint", the signed note; older partial tiles are removed
 *
 * Every file is written beside, synced and renamed, and its directory synced.
 * At a start a pending size above the checkpoint's is taken up again, so that a
 * size that was once signed is never built of other entries. A flush that fails
 * leaves the log as it was. Blocks on the disk.
 */
#ifndef LOG_WRITE_H
#define LOG_WRITE_H
#include "merkle/log_dir.h"

#define LOG_WRITE_GROUP_MAX 256 /* entries between two flushes */

struct log_write;

/* The directory is the process's home; dirfd stays the caller's. RC_CORRUPT:
 * the tiles do not give the root of the checkpoint or of what is pending. */
MUST_USE enum rc log_write_open(int dirfd, struct log_write **ret_w);
void log_write_close(struct log_write *w); /* NULL is fine */

/* *ret_index is the entry's, in this log for ever once it is committed; of the
 * same octets it is the first. RC_EXISTS: it is committed; RC_OK: it will be;
 * RC_AGAIN: the group is full; RC_LIMIT: the entry is too long. */
MUST_USE enum rc log_write_add(
    struct log_write *w, struct rd entry, uint64_t *ret_index);
/* Makes the group durable. RC_STATE: what was flushed is not committed yet.
 * RC_NOSPACE, RC_IO: the group is dropped, and the log as before. RC_CORRUPT:
 * it could not be read again after that. */
MUST_USE enum rc log_write_flush(struct log_write *w);
/* Drops the group: nothing that was not flushed is known any more. */
MUST_USE enum rc log_write_drop(struct log_write *w);
/* Writes the checkpoint of what was flushed, or the same with more lines. On
 * failure it is still pending: commit again. */
MUST_USE enum rc log_write_commit(struct log_write *w, struct rd note);

uint64_t log_write_committed(const struct log_write *w);
/* The size that is durable, and its root. */
uint64_t log_write_size(const struct log_write *w);
const uint8_t *log_write_root(const struct log_write *w);
size_t log_write_group(const struct log_write *w); /* entries in it */
/* The committed log, borrowed. */
struct log_dir *log_write_read(struct log_write *w);
#endif
