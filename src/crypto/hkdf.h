/*
 * hkdf: HKDF-SHA256 (RFC 5869) over libsodium's HMAC. Pure.
 */
#ifndef HKDF_H
#define HKDF_H
#include "base/rd.h"

#define HKDF_HASH_SIZE 32

void hkdf_extract(
    struct rd salt, struct rd ikm, uint8_t ret_prk[static HKDF_HASH_SIZE]);
/* n <= 255 * 32, else RC_LIMIT. */
MUST_USE enum rc hkdf_expand(const uint8_t prk[static HKDF_HASH_SIZE],
    struct rd info, size_t n, uint8_t *ret_okm);
#endif
