#include "custody/round1.h"

#include <sodium.h>
#include <string.h>

#include "custody/paper.h"

#define KIND "round1"
#define PROOF_SIZE 64 /* e || f */

/* A scalar from the seed, of this plan alone: with another plan the same seed
 * gives another polynomial and another nonce. */
static void
derive(const char *dst, const struct plan *p, const struct round1_dealer *d,
    uint8_t number, uint8_t ret_s[static RGROUP_SIZE])
{
	const struct rd parts[] = { { d->seed, ROUND1_SEED_SIZE },
		{ p->hash, sizeof(p->hash) }, { &number, 1 } };

	rgroup_hash_scalar(dst, ARRAY_LEN(parts), parts, ret_s);
}

void
round1_poly(
    const struct plan *p, const struct round1_dealer *d, struct vss_poly *ret_f)
{
	*ret_f = (struct vss_poly){ .k = p->threshold };
	for (uint8_t j = 0; j < p->threshold; j++)
		derive("TACET-DKG-V2-coefficient", p, d, j, ret_f->a[j]);
	if (p->is_resharing)
		memcpy(ret_f->a[0], d->share, RGROUP_SIZE);
}

/* e = H2S(dst, plan hash || u16 i || A_0 || sB) */
static void
challenge(const struct plan *p, uint16_t dealer, const uint8_t *a0,
    const uint8_t *sb, uint8_t ret_e[static RGROUP_SIZE])
{
	const uint8_t index[] = { (uint8_t)(dealer >> 8), (uint8_t)dealer };
	const struct rd parts[] = { { p->hash, sizeof(p->hash) },
		{ index, sizeof(index) }, { a0, RGROUP_SIZE },
		{ sb, RGROUP_SIZE } };

	rgroup_hash_scalar("TACET-DKG-V2-pok", ARRAY_LEN(parts), parts, ret_e);
}

/* That the dealer knows a_0: nobody deals the negative of another's. */
static enum rc
prove(const struct plan *p, const struct round1_dealer *d,
    const struct vss_poly *f, const uint8_t *a0,
    uint8_t ret_proof[static PROOF_SIZE])
{
	uint8_t s[RGROUP_SIZE];
	uint8_t sb[RGROUP_SIZE];
	uint8_t ea[RGROUP_SIZE] = { 0 };
	enum rc rc = RC_BUG;

	derive("TACET-DKG-V2-nonce", p, d, 0, s);
	TRY(rgroup_mul_base(s, sb));
	challenge(p, d->index, a0, sb, ret_proof);
	crypto_core_ristretto255_scalar_mul(ea, ret_proof, f->a[0]);
	crypto_core_ristretto255_scalar_add(ret_proof + RGROUP_SIZE, s, ea);
out:
	explicit_bzero(s, sizeof(s));
	explicit_bzero(ea, sizeof(ea));
	return rc;
}

static enum rc
is_proved(const struct round1 *r, const uint8_t proof[static PROOF_SIZE])
{
	uint8_t sb[RGROUP_SIZE];
	uint8_t e[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(rgroup_scalar_check(proof) == RC_OK &&
		rgroup_scalar_check(proof + RGROUP_SIZE) == RC_OK,
	    RC_DENIED);
	TRY(dleq_nonce(proof, NULL, r->commitments[0], sb));
	challenge(&r->plan, r->dealer, r->commitments[0], sb, e);
	CHECK(sodium_memcmp(e, proof, sizeof(e)) == 0, RC_DENIED);
	rc = RC_OK;
out:
	return rc;
}

enum rc
round1_build(const struct plan *p, const struct round1_dealer *d, struct buf *b)
{
	uint8_t commitments[CUSTODIANS_MAX][RGROUP_SIZE];
	uint8_t proof[PROOF_SIZE];
	struct vss_poly f;
	json_t *plan = NULL;
	json_t *a = json_array();
	json_t *o = json_object();
	enum rc rc = RC_BUG;

	round1_poly(p, d, &f);
	CHECK(a != NULL && o != NULL, RC_NOMEM);
	TRY(vss_commit(&f, commitments));
	if (p->is_resharing)
		CHECK(memcmp(commitments[0],
			  p->old.members[d->index - 1].verification_key,
			  RGROUP_SIZE) == 0,
		    RC_DENIED);
	TRY(prove(p, d, &f, commitments[0], proof));
	TRY(plan_put(p, &plan));
	for (size_t j = 0; j < f.k; j++)
		TRY(paper_append(
		    a, (struct rd){ commitments[j], RGROUP_SIZE }));
	CHECK(json_object_set(o, "plan", plan) == 0 &&
		json_object_set(o, "commitments", a) == 0 &&
		json_object_set_new(o, "dealer", json_integer(d->index)) == 0,
	    RC_NOMEM);
	TRY(paper_set(o, "proof", (struct rd){ proof, sizeof(proof) }));
	TRY(paper_build(o, KIND, d->sign_seed, b));
out:
	vss_clear(&f);
	json_decref(plan);
	json_decref(a);
	json_decref(o);
	return rc;
}

static enum rc
fields_take(const json_t *o, struct round1 *r, uint8_t *ret_proof)
{
	static const char *const fields[] = { "tacet", "version", "plan",
		"dealer", "commitments", "proof", "signature" };
	const json_t *a = NULL;
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(plan_take(json_object_get(o, "plan"), &r->plan));
	TRY(json_body_uint(o, "dealer", plan_dealers_max(&r->plan), &v));
	CHECK(v >= 1, RC_MALFORMED);
	r->dealer = (uint16_t)v;
	TRY(json_body_array(o, "commitments", r->plan.threshold, &a));
	CHECK(json_array_size(a) == r->plan.threshold, RC_MALFORMED);
	for (size_t j = 0; j < r->plan.threshold; j++) {
		TRY(paper_at(a, j, RGROUP_SIZE, r->commitments[j]));
		TRY(rgroup_point_check(r->commitments[j]));
	}
	TRY(paper_get(o, "proof", PROOF_SIZE, ret_proof));
out:
	return rc;
}

enum rc
round1_parse(struct rd text, struct round1 *ret_r, const char **ret_why)
{
	uint8_t proof[PROOF_SIZE];
	struct round1 r = { .dealer = 0 };
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	*ret_why = "not a whole round 1 file";
	TRY(paper_parse(text, KIND, &o));
	TRY(fields_take(o, &r, proof));
	*ret_why = "its signature is not its dealer's, or it was changed";
	TRY(paper_verify(o, KIND, plan_dealer_key(&r.plan, r.dealer)));
	*ret_why = "its dealer does not prove to know what he deals";
	TRY(is_proved(&r, proof));
	*ret_why = "its dealer deals something else than his share";
	if (r.plan.is_resharing)
		CHECK(memcmp(r.commitments[0],
			  r.plan.old.members[r.dealer - 1].verification_key,
			  RGROUP_SIZE) == 0,
		    RC_DENIED);
	TRY(paper_hash(o, r.hash));
	*ret_r = r;
out:
	json_body_free(o);
	return rc;
}
