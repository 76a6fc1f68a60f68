/*
 * engine: the inside of struct tacet: one operation at a time, a request that
 * waits to be handed out, and one table from step to the function that reads
 * its answer. Pure but for randomness.
 */
#ifndef ENGINE_H
#define ENGINE_H
#include "client/directory_check.h"
#include "client/keep.h"
#include "client/ohttp_client.h"
#include "e2ee/link.h"
#include "pir/pir_client.h"
#include "tacet.h"

#define ENGINE_PATH_SIZE 192
#define ENGINE_BODY_MAX (2 * 1024 * 1024)
#define ENGINE_REFRESH_S (24 * 3600) /* a cached route lives a day */

enum engine_step {
	ENGINE_STEP_NONE = 0,
	ENGINE_STEP_REGISTER,
	ENGINE_STEP_CODE, /* waits for tacet_register_code */
	ENGINE_STEP_ACCOUNT,
	ENGINE_STEP_TRUST,
	ENGINE_STEP_POLICY,
	ENGINE_STEP_EPOCH,
	ENGINE_STEP_TOKENS,
	ENGINE_STEP_STASH,
	ENGINE_STEP_QUESTION,
	ENGINE_STEP_SLOT,
	ENGINE_STEP_PROMISE,
	ENGINE_STEP_COMPARE,
	ENGINE_STEP_SYNC,
	ENGINE_STEP_LOOKUP,
	ENGINE_STEP_FETCH,
	ENGINE_STEP_MESSAGE,
	ENGINE_STEP_SMS,
	ENGINE_STEP_PREKEYS,
	ENGINE_STEP_OFFER,
	ENGINE_STEP_POLL,
	ENGINE_STEP_OFFER_GET,
	ENGINE_STEP_OWN_LIST,
	ENGINE_STEP_DEVICES,
	ENGINE_STEP_ANSWER,
	ENGINE_STEP_FILE,
	ENGINE_STEP_COUNT
};

enum engine_sign {
	ENGINE_SIGN_NONE = 0,
	ENGINE_SIGN_NEW, /* keyid "new/1" */
	ENGINE_SIGN_DEVICE
};

/* What a private question is for. */
enum question_goal {
	QUESTION_FOR_NOTHING = 0,
	QUESTION_FOR_ROUTE, /* of op.number */
	QUESTION_FOR_OWNER, /* the own number: is what is said of us right? */
	QUESTION_FOR_SYNC,  /* evaluations for the address book */
	QUESTION_FOR_GOSSIP /* none: the log, against what a contact was shown
			     */
};

struct tokens_wanted; /* of tokens.c: what waits for its evaluation */
struct sync_batch;    /* of sync.c: the same */

/* A private question on its way (doc/protocol/directory.md, 6). */
struct engine_question {
	enum question_goal goal;
	bool has_epoch;    /* read in this operation */
	bool has_again;    /* the epoch was gone once */
	bool is_whole;     /* the epoch is asked for without from= */
	uint8_t waits;     /* for a server that has just started */
	bool tokens_asked; /* in this operation */
	struct tokens_wanted *tokens;
	struct sync_batch *batch;
	bool is_random; /* y is known: the element is of nothing */
	uint8_t input[64];
	size_t input_len;
	struct voprf_blinded blinded;
	struct pir_query *query;
	struct epoch_entry entry; /* of the epoch that was asked */
	struct directory_check_found found;
};

struct engine_op {
	enum engine_step step;
	bool waits; /* TACET_DOING_WAIT, before the request */
	bool is_send;
	bool refreshed; /* one refresh of the route in an operation */
	uint8_t tries;  /* of the item under way */
	struct e164 number;
	enum tacet_cause cause;
	unsigned flags;
	struct buf text;
	uint8_t session[16]; /* registration */
	uint8_t id[16];      /* of the message of a send */
	bool has_item;
	uint8_t item[16]; /* outbox item under way */
	uint8_t item_kind;
	uint8_t hash[32]; /* link */
	uint8_t link_id[16];
	uint8_t link_secret[32];
	struct buf offer;
	uint8_t new_device;
	enum rc (*then)(struct tacet *t); /* after trust and policy */
	struct engine_question q;
};

struct engine_request {
	bool is_ready;
	const char *method;
	const char *type;
	char path[ENGINE_PATH_SIZE];
	enum engine_sign sign;
	bool is_anonymous; /* nothing in it names us: by a way of its own */
	size_t sealed_size, answer_size; /* through a relay: ohttp_client.h */
	struct buf body;
};

struct tacet {
	struct keep *k;
	bool changed; /* since tacet_persisted */
	int64_t now;
	struct buf blob;
	struct engine_op op;
	struct engine_request rq;
	struct buf fields;
	struct tacet_outcome out;
	struct buf out_text;
	char number_text[TACET_NUMBER_SIZE];
	bool ack_due;
	uint64_t ack_seq;
	struct buf frame;
	struct pir_public *public; /* of the last shape that was asked */
	bool is_sealed;            /* the request went to the relay */
	struct ohttp_reply reply;
	struct buf sealed;
};

/* The one table between the two result types. */
enum tacet_rc engine_rc(enum rc rc);
enum rc engine_from_rc(enum tacet_rc rc);
/* Starts an operation: RC_STATE when one is under way or stage is another. */
MUST_USE enum rc engine_start(struct tacet *t, enum keep_stage stage);
/* Next request of the operation; its body is appended by the caller to
 * t->rq.body. path as for printf. */
MUST_USE enum rc engine_ask(struct tacet *t, enum engine_step step,
    const char *method, const char *path);
void engine_done(struct tacet *t);
/* Ends the operation with the problem an answer describes. */
void engine_refused(struct tacet *t, uint16_t status, struct rd body);
void engine_failed(struct tacet *t, enum tacet_rc rc, const char *problem);
void engine_id_text(
    const uint8_t id[static 16], char ret_text[static TACET_ID_SIZE]);
MUST_USE enum rc engine_number(const char *text, struct e164 *ret_e);
MUST_USE enum rc engine_out_text(struct tacet *t, struct rd text);

/* Readers of answers, one a step; each in the file of its subject. */
MUST_USE enum rc enroll_on_register(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc enroll_on_account(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc enroll_on_prekeys(
    struct tacet *t, uint16_t status, struct rd body);
/* Makes the prekeys that are due and puts the upload into b. */
MUST_USE enum rc enroll_prekeys_make(struct tacet *t, struct buf *b);
MUST_USE enum rc enroll_keys_make(struct tacet *t, const char *name);
MUST_USE enum rc enroll_prekeys_ask(struct tacet *t);
MUST_USE enum rc route_on_lookup(
    struct tacet *t, uint16_t status, struct rd body);
/* Asks the directory about t->op.number. */
MUST_USE enum rc route_ask(struct tacet *t);
/* The private question of a route is answered. */
MUST_USE enum rc route_answered(struct tacet *t);
/* Keys and policy, as far as they are not known; then op.then. */
MUST_USE enum rc pinned_then(struct tacet *t);
MUST_USE enum rc pinned_on_trust(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc pinned_on_policy(
    struct tacet *t, uint16_t status, struct rd body);
/* As engine_ask, for what names nobody. */
MUST_USE enum rc question_ask(struct tacet *t, enum engine_step step,
    const char *method, const char *path);
/* The way of a question: epoch, tokens, stash, the question itself. */
MUST_USE enum rc question_begin(struct tacet *t, enum question_goal goal);
MUST_USE enum rc question_next(struct tacet *t);
/* Ends the operation, and this number is not asked about at once again. */
void question_failed(struct tacet *t, enum tacet_rc rc, const char *problem);
MUST_USE enum rc question_on_epoch(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc question_on_stash(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc question_on_answer(
    struct tacet *t, uint16_t status, struct rd body);
void question_clear(struct engine_question *q);
MUST_USE enum rc tokens_ask(struct tacet *t);
MUST_USE enum rc tokens_on_answer(
    struct tacet *t, uint16_t status, struct rd body);
void tokens_wanted_free(struct tokens_wanted *w); /* NULL is fine */
/* Fetches the slot of that commitment, for the goal of the question. */
MUST_USE enum rc slots_ask(
    struct tacet *t, const uint8_t commitment[static SLOT_HASH_SIZE]);
MUST_USE enum rc slots_on_answer(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc owner_answered(struct tacet *t);
MUST_USE enum rc owner_slot(struct tacet *t, const struct keep_slot *s);
MUST_USE enum rc owner_on_promise(
    struct tacet *t, uint16_t status, struct rd body);
/* What a device of ours has to do that is due: RC_NOT_FOUND: nothing. */
MUST_USE enum rc owner_chore(struct tacet *t);
MUST_USE enum rc sync_ask(struct tacet *t);
MUST_USE enum rc sync_on_answer(
    struct tacet *t, uint16_t status, struct rd body);
void sync_batch_free(struct sync_batch *b); /* NULL is fine */
/* Adds our checkpoints to a message, once a day for each contact. */
void gossip_tell(struct tacet *t, const struct keep_out *o, struct content *c);
/* Takes those of a contact. */
MUST_USE enum rc gossip_hear(struct tacet *t, const struct content *c);
/* Compares what was heard with the log we are shown. RC_NOT_FOUND: nothing. */
MUST_USE enum rc gossip_chore(struct tacet *t);
MUST_USE enum rc gossip_ask(struct tacet *t);
MUST_USE enum rc gossip_on_answer(
    struct tacet *t, uint16_t status, struct rd body);
/* Shows it with the messages, once. */
MUST_USE enum rc owner_alarm(struct tacet *t, const char *problem);
void route_locator(const struct keep *k, int64_t now, uint8_t ret[static 16]);
MUST_USE enum rc outgoing_on_fetch(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc outgoing_on_message(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc outgoing_on_sms(
    struct tacet *t, uint16_t status, struct rd body);
/* The route of a send is known: queue and go on. */
MUST_USE enum rc outgoing_routed(struct tacet *t);
/* ... as far as the slot of a proved one is here. */
MUST_USE enum rc outgoing_proved(struct tacet *t);
/* Handles the next item of the outbox; ends the operation after the last. */
MUST_USE enum rc outgoing_next(struct tacet *t);
MUST_USE enum rc outgoing_queue(struct tacet *t, enum keep_out_kind kind,
    const struct e164 *number, struct rd text, const uint8_t id[static 16]);
MUST_USE enum rc linkup_on_offer(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc linkup_on_poll(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc linkup_on_offer_get(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc linkup_on_own_list(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc linkup_on_devices(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc linkup_on_answer(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc dossier_on_file(
    struct tacet *t, uint16_t status, struct rd body);
#endif
