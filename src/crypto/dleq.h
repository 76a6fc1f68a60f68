/*
 * dleq: a proof that one secret x made both X = xB and Z = xC (Chaum and
 * Pedersen, "Wallet databases with observers", CRYPTO '92, made
 * non-interactive; custody.md, section 1). Pure but for the random nonce, which
 * is wiped.
 */
#ifndef DLEQ_H
#define DLEQ_H
#include "crypto/rgroup.h"

#define DLEQ_SIZE 64 /* e || f */

struct dleq { /* what is claimed; borrowed points of RGROUP_SIZE */
	const uint8_t *x;
	const uint8_t *c;
	const uint8_t *z;
};

MUST_USE enum rc dleq_prove(const char *dst, const struct dleq *q,
    const uint8_t x[static RGROUP_SIZE], uint8_t ret_proof[static DLEQ_SIZE]);
/* Tests: the same with a stated nonce. */
MUST_USE enum rc dleq_prove_with(const uint8_t s[static RGROUP_SIZE],
    const char *dst, const struct dleq *q, const uint8_t x[static RGROUP_SIZE],
    uint8_t ret_proof[static DLEQ_SIZE]);
/* RC_DENIED: it does not hold, or something is not a point or scalar. */
MUST_USE enum rc dleq_check(const char *dst, const struct dleq *q,
    const uint8_t proof[static DLEQ_SIZE]);
/* f p - e q, which is s p when q = x p and f = s + e x; p NULL: B. RC_DENIED:
 * p or q is no point, or e or f is zero. */
MUST_USE enum rc dleq_nonce(const uint8_t proof[static DLEQ_SIZE],
    const uint8_t *p, const uint8_t q[static RGROUP_SIZE],
    uint8_t ret_p[static RGROUP_SIZE]);
#endif
