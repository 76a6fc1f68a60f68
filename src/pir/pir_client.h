/*
 * pir_client: the asking half of ring-PIR (doc/protocol/ring-pir.md, 5 and 8).
 * Pure but for the seed, which libsodium draws. Holds secrets: which column is
 * asked for and the query's own secret; both are wiped. Constant time in both.
 *
 * This half needs no other part of src/pir than pir_params, pir_ring,
 * pir_sample and pir_wire, no vector instructions, no file and no thread.
 */
#ifndef PIR_CLIENT_H
#define PIR_CLIENT_H
#include "base/buf.h"
#include "pir/pir_params.h"
#include "pir/pir_sample.h"

struct pir_public; /* the public polynomials of a shape: 8 octets a column */
struct pir_query;  /* the secret of one query, until its answer is opened */

/* They depend on the label and on the number of columns alone: made once, used
 * for any number of queries, from any thread. RC_MALFORMED: no such shape;
 * RC_NOMEM. */
MUST_USE enum rc pir_public_new(
    const struct pir_shape *shape, struct pir_public **ret_public);
const struct pir_shape *pir_public_shape(const struct pir_public *p);
void pir_public_free(struct pir_public *p); /* NULL is fine */

/* Appends a query for one column to b, under a fresh secret; p must outlive
 * *ret_query. RC_LIMIT: there is no such column, or b is full; RC_NOMEM. */
MUST_USE enum rc pir_query_new(const struct pir_public *p, uint32_t column,
    struct pir_query **ret_query, struct buf *b);
/* The same from a seed, for published vectors. Two queries from one seed say
 * which columns they ask for. */
MUST_USE enum rc pir_query_seeded(const struct pir_public *p, uint32_t column,
    const uint8_t seed[static PIR_SEED_SIZE], struct pir_query **ret_query,
    struct buf *b);
/* The column of an answer: pir_column_size octets. That they are right is for
 * what is in them to prove. RC_MALFORMED: of another size. */
MUST_USE enum rc pir_query_open(
    const struct pir_query *q, struct rd answer, uint8_t *ret_column);
/* The same where the a half was kept from an earlier answer of the table. */
MUST_USE enum rc pir_query_open_halves(
    const struct pir_query *q, struct rd a, struct rd b, uint8_t *ret_column);
/* How far each plaintext of an answer was from its middle, in units of q/2^25:
 * 2048 a block; 1024 is too far. It depends on the secret. For measurements. */
MUST_USE enum rc pir_query_noise(
    const struct pir_query *q, struct rd answer, int16_t *ret_noise);
void pir_query_free(struct pir_query *q); /* wipes; NULL is fine */
#endif
