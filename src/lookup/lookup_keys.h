/*
 * lookup_keys: the keys of evaluations, all from one seed: k of the directory
 * and the token key of each UTC day (doc/protocol/directory.md, 1 and 5). Holds
 * secrets, in locked memory. Several threads may use it, while one moves the
 * day on.
 */
#ifndef LOOKUP_KEYS_H
#define LOOKUP_KEYS_H
#include "crypto/voprf.h"

#define LOOKUP_KEYS_SEED_SIZE 32
#define LOOKUP_KEYS_NONCE_SIZE 32 /* of a token; its output follows */
#define LOOKUP_KEYS_TOKEN_SIZE (LOOKUP_KEYS_NONCE_SIZE + VOPRF_OUTPUT_SIZE)

enum lookup_keys_which { LOOKUP_KEYS_DIRECTORY = 0, LOOKUP_KEYS_TOKEN };

struct lookup_keys;

/* Token keys are those of day and of the day before. The caller owns *ret_k
 * and wipes his seed. RC_NOMEM, RC_DENIED (never of a random seed). */
MUST_USE enum rc lookup_keys_new(
    const uint8_t seed[static 32], uint32_t day, struct lookup_keys **ret_k);
void lookup_keys_free(struct lookup_keys *k);
/* Moves on to another day. On failure k is as it was. */
MUST_USE enum rc lookup_keys_day(struct lookup_keys *k, uint32_t day);
/* Which day's tokens are issued: that one while it is the day or the day
 * before, else the day. At first the day. */
void lookup_keys_issue(struct lookup_keys *k, uint32_t day);
/* The public key; of tokens: that of the day. */
void lookup_keys_public(struct lookup_keys *k, enum lookup_keys_which which,
    uint8_t ret_public[static RGROUP_SIZE]);
/* voprf_evaluate with one of the keys; tokens: of the day that is issued. */
MUST_USE enum rc lookup_keys_evaluate(struct lookup_keys *k,
    enum lookup_keys_which which, const struct voprf_batch *b,
    uint8_t (*ret_evaluated)[RGROUP_SIZE],
    uint8_t ret_proof[static VOPRF_PROOF_SIZE]);
/* Whether a token was issued by us on the day or the day before; *ret_day is
 * the one. The time taken tells the day, and nothing else. RC_DENIED. */
MUST_USE enum rc lookup_keys_redeem(struct lookup_keys *k,
    const uint8_t token[static LOOKUP_KEYS_TOKEN_SIZE], uint32_t *ret_day);
#endif
