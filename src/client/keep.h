/*
 * keep: everything a client keeps between two runs, in memory: identity, keys,
 * sessions, contacts with the lookup cache, outbox, inbox. Pure. Holds
 * secrets: keep_free wipes, and what is taken out of a list is wiped too.
 */
#ifndef KEEP_H
#define KEEP_H
#include "base/buf.h"
#include "base/mono.h"
#include "client/keep_view.h"
#include "e2ee/content.h"
#include "e2ee/session.h"
#include "wire/device_list.h"
#include "wire/e164.h"
#include "wire/relay.h"

#define KEEP_NAME_MAX DEVICE_LIST_NAME_MAX
#define KEEP_SIGNED_MAX 8 /* 30 days of one a week, and spare (e2ee, Keys) */
#define KEEP_ONE_TIME_MAX 400 /* handed out ones whose message never came */
#define KEEP_CONTACTS_MAX 4096
#define KEEP_SESSIONS_MAX 4096
#define KEEP_SESSIONS_DEVICE_MAX 4 /* sessions of one foreign device */
#define KEEP_OUTBOX_MAX 4096
#define KEEP_INBOX_MAX 65536
#define KEEP_SEEN_MAX 4096 /* ids of shown messages, the oldest goes */
#define KEEP_HASHES_MAX 8  /* own device lists that peers may still hold */
#define KEEP_BLOB_MAX (64 * 1024 * 1024)

enum keep_stage {
	KEEP_STAGE_EMPTY = 0,
	KEEP_STAGE_KEYS = 1, /* keys are made, the server does not know them */
	KEEP_STAGE_REGISTERED = 2
};

enum keep_route {
	KEEP_ROUTE_UNKNOWN = 0,
	KEEP_ROUTE_ENCRYPTED = 1,
	KEEP_ROUTE_SMS = 2
};

struct keep_prekey {
	uint32_t id;
	struct wall time;
	uint8_t secret[32];
};

struct keep_contact {
	struct keep_contact *next;
	struct e164 number;
	char name[KEEP_NAME_MAX + 1];
	bool in_book; /* the person added it; else only a cache entry */
	bool heard;   /* wrote to us before we asked about it */
	enum keep_route route;
	uint8_t devices;
	struct wall fetched; /* when the route was learned */
	bool has_account;
	uint8_t account[16];
	bool has_aik;
	uint8_t aik[32]; /* pinned when first seen */
	struct buf list; /* signed device list octets, or empty */
	/* by the directory (doc/protocol/directory.md, 6) */
	bool has_y;
	uint8_t y[VOPRF_OUTPUT_SIZE]; /* kept for ever */
	bool is_proved;               /* the route: against the public log */
	uint8_t commitment[32];       /* of the slot that the route is by */
	struct keep_slot slot;        /* pinned: a later one must continue it */
	struct wall tried;    /* a question that failed: not at once again */
	struct wall told;     /* our checkpoints, in a message */
	struct wall unproved; /* a device list newer than the slot, since */
};

struct keep_session {
	struct keep_session *next; /* used last comes first */
	uint8_t account[16];
	uint8_t device;
	uint8_t aik[32];
	uint8_t base_key[32]; /* zero when we started it */
	struct e164 number;   /* as the peer claims it */
	struct session *s;
};

enum keep_out_kind {
	KEEP_OUT_TEXT = 1,
	KEEP_OUT_SYNC = 2, /* a copy for the account's other devices */
	KEEP_OUT_SMS = 3,
	KEEP_OUT_DEVICES = 4 /* text: a signed device list */
};

struct keep_out {
	struct keep_out *next;
	enum keep_out_kind kind;
	uint8_t id[16];
	struct e164 number; /* the other end of the conversation */
	struct wall time;
	struct buf text;
	struct buf frame; /* sealed: repeated octet for octet after a crash */
};

struct keep_in {
	struct keep_in *next;
	uint8_t type; /* enum tacet_note_type */
	uint8_t id[16];
	struct e164 number; /* n = 0: none */
	char from[32];
	struct wall time;
	bool is_sms;
	struct buf text;
};

struct keep {
	enum keep_stage stage;
	struct e164 number;
	uint8_t account[16];
	uint8_t device;
	uint32_t epoch;
	char name[KEEP_NAME_MAX + 1];
	bool has_aik; /* false on a device that waits to be linked */
	uint8_t aik_secret[64];
	uint8_t records_secret[32];
	uint8_t dsk_secret[64];
	uint8_t dik_secret[32];
	uint8_t ek_secret[32];
	struct buf list; /* own signed device list */
	size_t n_hashes;
	uint8_t hashes[KEEP_HASHES_MAX][32]; /* newest first */
	uint32_t next_prekey;
	uint32_t one_time_left; /* at the server, as far as we know */
	struct wall replenished;
	size_t n_signed;
	struct keep_prekey signed_keys[KEEP_SIGNED_MAX]; /* newest last */
	size_t n_one_time;
	struct keep_prekey one_time[KEEP_ONE_TIME_MAX]; /* oldest first */
	bool policy_private; /* the policy offers private lookups */
	bool policy_classic;
	struct wall policy_read;
	uint8_t policy_hash[32]; /* of its text */
	struct keep_view view;
	struct keep_contact *contacts;
	struct keep_session *sessions;
	struct keep_out *outbox;
	struct keep_in *inbox;
	size_t n_seen;
	uint8_t seen[KEEP_SEEN_MAX][16]; /* oldest first */
	uint64_t unopened; /* messages that could not be opened, so far */
};

MUST_USE enum rc keep_new(struct keep **ret_k);
void keep_free(struct keep *k); /* NULL is fine */

/* Lists. _add: RC_LIMIT, RC_NOMEM; borrowed from k. _find: RC_NOT_FOUND. */
MUST_USE enum rc keep_contact_add(struct keep *k, const struct e164 *number,
    struct keep_contact **ret_c); /* finds it when it is there */
MUST_USE enum rc keep_contact_find(const struct keep *k,
    const struct e164 *number, struct keep_contact **ret_c);
void keep_contact_drop(struct keep *k, struct keep_contact *c);
/* In front; the oldest of the same device beyond the maximum goes. s is the
 * list's only when RC_OK. */
MUST_USE enum rc keep_session_add(
    struct keep *k, struct session *s, struct keep_session **ret_e);
MUST_USE enum rc keep_session_find(const struct keep *k,
    const uint8_t account[static 16], uint8_t device,
    struct keep_session **ret_e);
/* After the session of one device was set: drops those over the maximum. */
void keep_session_trim(struct keep *k, const struct keep_session *e);
void keep_session_front(struct keep *k, struct keep_session *e);
/* Drops every session of account whose device is not in l. */
void keep_session_only(struct keep *k, const uint8_t account[static 16],
    const struct device_list *l);
MUST_USE enum rc keep_out_add(struct keep *k, struct keep_out **ret_o);
void keep_out_drop(struct keep *k, struct keep_out *o);
MUST_USE enum rc keep_in_add(struct keep *k, struct keep_in **ret_i);
void keep_in_drop(struct keep *k, const uint8_t id[static 16]);
bool keep_seen_has(const struct keep *k, const uint8_t id[static 16]);
void keep_seen_add(struct keep *k, const uint8_t id[static 16]);
/* RC_NOT_FOUND. Borrowed from k. */
MUST_USE enum rc keep_prekey_find(const struct keep_prekey *keys, size_t n,
    uint32_t id, const struct keep_prekey **ret_p);
void keep_prekey_drop(struct keep *k, uint32_t one_time_id);
/* Replaces the own list and remembers its hash. RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc keep_list_set(struct keep *k, struct rd octets);
MUST_USE enum rc keep_buf_set(struct buf *b, struct rd octets);
#endif
