/*
 * sources: which process is given which file, as one table: what a process can
 * open is what it can learn. The parent opens; it does not read.
 */
#ifndef SOURCES_H
#define SOURCES_H
#include "ipc/permit.h"
#include "proc/conf.h"

#define SOURCES_N 13

struct sources_file {
	enum permit_role role;
	const char *name; /* by which the process takes it */
	const char *path; /* absolute, or beneath the data directory */
	bool secret;      /* refused with a mode wider than 0600 */
	bool optional;    /* its process says what follows when it is missing */
};

/* The files of all processes; returns how many. Borrows from c. */
size_t sources_list(
    const struct conf *c, struct sources_file ret_files[static SOURCES_N]);
/* Opens one for its process; the caller closes. RC_NOT_FOUND only when it is
 * optional; else RC_IO or RC_DENIED and *ret_why is a constant sentence. */
MUST_USE enum rc sources_open(
    int dir, const struct sources_file *f, int *ret_fd, const char **ret_why);
/* Whether each of them could be given. *ret_path, borrowed from c, and
 * *ret_why name the first that could not. RC_IO, RC_DENIED. */
MUST_USE enum rc sources_check(
    int dir, const struct conf *c, const char **ret_path, const char **ret_why);
#endif
