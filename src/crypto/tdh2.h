/*
 * tdh2: a 32-octet key sealed under a label so that any k of n custodians open
 * it together, fewer learn nothing, and nobody's share opens anything else.
 * Scheme TDH2 of Shoup and Gennaro, "Securing threshold cryptosystems against
 * chosen ciphertext attack" (J. Cryptology 15, 2002), over ristretto255
 * (custody.md, section 2). Pure but for its randomness. Wipes what it derives.
 */
#ifndef TDH2_H
#define TDH2_H
#include "crypto/vss.h"

#define TDH2_MEMBERS_MAX VSS_MEMBERS_MAX
#define TDH2_PLAIN_SIZE 32
#define TDH2_CT_SIZE 160 /* c || u || ubar || e || f */
#define TDH2_SHARE_SIZE VSS_SHARE_SIZE

/* RC_DENIED: the public key is no point. */
MUST_USE enum rc tdh2_seal(const uint8_t public_key[static RGROUP_SIZE],
    struct rd label, const uint8_t plain[static TDH2_PLAIN_SIZE],
    uint8_t ret_ct[static TDH2_CT_SIZE]);
/* Tests: the same with stated r and s. */
MUST_USE enum rc tdh2_seal_with(const uint8_t rs[static 2 * RGROUP_SIZE],
    const uint8_t public_key[static RGROUP_SIZE], struct rd label,
    const uint8_t plain[static TDH2_PLAIN_SIZE],
    uint8_t ret_ct[static TDH2_CT_SIZE]);
/* Anybody can. RC_DENIED: not sealed under this label by who knew the key. */
MUST_USE enum rc tdh2_check(
    const uint8_t ct[static TDH2_CT_SIZE], struct rd label);
/* The share of the holder of x. RC_DENIED: ct does not check; then there is
 * none. RC_MALFORMED: the index is not 1 to TDH2_MEMBERS_MAX. */
MUST_USE enum rc tdh2_share(const uint8_t x[static RGROUP_SIZE], uint16_t index,
    const uint8_t ct[static TDH2_CT_SIZE], struct rd label,
    uint8_t ret_share[static TDH2_SHARE_SIZE]);
/* Checks ct too. RC_DENIED. The caller looks the verification key up by the
 * share's index (vss_share_index). */
MUST_USE enum rc tdh2_share_check(
    const uint8_t verification_key[static RGROUP_SIZE],
    const uint8_t ct[static TDH2_CT_SIZE], struct rd label,
    const uint8_t share[static TDH2_SHARE_SIZE]);
/* k checked shares of different custodians. RC_MALFORMED: an index is out of
 * range or there twice. With fewer than the threshold, or an unchecked share,
 * the result is 32 octets of no meaning. */
MUST_USE enum rc tdh2_combine(size_t k,
    const uint8_t (*shares)[TDH2_SHARE_SIZE],
    const uint8_t ct[static TDH2_CT_SIZE],
    uint8_t ret_plain[static TDH2_PLAIN_SIZE]);
#endif
