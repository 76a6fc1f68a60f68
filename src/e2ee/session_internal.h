/*
 * session_internal: what the files of a session share (doc/protocol/
 * session.md), and the two calls whose randomness the tests choose. Only
 * src/e2ee and its tests include this. Holds secrets.
 */
#ifndef SESSION_INTERNAL_H
#define SESSION_INTERNAL_H
#include "e2ee/session.h"

#define SESSION_HEADER_SIZE 44
#define SESSION_TAG_SIZE 16
#define SESSION_HANDLE_MAX 16 /* "+" and 15 digits */
/* account, device, four keys and hashes, two ids, handle, KEM length */
#define SESSION_INTRO_MAX (16 + 1 + 4 * 32 + 8 + 1 + SESSION_HANDLE_MAX + 2)
#define SESSION_PREFIX_MAX (1 + SESSION_INTRO_MAX + SESSION_HEADER_SIZE)
#define SESSION_ENDED_MAX 8

enum session_kind { /* first octet of a message */
	SESSION_KIND_ORDINARY = 0x10,
	SESSION_KIND_INTRO = 0x11
};

struct session_kept { /* the key of a message that did not come yet */
	uint8_t dh[32];
	uint32_t n;
	uint8_t key[32];
};

struct session_ended { /* a receiving chain that ended */
	uint8_t dh[32];
	uint32_t n; /* keys drawn from it */
};

/* Small and copied whole: a message is tried on a copy. */
struct session_ratchet {
	bool turn; /* a new own pair before the next message */
	uint8_t root[32];
	uint8_t own[32];
	bool has_remote;
	uint8_t remote[32];
	bool has_send;
	uint8_t send[32];
	uint32_t ns;
	uint32_t pn;
	bool has_recv;
	uint8_t recv[32];
	uint32_t nr;
	size_t n_ended;
	struct session_ended ended[SESSION_ENDED_MAX];
};

struct session {
	bool initiator;
	bool answered;
	uint8_t hash[32]; /* TH */
	uint8_t base_key[32];
	size_t n_intro;
	uint8_t intro[SESSION_INTRO_MAX];
	struct wall start;
	struct wall used;
	struct session_ratchet r;
	size_t n_kept;
	struct session_kept *kept; /* exactly n_kept; NULL when 0 */
};

struct session_header {
	uint8_t dh[32];
	uint32_t pn;
	uint32_t n;
};

/* session_start and session_seal with a stated secret. The tests' randomness
 * is the only other caller's. seal uses fresh only when it must turn. */
MUST_USE enum rc session_start_with(const struct session_party *self,
    const uint8_t dik_secret[static 32], const struct session_party *peer,
    const struct prekey_bundle *bundle, const uint8_t base_secret[static 32],
    struct session **ret_s);
MUST_USE enum rc session_seal_with(struct session *s,
    const uint8_t fresh[static 32], struct rd plain, struct wall now,
    struct buf *b);

/* Both ends' view of the start. A one-time key of length 0: there is none. */
struct session_key_start {
	const struct session_party *a;
	const struct session_party *b;
	uint8_t base_key[32];
	uint32_t signed_id;
	uint8_t signed_key[32];
	uint32_t one_time_id;
	struct rd one_time;
};

/* TH. RC_MALFORMED: a handle that is no number. */
MUST_USE enum rc session_key_hash(
    const struct session_key_start *t, uint8_t ret_hash[static 32]);
/* SK from DH1..DH3 and, if n is 4, DH4. */
void session_key_root(const uint8_t hash[static 32], uint8_t (*dh)[32],
    size_t n, uint8_t ret_sk[static 32]);
/* In: root. Out: the next root and a chain key. RC_DENIED: low order. */
MUST_USE enum rc session_key_step(uint8_t root[static 32],
    const uint8_t own[static 32], const uint8_t remote[static 32],
    uint8_t ret_chain[static 32]);
/* Gives the message key of the chain and moves it on. */
void session_key_next(
    uint8_t chain[static 32], uint8_t ret_message_key[static 32]);
/* AEAD key 32 and nonce 12. */
void session_key_box(
    const uint8_t message_key[static 32], uint8_t ret_box[static 44]);

/* Turns if it must, gives the header and the key of the next message. */
MUST_USE enum rc session_ratchet_send(struct session_ratchet *r,
    const uint8_t fresh[static 32], struct session_header *ret_h,
    uint8_t ret_key[static 32]);
/* Moves r to h; the keys it skips are in an array of *ret_n that the caller
 * wipes and frees. RC_DENIED, RC_EXISTS, RC_NOMEM; then r is to be dropped. */
MUST_USE enum rc session_ratchet_receive(struct session_ratchet *r,
    const struct session_header *h, uint8_t ret_key[static 32],
    struct session_kept **ret_skipped, size_t *ret_n);

/* The intro at the cursor, which moves past it. */
MUST_USE enum rc session_intro_take(struct rd *r, struct session_intro *ret_i);
MUST_USE enum rc session_intro_build(
    const struct session_intro *i, struct buf *b);

MUST_USE enum rc session_state_build(const struct session *s, struct buf *b);
MUST_USE enum rc session_state_parse(struct rd state, struct session **ret_s);
#endif
