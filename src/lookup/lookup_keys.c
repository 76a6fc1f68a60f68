#include "lookup/lookup_keys.h"

#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/ct.h"
#include "base/failmem.h"
#include "base/secret.h"

#define INFO_DIRECTORY "tacet voprf v1"
#define INFO_TOKEN "tacet token v1" /* and the day */
#define INFO_MAX 64

struct lookup_keys {
	struct secret *seed;
	struct secret *directory;
	struct secret *token[2]; /* of the day, and of the one before */
	uint32_t day;
	uint32_t issued; /* see lookup_keys_issue */
	uint8_t directory_public[RGROUP_SIZE];
	uint8_t token_public[RGROUP_SIZE];
	pthread_mutex_t lock; /* of day, issued, token and token_public */
};

static enum rc
derive(const struct secret *seed, struct rd info, struct secret **ret_secret,
    uint8_t ret_public[static RGROUP_SIZE])
{
	struct secret *s = NULL;
	enum rc rc = RC_BUG;

	TRY(secret_new(RGROUP_SIZE, &s));
	TRY(voprf_key_derive(
	    secret_get(seed).p, info, secret_bytes(s), ret_public));
	*ret_secret = s;
	s = NULL;
out:
	secret_free(s);
	return rc;
}

static enum rc
derive_token(const struct secret *seed, uint32_t day,
    struct secret **ret_secret, uint8_t ret_public[static RGROUP_SIZE])
{
	struct buf info;
	enum rc rc = RC_BUG;

	buf_init(&info, INFO_MAX);
	TRY(buf_add_str(&info, INFO_TOKEN));
	TRY(buf_u32(&info, day));
	TRY(derive(seed, buf_get(&info), ret_secret, ret_public));
out:
	buf_clear(&info);
	return rc;
}

enum rc
lookup_keys_new(
    const uint8_t seed[static 32], uint32_t day, struct lookup_keys **ret_k)
{
	struct lookup_keys *k = failmem_alloc(sizeof(*k));
	enum rc rc = RC_BUG;

	CHECK(k != NULL, RC_NOMEM);
	(void)pthread_mutex_init(&k->lock, NULL);
	TRY(secret_copy((struct rd){ seed, LOOKUP_KEYS_SEED_SIZE }, &k->seed));
	TRY(derive(k->seed, rd_str(INFO_DIRECTORY), &k->directory,
	    k->directory_public));
	k->issued = day;
	TRY(lookup_keys_day(k, day));
	*ret_k = k;
	k = NULL;
out:
	lookup_keys_free(k);
	return rc;
}

void
lookup_keys_free(struct lookup_keys *k)
{
	if (k == NULL)
		return;
	secret_free(k->seed);
	secret_free(k->directory);
	secret_free(k->token[0]);
	secret_free(k->token[1]);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

enum rc
lookup_keys_day(struct lookup_keys *k, uint32_t day)
{
	struct secret *token[2] = { NULL, NULL };
	struct secret *old[2];
	uint8_t public[RGROUP_SIZE];
	uint8_t before[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	TRY(derive_token(k->seed, day, &token[0], public));
	TRY(derive_token(k->seed, day == 0 ? 0 : day - 1, &token[1], before));
	(void)pthread_mutex_lock(&k->lock);
	memcpy(old, k->token, sizeof(old));
	memcpy(k->token, token, sizeof(token));
	memcpy(k->token_public, public, sizeof(public));
	k->day = day;
	(void)pthread_mutex_unlock(&k->lock);
	memcpy(token, old, sizeof(token));
out:
	secret_free(token[0]);
	secret_free(token[1]);
	return rc;
}

void
lookup_keys_issue(struct lookup_keys *k, uint32_t day)
{
	(void)pthread_mutex_lock(&k->lock);
	k->issued = day;
	(void)pthread_mutex_unlock(&k->lock);
}

void
lookup_keys_public(struct lookup_keys *k, enum lookup_keys_which which,
    uint8_t ret_public[static RGROUP_SIZE])
{
	(void)pthread_mutex_lock(&k->lock);
	memcpy(ret_public,
	    which == LOOKUP_KEYS_TOKEN ? k->token_public : k->directory_public,
	    RGROUP_SIZE);
	(void)pthread_mutex_unlock(&k->lock);
}

/* A copy, so that the day can move on meanwhile; the caller wipes it. */
static void
scalar(struct lookup_keys *k, enum lookup_keys_which which,
    uint8_t ret_s[static RGROUP_SIZE])
{
	const struct secret *s = k->directory;

	(void)pthread_mutex_lock(&k->lock);
	if (which == LOOKUP_KEYS_TOKEN)
		s = k->token[k->issued + 1 == k->day ? 1 : 0];
	memcpy(ret_s, secret_get(s).p, RGROUP_SIZE);
	(void)pthread_mutex_unlock(&k->lock);
}

enum rc
lookup_keys_evaluate(struct lookup_keys *k, enum lookup_keys_which which,
    const struct voprf_batch *b, uint8_t (*ret_evaluated)[RGROUP_SIZE],
    uint8_t ret_proof[static VOPRF_PROOF_SIZE])
{
	uint8_t s[RGROUP_SIZE];
	enum rc rc;

	scalar(k, which, s);
	rc = voprf_evaluate(s, b, ret_evaluated, ret_proof);
	sodium_memzero(s, sizeof(s));
	return rc;
}

enum rc
lookup_keys_redeem(struct lookup_keys *k,
    const uint8_t token[static LOOKUP_KEYS_TOKEN_SIZE], uint32_t *ret_day)
{
	uint8_t output[VOPRF_OUTPUT_SIZE];
	uint8_t s[2][RGROUP_SIZE];
	uint32_t day;
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, INFO_MAX);
	(void)pthread_mutex_lock(&k->lock);
	day = k->day;
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		memcpy(s[i], secret_get(k->token[i]).p, RGROUP_SIZE);
	(void)pthread_mutex_unlock(&k->lock);
	TRY(buf_add_str(&input, INFO_TOKEN));
	TRY(buf_add(&input, token, LOOKUP_KEYS_NONCE_SIZE));
	for (uint32_t i = 0; i < ARRAY_LEN(s); i++) {
		TRY(voprf_output(s[i], buf_get(&input), output));
		if (ct_eq(output, token + LOOKUP_KEYS_NONCE_SIZE,
			sizeof(output))) {
			*ret_day = day == 0 ? 0 : day - i;
			goto out;
		}
	}
	rc = RC_DENIED;
out:
	sodium_memzero(output, sizeof(output));
	sodium_memzero(s, sizeof(s));
	buf_clear(&input);
	return rc;
}
