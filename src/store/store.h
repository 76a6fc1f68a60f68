/*
 * store: what the exchange keeps: accounts, devices, prekeys, mailboxes,
 * registration sessions. Each verb is one whole change and idempotent by an id
 * of the caller, so that a retry after an unknown commit is safe; there is no
 * cursor and no transaction handle. All verbs since the last store_commit
 * become durable together (group commit): acknowledge nothing before it.
 * Numbers are kept as keyed hashes only. One thread. Blocks on the disk.
 *
 * Unless a comment says otherwise a verb returns RC_NOSPACE (disk full), RC_IO
 * or RC_CORRUPT. Such a change may be half done: store_commit then refuses and
 * store_rollback undoes everything since the last commit.
 */
#ifndef STORE_H
#define STORE_H
#include "base/buf.h"
#include "base/mono.h"
#include "wire/device_list.h"
#include "wire/e164.h"
#include "wire/prekey.h"
#include "wire/relay.h"

#define STORE_KEY_SIZE 32
#define STORE_HASH_SIZE 32
#define STORE_ID_SIZE 16
#define STORE_EPOCHS_MAX 64
#define STORE_Y_SIZE 64

struct store;

struct store_account {
	uint8_t account[STORE_ID_SIZE];
	uint8_t handle[STORE_HASH_SIZE];
	uint8_t aik[32];
	uint8_t records_key[32];
	uint32_t epoch; /* of the number */
	uint32_t list_version;
	struct wall registered;
	int32_t last_day; /* of the last connection; days since 1970 */
	uint8_t devices;
};

struct store_device {
	uint8_t id;
	uint8_t dsk[32];
	uint8_t ek[32];
};

struct store_epoch { /* one owner of a number */
	uint32_t epoch;
	struct wall from;
	struct wall to; /* 0: still */
};

/* A number's slot in the directory (doc/protocol/directory.md, 2): what its
 * next version is made of, and what the last one was. It outlives accounts. */
struct store_slot {
	uint8_t handle[STORE_HASH_SIZE];
	uint8_t y[STORE_Y_SIZE]; /* by which the slot is sealed */
	uint32_t place;
	uint32_t version; /* of the last that was taken; 0: none */
	uint32_t epoch;   /* that it came in */
	uint8_t commitment[32];
	uint8_t sealed_hash[32];
	uint64_t changes; /* since then; 0: the directory is up to date */
};

struct store_session { /* one registration */
	uint8_t id[STORE_ID_SIZE];
	uint8_t handle[STORE_HASH_SIZE];
	uint8_t code_hash[32];
	struct wall created;
	struct wall last_send;
	struct wall last_check;
	uint32_t sends;
	uint32_t checks;
	bool verified;
};

struct store_mail { /* one mailbox entry */
	uint64_t seq;
	enum relay_kind kind;
	struct wall time;
	struct rd octets; /* borrowed for the callback */
};
typedef enum rc (*store_mail_fn)(void *arg, const struct store_mail *m);

/* Opens or makes the file name in the working directory. RC_STATE: written by
 * a newer version. RC_DENIED: made with another key. key: 32 octets, copied.
 * Caller owns *ret_s; only the thread that opened may use it. */
MUST_USE enum rc store_open(const char *name,
    const uint8_t key[static STORE_KEY_SIZE], struct store **ret_s);
void store_close(struct store *s); /* commits nothing; NULL is fine */
/* Makes everything since the last commit durable (fsync). Another code: a verb
 * failed since, or this did: call store_rollback. */
MUST_USE enum rc store_commit(struct store *s);
void store_rollback(struct store *s);
bool store_is_dirty(const struct store *s);

/* HMAC-SHA-256 under the store key: how a number is named here. */
void store_handle(const struct store *s, const struct e164 *number,
    uint8_t ret_hash[static STORE_HASH_SIZE]);

/* RC_NOT_FOUND. */
MUST_USE enum rc store_account_by_handle(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE], struct store_account *ret_a);
MUST_USE enum rc store_account_get(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], struct store_account *ret_a);
/* The epoch the number is in, 0 when it never had an account. */
MUST_USE enum rc store_epoch(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE], uint32_t *ret_epoch);
/* The last owners of the number, oldest first. */
MUST_USE enum rc store_epochs(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE],
    struct store_epoch ret_e[static STORE_EPOCHS_MAX], size_t *ret_n);
/* Registers handle to the list's identity key. The same key: the account and
 * its epoch stay. Another: the old account goes with everything it had, epoch
 * + 1, and account is the new one's id. *ret_a is what now stands. */
MUST_USE enum rc store_account_put(struct store *s,
    const struct store_account *a, const struct device_list *l,
    struct rd list_octets, struct store_account *ret_a);
/* now: when the number's epoch ended. */
MUST_USE enum rc store_account_remove(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], struct wall now);
/* A new list of the same account; mailboxes and prekeys of devices that are
 * no longer in it go. RC_STATE unless version is the next one. */
MUST_USE enum rc store_list_put(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], const struct device_list *l,
    struct rd octets);
/* Appends the signed list's octets. RC_NOT_FOUND. */
MUST_USE enum rc store_list_get(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], struct buf *b);
MUST_USE enum rc store_seen(
    struct store *s, const uint8_t account[static STORE_ID_SIZE], int32_t day);
/* At most DEVICE_LIST_MAX, ids ascending. */
MUST_USE enum rc store_devices(struct store *s,
    const uint8_t account[static STORE_ID_SIZE],
    struct store_device ret_d[static DEVICE_LIST_MAX], size_t *ret_n);

/* A number's first slot, with one change: nothing when it has one. */
MUST_USE enum rc store_slot_add(struct store *s, const struct store_slot *slot);
/* RC_NOT_FOUND. */
MUST_USE enum rc store_slot_get(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE], struct store_slot *ret_slot);
/* One more change; nothing for a number that has no slot. */
MUST_USE enum rc store_slot_change(
    struct store *s, const uint8_t handle[static STORE_HASH_SIZE]);
/* Version, epoch, commitment and sealed_hash are those of the slot taken; of
 * changes those are done that slot->changes counts: later ones stay. */
MUST_USE enum rc store_slot_done(
    struct store *s, const struct store_slot *slot);
/* Up to n slots with changes. */
MUST_USE enum rc store_slots_changed(
    struct store *s, size_t n, struct store_slot *ret_slots, size_t *ret_n);

/* Adds; a one-time id that was ever there is not added again. */
MUST_USE enum rc store_prekeys_put(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device,
    const struct prekey_upload *u);
/* Takes one one-time key out, when there is one. RC_NOT_FOUND: the device has
 * no signed prekey. */
MUST_USE enum rc store_prekey_pop(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device,
    struct prekey_bundle *ret_b);
MUST_USE enum rc store_prekeys_count(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device,
    uint32_t *ret_n);

/* RC_EXISTS: an entry of that id is or was there since the device last
 * acknowledged; nothing changed. */
MUST_USE enum rc store_mail_append(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device,
    const uint8_t id[static STORE_ID_SIZE], const struct store_mail *m);
/* Calls fn for entries with a seq greater than after, ascending, until fn
 * returns other than RC_OK (RC_LIMIT is then RC_OK for the caller). */
MUST_USE enum rc store_mail_each(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device, uint64_t after,
    store_mail_fn fn, void *arg);
MUST_USE enum rc store_mail_ack(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device, uint64_t seq);
MUST_USE enum rc store_mail_count(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device,
    uint64_t *ret_n, uint64_t *ret_octets);
MUST_USE enum rc store_mail_expire(struct store *s, struct wall before);

MUST_USE enum rc store_session_put(
    struct store *s, const struct store_session *r);
/* RC_NOT_FOUND. */
MUST_USE enum rc store_session_get(struct store *s,
    const uint8_t id[static STORE_ID_SIZE], struct store_session *ret_r);
/* Sessions of the number begun after since. */
MUST_USE enum rc store_session_count(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE], struct wall since,
    uint32_t *ret_n);
MUST_USE enum rc store_session_expire(struct store *s, struct wall before);

/* An SMS this account sent, so that its receipt finds the account again.
 * RC_EXISTS: this id was sent before. */
MUST_USE enum rc store_sms_put(struct store *s,
    const uint8_t id[static STORE_ID_SIZE],
    const uint8_t account[static STORE_ID_SIZE], struct wall now);
MUST_USE enum rc store_sms_get(struct store *s,
    const uint8_t id[static STORE_ID_SIZE],
    uint8_t ret_account[static STORE_ID_SIZE]);
MUST_USE enum rc store_sms_expire(struct store *s, struct wall before);
/* Accounts and waiting mail: for metrics. */
MUST_USE enum rc store_totals(
    struct store *s, uint64_t *ret_accounts, uint64_t *ret_mail);
/* A consistent copy into a new file of the working directory. Commits. */
MUST_USE enum rc store_backup(struct store *s, const char *name);
#endif
