#include "pir/pir_params.h"

#include <string.h>

bool
pir_shape_is_valid(const struct pir_shape *shape)
{
	return shape->columns > 0 && shape->columns % PIR_D == 0 &&
	    shape->columns <= PIR_COLUMNS_MAX && shape->blocks > 0 &&
	    shape->blocks <= PIR_BLOCKS_MAX;
}

bool
pir_shape_is_eq(const struct pir_shape *a, const struct pir_shape *b)
{
	return a->columns == b->columns && a->blocks == b->blocks &&
	    memcmp(a->label, b->label, sizeof(a->label)) == 0;
}

size_t
pir_column_size(const struct pir_shape *shape)
{
	return (size_t)PIR_COLUMN_BLOCK_SIZE * shape->blocks;
}

size_t
pir_query_size(const struct pir_shape *shape)
{
	return (size_t)PIR_KEYS * PIR_KEY_SIZE +
	    (size_t)shape->columns * (PIR_WORD_BITS / 8);
}

size_t
pir_a_half_size(const struct pir_shape *shape)
{
	return (size_t)PIR_A_SIZE * shape->blocks;
}

size_t
pir_b_half_size(const struct pir_shape *shape)
{
	return (size_t)PIR_B_SIZE * shape->blocks;
}

size_t
pir_answer_size(const struct pir_shape *shape)
{
	return pir_a_half_size(shape) + pir_b_half_size(shape);
}
