/*
 * ohttp_config: the key configurations of an Oblivious HTTP gateway as everyone
 * gets them (RFC 9458 section 3; application/ohttp-keys), and the file in which
 * the gateway keeps its secret keys. Of KEMs we know DHKEM(X25519,
 * HKDF-SHA256), of KDFs HKDF-SHA256. Pure; the second kind is secret.
 */
#ifndef OHTTP_CONFIG_H
#define OHTTP_CONFIG_H
#include "base/buf.h"

#define OHTTP_CONFIG_KEY_SIZE 32
#define OHTTP_CONFIG_AEADS 4 /* of which we know two */
#define OHTTP_CONFIG_KEYS 4  /* valid at a time: the new one and old ones */
#define OHTTP_CONFIG_SIZE (2 + 1 + 2 + OHTTP_CONFIG_KEY_SIZE + 2 + 4 * 2)
#define OHTTP_CONFIG_FILE_MAX 1024
#define OHTTP_CONFIG_TYPE "application/ohttp-keys"

struct ohttp_config {
	uint8_t id;
	uint8_t public_key[OHTTP_CONFIG_KEY_SIZE];
	size_t n_aeads;
	uint16_t aeads[OHTTP_CONFIG_AEADS]; /* with HKDF-SHA256, as preferred */
};

struct ohttp_config_key {
	uint8_t id;
	uint8_t secret_key[OHTTP_CONFIG_KEY_SIZE];
};

/* The first configuration of the list of which we know the KEM, the KDF and
 * the AEAD. RC_NOT_FOUND: there is none; RC_MALFORMED: nor is it a list. */
MUST_USE enum rc ohttp_config_parse(
    struct rd list, uint16_t aead, struct ohttp_config *ret_c);
/* Appends one to a list, with its length before it. */
MUST_USE enum rc ohttp_config_build(
    const struct ohttp_config *c, struct buf *b);
/* Lines "ID KEY": a number from 0 to 255, and base64url; the first is the one
 * that clients shall take. RC_MALFORMED also for two of one id and for none. */
MUST_USE enum rc ohttp_config_file_parse(struct rd text,
    struct ohttp_config_key ret_keys[static OHTTP_CONFIG_KEYS], size_t *ret_n);
MUST_USE enum rc ohttp_config_file_build(
    const struct ohttp_config_key *k, struct buf *b);
/* What is published of a key, with both AEADs that hpke.h has. */
void ohttp_config_of(
    const struct ohttp_config_key *k, struct ohttp_config *ret_c);
#endif
