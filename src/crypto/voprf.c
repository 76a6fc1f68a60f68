#include "crypto/voprf.h"

#include <string.h>

#include <sodium.h>

#include "base/buf.h"

/* CreateContextString (section 3.1): "OPRFV1-" || mode || "-" || suite */
#define CONTEXT "OPRFV1-\x01-ristretto255-SHA512"
#define DST_GROUP "HashToGroup-" CONTEXT
#define DST_SCALAR "HashToScalar-" CONTEXT
#define DST_SEED "Seed-" CONTEXT
#define DST_KEY "DeriveKeyPair" CONTEXT
#define TRANSCRIPT_MAX 1024

/* I2OSP(len(x), 2) || x */
static enum rc
put(struct buf *b, struct rd x)
{
	enum rc rc = RC_BUG;

	CHECK(x.left <= UINT16_MAX, RC_LIMIT);
	TRY(buf_u16(b, (uint16_t)x.left));
	TRY(buf_add_rd(b, x));
out:
	return rc;
}

static enum rc
put_point(struct buf *b, const uint8_t p[static RGROUP_SIZE])
{
	const struct rd x = { p, RGROUP_SIZE };

	return put(b, x);
}

static void
hash_scalar(
    const char *dst, const struct buf *b, uint8_t ret_s[static RGROUP_SIZE])
{
	const struct rd part = buf_get(b);

	rgroup_hash_scalar(dst, 1, &part, ret_s);
}

enum rc
voprf_key_derive(const uint8_t seed[static 32], struct rd info,
    uint8_t ret_secret[static RGROUP_SIZE],
    uint8_t ret_public[static RGROUP_SIZE])
{
	uint8_t secret[RGROUP_SIZE];
	struct buf b;
	size_t n;
	enum rc rc = RC_BUG;

	buf_init(&b, 64 + VOPRF_INPUT_MAX);
	TRY(buf_add(&b, seed, 32));
	TRY(put(&b, info));
	n = b.len;
	rc = RC_DENIED;
	for (unsigned counter = 0; counter <= 255 && rc != RC_OK; counter++) {
		b.len = n;
		TRY(buf_u8(&b, (uint8_t)counter));
		hash_scalar(DST_KEY, &b, secret);
		rc = sodium_is_zero(secret, sizeof(secret)) ? RC_DENIED : RC_OK;
	}
	CHECK(rc == RC_OK, rc);
	TRY(rgroup_mul_base(secret, ret_public));
	memcpy(ret_secret, secret, sizeof(secret));
out:
	sodium_memzero(secret, sizeof(secret));
	buf_clear(&b);
	return rc;
}

/* --- the client's first half -----------------------------------------------
 */

enum rc
voprf_blind_with(const uint8_t blind[static RGROUP_SIZE], struct rd input,
    struct voprf_blinded *ret_b)
{
	struct voprf_blinded b;
	uint8_t point[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(input.left <= VOPRF_INPUT_MAX, RC_LIMIT);
	rgroup_hash_point(DST_GROUP, input, point);
	memcpy(b.blind, blind, sizeof(b.blind));
	TRY(rgroup_mul(blind, point, b.element));
	*ret_b = b;
out:
	sodium_memzero(&b, sizeof(b));
	sodium_memzero(point, sizeof(point));
	return rc;
}

enum rc
voprf_blind(struct rd input, struct voprf_blinded *ret_b)
{
	uint8_t blind[RGROUP_SIZE];
	enum rc rc;

	rgroup_scalar_random(blind);
	rc = voprf_blind_with(blind, input, ret_b);
	sodium_memzero(blind, sizeof(blind));
	return rc;
}

/* --- the proof (section 2.2) ------------------------------------------------
 */

struct composites {
	uint8_t m[RGROUP_SIZE];
	uint8_t z[RGROUP_SIZE];
};

static enum rc
seed_of(const uint8_t public_key[static RGROUP_SIZE],
    uint8_t ret_seed[static crypto_hash_sha512_BYTES])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRANSCRIPT_MAX);
	TRY(put_point(&b, public_key));
	TRY(put(&b, rd_str(DST_SEED)));
	(void)crypto_hash_sha512(ret_seed, b.p, b.len);
out:
	buf_clear(&b);
	return rc;
}

/* d_i: what element i weighs with. */
static enum rc
weight_of(const uint8_t seed[static crypto_hash_sha512_BYTES], size_t i,
    const struct voprf_batch *batch, uint8_t ret_d[static RGROUP_SIZE])
{
	const struct rd s = { seed, crypto_hash_sha512_BYTES };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRANSCRIPT_MAX);
	TRY(put(&b, s));
	TRY(buf_u16(&b, (uint16_t)i));
	TRY(put_point(&b, batch->blinded[i]));
	TRY(put_point(&b, batch->evaluated[i]));
	TRY(buf_add_str(&b, "Composite"));
	hash_scalar(DST_SCALAR, &b, ret_d);
out:
	buf_clear(&b);
	return rc;
}

/* sum += d p; the first term is the sum. */
static enum rc
weigh(bool first, const uint8_t d[static RGROUP_SIZE],
    const uint8_t p[static RGROUP_SIZE], uint8_t sum[static RGROUP_SIZE])
{
	uint8_t term[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	TRY(rgroup_mul(d, p, term));
	if (first)
		memcpy(sum, term, sizeof(term));
	else
		TRY(rgroup_add(sum, term, sum));
out:
	return rc;
}

/* secret not NULL: ComputeCompositesFast, Z = k M. */
static enum rc
composites(const uint8_t public_key[static RGROUP_SIZE],
    const struct voprf_batch *b, const uint8_t *secret,
    struct composites *ret_c)
{
	uint8_t seed[crypto_hash_sha512_BYTES];
	uint8_t d[RGROUP_SIZE];
	struct composites c;
	enum rc rc = RC_BUG;

	TRY(seed_of(public_key, seed));
	for (size_t i = 0; i < b->n; i++) {
		TRY(weight_of(seed, i, b, d));
		TRY(weigh(i == 0, d, b->blinded[i], c.m));
		if (secret == NULL)
			TRY(weigh(i == 0, d, b->evaluated[i], c.z));
	}
	if (secret != NULL)
		TRY(rgroup_mul(secret, c.m, c.z));
	*ret_c = c;
out:
	return rc;
}

static enum rc
challenge(const uint8_t public_key[static RGROUP_SIZE],
    const struct composites *c, const uint8_t t2[static RGROUP_SIZE],
    const uint8_t t3[static RGROUP_SIZE], uint8_t ret_c[static RGROUP_SIZE])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRANSCRIPT_MAX);
	TRY(put_point(&b, public_key));
	TRY(put_point(&b, c->m));
	TRY(put_point(&b, c->z));
	TRY(put_point(&b, t2));
	TRY(put_point(&b, t3));
	TRY(buf_add_str(&b, "Challenge"));
	hash_scalar(DST_SCALAR, &b, ret_c);
out:
	buf_clear(&b);
	return rc;
}

/* GenerateProof (section 2.2.1): c || r - c k */
static enum rc
prove(const uint8_t r[static RGROUP_SIZE],
    const uint8_t secret[static RGROUP_SIZE], const struct voprf_batch *b,
    uint8_t ret_proof[static VOPRF_PROOF_SIZE])
{
	uint8_t public_key[RGROUP_SIZE];
	uint8_t t2[RGROUP_SIZE];
	uint8_t t3[RGROUP_SIZE];
	uint8_t ck[RGROUP_SIZE];
	struct composites c;
	enum rc rc = RC_BUG;

	TRY(rgroup_mul_base(secret, public_key));
	TRY(composites(public_key, b, secret, &c));
	TRY(rgroup_mul_base(r, t2));
	TRY(rgroup_mul(r, c.m, t3));
	TRY(challenge(public_key, &c, t2, t3, ret_proof));
	crypto_core_ristretto255_scalar_mul(ck, ret_proof, secret);
	crypto_core_ristretto255_scalar_sub(ret_proof + RGROUP_SIZE, r, ck);
out:
	sodium_memzero(ck, sizeof(ck));
	return rc;
}

/* s p + c q, either of which may be the identity for a false proof. */
static enum rc
nonce_point(const uint8_t *s, const uint8_t *p, const uint8_t *c,
    const uint8_t *q, uint8_t ret_t[static RGROUP_SIZE])
{
	uint8_t a[RGROUP_SIZE];
	uint8_t b[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	TRY(rgroup_mul(s, p, a));
	TRY(rgroup_mul(c, q, b));
	TRY(rgroup_add(a, b, ret_t));
out:
	return rc;
}

static enum rc
check_batch(const struct voprf_batch *b)
{
	return b->n >= 1 && b->n <= VOPRF_BATCH_MAX ? RC_OK : RC_LIMIT;
}

/* VerifyProof (section 2.2.2) */
enum rc
voprf_check(const uint8_t public_key[static RGROUP_SIZE],
    const struct voprf_batch *b, const uint8_t proof[static VOPRF_PROOF_SIZE])
{
	const uint8_t *c = proof;
	const uint8_t *s = proof + RGROUP_SIZE;
	uint8_t t2[RGROUP_SIZE];
	uint8_t t3[RGROUP_SIZE];
	uint8_t again[RGROUP_SIZE];
	struct composites sums;
	enum rc rc = RC_BUG;

	TRY(check_batch(b));
	CHECK(rgroup_scalar_check(c) == RC_OK &&
		rgroup_scalar_check(s) == RC_OK &&
		rgroup_point_check(public_key) == RC_OK,
	    RC_DENIED);
	for (size_t i = 0; i < b->n; i++)
		CHECK(rgroup_point_check(b->blinded[i]) == RC_OK &&
			rgroup_point_check(b->evaluated[i]) == RC_OK,
		    RC_DENIED);
	TRY(composites(public_key, b, NULL, &sums));
	TRY(nonce_point(s, rgroup_base, c, public_key, t2));
	TRY(nonce_point(s, sums.m, c, sums.z, t3));
	TRY(challenge(public_key, &sums, t2, t3, again));
	CHECK(sodium_memcmp(again, c, sizeof(again)) == 0, RC_DENIED);
out:
	return rc;
}

/* --- the server ------------------------------------------------------------
 */

enum rc
voprf_evaluate_with(const uint8_t nonce[static RGROUP_SIZE],
    const uint8_t secret[static RGROUP_SIZE], const struct voprf_batch *b,
    uint8_t (*ret_evaluated)[RGROUP_SIZE],
    uint8_t ret_proof[static VOPRF_PROOF_SIZE])
{
	struct voprf_batch whole = *b;
	enum rc rc = RC_BUG;

	TRY(check_batch(b));
	for (size_t i = 0; i < b->n; i++) {
		TRY(rgroup_point_check(b->blinded[i]));
		TRY(rgroup_mul(secret, b->blinded[i], ret_evaluated[i]));
	}
	whole.evaluated = (const uint8_t(*)[RGROUP_SIZE])ret_evaluated;
	TRY(prove(nonce, secret, &whole, ret_proof));
out:
	return rc;
}

enum rc
voprf_evaluate(const uint8_t secret[static RGROUP_SIZE],
    const struct voprf_batch *b, uint8_t (*ret_evaluated)[RGROUP_SIZE],
    uint8_t ret_proof[static VOPRF_PROOF_SIZE])
{
	uint8_t nonce[RGROUP_SIZE];
	enum rc rc;

	rgroup_scalar_random(nonce);
	rc = voprf_evaluate_with(nonce, secret, b, ret_evaluated, ret_proof);
	sodium_memzero(nonce, sizeof(nonce));
	return rc;
}

/* --- outputs ---------------------------------------------------------------
 */

static enum rc
output_of(struct rd input, const uint8_t point[static RGROUP_SIZE],
    uint8_t ret_output[static VOPRF_OUTPUT_SIZE])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, VOPRF_INPUT_MAX + TRANSCRIPT_MAX);
	TRY(put(&b, input));
	TRY(put_point(&b, point));
	TRY(buf_add_str(&b, "Finalize"));
	(void)crypto_hash_sha512(ret_output, b.p, b.len);
out:
	buf_clear(&b);
	return rc;
}

enum rc
voprf_finalize(struct rd input, const struct voprf_blinded *b,
    const uint8_t evaluated[static RGROUP_SIZE],
    uint8_t ret_output[static VOPRF_OUTPUT_SIZE])
{
	uint8_t inverse[RGROUP_SIZE];
	uint8_t point[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(crypto_core_ristretto255_scalar_invert(inverse, b->blind) == 0,
	    RC_DENIED);
	TRY(rgroup_mul(inverse, evaluated, point));
	TRY(output_of(input, point, ret_output));
out:
	sodium_memzero(inverse, sizeof(inverse));
	sodium_memzero(point, sizeof(point));
	return rc;
}

enum rc
voprf_output(const uint8_t secret[static RGROUP_SIZE], struct rd input,
    uint8_t ret_output[static VOPRF_OUTPUT_SIZE])
{
	uint8_t point[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(input.left <= VOPRF_INPUT_MAX, RC_LIMIT);
	rgroup_hash_point(DST_GROUP, input, point);
	TRY(rgroup_mul(secret, point, point));
	TRY(output_of(input, point, ret_output));
out:
	sodium_memzero(point, sizeof(point));
	return rc;
}
