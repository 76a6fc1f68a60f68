/*
 * contact: the public file of a custodian: a name, the key that is sealed to
 * and the key that signs, signed by itself (custody.md, section 4). Pure.
 */
#ifndef CONTACT_H
#define CONTACT_H
#include "wire/custodians.h"

#define CONTACT_PRINT_SIZE 40 /* eight groups of four digits, and NUL */

struct contact {
	char name[CUSTODIANS_NAME_SIZE];
	uint8_t seal_key[CUSTODIANS_KEY_SIZE];
	uint8_t sign_key[CUSTODIANS_KEY_SIZE];
};

/* RC_MALFORMED; RC_DENIED: the signature is not its own. */
MUST_USE enum rc contact_parse(struct rd text, struct contact *ret_c);
MUST_USE enum rc contact_build(const struct contact *c,
    const uint8_t sign_seed[static CUSTODIANS_KEY_SIZE], struct buf *b);
/* What people read to each other: the first 16 octets of SHA-256(seal key ||
 * sign key || name) in hex. */
void contact_print(
    const struct contact *c, char ret_text[static CONTACT_PRINT_SIZE]);
#endif
