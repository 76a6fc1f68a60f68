/*
 * voprf: a keyed function that two compute together: the client's input stays
 * unknown to the server, the server's key to the client, and a proof shows that
 * the one public key was used for a whole batch. RFC 9497, mode VOPRF, suite
 * ristretto255-SHA512. Pure but for its randomness. Wipes what it derives.
 */
#ifndef VOPRF_H
#define VOPRF_H
#include "crypto/rgroup.h"

#define VOPRF_INPUT_MAX 65535 /* octets: section 1.2 */
#define VOPRF_OUTPUT_SIZE 64  /* Nh of SHA-512 */
#define VOPRF_PROOF_SIZE 64   /* c || s, section 2.2.1 */
#define VOPRF_BATCH_MAX 256   /* ours; the RFC's is 65535 */

/* The client's half of one evaluation. Holds a secret: wipe it. */
struct voprf_blinded {
	uint8_t blind[RGROUP_SIZE];
	uint8_t element[RGROUP_SIZE]; /* goes to the server */
};

/* DeriveKeyPair (section 3.2.1). RC_LIMIT: info over 65535 octets; RC_DENIED:
 * no key comes out, which never happens to a random seed. */
MUST_USE enum rc voprf_key_derive(const uint8_t seed[static 32], struct rd info,
    uint8_t ret_secret[static RGROUP_SIZE],
    uint8_t ret_public[static RGROUP_SIZE]);
/* Blind (section 3.3.2). RC_DENIED: the input hashes to the identity; RC_LIMIT:
 * it is too long. */
MUST_USE enum rc voprf_blind(struct rd input, struct voprf_blinded *ret_b);
/* Tests: the same with a stated blind. */
MUST_USE enum rc voprf_blind_with(const uint8_t blind[static RGROUP_SIZE],
    struct rd input, struct voprf_blinded *ret_b);

struct voprf_batch { /* n elements each, borrowed */
	size_t n;
	const uint8_t (*blinded)[RGROUP_SIZE];
	const uint8_t (*evaluated)[RGROUP_SIZE];
};

/* BlindEvaluate (section 3.3.2) of a batch with one proof; b->evaluated is not
 * read. RC_MALFORMED: an element is no point, or the identity; RC_LIMIT: none,
 * or more than VOPRF_BATCH_MAX. */
MUST_USE enum rc voprf_evaluate(const uint8_t secret[static RGROUP_SIZE],
    const struct voprf_batch *b, uint8_t (*ret_evaluated)[RGROUP_SIZE],
    uint8_t ret_proof[static VOPRF_PROOF_SIZE]);
/* Tests: the same with a stated nonce of the proof. */
MUST_USE enum rc voprf_evaluate_with(const uint8_t nonce[static RGROUP_SIZE],
    const uint8_t secret[static RGROUP_SIZE], const struct voprf_batch *b,
    uint8_t (*ret_evaluated)[RGROUP_SIZE],
    uint8_t ret_proof[static VOPRF_PROOF_SIZE]);
/* The client's check of a whole batch. RC_DENIED: another key was used for one
 * of its elements, or something is no point; RC_LIMIT. */
MUST_USE enum rc voprf_check(const uint8_t public_key[static RGROUP_SIZE],
    const struct voprf_batch *b, const uint8_t proof[static VOPRF_PROOF_SIZE]);
/* Finalize (section 3.3.2) of one element of a checked batch. RC_DENIED: it is
 * no point. */
MUST_USE enum rc voprf_finalize(struct rd input, const struct voprf_blinded *b,
    const uint8_t evaluated[static RGROUP_SIZE],
    uint8_t ret_output[static VOPRF_OUTPUT_SIZE]);
/* Evaluate (section 3.3.2): the same output by who has the key. */
MUST_USE enum rc voprf_output(const uint8_t secret[static RGROUP_SIZE],
    struct rd input, uint8_t ret_output[static VOPRF_OUTPUT_SIZE]);
#endif
