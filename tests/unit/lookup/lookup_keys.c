#include "lookup/lookup_keys.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "tap.h"

#define DAY 20781

static const uint8_t seed[LOOKUP_KEYS_SEED_SIZE] = { 7 };

static struct lookup_keys *
keys_of(uint32_t day)
{
	struct lookup_keys *k = NULL;

	T_RC(RC_OK, lookup_keys_new(seed, day, &k));
	return k;
}

/* What a client does: blinds, has it evaluated, checks, unblinds. */
static void
get_token(struct lookup_keys *k, uint8_t nonce0,
    uint8_t ret_token[static LOOKUP_KEYS_TOKEN_SIZE])
{
	static const char info[] = "tacet token v1";
	uint8_t input[sizeof(info) - 1 + LOOKUP_KEYS_NONCE_SIZE] = { 0 };
	uint8_t evaluated[1][RGROUP_SIZE];
	uint8_t blinded[1][RGROUP_SIZE];
	uint8_t proof[VOPRF_PROOF_SIZE];
	uint8_t pk[RGROUP_SIZE];
	struct voprf_blinded b;
	struct voprf_batch batch = { 1, (const uint8_t(*)[RGROUP_SIZE])blinded,
		NULL };

	memcpy(input, info, sizeof(info) - 1);
	input[sizeof(info) - 1] = nonce0;
	T_RC(RC_OK, voprf_blind((struct rd){ input, sizeof(input) }, &b));
	memcpy(blinded[0], b.element, RGROUP_SIZE);
	T_RC(RC_OK,
	    lookup_keys_evaluate(
		k, LOOKUP_KEYS_TOKEN, &batch, evaluated, proof));
	batch.evaluated = (const uint8_t(*)[RGROUP_SIZE])evaluated;
	lookup_keys_public(k, LOOKUP_KEYS_TOKEN, pk);
	T_RC(RC_OK, voprf_check(pk, &batch, proof));
	memcpy(ret_token, input + sizeof(info) - 1, LOOKUP_KEYS_NONCE_SIZE);
	T_RC(RC_OK,
	    voprf_finalize((struct rd){ input, sizeof(input) }, &b,
		evaluated[0], ret_token + LOOKUP_KEYS_NONCE_SIZE));
}

static void
the_keys_are_those_of_the_document(void)
{
	static const char token[] = "tacet token v1\0\0\x51\x2d";
	struct lookup_keys *k = keys_of(DAY);
	uint8_t want[RGROUP_SIZE];
	uint8_t got[RGROUP_SIZE];
	uint8_t secret[RGROUP_SIZE];

	T_RC(RC_OK,
	    voprf_key_derive(seed, rd_str("tacet voprf v1"), secret, want));
	lookup_keys_public(k, LOOKUP_KEYS_DIRECTORY, got);
	T_MEM(want, got, sizeof(want));
	T_RC(RC_OK,
	    voprf_key_derive(seed,
		(struct rd){ (const uint8_t *)token, sizeof(token) - 1 },
		secret, want));
	lookup_keys_public(k, LOOKUP_KEYS_TOKEN, got);
	T_MEM(want, got, sizeof(want));
	lookup_keys_free(k);
}

static void
a_token_is_good_on_its_day_and_the_next(void)
{
	struct lookup_keys *k = keys_of(DAY);
	uint8_t token[LOOKUP_KEYS_TOKEN_SIZE];
	uint32_t day = 0;

	get_token(k, 1, token);
	T_RC(RC_OK, lookup_keys_redeem(k, token, &day));
	T_OK(day == DAY);
	T_RC(RC_OK, lookup_keys_day(k, DAY + 1));
	day = 0;
	T_RC(RC_OK, lookup_keys_redeem(k, token, &day));
	T_OK(day == DAY);
	T_RC(RC_OK, lookup_keys_day(k, DAY + 2));
	T_RC(RC_DENIED, lookup_keys_redeem(k, token, &day));
	/* the seed alone decides: another process takes it as well */
	lookup_keys_free(k);
	k = keys_of(DAY + 1);
	T_RC(RC_OK, lookup_keys_redeem(k, token, &day));
	lookup_keys_free(k);
}

static void
no_octet_of_a_token_may_differ(void)
{
	struct lookup_keys *k = keys_of(DAY);
	uint8_t token[LOOKUP_KEYS_TOKEN_SIZE];
	uint32_t day = 99;

	get_token(k, 2, token);
	for (size_t i = 0; i < sizeof(token); i++) {
		token[i] ^= 1;
		T_RC(RC_DENIED, lookup_keys_redeem(k, token, &day));
		token[i] ^= 1;
	}
	T_OK(day == 99);
	lookup_keys_free(k);
}

static void
an_evaluation_by_the_directorys_key_is_no_token(void)
{
	struct lookup_keys *k = keys_of(DAY);
	uint8_t token[LOOKUP_KEYS_TOKEN_SIZE] = { 3 };
	uint8_t secret[RGROUP_SIZE];
	uint8_t pk[RGROUP_SIZE];
	uint8_t input[14 + LOOKUP_KEYS_NONCE_SIZE] = "tacet token v1";
	uint32_t day;

	input[14] = 3;
	T_RC(RC_OK,
	    voprf_key_derive(seed, rd_str("tacet voprf v1"), secret, pk));
	T_RC(RC_OK,
	    voprf_output(secret, (struct rd){ input, sizeof(input) },
		token + LOOKUP_KEYS_NONCE_SIZE));
	T_RC(RC_DENIED, lookup_keys_redeem(k, token, &day));
	lookup_keys_free(k);
}

static void
every_failed_allocation_is_said(void)
{
	struct lookup_keys *k = NULL;
	enum rc rc = RC_NOMEM;
	long n = 0;

	while (rc == RC_NOMEM && n < 1000) {
		(void)failmem_after(n++);
		rc = lookup_keys_new(seed, DAY, &k);
		(void)failmem_after(-1);
	}
	T_OK(rc == RC_OK && n > 3);
	lookup_keys_free(k);
}

int
main(void)
{
	if (sodium_init() < 0)
		abort();
	TEST(the_keys_are_those_of_the_document);
	TEST(a_token_is_good_on_its_day_and_the_next);
	TEST(no_octet_of_a_token_may_differ);
	TEST(an_evaluation_by_the_directorys_key_is_no_token);
	TEST(every_failed_allocation_is_said);
	return tap_done();
}
