#include "crypto/dleq.h"

#include <sodium.h>
#include <string.h>

static void
challenge(const char *dst, const struct dleq *q, const uint8_t *sb,
    const uint8_t *sc, uint8_t ret_e[static RGROUP_SIZE])
{
	const struct rd parts[] = { { q->x, RGROUP_SIZE },
		{ q->c, RGROUP_SIZE }, { q->z, RGROUP_SIZE },
		{ sb, RGROUP_SIZE }, { sc, RGROUP_SIZE } };

	rgroup_hash_scalar(dst, ARRAY_LEN(parts), parts, ret_e);
}

enum rc
dleq_prove_with(const uint8_t s[static RGROUP_SIZE], const char *dst,
    const struct dleq *q, const uint8_t x[static RGROUP_SIZE],
    uint8_t ret_proof[static DLEQ_SIZE])
{
	uint8_t sb[RGROUP_SIZE];
	uint8_t sc[RGROUP_SIZE];
	uint8_t ex[RGROUP_SIZE] = { 0 };
	uint8_t *e = ret_proof;
	enum rc rc = RC_BUG;

	TRY(rgroup_mul_base(s, sb));
	TRY(rgroup_mul(s, q->c, sc));
	challenge(dst, q, sb, sc, e);
	crypto_core_ristretto255_scalar_mul(ex, e, x);
	crypto_core_ristretto255_scalar_add(ret_proof + RGROUP_SIZE, s, ex);
out:
	explicit_bzero(ex, sizeof(ex));
	return rc;
}

enum rc
dleq_prove(const char *dst, const struct dleq *q,
    const uint8_t x[static RGROUP_SIZE], uint8_t ret_proof[static DLEQ_SIZE])
{
	uint8_t s[RGROUP_SIZE];
	enum rc rc;

	rgroup_scalar_random(s);
	rc = dleq_prove_with(s, dst, q, x, ret_proof);
	explicit_bzero(s, sizeof(s));
	return rc;
}

enum rc
dleq_nonce(const uint8_t proof[static DLEQ_SIZE], const uint8_t *p,
    const uint8_t q[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE])
{
	const uint8_t *e = proof;
	const uint8_t *f = proof + RGROUP_SIZE;
	uint8_t fp[RGROUP_SIZE];
	uint8_t eq[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	TRY(p == NULL ? rgroup_mul_base(f, fp) : rgroup_mul(f, p, fp));
	TRY(rgroup_mul(e, q, eq));
	TRY(rgroup_sub(fp, eq, ret_p));
out:
	return rc;
}

enum rc
dleq_check(const char *dst, const struct dleq *q,
    const uint8_t proof[static DLEQ_SIZE])
{
	uint8_t sb[RGROUP_SIZE];
	uint8_t sc[RGROUP_SIZE];
	uint8_t e[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(rgroup_scalar_check(proof) == RC_OK &&
		rgroup_scalar_check(proof + RGROUP_SIZE) == RC_OK,
	    RC_DENIED);
	TRY(dleq_nonce(proof, NULL, q->x, sb));
	TRY(dleq_nonce(proof, q->c, q->z, sc));
	challenge(dst, q, sb, sc, e);
	CHECK(sodium_memcmp(e, proof, sizeof(e)) == 0, RC_DENIED);
	rc = RC_OK;
out:
	return rc;
}
