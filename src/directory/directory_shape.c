#include "directory/directory_shape.h"

#include "directory/stash.h"

/* The table of section 3: each is good for more numbers than the one before,
 * and from the third on each bucket is as full as the answer's size allows. */
static const struct {
	uint64_t entries_max;
	struct directory_shape shape;
} ladder[] = {
	{ 100000, { 1u << 11, 1 } },
	{ 500000, { 1u << 12, 2 } },
	{ 1000000, { 1u << 13, 2 } },
	{ 2400000, { 1u << 13, 4 } },
	{ 5000000, { 1u << 14, 4 } },
	{ 10000000, { 1u << 15, 4 } },
	{ 20000000, { 1u << 16, 4 } },
	{ 40000000, { 1u << 17, 4 } },
	{ 80000000, { 1u << 18, 4 } },
	{ 160000000, { 1u << 19, 4 } },
	{ 320000000, { 1u << 19, 8 } },
	{ UINT64_MAX, { 1u << 19, 16 } },
};

bool
directory_shape_is_valid(const struct directory_shape *s)
{
	return s->columns >= DIRECTORY_SHAPE_COLUMNS_MIN &&
	    s->columns <= DIRECTORY_SHAPE_COLUMNS_MAX &&
	    (s->columns & (s->columns - 1)) == 0 && s->blocks > 0 &&
	    s->blocks <= DIRECTORY_SHAPE_BLOCKS_MAX;
}

void
directory_shape_first(uint64_t n, struct directory_shape *ret_s)
{
	size_t i = 0;

	while (n > ladder[i].entries_max)
		i++;
	*ret_s = ladder[i].shape;
}

enum rc
directory_shape_next(struct directory_shape *s)
{
	for (size_t i = 0; i + 1 < ARRAY_LEN(ladder); i++)
		if (ladder[i].shape.columns == s->columns &&
		    ladder[i].shape.blocks == s->blocks) {
			*s = ladder[i + 1].shape;
			return RC_OK;
		}
	return RC_LIMIT;
}

bool
directory_shape_is_fit(uint64_t n, uint64_t homeless)
{
	return homeless <= STASH_MAX &&
	    (homeless <= STASH_FEW || homeless <= n / 4096);
}

/* c of C = 2^c */
static size_t
levels(const struct directory_shape *s)
{
	return (size_t)__builtin_ctz(s->columns);
}

size_t
directory_shape_column(const struct directory_shape *s)
{
	return (size_t)DIRECTORY_SHAPE_BLOCK_SIZE * s->blocks;
}

size_t
directory_shape_path(const struct directory_shape *s)
{
	return 32 * levels(s);
}

size_t
directory_shape_capacity(const struct directory_shape *s)
{
	return (directory_shape_column(s) - directory_shape_path(s)) / 40;
}
