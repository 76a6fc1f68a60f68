/*
 * pir_wire: the octets of queries, answers and columns
 * (doc/protocol/ring-pir.md, 4). Pure. Every one of them is a string of
 * integers of a fixed number of bits, the first bit the highest of the first
 * octet.
 */
#ifndef PIR_WIRE_H
#define PIR_WIRE_H
#include "base/buf.h"
#include "pir/pir_params.h"

/* A query: the keys' values in generator order, then the words of the columns,
 * each in [-PIR_WORD_MAX, PIR_WORD_MAX]. */
struct pir_wire_query {
	uint64_t keys[PIR_KEYS][PIR_D];
	int64_t words[]; /* one a column */
};

/* q has room for a query of this shape. RC_MALFORMED: of another size, or a
 * word or value is out of range. */
MUST_USE enum rc pir_wire_query_parse(
    struct rd in, const struct pir_shape *shape, struct pir_wire_query *q);
MUST_USE enum rc pir_wire_query_build(const struct pir_wire_query *q,
    const struct pir_shape *shape, struct buf *b);
/* n integers of `bits` bits, 8 to 42; n * bits is a multiple of 8. */
void pir_wire_pack(
    const uint64_t *v, size_t n, unsigned bits, uint8_t *ret_octets);
void pir_wire_unpack(
    const uint8_t *octets, size_t n, unsigned bits, uint64_t *ret_v);
#endif
