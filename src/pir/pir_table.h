/*
 * pir_table: what a table is inside src/pir, for the files that fill, prepare
 * and read it. Its functions are in pir_server.h.
 */
#ifndef PIR_TABLE_H
#define PIR_TABLE_H
#include "pir/pir_file.h"
#include "pir/pir_kernel.h"
#include "pir/pir_server.h"

struct pir_prepare; /* the work of preparing, while it goes on */

struct pir_table {
	struct pir_shape shape;
	const struct pir_kernel *kernel;
	struct pir_ring *ring;
	struct pir_prepare *prepare;
	bool is_ready;
	/* laid out as the file is; the parts point into it */
	uint8_t *image;
	size_t size;
	int16_t *bands;
	uint64_t *digits;
	uint8_t *a_half;
	/* to fill it with: */
	uint8_t mask_key[32];
	uint8_t *column;
};

static inline const int16_t *
pir_table_band(const struct pir_table *t, size_t band)
{
	return t->bands + band * PIR_BAND * t->shape.columns;
}

static inline uint64_t *
pir_table_chunk(const struct pir_table *t, unsigned block, unsigned chunk)
{
	return t->digits + block * PIR_BLOCK_DIGITS +
	    (size_t)chunk * PIR_CHUNK_DIGITS;
}

void pir_prepare_free(struct pir_prepare *p); /* NULL is fine */
#endif
