/*
 * tacetctl_archive: a package as one file, PATH.tar, or sealed to a recipient
 * on the way out, PATH.tar.age: the octets of the archive go straight into the
 * seal and never stand on the disk in the clear.
 */
#ifndef TACETCTL_ARCHIVE_H
#define TACETCTL_ARCHIVE_H
#include "base/mono.h"

/* dir: the package's directory, path: its name; recipient: "age1...", or NULL.
 * RC_MALFORMED: no recipient of age, or a file that is not a package's;
 * RC_EXISTS, RC_NOSPACE, RC_IO. What failed leaves no file. */
MUST_USE enum rc tacetctl_archive(
    int dir, const char *path, struct wall time, const char *recipient);
#endif
