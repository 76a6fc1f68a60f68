/*
 * engine: the inside of struct tacet: one operation at a time, a request that
 * waits to be handed out, and one table from step to the function that reads
 * its answer. Pure but for randomness.
 */
#ifndef ENGINE_H
#define ENGINE_H
#include "client/keep.h"
#include "e2ee/link.h"
#include "tacet.h"

#define ENGINE_PATH_SIZE 192
#define ENGINE_BODY_MAX (2 * 1024 * 1024)
#define ENGINE_REFRESH_S (24 * 3600) /* a cached route lives a day */

enum engine_step {
	ENGINE_STEP_NONE = 0,
	ENGINE_STEP_REGISTER,
	ENGINE_STEP_CODE, /* waits for tacet_register_code */
	ENGINE_STEP_ACCOUNT,
	ENGINE_STEP_POLICY,
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
};

struct engine_request {
	bool is_ready;
	const char *method;
	const char *type;
	char path[ENGINE_PATH_SIZE];
	enum engine_sign sign;
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
MUST_USE enum rc route_on_policy(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc route_on_lookup(
    struct tacet *t, uint16_t status, struct rd body);
/* Asks the policy, then the directory, about t->op.number. */
MUST_USE enum rc route_ask(struct tacet *t);
void route_locator(const struct keep *k, int64_t now, uint8_t ret[static 16]);
MUST_USE enum rc outgoing_on_fetch(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc outgoing_on_message(
    struct tacet *t, uint16_t status, struct rd body);
MUST_USE enum rc outgoing_on_sms(
    struct tacet *t, uint16_t status, struct rd body);
/* The route of a send is known: queue and go on. */
MUST_USE enum rc outgoing_routed(struct tacet *t);
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
