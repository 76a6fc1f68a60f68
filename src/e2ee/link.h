/*
 * link: adding a device (design: e2ee, Multi-device). The new device publishes
 * an offer; CODE, read by a person from one screen to the other, is the hash
 * of the offer; the old device answers, sealed to the offer's key. Pure.
 *
 *   offer  = [1, X25519 link key 32, DSK 32, DIK 32, EK 32, name text]
 *   CODE   = base32 (RFC 4648, no padding) of SHA-256(label || offer), in
 *            groups of 4; the rendezvous id is the first 16 octets of
 *            SHA-256("tacet link id v1" || that hash)
 *   answer = HPKE(link key, info "tacet link v1", aad = offer hash,
 *            [number text, account bstr16, device id, AIK secret 64,
 *             records secret 32, device list bstr])
 */
#ifndef LINK_H
#define LINK_H
#include "base/buf.h"

#define LINK_CODE_SIZE 66 /* 52 characters, 12 dashes, NUL */
#define LINK_OFFER_MAX 512
#define LINK_ANSWER_MAX 8192

struct link_offer {
	uint8_t link_key[32];
	uint8_t dsk[32];
	uint8_t dik[32];
	uint8_t ek[32];
	char name[65];
};

struct link_answer {
	char number[17]; /* "+15550100" */
	uint8_t account[16];
	uint8_t device;
	uint8_t aik_secret[64];
	uint8_t records_secret[32];
	struct rd device_list; /* borrowed from the opened buffer */
};

MUST_USE enum rc link_offer_build(const struct link_offer *o, struct buf *b);
MUST_USE enum rc link_offer_parse(struct rd octets, struct link_offer *ret_o);
void link_code(struct rd offer, char ret_code[static LINK_CODE_SIZE]);
/* Accepts lower case, spaces and dashes anywhere. RC_MALFORMED. */
MUST_USE enum rc link_code_parse(
    struct rd code, uint8_t ret_hash[static 32], uint8_t ret_id[static 16]);
/* RC_DENIED unless offer is the one the code names. */
MUST_USE enum rc link_code_check(
    const uint8_t hash[static 32], struct rd offer);
MUST_USE enum rc link_answer_seal(
    struct rd offer, const struct link_answer *a, struct buf *b);
/* plain: filled with what ret_a->device_list borrows from; the caller clears
 * both (buf_clear wipes). */
MUST_USE enum rc link_answer_open(struct rd offer,
    const uint8_t link_secret[static 32], struct rd answer, struct buf *plain,
    struct link_answer *ret_a);
#endif
