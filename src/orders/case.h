/*
 * case: an order and all that happened to it, folded from the events of the
 * ledger. A state machine as one table (case.c); an event that may not come in
 * that state, or a review whose signature is not good, makes the ledger
 * corrupt. case_find and case_load block on the disk.
 */
#ifndef CASE_H
#define CASE_H
#include "orders/commitment.h"
#include "orders/order_checks.h"

enum case_state {
	CASE_STATE_RECEIVED = 1,
	CASE_STATE_CHECKED,
	CASE_STATE_DECIDED, /* by one; with both reviews: by two */
	CASE_STATE_COMMITTED,
	CASE_STATE_RELEASED,
	CASE_STATE_PACKAGED,
	CASE_STATE_DELIVERED,
	CASE_STATE_NOTICED,
	CASE_STATE_CLOSED,
	CASE_STATE_EXPIRED,
	CASE_STATE_WITHDRAWN,
	CASE_STATE_REFUSED
};

struct case_review {
	bool is_made;
	char name[ORDER_TEXT_SIZE];
	uint8_t public_key[32];
	uint8_t signature[64];
};

struct case_file {
	struct order received;
	struct order order; /* as decided: narrower where it was narrowed */
	struct order_facts facts;
	bool pass; /* every check of the order received */
	enum case_state state;
	enum order_decision decision;  /* 0: none yet */
	struct case_review reviews[2]; /* who decided, who confirmed */
	bool has_opening;
	uint8_t opening[COMMITMENT_OPENING_SIZE];
	uint8_t commitment[COMMITMENT_SIZE];
	bool is_committed;
	uint64_t log_index;      /* of the public log's "order" entry */
	struct wall decided_at;  /* by both */
	struct wall packaged_at; /* the first */
	struct wall delivered_at;
	uint64_t rows; /* given in all packages */
	uint64_t over; /* of these, found to be more than was ordered */
	uint32_t packages;
	char package_root[65];  /* of the last, hex */
	struct wall seal_until; /* with its extensions; 0: none */
	uint32_t seal_extensions;
	bool is_stopped;     /* a pen register's window is over */
	bool is_overdue;     /* the answer's deadline passed without one */
	bool is_followed;    /* an order came after an emergency */
	bool is_unconfirmed; /* none came in time, and the log says so */
	bool is_opened;      /* the log's "order-open" entry is there */
	bool is_noticed;     /* the target was told */
};

struct case_list {
	struct case_file *at; /* as received */
	size_t n;
	size_t cap;
};

const char *case_state_name(enum case_state s);
/* Both reviews are there (and so, by the fold, good). */
bool case_is_confirmed(const struct case_file *c);
/* Whether that event may come now. */
bool case_may(const struct case_file *c, const char *event);
/* Takes one event of this order in. RC_CORRUPT. */
MUST_USE enum rc case_fold(struct case_file *c, const json_t *event);
/* As ledger_append, for an event of an order, and only if it may come now:
 * RC_STATE; RC_BUG: data are not that event's. Takes data. */
MUST_USE enum rc case_append(int dir, const char *actor, const char *order,
    const char *event, json_t *data);
/* RC_NOT_FOUND; RC_CORRUPT: the chain, an event or a signature is not good. */
MUST_USE enum rc case_find(int dir, const char *id, struct case_file *ret_c);
/* All orders; on success the caller clears *ret_l. */
MUST_USE enum rc case_load(int dir, struct case_list *ret_l);
void case_list_clear(struct case_list *l);
#endif
