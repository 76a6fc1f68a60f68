/*
 * people: custodians of a test, with their secrets, without a directory, and
 * the ceremonies that they hold.
 */
#ifndef PEOPLE_H
#define PEOPLE_H
#include <sodium.h>

#include "custody/ceremony.h"
#include "custody/paper.h"
#include "tap.h"

struct person {
	struct contact contact;
	uint8_t seal_secret[32];
	uint8_t sign_seed[32];
	uint8_t seed[32];
	uint8_t x[32]; /* the share, after a ceremony */
	uint16_t index;
};

static inline void
person_init(struct person *p, const char *name)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	memset(p, 0, sizeof(*p));
	memcpy(p->contact.name, name, strlen(name));
	hpke_keypair(p->seal_secret, p->contact.seal_key);
	randombytes_buf(p->sign_seed, sizeof(p->sign_seed));
	(void)crypto_sign_seed_keypair(p->contact.sign_key, sk, p->sign_seed);
	randombytes_buf(p->seed, sizeof(p->seed));
}

/* n people named a, b, c, ... */
static inline void
people_init(struct person *p, size_t n)
{
	char name[2] = "a";

	for (size_t i = 0; i < n; i++, name[0]++)
		person_init(&p[i], name);
}

static inline struct plan
people_plan(uint8_t threshold, const struct person *p, size_t n,
    const struct custodians *old)
{
	struct contact c[CUSTODIANS_MAX];
	struct plan plan = { 0 };

	for (size_t i = 0; i < n; i++)
		c[i] = p[i].contact;
	T_RC(RC_OK, plan_make(threshold, n, c, old, &plan));
	return plan;
}

static inline struct round1_dealer
person_dealer(const struct person *p, const struct plan *plan)
{
	return (struct round1_dealer){ .index = plan_dealer(
					   plan, p->contact.sign_key),
		.seed = p->seed,
		.share = plan->is_resharing ? p->x : NULL,
		.sign_seed = p->sign_seed };
}

/* Round 1 of the n dealers. */
static inline void
people_round1(struct ceremony *c, const struct plan *plan,
    const struct person *dealers, size_t n)
{
	ceremony_init(c, plan->hash);
	for (size_t i = 0; i < n; i++) {
		struct round1_dealer d = person_dealer(&dealers[i], plan);
		struct buf b;

		buf_init(&b, PAPER_MAX);
		T_RC(RC_OK, round1_build(plan, &d, &b));
		T_RC(RC_OK, ceremony_round1_add(c, buf_get(&b)));
		buf_clear(&b);
	}
	T_RC(RC_OK, ceremony_round1_end(c));
}

static inline void
people_round2(struct ceremony *c, const struct person *dealers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct round1_dealer d = person_dealer(&dealers[i], &c->plan);
		struct buf b;

		buf_init(&b, PAPER_MAX);
		T_RC(RC_OK, ceremony_own_check(c, &d));
		T_RC(RC_OK, round2_build(&c->plan, &d, c->id, &b));
		T_RC(RC_OK, ceremony_round2_add(c, buf_get(&b)));
		buf_clear(&b);
	}
}

/* The n members finish: their shares are theirs. */
static inline struct custodians
people_finish(struct ceremony *c, struct person *members, size_t n)
{
	struct custodians g = { 0 };

	T_RC(RC_OK, ceremony_group(c, &g));
	for (size_t i = 0; i < n; i++) {
		uint8_t x[32] = { 0 };

		members[i].index = plan_member(
		    &c->plan, members[i].contact.sign_key);
		T_RC(RC_OK,
		    ceremony_share(
			c, &g, members[i].index, members[i].seal_secret, x));
		memcpy(members[i].x, x, sizeof(x));
		randombytes_buf(members[i].seed, sizeof(members[i].seed));
	}
	return g;
}
#endif
