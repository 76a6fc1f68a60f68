/*
 * part: the running journal of the log: make it, append a group and make it
 * durable, find the end of what is whole after a crash. Blocks on the disk.
 */
#ifndef PART_H
#define PART_H
#include "base/buf.h"
#include "records/shelf.h"

struct part;

/* Makes the journal of (day, part), which must not exist. RC_EXISTS,
 * RC_NOSPACE, RC_IO. Caller owns *ret_p. */
MUST_USE enum rc part_create(uint32_t day, uint16_t part, struct part **ret_p);
void part_close(struct part *p); /* NULL is fine; the file stays */
/* Appends frames and a CHAIN frame, then fdatasync. On failure (RC_NOSPACE,
 * RC_IO) the file is cut back to where it was. */
MUST_USE enum rc part_append(struct part *p, struct rd frames);
/* The octets of a journal up to and with its last CHAIN frame whose hash is
 * right: what was acknowledged. */
size_t part_whole(struct rd content);
#endif
