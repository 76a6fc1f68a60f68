/*
 * age_key: the text forms of X25519 keys of age (age-encryption.org/v1, "The
 * X25519 recipient type"): "age1..." for a recipient, "AGE-SECRET-KEY-1..." for
 * an identity. Bech32 (BIP 173) without its limit of 90 characters, which
 * neither reaches. Pure. An identity is a secret: wipe it.
 */
#ifndef AGE_KEY_H
#define AGE_KEY_H
#include "base/buf.h"

#define AGE_KEY_SIZE 32
#define AGE_KEY_TEXT_SIZE 63        /* "age1", 52, 6 and NUL */
#define AGE_KEY_SECRET_TEXT_SIZE 75 /* "AGE-SECRET-KEY-1", 52, 6 and NUL */

/* Whole text, in the case shown. RC_MALFORMED: also a point of small order, to
 * which nothing can be sealed. */
MUST_USE enum rc age_key_parse(
    struct rd text, uint8_t ret_key[static AGE_KEY_SIZE]);
void age_key_build(const uint8_t key[static AGE_KEY_SIZE],
    char ret_text[static AGE_KEY_TEXT_SIZE]);
MUST_USE enum rc age_key_secret_parse(
    struct rd text, uint8_t ret_key[static AGE_KEY_SIZE]);
void age_key_secret_build(const uint8_t key[static AGE_KEY_SIZE],
    char ret_text[static AGE_KEY_SECRET_TEXT_SIZE]);
/* The recipient of an identity. */
void age_key_public(const uint8_t secret[static AGE_KEY_SIZE],
    uint8_t ret_key[static AGE_KEY_SIZE]);
#endif
