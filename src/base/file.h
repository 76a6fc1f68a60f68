/*
 * file: whole files. Reading and writing go on after a signal and after a part
 * of the work.
 */
#ifndef FILE_H
#define FILE_H
#include "base/buf.h"

/* What errno says of a write or a sync that failed: RC_NOSPACE for a full disk
 * or quota, else RC_IO. */
enum rc file_error(void);
/* Writes all of it. RC_NOSPACE, RC_IO: a part of it may be there. */
MUST_USE enum rc file_write(int fd, struct rd octets);
/* Appends all that follows. RC_LIMIT: that is more than b may hold; RC_IO. */
MUST_USE enum rc file_read(int fd, struct buf *b);
/* The same of a file by its name; RC_NOT_FOUND besides. */
MUST_USE enum rc file_read_at(int dir, const char *path, struct buf *b);
/* A file's new content, whole or not at all: a file PATH.new beside it, synced,
 * renamed over it, the directory synced. dir is where path begins; path has at
 * most 4091 octets (RC_LIMIT). RC_NOSPACE, RC_IO: the old one is still there,
 * or the new one, which may yet be lost by a power cut. */
MUST_USE enum rc file_replace(
    int dir, const char *path, unsigned int mode, struct rd octets);
#endif
