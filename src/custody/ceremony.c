#include "custody/ceremony.h"

#include <sodium.h>
#include <string.h>

void
ceremony_init(struct ceremony *c, const uint8_t *plan_hash)
{
	*c = (struct ceremony){ .wanted = plan_hash };
}

enum rc
ceremony_round1_add(struct ceremony *c, struct rd text)
{
	struct ceremony_deal *deal = NULL;
	const uint8_t *wanted = c->has_plan ? c->plan.hash : c->wanted;
	struct round1 r;
	enum rc rc = RC_BUG;

	c->who = NULL;
	TRY(round1_parse(text, &r, &c->why));
	c->why = "it is of another ceremony: other members, threshold or group";
	CHECK(
	    wanted == NULL || memcmp(r.plan.hash, wanted, PLAN_HASH_SIZE) == 0,
	    RC_STATE);
	c->plan = r.plan;
	c->has_plan = true;
	deal = &c->deals[r.dealer - 1];
	c->who = plan_dealer_name(&c->plan, r.dealer);
	c->why = "a second round 1 file of one dealer";
	CHECK(!deal->has_round1, RC_STATE);
	deal->round1 = r;
	deal->has_round1 = true;
	c->who = NULL;
out:
	return rc;
}

/* SHA-256("tacet ceremony v2\n" || the hash of each round 1 file, by dealer) */
static void
id_of(const struct ceremony *c, uint8_t ret_id[static 32])
{
	static const char label[] = "tacet ceremony v2\n";
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)label, strlen(label));
	for (size_t i = 0; i < CUSTODIANS_MAX; i++)
		if (c->deals[i].has_round1)
			crypto_hash_sha256_update(&st, c->deals[i].round1.hash,
			    sizeof(c->deals[i].round1.hash));
	crypto_hash_sha256_final(&st, ret_id);
}

enum rc
ceremony_round1_end(struct ceremony *c)
{
	size_t max, n = 0;
	enum rc rc = RC_BUG;

	c->who = NULL;
	c->why = "no round 1 file was given";
	CHECK(c->has_plan, RC_STATE);
	max = plan_dealers_max(&c->plan);
	for (size_t i = 0; i < max; i++) {
		if (c->deals[i].has_round1)
			n++;
		else if (c->who == NULL)
			c->who = plan_dealer_name(&c->plan, (uint16_t)(i + 1));
	}
	c->why = "the round 1 file is missing";
	CHECK(n >= plan_dealers_min(&c->plan), RC_STATE);
	c->who = NULL;
	id_of(c, c->id);
	rc = RC_OK;
out:
	return rc;
}

enum rc
ceremony_own_check(struct ceremony *c, const struct round1_dealer *d)
{
	const struct ceremony_deal *deal = &c->deals[d->index - 1];
	uint8_t commitments[CUSTODIANS_MAX][RGROUP_SIZE];
	struct vss_poly f;
	enum rc rc = RC_BUG;

	round1_poly(&c->plan, d, &f);
	c->who = plan_dealer_name(&c->plan, d->index);
	c->why = "your own round 1 file is not among them";
	CHECK(deal->has_round1, RC_STATE);
	TRY(vss_commit(&f, commitments));
	c->why = "your own round 1 file is an older one, or another's";
	CHECK(memcmp(commitments, deal->round1.commitments,
		  f.k * RGROUP_SIZE) == 0,
	    RC_STATE);
	c->who = NULL;
	rc = RC_OK;
out:
	vss_clear(&f);
	return rc;
}

enum rc
ceremony_round2_add(struct ceremony *c, struct rd text)
{
	struct ceremony_deal *deal = NULL;
	struct round2 r;
	enum rc rc = RC_BUG;

	c->who = NULL;
	TRY(round2_parse(text, &c->plan, &r, &c->why));
	deal = &c->deals[r.dealer - 1];
	c->who = plan_dealer_name(&c->plan, r.dealer);
	c->why = "a round 2 file without its dealer's round 1 file";
	CHECK(deal->has_round1, RC_STATE);
	c->why = "it was made after reading other round 1 files than these";
	CHECK(memcmp(r.ceremony, c->id, sizeof(c->id)) == 0, RC_STATE);
	c->why = "a second round 2 file of one dealer";
	CHECK(!deal->has_round2, RC_STATE);
	deal->round2 = r;
	deal->has_round2 = true;
	c->who = NULL;
out:
	return rc;
}

/* The numbers of those who deal, and how many they are. */
static size_t
dealers(const struct ceremony *c, uint16_t ret_indexes[CUSTODIANS_MAX])
{
	size_t n = 0;

	for (uint16_t i = 0; i < CUSTODIANS_MAX; i++)
		if (c->deals[i].has_round1)
			ret_indexes[n++] = (uint16_t)(i + 1);
	return n;
}

/* How much dealer indexes[which] of n counts: 1 at key generation, where the
 * key is the sum of what is dealt; at a resharing Lagrange's coefficient. */
static enum rc
weight(const struct ceremony *c, size_t n, const uint16_t *indexes,
    size_t which, uint8_t ret_s[static RGROUP_SIZE])
{
	if (c->plan.is_resharing)
		return vss_lambda(n, indexes, which, ret_s);
	rgroup_scalar_small(1, ret_s);
	return RC_OK;
}

/* The commitments of the sum of all polynomials. */
static enum rc
sum_commitments(
    const struct ceremony *c, uint8_t (*ret_commitments)[RGROUP_SIZE])
{
	uint16_t indexes[CUSTODIANS_MAX];
	uint8_t lambda[RGROUP_SIZE];
	uint8_t p[RGROUP_SIZE];
	size_t n = dealers(c, indexes);
	enum rc rc = RC_BUG;

	/* 32 zero octets are the identity */
	memset(ret_commitments, 0, c->plan.threshold * (size_t)RGROUP_SIZE);
	for (size_t i = 0; i < n; i++) {
		const struct round1 *r = &c->deals[indexes[i] - 1].round1;

		TRY(weight(c, n, indexes, i, lambda));
		for (size_t j = 0; j < c->plan.threshold; j++) {
			TRY(rgroup_mul(lambda, r->commitments[j], p));
			TRY(rgroup_add(
			    ret_commitments[j], p, ret_commitments[j]));
		}
	}
	rc = RC_OK;
out:
	return rc;
}

enum rc
ceremony_group(struct ceremony *c, struct custodians *ret_group)
{
	uint8_t commitments[CUSTODIANS_MAX][RGROUP_SIZE];
	struct custodians g = { .threshold = c->plan.threshold,
		.n = c->plan.n };
	enum rc rc = RC_BUG;

	c->why = "the round 2 file is missing";
	for (uint16_t i = 1; i <= plan_dealers_max(&c->plan); i++) {
		c->who = plan_dealer_name(&c->plan, i);
		CHECK(!c->deals[i - 1].has_round1 || c->deals[i - 1].has_round2,
		    RC_STATE);
	}
	c->who = NULL;
	c->why = "the dealers' commitments cancel each other";
	TRY(sum_commitments(c, commitments));
	for (size_t j = 0; j < g.n; j++) {
		struct custodians_member *m = &g.members[j];
		const struct contact *from = &c->plan.members[j];

		memcpy(m->name, from->name, sizeof(m->name));
		memcpy(m->seal_key, from->seal_key, sizeof(m->seal_key));
		memcpy(m->sign_key, from->sign_key, sizeof(m->sign_key));
		TRY(vss_commit_eval(g.threshold,
		    (const uint8_t(*)[RGROUP_SIZE])commitments,
		    (uint16_t)(j + 1), m->verification_key));
	}
	CHECK(rgroup_point_check(commitments[0]) == RC_OK, RC_DENIED);
	memcpy(g.public_key, commitments[0], sizeof(g.public_key));
	g.generation = c->plan.is_resharing ? c->plan.old.generation + 1 : 1;
	c->why = "the old group's keys do not belong together";
	CHECK(!c->plan.is_resharing ||
		memcmp(g.public_key, c->plan.old.public_key, RGROUP_SIZE) == 0,
	    RC_DENIED);
	*ret_group = g;
	rc = RC_OK;
out:
	return rc;
}

/* f_i(j), if it is what dealer i committed to. */
static enum rc
one_share(struct ceremony *c, uint16_t dealer, uint16_t member,
    const uint8_t seal_secret[static HPKE_KEY_SIZE],
    uint8_t ret_share[static RGROUP_SIZE])
{
	const struct ceremony_deal *deal = &c->deals[dealer - 1];
	uint8_t want[RGROUP_SIZE];
	uint8_t got[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	c->who = plan_dealer_name(&c->plan, dealer);
	c->why = "the share this dealer sent you does not open";
	TRY(round2_open(&deal->round2, member, seal_secret, ret_share));
	c->why = "the share this dealer sent you is not what he committed to";
	TRY(vss_commit_eval(c->plan.threshold,
	    (const uint8_t(*)[RGROUP_SIZE])deal->round1.commitments, member,
	    want));
	CHECK(rgroup_mul_base(ret_share, got) == RC_OK &&
		sodium_memcmp(want, got, sizeof(got)) == 0,
	    RC_DENIED);
	c->who = NULL;
	rc = RC_OK;
out:
	return rc;
}

enum rc
ceremony_share(struct ceremony *c, const struct custodians *group,
    uint16_t member, const uint8_t seal_secret[static HPKE_KEY_SIZE],
    uint8_t ret_x[static RGROUP_SIZE])
{
	uint16_t indexes[CUSTODIANS_MAX];
	uint8_t lambda[RGROUP_SIZE];
	uint8_t share[RGROUP_SIZE] = { 0 };
	uint8_t x[RGROUP_SIZE] = { 0 };
	uint8_t v[RGROUP_SIZE];
	size_t n = dealers(c, indexes);
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < n; i++) {
		TRY(one_share(c, indexes[i], member, seal_secret, share));
		TRY(weight(c, n, indexes, i, lambda));
		crypto_core_ristretto255_scalar_mul(share, share, lambda);
		crypto_core_ristretto255_scalar_add(x, x, share);
	}
	c->why = "your share does not fit the group's file";
	CHECK(rgroup_mul_base(x, v) == RC_OK &&
		memcmp(v, group->members[member - 1].verification_key,
		    sizeof(v)) == 0,
	    RC_DENIED);
	memcpy(ret_x, x, sizeof(x));
	rc = RC_OK;
out:
	explicit_bzero(share, sizeof(share));
	explicit_bzero(x, sizeof(x));
	return rc;
}
