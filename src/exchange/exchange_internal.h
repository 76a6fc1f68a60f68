/*
 * exchange_internal: what the files of the exchange share. One handler a
 * message, in the table of exchange.c. Replies go through exchange_reply: they
 * wait for the commit of the turn and become MSG_STATUS_DOWN when it fails.
 */
#ifndef EXCHANGE_INTERNAL_H
#define EXCHANGE_INTERNAL_H
#include <jansson.h>

#include "directory/promise.h"
#include "exchange/limits.h"
#include "exchange/nonces.h"
#include "proc/child.h"
#include "store/store.h"

#define EXCHANGE_PENDING_MAX 65536

struct exchange;
struct streams;
struct admin;
struct slots;
struct exchange_enrol;

/* A request that another process works on: a row that is to be durable, an
 * evaluation. */
enum exchange_wait {
	EXCHANGE_WAIT_ROW = 1,
	EXCHANGE_WAIT_ROWS,
	EXCHANGE_WAIT_TOKENS,
	EXCHANGE_WAIT_ENROL,
	EXCHANGE_WAIT_PROMISE
};

struct exchange_pending {
	uint64_t req; /* ours, towards that process; 0: free */
	enum exchange_wait wait;
	union {
		struct msg_lookup_reply lookup;
		struct msg_file_reply file;
		struct msg_octets_reply octets; /* tokens */
		struct msg_account_reply account;
		uint64_t front; /* a promise: front's req */
	} reply;
	union {
		struct exchange_enrol *enrol;
		struct promise promise;
	} of;
};

struct exchange {
	struct child *child;
	struct store *store;
	struct limits *limits;
	struct nonces *nonces;
	struct streams *streams;
	struct wall started;
	struct mono started_mono;
	uint8_t code_key[32]; /* from the store key: hashes codes */
	struct buf outbox; /* built messages of this turn, see exchange_reply */
	struct exchange_pending *pending;
	struct slots *slots;
	struct msg_epoch epoch; /* the newest that is served */
	uint64_t next_req;
	uint64_t n_registered;
	uint64_t n_lookups;
	uint64_t n_messages;
	uint64_t n_commits;
	uint64_t n_failures;
	struct loop_timer *sweep;
	int admin_fd;
	struct admin *admins; /* connected */
};

/* Queues a message until the turn is durable. Every reply's struct begins with
 * req and status; see exchange.c. */
void exchange_reply(struct exchange *x, enum permit_role to, enum msg_type type,
    const void *msg);
/* What to say when the store failed. */
enum msg_status exchange_status(enum rc rc);

/* exchange_auth.c: who signed. On MSG_STATUS_OK *ret_a is the account. */
enum msg_status exchange_auth(
    struct exchange *x, const struct msg_auth *m, struct store_account *ret_a);
/* The same for a signature by the device key given (a registration). */
enum msg_status exchange_auth_new(
    struct exchange *x, const struct msg_auth *m, const uint8_t dsk[static 32]);

void exchange_on_reg_start(struct exchange *x, const void *msg);
void exchange_on_reg_send(struct exchange *x, const void *msg);
void exchange_on_account_put(struct exchange *x, const void *msg);

/* Forgets numbers that waited for another SMS longer than a code lives. */
void exchange_register_expire(struct exchange *x);

/* exchange_pending.c: NULL: too many wait. */
struct exchange_pending *exchange_pending_new(
    struct exchange *x, enum exchange_wait wait);
/* NULL: nothing of that kind waits under req (its turn was undone). It is free
 * again, with what it holds, until the next one is made. */
struct exchange_pending *exchange_pending_take(
    struct exchange *x, enum exchange_wait wait, uint64_t req);

/* Lookups and tokens share one budget. RC_LIMIT: *ret_retry is when n more may
 * be had. */
MUST_USE enum rc exchange_budget(struct exchange *x,
    const struct store_account *a, uint32_t n, uint32_t *ret_retry);
void exchange_on_lookup(struct exchange *x, const void *msg);
void exchange_on_row_done(struct exchange *x, const void *msg);
/* The turn of a message that asked another process was undone: who waits for
 * the answer is told DOWN. False: it asked for none. */
bool exchange_pending_undone(
    struct exchange *x, enum msg_type type, uint64_t req);
void exchange_on_file_get(struct exchange *x, const void *msg);
void exchange_on_rows_reply(struct exchange *x, const void *msg);

/* exchange_slot.c: what the directory says of our accounts */
MUST_USE enum rc exchange_slots_new(struct exchange *x);
void exchange_slots_free(struct exchange *x);
/* The account of handle is new or changed. RC_OK: noted; RC_AGAIN: the number
 * is evaluated first, and then the reply leaves; else nothing was done. */
MUST_USE enum rc exchange_slot_enrol(struct exchange *x,
    const uint8_t handle[static STORE_HASH_SIZE], const struct e164 *number,
    const struct msg_account_reply *reply);
void exchange_enrol_free(struct exchange_enrol *e); /* NULL is fine */
void exchange_slot_evaluated(struct exchange *x, struct exchange_pending *p,
    const struct msg_evaluated *m);
/* The same where the number has a slot, if it has one. */
void exchange_slot_change(
    struct exchange *x, const uint8_t handle[static STORE_HASH_SIZE]);
/* Between turns: sends what changed. */
void exchange_slots_send(struct exchange *x);
/* The turn was undone: what was noted in it is looked at again. */
void exchange_slots_undone(struct exchange *x);
void exchange_on_slot_done(struct exchange *x, const void *msg);
void exchange_on_lookup_keys(struct exchange *x, const void *msg);
void exchange_on_epoch(struct exchange *x, const void *msg);
void exchange_on_promise_get(struct exchange *x, const void *msg);
/* False: no promise waits for it. */
bool exchange_promise_signed(struct exchange *x, const struct msg_signed *m);

void exchange_on_tokens(struct exchange *x, const void *msg);
void exchange_on_evaluated(struct exchange *x, const void *msg);

void exchange_on_prekeys_get(struct exchange *x, const void *msg);
void exchange_on_prekeys_put(struct exchange *x, const void *msg);
void exchange_on_devices_put(struct exchange *x, const void *msg);
void exchange_on_link_put(struct exchange *x, const void *msg);
void exchange_on_link_get(struct exchange *x, const void *msg);
void exchange_link_expire(struct exchange *x);

void exchange_on_send(struct exchange *x, const void *msg);
void exchange_on_stream_open(struct exchange *x, const void *msg);
void exchange_on_stream_close(struct exchange *x, const void *msg);
void exchange_on_ack(struct exchange *x, const void *msg);
/* Puts one entry into a device's mailbox and wakes its stream. RC_LIMIT: the
 * mailbox is full. RC_NOT_FOUND: no such device. A repeat is RC_OK. */
MUST_USE enum rc exchange_mail(struct exchange *x,
    const uint8_t account[static 16], uint8_t device,
    const uint8_t id[static 16], const struct store_mail *m);
/* Closes the streams of devices that the account does not have any more. */
void exchange_streams_check(
    struct exchange *x, const uint8_t account[static 16]);
MUST_USE enum rc exchange_streams_new(struct exchange *x);
void exchange_streams_free(struct exchange *x);
/* After a commit: sends to the streams what became deliverable. */
void exchange_pump(struct exchange *x);

void exchange_on_sms_send(struct exchange *x, const void *msg);
void exchange_on_sms_state(struct exchange *x, const void *msg);
void exchange_on_sms_find(struct exchange *x, const void *msg);
void exchange_on_sms_in(struct exchange *x, const void *msg);

MUST_USE enum rc exchange_admin_start(struct exchange *x, int listen_fd);
/* exchange_counts.c: what an operator is told; NULL: the store cannot be read,
 * or there is no memory */
enum exchange_counts_kind { EXCHANGE_COUNTS_STATUS, EXCHANGE_COUNTS_METRICS };
json_t *exchange_counts_status(struct exchange *x, const struct msg_counts *m);
json_t *exchange_counts_metrics(struct exchange *x, const struct msg_counts *m);
void exchange_on_counts(struct exchange *x, const void *msg);
void exchange_on_log_appended(struct exchange *x, const void *msg);
void exchange_on_signed(struct exchange *x, const void *msg);
void exchange_on_cut_done(struct exchange *x, const void *msg);
uint32_t exchange_stream_count(const struct exchange *x);
#endif
