/*
 * custody_pair: a group of custodians in memory for tests: a dealt key stands
 * in for the ceremony, whose own tests are elsewhere.
 */
#ifndef CUSTODY_PAIR_H
#define CUSTODY_PAIR_H
#include <sodium.h>

#include "crypto/hpke.h"
#include "crypto/tdh2.h"
#include "crypto/tprf.h"
#include "tap.h"
#include "wire/custodians.h"

struct pair {
	struct custodians group;
	uint8_t shares[CUSTODIANS_MAX][32];
	uint8_t seal_secrets[CUSTODIANS_MAX][32];
};

static inline void
pair_make(struct pair *p, uint8_t k, uint8_t n)
{
	uint8_t x[32];
	uint8_t commitments[CUSTODIANS_MAX][32];

	*p = (struct pair){ .group = {
				.threshold = k, .n = n, .generation = 1 } };
	T_RC(RC_OK, tprf_deal(k, n, x, commitments, p->shares));
	memcpy(p->group.public_key, commitments[0], 32);
	for (uint8_t i = 0; i < n; i++) {
		struct custodians_member *m = &p->group.members[i];
		uint8_t sk[crypto_sign_SECRETKEYBYTES];

		(void)snprintf(m->name, sizeof(m->name), "c%u", i + 1u);
		T_OK(crypto_scalarmult_ristretto255_base(
			 m->verification_key, p->shares[i]) == 0);
		hpke_keypair(p->seal_secrets[i], m->seal_key);
		(void)crypto_sign_keypair(m->sign_key, sk);
	}
}

/* The first k custodians open ct. */
static inline void
pair_open(const struct pair *p, const uint8_t *ct, struct rd label,
    uint8_t ret_key[static 32])
{
	uint8_t shares[CUSTODIANS_MAX][TDH2_SHARE_SIZE];

	for (uint8_t i = 0; i < p->group.threshold; i++)
		T_RC(RC_OK,
		    tdh2_share(
			p->shares[i], (uint16_t)(i + 1), ct, label, shares[i]));
	T_RC(RC_OK,
	    tdh2_combine(p->group.threshold,
		(const uint8_t(*)[TDH2_SHARE_SIZE])shares, ct, ret_key));
}
#endif
