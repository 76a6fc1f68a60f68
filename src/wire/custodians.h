/*
 * custodians: the group file, custodians.json: who holds shares of the key that
 * opens the query log, and how many of them open it (custody.md, section 5).
 * Pure. It holds public keys only.
 */
#ifndef CUSTODIANS_H
#define CUSTODIANS_H
#include "base/buf.h"

#define CUSTODIANS_MAX 16
#define CUSTODIANS_NAME_SIZE 64
#define CUSTODIANS_KEY_SIZE 32
#define CUSTODIANS_FILE_MAX 16384

struct custodians_member { /* member i has index i + 1 */
	char name[CUSTODIANS_NAME_SIZE];
	uint8_t verification_key[CUSTODIANS_KEY_SIZE];
	uint8_t seal_key[CUSTODIANS_KEY_SIZE];
	uint8_t sign_key[CUSTODIANS_KEY_SIZE];
};

struct custodians {
	uint8_t threshold;
	uint8_t n;
	uint32_t generation; /* 1, then one more at each resharing */
	uint8_t public_key[CUSTODIANS_KEY_SIZE];
	struct custodians_member members[CUSTODIANS_MAX];
};

/* 1 to 63 of A-Z a-z 0-9 . _ - */
bool custodians_is_name(struct rd name);
/* RC_MALFORMED: a field is unknown, missing, out of range or a bad key, or two
 * members share a name, a seal key or a sign key. */
MUST_USE enum rc custodians_parse(struct rd text, struct custodians *ret_c);
/* Appends the canonical JSON: sorted names, compact, no newline. */
MUST_USE enum rc custodians_build(const struct custodians *c, struct buf *b);
/* SHA-256 of the canonical JSON. */
MUST_USE enum rc custodians_hash(
    const struct custodians *c, uint8_t ret_hash[static 32]);
#endif
