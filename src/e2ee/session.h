/*
 * session: one pairwise end-to-end session between two devices: start in the
 * manner of PQXDH with X25519 (the KEM part's place is kept) and the Double
 * Ratchet (design: e2ee; byte-exact in doc/protocol/session.md). No I/O.
 * Holds secrets: session_free wipes. State must be persisted (session_build)
 * before what session_seal returned is sent, and before a receipt is given for
 * what session_open returned.
 */
#ifndef SESSION_H
#define SESSION_H
#include "base/buf.h"
#include "base/mono.h"
#include "wire/prekey.h"

#define SESSION_SKIP_MAX 1000 /* skipped keys per session and per message */
#define SESSION_STATE_MAX 131072
#define SESSION_PLAIN_MAX 90000

struct session;

struct session_party { /* one end, as both sides must agree on it */
	uint8_t account[16];
	uint8_t device;
	uint8_t aik[32];
	uint8_t dik[32];
	uint8_t list_hash[32]; /* SHA-256 of the signed device list */
	struct rd handle;      /* "+15550100"; both ends bind the numbers */
};

/* The initiator. dik_secret: own X25519 DH identity. The bundle's signatures
 * were checked by prekey_bundle_parse. Caller owns *ret_s. */
MUST_USE enum rc session_start(const struct session_party *self,
    const uint8_t dik_secret[static 32], const struct session_party *peer,
    const struct prekey_bundle *bundle, struct wall now,
    struct session **ret_s);

/* What a first message names, before any secret is used: the sender, and
 * which of the receiver's prekeys to use. */
struct session_intro {
	uint8_t account[16];
	uint8_t device;
	uint8_t aik[32];
	uint8_t dik[32];
	uint8_t list_hash[32];
	uint8_t base_key[32]; /* sender's ephemeral; names the session */
	uint32_t signed_id;
	uint32_t one_time_id; /* 0: none was left */
	struct rd handle;     /* borrowed from the message */
};
/* RC_NOT_FOUND: an ordinary message, no intro. RC_MALFORMED. */
MUST_USE enum rc session_intro_parse(
    struct rd message, struct session_intro *ret_i);

/* The responder. one_time_secret may be NULL (one_time_id 0). The session is
 * not yet confirmed: open the message with session_open; on failure free it
 * and keep the one-time key. */
MUST_USE enum rc session_accept(const struct session_party *self,
    const uint8_t dik_secret[static 32], const uint8_t signed_secret[static 32],
    const uint8_t *one_time_secret, const struct session_intro *intro,
    struct wall now, struct session **ret_s);

/* Appends one message (intro first while unanswered, header 44 octets,
 * ciphertext). type: content type octet, bound in the associated data. */
MUST_USE enum rc session_seal(
    struct session *s, struct rd plain, struct wall now, struct buf *b);
/* Appends the plaintext. RC_DENIED: any bad ciphertext, always the same code
 * and no state change; RC_EXISTS: this message was opened before (its key is
 * gone); RC_LIMIT: more than SESSION_SKIP_MAX ahead. */
MUST_USE enum rc session_open(
    struct session *s, struct rd message, struct wall now, struct buf *b);

/* The session's name, equal on both ends: SHA-256 of the start transcript. */
void session_id(const struct session *s, uint8_t ret_id[static 32]);
bool session_is_answered(const struct session *s);

MUST_USE enum rc session_build(const struct session *s, struct buf *state);
MUST_USE enum rc session_parse(struct rd state, struct session **ret_s);
void session_free(struct session *s); /* wipes; NULL is fine */
#endif
