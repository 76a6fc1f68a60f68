/*
 * changes_internal: what changes.c and changes_diff.c share.
 */
#ifndef CHANGES_INTERNAL_H
#define CHANGES_INTERNAL_H
#include "ktlog/changes.h"

#define CHANGES_HEAD "tacet changes 1\n"

struct changes_where {     /* 8 octets for each slot there ever was */
	uint32_t mark;     /* of its commitment */
	uint32_t record_1; /* record + 1; 0: free */
};

struct changes_index {
	struct changes_where *places;
	size_t cap; /* a power of two */
};

struct changes {
	int fd;
	uint32_t n;          /* durable records */
	uint32_t last_epoch; /* of the last of them */
	uint32_t epoch;
	uint64_t torn; /* octets that a start cut off */
	struct directory_set *set;
	struct changes_index index;
	struct buf waiting; /* records as they will be written */
};

/* RC_CORRUPT: it is damaged; RC_IO. */
MUST_USE enum rc changes_read(
    const struct changes *c, uint32_t record, struct change *ret_c);
#endif
