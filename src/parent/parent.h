/*
 * parent: the process that binds, execs the others, hands them descriptors and
 * starts everything again when one of them dies. It reads configuration and
 * opens files for others; it never reads a byte of a peer.
 */
#ifndef PARENT_H
#define PARENT_H
#include "proc/conf.h"

struct parent_options {
	const char *data;   /* the data directory */
	const char *config; /* NULL: defaults */
	const char *listen; /* NULL: as configured */
	bool demo;
};

/* Serves until SIGTERM or SIGINT. Returns the exit status of tacetd: 0 ended
 * well, 2 configuration or data directory, 3 a process cannot start. Errors
 * were printed, one line each, on stderr. */
int parent_main(const struct parent_options *o);
#endif
