/*
 * tacet.h: the client engine of Tacet. No sockets, no threads, no files: the
 * caller carries requests to the server and answers back, keeps one state blob
 * and shows what came. Pure but for randomness; holds secrets.
 *
 * The way of one operation (register, lookup, send, ...):
 *
 *   start it (tacet_send(t, ...)), then while tacet_doing(t) is
 *     TACET_DOING_REQUEST:  tacet_state + write durably + tacet_persisted;
 *                           tacet_request; perform it; tacet_answer
 *     TACET_DOING_CODE:     ask the person; tacet_register_code
 *     TACET_DOING_WAIT:     wait a second; tacet_wait_over
 *   then read tacet_outcome. A request that failed on the way may be asked
 *   for again with tacet_request: it is signed anew each time.
 *
 * No request and no acknowledgement is given out while the state has changed
 * and tacet_persisted was not called: a crash never reuses a key.
 */
#ifndef TACET_H
#define TACET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_API __attribute__((visibility("default")))
#define TACET_MUST_USE __attribute__((warn_unused_result))

#define TACET_NUMBER_SIZE 17 /* "+15550100" and NUL */
#define TACET_ID_SIZE 33     /* 32 hex digits and NUL */
#define TACET_TEXT_MAX 65536 /* octets of UTF-8 in one message */
#define TACET_STATE_MAX (64u * 1024 * 1024)

enum tacet_rc {
	TACET_OK = 0,
	TACET_NOT_FOUND, /* there is no such thing */
	TACET_EXISTS,    /* it is there already */
	TACET_LIMIT,     /* a limit; see retry_after */
	TACET_MALFORMED, /* what was passed in is not valid */
	TACET_DENIED,    /* refused, or a signature is wrong */
	TACET_STATE,     /* not now: see the function */
	TACET_SERVER,    /* the server is the cause; try again */
	TACET_NOMEM,
	TACET_CORRUPT, /* the state blob is damaged */
	TACET_BUG
};

enum tacet_route {
	TACET_ROUTE_UNKNOWN = 0,
	TACET_ROUTE_ENCRYPTED = 1,
	TACET_ROUTE_SMS = 2
};

enum tacet_cause { /* of a lookup; the log holds it as the client's word */
	TACET_CAUSE_TYPED = 1,
	TACET_CAUSE_BEFORE_SEND = 2,
	TACET_CAUSE_AFTER_RECEIPT = 3,
	TACET_CAUSE_REFRESH = 4,
	TACET_CAUSE_CONTACT_SYNC = 5
};

enum tacet_doing {
	TACET_DOING_NOTHING = 0,
	TACET_DOING_REQUEST,
	TACET_DOING_CODE,
	TACET_DOING_WAIT
};

enum tacet_flag {
	TACET_FLAG_SMS = 1,     /* the person agreed to SMS */
	TACET_FLAG_CLASSIC = 2, /* ... to a lookup the server can read */
	TACET_FLAG_FRESH = 4    /* do not answer from the cache */
};

enum tacet_note_type { /* what the inbox holds */
	TACET_NOTE_MESSAGE = 1,
	TACET_NOTE_SENT = 2,      /* by another device of this account */
	TACET_NOTE_SMS = 3,       /* received by SMS */
	TACET_NOTE_SMS_STATE = 4, /* text: "sent", "delivered", "failed" */
	TACET_NOTE_UNOPENED = 5,  /* a message that could not be opened */
	TACET_NOTE_IDENTITY = 6,  /* number shows another identity key */
	TACET_NOTE_DEVICE = 7,    /* text: name of a device that was added */
	TACET_NOTE_NOT_SENT = 8,  /* a kept message that was refused */
	TACET_NOTE_ALARM = 9      /* text: a problem; the server was caught */
};

struct tacet;

struct tacet_request { /* borrowed until the next call on t */
	const char *method;
	const char *path;
	const char *relay;  /* POST to this URL, not to the server; or NULL */
	const char *type;   /* Content-Type, or NULL */
	const char *fields; /* further fields, each ended by CRLF */
	size_t fields_len;
	const uint8_t *body;
	size_t body_len;
	/* nothing in it names us: over a connection that carried nothing of
	 * ours, and never one that will */
	bool is_anonymous;
};

struct tacet_outcome { /* borrowed until the next operation starts */
	enum tacet_rc rc;
	char problem[48]; /* "" or a name: "wrong-code", "sms-consent", ... */
	uint16_t status;  /* of the last answer */
	uint32_t retry_after;
	char id[TACET_ID_SIZE];
	char number[TACET_NUMBER_SIZE];
	char account[TACET_ID_SIZE];
	uint8_t device;
	enum tacet_route route;
	uint8_t devices;
	bool is_private;  /* the server was not told the number */
	bool verified;    /* proved by the public log */
	uint32_t epoch;   /* watch: of the directory */
	uint32_t version; /* watch: of our own slot */
	bool cached;
	const char *text; /* lookup: the recorded row as JSON or NULL; link:
			     the code; accept, link done: the six digits; file:
			     JSON */
};

struct tacet_note { /* borrowed until the next call on t */
	enum tacet_note_type type;
	char id[TACET_ID_SIZE];
	char number[TACET_NUMBER_SIZE]; /* "" when not known */
	const char *from; /* SMS senders that are no number, else "" */
	int64_t time;     /* seconds since 1970, UTC */
	const char *text;
	size_t text_len;
	enum tacet_route route;
	bool verified;
};

struct tacet_contact {
	char number[TACET_NUMBER_SIZE];
	char name[65];
	enum tacet_route route;
	uint8_t devices;
};

/* Two things that the server signed, or that stand in its log, and that cannot
 * both be right. */
struct tacet_evidence { /* borrowed until the next call on t */
	const char *problem;
	int64_t time;
	const char *first; /* signed notes; may be empty */
	size_t first_len;
	const char *second;
	size_t second_len;
};

struct tacet_device {
	uint8_t id;
	bool is_this;
	char name[65];
};

/* An empty engine, or one from a blob (NULL, 0 is the empty one too).
 * TACET_CORRUPT, TACET_NOMEM. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_open(
    const uint8_t *blob, size_t n, struct tacet **ret_t);
TACET_API void tacet_free(struct tacet *t);
TACET_API const char *tacet_rc_name(enum tacet_rc rc);

/* The blob to keep, borrowed until the next call on t. It holds every key:
 * readable by its owner alone. */
TACET_API bool tacet_is_changed(const struct tacet *t);
TACET_API TACET_MUST_USE enum tacet_rc tacet_state(
    struct tacet *t, const uint8_t **ret_blob, size_t *ret_n);
TACET_API void tacet_persisted(struct tacet *t);

TACET_API enum tacet_doing tacet_doing(const struct tacet *t);
/* TACET_STATE: the state must be persisted first; TACET_NOT_FOUND: nothing
 * to ask. now: seconds since 1970, UTC. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_request(
    struct tacet *t, int64_t now, struct tacet_request *ret_q);
TACET_API TACET_MUST_USE enum tacet_rc tacet_answer(struct tacet *t,
    int64_t now, uint16_t status, const uint8_t *body, size_t n);
TACET_API void tacet_wait_over(struct tacet *t);
TACET_API const struct tacet_outcome *tacet_outcome(const struct tacet *t);
/* Ends the operation; what is in the outbox stays there. */
TACET_API void tacet_cancel(struct tacet *t);

/* Operations. Each: TACET_STATE when another one is under way, or when the
 * account is (not yet) registered; TACET_MALFORMED for arguments. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_register(
    struct tacet *t, const char *number, const char *device_name);
TACET_API TACET_MUST_USE enum tacet_rc tacet_register_code(
    struct tacet *t, int64_t now, const char *code);
TACET_API TACET_MUST_USE enum tacet_rc tacet_lookup(struct tacet *t,
    int64_t now, const char *number, enum tacet_cause cause, unsigned flags);
/* Routes by the cache or a lookup, seals and sends. Outcome "sms-consent":
 * ask, then call again with TACET_FLAG_SMS. Once outcome.id is set the
 * message is in the outbox. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_send(struct tacet *t, int64_t now,
    const char *number, const char *text, unsigned flags);
/* Sends what a crash or a failure left in the outbox. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_flush(
    struct tacet *t, int64_t now);
TACET_API bool tacet_outbox_has(const struct tacet *t, const char *id);
TACET_API size_t tacet_outbox_count(const struct tacet *t);
/* New prekeys, a promise, a look at our own number: what is due; else
 * TACET_NOT_FOUND and nothing starts. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_maintain(
    struct tacet *t, int64_t now);
/* Evaluations of up to a hundred numbers of the address book that have none;
 * TACET_NOT_FOUND: all have one. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_sync(struct tacet *t, int64_t now);
TACET_API size_t tacet_sync_left(const struct tacet *t);
/* The operator's trust.json, as he gave it by hand. TACET_MALFORMED;
 * TACET_DENIED: another log is pinned. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_trust(
    struct tacet *t, const uint8_t *text, size_t n);
/* The relay (https://HOST[:PORT][/PATH]) that carries what names nobody; "":
 * none. TACET_MALFORMED. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_relay(
    struct tacet *t, const char *url);
/* True once, when the server has seen our address for want of a relay. */
TACET_API TACET_MUST_USE bool tacet_address_seen_now(struct tacet *t);
/* True once, after keys were taken from the server itself. */
TACET_API TACET_MUST_USE bool tacet_pinned_now(struct tacet *t);
/* Asks for the own number and checks all that is said of it. Outcome
 * "not-published": the epoch that shows it is yet to come. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_watch(
    struct tacet *t, int64_t now);
TACET_API TACET_MUST_USE enum tacet_rc tacet_evidence_at(
    const struct tacet *t, size_t i, struct tacet_evidence *ret_e);
/* A new device of an account; outcome.text is the code while it waits. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_link(
    struct tacet *t, const char *device_name);
TACET_API TACET_MUST_USE enum tacet_rc tacet_link_accept(
    struct tacet *t, int64_t now, const char *code);
TACET_API TACET_MUST_USE enum tacet_rc tacet_file(struct tacet *t, int64_t now);

/* The stream: request of the WebSocket, frames in, frames out. Frames out
 * follow the rule of tacet_persisted: TACET_STATE. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_stream(
    struct tacet *t, int64_t now, struct tacet_request *ret_q);
/* *ret_idle: the server said that the mailbox is empty. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_frame(struct tacet *t, int64_t now,
    const uint8_t *frame, size_t n, bool *ret_idle);
TACET_API TACET_MUST_USE enum tacet_rc tacet_frame_next(
    struct tacet *t, const uint8_t **ret_frame, size_t *ret_n);
/* What was received and not yet shown, oldest first. TACET_NOT_FOUND. */
TACET_API TACET_MUST_USE enum tacet_rc tacet_inbox(
    struct tacet *t, size_t i, struct tacet_note *ret_n);
TACET_API void tacet_shown(struct tacet *t, const char *id);

/* What the state holds. Each at: TACET_NOT_FOUND past the last. */
TACET_API bool tacet_is_registered(const struct tacet *t);
TACET_API const char *tacet_number(const struct tacet *t);
TACET_API TACET_MUST_USE enum tacet_rc tacet_contact_at(
    const struct tacet *t, size_t i, struct tacet_contact *ret_c);
TACET_API TACET_MUST_USE enum tacet_rc tacet_contact_add(
    struct tacet *t, const char *number, const char *name);
TACET_API TACET_MUST_USE enum tacet_rc tacet_contact_remove(
    struct tacet *t, const char *number);
TACET_API TACET_MUST_USE enum tacet_rc tacet_device_at(
    const struct tacet *t, size_t i, struct tacet_device *ret_d);
/* 12 groups of 5 digits; TACET_NOT_FOUND: no identity key is known yet. */
#define TACET_SAFETY_SIZE 72
TACET_API TACET_MUST_USE enum tacet_rc tacet_safety(const struct tacet *t,
    const char *number, char ret_text[TACET_SAFETY_SIZE]);
#endif
