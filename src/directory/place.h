/*
 * place: where a number stands in the directory (doc/protocol/directory.md,
 * section 1). Anybody can compute it. Pure.
 */
#ifndef PLACE_H
#define PLACE_H
#include "base/rd.h"

#define PLACE_BITS 20
#define PLACE_COUNT (1u << PLACE_BITS)

/* handle: the text of a number, "+..." (E.164). */
uint32_t place_of(struct rd handle);
/* The column of a snapshot of that many; columns is a power of two. */
uint32_t place_bucket(uint32_t place, uint32_t columns);
#endif
