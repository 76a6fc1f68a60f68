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
 * were checked by prekey_bundle_parse. Caller owns *ret_s. RC_DENIED: a key of
 * low order; RC_MALFORMED: a handle that is no number. */
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

struct session_secrets { /* the responder's, 32 octets each; borrowed */
	const uint8_t *dik;
	const uint8_t *signed_key; /* of intro.signed_id */
	const uint8_t *one_time; /* of intro.one_time_id; NULL when that is 0 */
};
/* The responder. The session is not yet confirmed: open the message with
 * session_open; on failure free it and keep the one-time key. RC_STATE: a
 * one-time key without its id, or the reverse; RC_DENIED: a key of low order.
 * That the intro's keys are the sender's is for the caller to check. */
MUST_USE enum rc session_accept(const struct session_party *self,
    const struct session_secrets *secrets, const struct session_intro *intro,
    struct wall now, struct session **ret_s);

/* Appends one message (intro first while unanswered, header 44 octets,
 * ciphertext). RC_STATE: the responder has opened nothing yet; RC_LIMIT: plain
 * is longer than SESSION_PLAIN_MAX. On failure s is unchanged. */
MUST_USE enum rc session_seal(
    struct session *s, struct rd plain, struct wall now, struct buf *b);
/* Appends the plaintext. RC_DENIED: anything wrong, always the same code and
 * no state change, also when it is more than SESSION_SKIP_MAX ahead; RC_EXISTS:
 * a repeat, its key is gone (how that is told: session.md, Limits and
 * refusals). Treat both alike towards others. */
MUST_USE enum rc session_open(
    struct session *s, struct rd message, struct wall now, struct buf *b);

/* The session's name, equal on both ends: SHA-256 of the start transcript. */
void session_id(const struct session *s, uint8_t ret_id[static 32]);
/* The initiator's ephemeral public key, under which a repeated first message
 * finds its session (session_intro.base_key). */
void session_base_key(const struct session *s, uint8_t ret_key[static 32]);
/* True once a message of the other end was opened. */
bool session_is_answered(const struct session *s);
/* When the session last sealed or opened something; its start before that. */
struct wall session_used(const struct session *s);

MUST_USE enum rc session_build(const struct session *s, struct buf *state);
/* RC_MALFORMED: not a state that session_build wrote. */
MUST_USE enum rc session_parse(struct rd state, struct session **ret_s);
void session_free(struct session *s); /* wipes; NULL is fine */
#endif
