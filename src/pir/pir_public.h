/*
 * pir_public: the public polynomials of a shape, which both halves expand from
 * its label (doc/protocol/ring-pir.md, 3). Pure, no secret.
 */
#ifndef PIR_PUBLIC_H
#define PIR_PUBLIC_H
#include "pir/pir_client.h"
#include "pir/pir_ring.h"

/* All values are in generator order. */
struct pir_public {
	struct pir_shape shape;
	struct pir_ring *ring;
	uint64_t keys[PIR_KEYS][PIR_D];
	uint64_t a[][PIR_D]; /* one polynomial for each 2048 columns */
};
#endif
