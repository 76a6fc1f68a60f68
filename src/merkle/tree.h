/*
 * tree: the Merkle tree hash of RFC 6962 section 2.1 with SHA-256, its audit
 * paths and consistency proofs. Where the hashes of complete subtrees come from
 * (tiles, a file, memory) is the caller's: a callback. Checks follow RFC 9162
 * sections 2.1.3.2 and 2.1.4.2. Pure.
 */
#ifndef TREE_H
#define TREE_H
#include "base/rd.h"

#define TREE_HASH_SIZE 32
#define TREE_PROOF_MAX 64
#define TREE_SIZE_MAX INT64_MAX /* whose proofs fit */

struct tree_proof {
	size_t n;
	uint8_t hashes[TREE_PROOF_MAX][TREE_HASH_SIZE];
};

/* The hash of the complete subtree of 2^level leaves that begins at leaf
 * index << level. Only asked for subtrees inside the size given. */
typedef enum rc (*tree_hash_fn)(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE]);

/* A size as checkpoints and add-checkpoint write it: decimal, no leading zero
 * (C2SP tlog-checkpoint). RC_MALFORMED: not so, or above TREE_SIZE_MAX. */
MUST_USE enum rc tree_size_parse(struct rd text, uint64_t *ret_size);

/* The first call in a process loads the digest: before the sandbox. */
void tree_leaf(struct rd data, uint8_t ret_hash[static TREE_HASH_SIZE]);
void tree_node(const uint8_t left[static TREE_HASH_SIZE],
    const uint8_t right[static TREE_HASH_SIZE],
    uint8_t ret_hash[static TREE_HASH_SIZE]);

/* The root of the first size leaves; of none: the hash of nothing. RC_LIMIT
 * above TREE_SIZE_MAX; an error of get is passed on unchanged; here and below.
 */
MUST_USE enum rc tree_root(tree_hash_fn get, void *arg, uint64_t size,
    uint8_t ret_root[static TREE_HASH_SIZE]);
/* The audit path of a leaf. RC_NOT_FOUND unless index < size. */
MUST_USE enum rc tree_inclusion(tree_hash_fn get, void *arg, uint64_t index,
    uint64_t size, struct tree_proof *ret_proof);
/* RC_DENIED: it does not lead from that leaf to that root. */
MUST_USE enum rc tree_inclusion_check(const uint8_t leaf[static TREE_HASH_SIZE],
    uint64_t index, uint64_t size, const struct tree_proof *p,
    const uint8_t root[static TREE_HASH_SIZE]);
/* That the tree of old leaves is the beginning of the tree of new leaves.
 * RC_NOT_FOUND unless 0 < old <= new: of an empty tree nothing is proved. */
MUST_USE enum rc tree_consistency(tree_hash_fn get, void *arg,
    uint64_t old_size, uint64_t new_size, struct tree_proof *ret_proof);
/* RC_DENIED: it does not prove that; also for an old size of 0. */
MUST_USE enum rc tree_consistency_check(uint64_t old_size,
    const uint8_t old_root[static TREE_HASH_SIZE], uint64_t new_size,
    const uint8_t new_root[static TREE_HASH_SIZE], const struct tree_proof *p);
#endif
