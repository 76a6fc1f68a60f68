/*
 * directory_shape: columns and blocks of a snapshot, and which shape so many
 * numbers need (doc/protocol/directory.md, section 3). Pure.
 */
#ifndef DIRECTORY_SHAPE_H
#define DIRECTORY_SHAPE_H
#include "base/rd.h"

#define DIRECTORY_SHAPE_BLOCK_SIZE 3584 /* octets of a column in one block */
#define DIRECTORY_SHAPE_COLUMNS_MIN (1u << 11)
#define DIRECTORY_SHAPE_COLUMNS_MAX (1u << 19)
#define DIRECTORY_SHAPE_BLOCKS_MAX 16
#define DIRECTORY_SHAPE_PATH_MAX (19 * 32)

struct directory_shape {
	uint32_t columns;
	uint16_t blocks;
};

bool directory_shape_is_valid(const struct directory_shape *s);
/* The smallest shape for n numbers, before it is known how they fall. */
void directory_shape_first(uint64_t n, struct directory_shape *ret_s);
/* The one after it. RC_LIMIT: there is none. */
MUST_USE enum rc directory_shape_next(struct directory_shape *s);
/* Whether so many of n numbers may find no place in their buckets. */
bool directory_shape_is_fit(uint64_t n, uint64_t homeless);

/* Of a valid shape: octets of a column; of the path at its end; entries. */
size_t directory_shape_column(const struct directory_shape *s);
size_t directory_shape_path(const struct directory_shape *s);
size_t directory_shape_capacity(const struct directory_shape *s);
#endif
