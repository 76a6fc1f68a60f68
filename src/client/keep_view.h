/*
 * keep_view: what a client believes of the public log and of the directory, and
 * what it needs for its questions: the keys it pinned, the last checkpoints,
 * the last epoch, tokens, the stash, its own slot, and evidence where the
 * server was caught (doc/protocol/directory.md, 6). A part of struct keep.
 * Pure. Holds secrets (tokens, y): keep_view_clear wipes.
 */
#ifndef KEEP_VIEW_H
#define KEEP_VIEW_H
#include "base/mono.h"
#include "crypto/voprf.h"
#include "merkle/trust.h"

#define KEEP_RELAY_SIZE 256
#define KEEP_OHTTP_KEYS_MAX 1024
#define KEEP_TOKENS_MAX 256
#define KEEP_STASH_MAX (2048 * 44)
#define KEEP_ENTRY_MAX 4096
#define KEEP_NOTE_MAX 4096
#define KEEP_PROOFS_MAX 16
#define KEEP_HEARD_MAX 8
#define KEEP_PROBLEM_SIZE 48

enum keep_pin {
	KEEP_PIN_NONE = 0,
	KEEP_PIN_FIRST_USE = 1, /* as the server said at the first question */
	KEEP_PIN_BY_HAND = 2    /* a file that its owner was given */
};

/* A checkpoint that was believed. */
struct keep_point {
	uint64_t size; /* 0: none */
	uint8_t root[TREE_HASH_SIZE];
	struct buf note;
};

struct keep_token {
	uint32_t day;
	uint8_t nonce[32];
	uint8_t output[VOPRF_OUTPUT_SIZE];
};

/* One number's place in the directory, as last seen and opened. */
struct keep_slot {
	bool is_set;
	uint32_t version;
	uint8_t commitment[32]; /* what the next version continues */
	uint8_t account[16];
	uint8_t aik[32];
	uint8_t list_hash[32];
};

/* Two things that the server signed and that cannot both be. */
struct keep_proof {
	struct keep_proof *next;
	char problem[KEEP_PROBLEM_SIZE];
	struct wall time;
	bool is_shown;
	struct buf first;
	struct buf second;
};

struct keep_view {
	enum keep_pin pin;
	bool pin_is_new; /* not yet told to the person; not stored */
	struct trust trust;
	char relay[KEEP_RELAY_SIZE]; /* "": none */
	bool is_address_told;        /* that without one it is seen */
	struct buf ohttp_keys;       /* of the gateway, by the policy */
	struct keep_point point;     /* the newest */
	struct keep_point before;    /* another one before it */
	struct wall fetched;         /* when the epoch was */
	struct buf entry;            /* the newest epoch's, as in the log */
	uint64_t entry_index;
	uint32_t token_day; /* of the key that the epoch names */
	bool has_voprf;
	uint8_t voprf[RGROUP_SIZE];
	size_t n_tokens;
	struct keep_token tokens[KEEP_TOKENS_MAX];
	bool has_stash;
	uint8_t stash_hash[32];
	struct buf stash;
	/* the own number */
	bool has_y;
	uint8_t y[VOPRF_OUTPUT_SIZE];
	struct keep_slot own;
	struct wall watched; /* the last whole check of it */
	struct wall looked;  /* the last that found nothing yet */
	struct wall tried;   /* one that failed */
	struct wall promise_tried;
	struct wall compared; /* what contacts were shown, last time */
	struct buf promise;   /* not yet kept: the server's note */
	size_t n_heard;       /* of contacts, not yet compared; oldest first */
	struct keep_point heard[KEEP_HEARD_MAX];
	struct keep_proof *proofs; /* oldest first */
};

void keep_view_init(struct keep_view *v);
void keep_view_clear(struct keep_view *v);
MUST_USE enum rc keep_view_put(const struct keep_view *v, struct buf *b);
/* v is a fresh one. RC_MALFORMED, RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc keep_view_get(struct rd *r, struct keep_view *v);
/* Also of each contact. */
MUST_USE enum rc keep_view_slot_put(const struct keep_slot *s, struct buf *b);
MUST_USE enum rc keep_view_slot_get(struct rd *r, struct keep_slot *s);
/* Drops tokens that are no longer good on that day. */
void keep_view_tokens_trim(struct keep_view *v, uint32_t day);
/* Remembers what a contact was shown; the oldest of too many goes. */
MUST_USE enum rc keep_view_hear(
    struct keep_view *v, const struct trust_point *p, struct rd note);
void keep_view_heard_drop(struct keep_view *v, size_t i);
/* Takes the oldest. RC_NOT_FOUND: there is none. */
MUST_USE enum rc keep_view_token_take(
    struct keep_view *v, struct keep_token *ret_t);
/* Keeps evidence; the oldest of too many goes. */
MUST_USE enum rc keep_view_prove(struct keep_view *v, const char *problem,
    struct wall time, struct rd first, struct rd second);
#endif
