/*
 * rgroup: ristretto255 (RFC 9496) as custody.md, section 1, uses it: points and
 * scalars as octets, hashes to both (RFC 9380). Pure but for random scalars;
 * constant time in scalars and points.
 */
#ifndef RGROUP_H
#define RGROUP_H
#include "base/rd.h"

#define RGROUP_SIZE 32 /* of a point and of a scalar */

/* The base point B. */
extern const uint8_t rgroup_base[RGROUP_SIZE];

/* RC_MALFORMED: not the encoding of a point, or the identity. */
MUST_USE enum rc rgroup_point_check(const uint8_t p[static RGROUP_SIZE]);
/* RC_MALFORMED: not reduced modulo l. */
MUST_USE enum rc rgroup_scalar_check(const uint8_t s[static RGROUP_SIZE]);
/* Uniform, never zero. */
void rgroup_scalar_random(uint8_t ret_s[static RGROUP_SIZE]);
/* A small number, for the index of a share. */
void rgroup_scalar_small(uint16_t v, uint8_t ret_s[static RGROUP_SIZE]);
/* s p and s B. RC_DENIED: p is no point, or the product is the identity. */
MUST_USE enum rc rgroup_mul(const uint8_t s[static RGROUP_SIZE],
    const uint8_t p[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE]);
MUST_USE enum rc rgroup_mul_base(
    const uint8_t s[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE]);
/* p + q and p - q; ret_p may be p or q. RC_DENIED: not points. The result may
 * be the identity. */
MUST_USE enum rc rgroup_add(const uint8_t p[static RGROUP_SIZE],
    const uint8_t q[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE]);
MUST_USE enum rc rgroup_sub(const uint8_t p[static RGROUP_SIZE],
    const uint8_t q[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE]);
/* H2G of m. */
void rgroup_hash_point(
    const char *dst, struct rd m, uint8_t ret_p[static RGROUP_SIZE]);
/* H2S of the n parts joined. */
void rgroup_hash_scalar(const char *dst, size_t n, const struct rd *parts,
    uint8_t ret_s[static RGROUP_SIZE]);
#endif
