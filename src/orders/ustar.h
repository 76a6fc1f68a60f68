/*
 * ustar: the files of one directory as a tape archive (POSIX.1-2017, pax,
 * "ustar Interchange Format"), the same octets for the same files: sorted by
 * name, owner 0, modes 0700 and 0600, one given time. Blocks on the disk; holds
 * one block of a file at a time.
 */
#ifndef USTAR_H
#define USTAR_H
#include "base/buf.h"
#include "base/mono.h"

#define USTAR_BLOCK 512
#define USTAR_NAME_MAX 100        /* octets of "folder/name" */
#define USTAR_SIZE_MAX 8589934591 /* eleven octal digits: 8 GiB - 1 */
#define USTAR_FILES_MAX 256

/* Takes the next octets; an rc other than RC_OK ends the archive with it. */
typedef enum rc (*ustar_out_fn)(void *arg, struct rd octets);

/* The header of a regular file, or of a folder when name ends with "/". Pure.
 * RC_LIMIT: name, size or time too large; RC_MALFORMED: a name that is empty,
 * begins with "/" or ".", or has other characters than letters, digits and
 * "/._-". */
MUST_USE enum rc ustar_header_build(const char *name, uint64_t size,
    struct wall time, uint8_t ret_block[static USTAR_BLOCK]);
/* Writes "folder/" and every file of dir. RC_MALFORMED: dir has something that
 * is no regular file, or a name as above; RC_CORRUPT: a file changed while it
 * was read; RC_LIMIT; RC_IO. */
MUST_USE enum rc ustar_write(
    int dir, const char *folder, struct wall time, ustar_out_fn out, void *arg);
#endif
