#include "crypto/tdh2.h"

#include <sodium.h>
#include <string.h>

#define SEAL_DST "TACET-TDH2-V2-seal"
#define SHARE_DST "TACET-TDH2-V2-share"

/* Where the parts of a ciphertext are. */
#define AT_C 0
#define AT_U 32
#define AT_UBAR 64
#define AT_E 96
#define AT_F 128

/* Bbar, the second base: H2G("TACET-TDH2-V2-Bbar", ""); a test computes it. */
static const uint8_t bbar[RGROUP_SIZE] = { 0xc6, 0x76, 0xe0, 0x83, 0x77, 0xd3,
	0xa7, 0xd6, 0x97, 0xf8, 0x80, 0xe9, 0x3a, 0x60, 0x4a, 0x5f, 0x2d, 0x5a,
	0x47, 0xdb, 0xfa, 0xbb, 0x72, 0x3b, 0x1b, 0x23, 0x03, 0x5f, 0x27, 0xb4,
	0x3f, 0x02 };

/* c xor SHA-256("TACET-TDH2-V2-mask" || rP) */
static void
mask(const uint8_t rp[static RGROUP_SIZE],
    const uint8_t in[static TDH2_PLAIN_SIZE],
    uint8_t ret_out[static TDH2_PLAIN_SIZE])
{
	static const char label[] = "TACET-TDH2-V2-mask";
	uint8_t pad[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)label, strlen(label));
	crypto_hash_sha256_update(&st, rp, RGROUP_SIZE);
	crypto_hash_sha256_final(&st, pad);
	for (size_t i = 0; i < TDH2_PLAIN_SIZE; i++)
		ret_out[i] = in[i] ^ pad[i];
	explicit_bzero(pad, sizeof(pad));
	explicit_bzero(&st, sizeof(st));
}

static void
challenge(const uint8_t ct[static TDH2_CT_SIZE], const uint8_t *w,
    const uint8_t *wbar, struct rd label, uint8_t ret_e[static RGROUP_SIZE])
{
	const struct rd parts[] = { { ct + AT_C, TDH2_PLAIN_SIZE },
		{ ct + AT_U, RGROUP_SIZE }, { w, RGROUP_SIZE },
		{ ct + AT_UBAR, RGROUP_SIZE }, { wbar, RGROUP_SIZE }, label };

	rgroup_hash_scalar(SEAL_DST, ARRAY_LEN(parts), parts, ret_e);
}

/* Two products of B and three of other points; nothing is checked twice. */
enum rc
tdh2_seal_with(const uint8_t rs[static 2 * RGROUP_SIZE],
    const uint8_t public_key[static RGROUP_SIZE], struct rd label,
    const uint8_t plain[static TDH2_PLAIN_SIZE],
    uint8_t ret_ct[static TDH2_CT_SIZE])
{
	const uint8_t *r = rs;
	const uint8_t *s = rs + RGROUP_SIZE;
	uint8_t rp[RGROUP_SIZE] = { 0 };
	uint8_t w[RGROUP_SIZE];
	uint8_t wbar[RGROUP_SIZE];
	uint8_t re[RGROUP_SIZE] = { 0 };
	uint8_t ct[TDH2_CT_SIZE];
	enum rc rc = RC_BUG;

	TRY(rgroup_mul(r, public_key, rp));
	mask(rp, plain, ct + AT_C);
	TRY(rgroup_mul_base(r, ct + AT_U));
	TRY(rgroup_mul(r, bbar, ct + AT_UBAR));
	TRY(rgroup_mul_base(s, w));
	TRY(rgroup_mul(s, bbar, wbar));
	challenge(ct, w, wbar, label, ct + AT_E);
	crypto_core_ristretto255_scalar_mul(re, r, ct + AT_E);
	crypto_core_ristretto255_scalar_add(ct + AT_F, s, re);
	memcpy(ret_ct, ct, sizeof(ct));
out:
	explicit_bzero(rp, sizeof(rp));
	explicit_bzero(re, sizeof(re));
	return rc;
}

enum rc
tdh2_seal(const uint8_t public_key[static RGROUP_SIZE], struct rd label,
    const uint8_t plain[static TDH2_PLAIN_SIZE],
    uint8_t ret_ct[static TDH2_CT_SIZE])
{
	uint8_t rs[2 * RGROUP_SIZE];
	enum rc rc;

	rgroup_scalar_random(rs);
	rgroup_scalar_random(rs + RGROUP_SIZE);
	rc = tdh2_seal_with(rs, public_key, label, plain, ret_ct);
	explicit_bzero(rs, sizeof(rs));
	return rc;
}

enum rc
tdh2_check(const uint8_t ct[static TDH2_CT_SIZE], struct rd label)
{
	uint8_t w[RGROUP_SIZE];
	uint8_t wbar[RGROUP_SIZE];
	uint8_t e[RGROUP_SIZE];
	enum rc rc = RC_BUG;

	CHECK(rgroup_scalar_check(ct + AT_E) == RC_OK &&
		rgroup_scalar_check(ct + AT_F) == RC_OK,
	    RC_DENIED);
	TRY(dleq_nonce(ct + AT_E, NULL, ct + AT_U, w));
	TRY(dleq_nonce(ct + AT_E, bbar, ct + AT_UBAR, wbar));
	challenge(ct, w, wbar, label, e);
	CHECK(sodium_memcmp(e, ct + AT_E, sizeof(e)) == 0, RC_DENIED);
	rc = RC_OK;
out:
	return rc;
}

enum rc
tdh2_share(const uint8_t x[static RGROUP_SIZE], uint16_t index,
    const uint8_t ct[static TDH2_CT_SIZE], struct rd label,
    uint8_t ret_share[static TDH2_SHARE_SIZE])
{
	enum rc rc = RC_BUG;

	TRY(tdh2_check(ct, label));
	TRY(vss_share(SHARE_DST, x, index, ct + AT_U, ret_share));
out:
	return rc;
}

enum rc
tdh2_share_check(const uint8_t verification_key[static RGROUP_SIZE],
    const uint8_t ct[static TDH2_CT_SIZE], struct rd label,
    const uint8_t share[static TDH2_SHARE_SIZE])
{
	enum rc rc = RC_BUG;

	TRY(tdh2_check(ct, label));
	TRY(vss_share_check(SHARE_DST, verification_key, ct + AT_U, share));
out:
	return rc;
}

enum rc
tdh2_combine(size_t k, const uint8_t (*shares)[TDH2_SHARE_SIZE],
    const uint8_t ct[static TDH2_CT_SIZE],
    uint8_t ret_plain[static TDH2_PLAIN_SIZE])
{
	uint8_t rp[RGROUP_SIZE] = { 0 };
	enum rc rc = RC_BUG;

	TRY(vss_combine(k, shares, rp));
	mask(rp, ct + AT_C, ret_plain);
out:
	explicit_bzero(rp, sizeof(rp));
	return rc;
}
