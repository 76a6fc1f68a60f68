/*
 * device_list: the devices of an account, signed by its identity key AIK
 * (design: e2ee, Keys). Deterministic CBOR:
 *
 *   [ body bstr, signature bstr(64) ],  body =
 *   { 1: AIK bstr(32), 2: version, 3: time, 4: records key bstr(32),
 *     5: [ [id, DSK 32, DIK 32, EK 32, caps, name text<=64], ... ids ascend ] }
 *
 * signature = Ed25519(AIK, "tacet device list v1" 0x00 || body). Pure.
 */
#ifndef DEVICE_LIST_H
#define DEVICE_LIST_H
#include "base/buf.h"
#include "base/mono.h"

#define DEVICE_LIST_MAX 8 /* devices per account (budgets: limits) */
#define DEVICE_LIST_SIZE_MAX 4096
#define DEVICE_LIST_NAME_MAX 64

struct device_list_entry {
	uint8_t id;      /* 1..255, never used again in the account */
	uint8_t dsk[32]; /* Ed25519, signs requests and prekeys */
	uint8_t dik[32]; /* X25519, DH identity */
	uint8_t ek[32];  /* X25519, opens envelopes */
	uint32_t caps;   /* 0 in this version */
	char name[DEVICE_LIST_NAME_MAX + 1];
};

struct device_list {
	uint8_t aik[32];
	uint32_t version; /* 1, 2, ... */
	struct wall time;
	uint8_t records_key[32]; /* X25519: opens the account's own rows */
	size_t n;
	struct device_list_entry devices[DEVICE_LIST_MAX];
};

/* Parses and verifies the signature by the AIK inside. RC_DENIED when it does
 * not match, RC_MALFORMED. */
MUST_USE enum rc device_list_parse(struct rd octets, struct device_list *ret_l);
/* aik_secret: libsodium's 64-octet Ed25519 secret key. */
MUST_USE enum rc device_list_build(const struct device_list *l,
    const uint8_t aik_secret[static 64], struct buf *b);
/* SHA-256 of the octets: what transcripts and slots hold. */
void device_list_hash(struct rd octets, uint8_t ret_hash[static 32]);
/* RC_NOT_FOUND. Borrowed from l. */
MUST_USE enum rc device_list_find(const struct device_list *l, uint8_t id,
    const struct device_list_entry **ret_d);
#endif
