#include "crypto/rgroup.h"

#include <sodium.h>
#include <string.h>

#define WIDE_SIZE 64   /* what both hashes reduce */
#define BLOCK_SIZE 128 /* of SHA-512 */

/* RFC 9496 section 4.4 */
const uint8_t rgroup_base[RGROUP_SIZE] = { 0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc,
	0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3,
	0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d,
	0x2d, 0x76 };

/* RFC 9496 section 4.3.1 refuses s >= p, so the top bit; libsodium up to 1.0.18
 * does not look at it. */
static bool
has_top_bit(const uint8_t p[static RGROUP_SIZE])
{
	return (p[RGROUP_SIZE - 1] & 0x80) != 0;
}

enum rc
rgroup_point_check(const uint8_t p[static RGROUP_SIZE])
{
	/* 32 zero octets are the identity, which libsodium takes */
	if (has_top_bit(p) || crypto_core_ristretto255_is_valid_point(p) != 1 ||
	    sodium_is_zero(p, RGROUP_SIZE) == 1)
		return RC_MALFORMED;
	return RC_OK;
}

enum rc
rgroup_scalar_check(const uint8_t s[static RGROUP_SIZE])
{
	uint8_t wide[WIDE_SIZE] = { 0 };
	uint8_t reduced[RGROUP_SIZE];
	int diff;

	memcpy(wide, s, RGROUP_SIZE);
	crypto_core_ristretto255_scalar_reduce(reduced, wide);
	diff = sodium_memcmp(reduced, s, RGROUP_SIZE);
	explicit_bzero(wide, sizeof(wide));
	explicit_bzero(reduced, sizeof(reduced));
	return diff == 0 ? RC_OK : RC_MALFORMED;
}

void
rgroup_scalar_random(uint8_t ret_s[static RGROUP_SIZE])
{
	crypto_core_ristretto255_scalar_random(ret_s);
}

void
rgroup_scalar_small(uint16_t v, uint8_t ret_s[static RGROUP_SIZE])
{
	memset(ret_s, 0, RGROUP_SIZE);
	ret_s[0] = (uint8_t)v;
	ret_s[1] = (uint8_t)(v >> 8);
}

enum rc
rgroup_mul(const uint8_t s[static RGROUP_SIZE],
    const uint8_t p[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE])
{
	if (has_top_bit(p) || crypto_scalarmult_ristretto255(ret_p, s, p) != 0)
		return RC_DENIED;
	return RC_OK;
}

enum rc
rgroup_mul_base(
    const uint8_t s[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE])
{
	return crypto_scalarmult_ristretto255_base(ret_p, s) == 0 ? RC_OK
								  : RC_DENIED;
}

enum rc
rgroup_add(const uint8_t p[static RGROUP_SIZE],
    const uint8_t q[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE])
{
	if (has_top_bit(p) || has_top_bit(q) ||
	    crypto_core_ristretto255_add(ret_p, p, q) != 0)
		return RC_DENIED;
	return RC_OK;
}

enum rc
rgroup_sub(const uint8_t p[static RGROUP_SIZE],
    const uint8_t q[static RGROUP_SIZE], uint8_t ret_p[static RGROUP_SIZE])
{
	if (has_top_bit(p) || has_top_bit(q) ||
	    crypto_core_ristretto255_sub(ret_p, p, q) != 0)
		return RC_DENIED;
	return RC_OK;
}

/* RFC 9380 section 5.3.1, expand_message_xmd, for one block of output. */
static void
expand(const char *dst, size_t n, const struct rd *parts,
    uint8_t ret_wide[static WIDE_SIZE])
{
	static const uint8_t z_pad[BLOCK_SIZE];
	static const uint8_t length[] = { 0, WIDE_SIZE, 0 }; /* and I2OSP(0) */
	static const uint8_t one = 1;
	const uint8_t dst_length = (uint8_t)strlen(dst);
	crypto_hash_sha512_state st;
	uint8_t b0[crypto_hash_sha512_BYTES];

	ASSERT(strlen(dst) <= UINT8_MAX);
	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, z_pad, sizeof(z_pad));
	for (size_t i = 0; i < n; i++)
		if (parts[i].left > 0)
			crypto_hash_sha512_update(
			    &st, parts[i].p, parts[i].left);
	crypto_hash_sha512_update(&st, length, sizeof(length));
	crypto_hash_sha512_update(&st, (const uint8_t *)dst, dst_length);
	crypto_hash_sha512_update(&st, &dst_length, 1);
	crypto_hash_sha512_final(&st, b0);
	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, b0, sizeof(b0));
	crypto_hash_sha512_update(&st, &one, 1);
	crypto_hash_sha512_update(&st, (const uint8_t *)dst, dst_length);
	crypto_hash_sha512_update(&st, &dst_length, 1);
	crypto_hash_sha512_final(&st, ret_wide);
	explicit_bzero(&st, sizeof(st));
	explicit_bzero(b0, sizeof(b0));
}

void
rgroup_hash_point(
    const char *dst, struct rd m, uint8_t ret_p[static RGROUP_SIZE])
{
	uint8_t wide[WIDE_SIZE];

	expand(dst, 1, &m, wide);
	/* fails for no input (RFC 9496 section 4.3.4) */
	ASSERT(crypto_core_ristretto255_from_hash(ret_p, wide) == 0);
	explicit_bzero(wide, sizeof(wide));
}

void
rgroup_hash_scalar(const char *dst, size_t n, const struct rd *parts,
    uint8_t ret_s[static RGROUP_SIZE])
{
	uint8_t wide[WIDE_SIZE];

	expand(dst, n, parts, wide);
	crypto_core_ristretto255_scalar_reduce(ret_s, wide);
	explicit_bzero(wide, sizeof(wide));
}
