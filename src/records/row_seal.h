/*
 * row_seal: a row sealed under its two envelopes at once: XChaCha20-Poly1305
 * (draft-irtf-cfrg-xchacha-03; RFC 8439) of one length, bit for bit what
 * libsodium makes, at half its price: the first step of the key is done once an
 * envelope, and the four blocks that two envelopes need run side by side.
 * Pure, constant time; wipes what it derives.
 */
#ifndef ROW_SEAL_H
#define ROW_SEAL_H
#include "wire/journal.h"

struct row_seal {              /* under one envelope */
	const uint8_t *label;  /* JOURNAL_LABEL_SIZE */
	const uint8_t *subkey; /* of K: row_seal_subkey */
	uint32_t counter;
	uint8_t *ret_sealed; /* JOURNAL_SEALED_SIZE */
};

/* HChaCha20 of K and the first 16 octets of the nonce, which are zero in every
 * row: as secret as K. */
void row_seal_subkey(const uint8_t key[static JOURNAL_KEY_SIZE],
    uint8_t ret_subkey[static JOURNAL_KEY_SIZE]);
void row_seal_two(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2]);
/* The same without the instructions that not every machine has. */
void row_seal_two_ref(
    const uint8_t plain[static ROW_SIZE], const struct row_seal two[static 2]);
#endif
