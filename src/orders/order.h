/*
 * order: an order as an object and not as free text (design: records, section
 * 4) and its JSON forms (doc/protocol/orders.md). Pure. It holds handles.
 */
#ifndef ORDER_H
#define ORDER_H
#include <jansson.h>

#include "base/mono.h"
#include "orders/rules.h"
#include "wire/e164.h"

#define ORDER_ID_SIZE 24 /* "ord-20261124-0123abcd" and NUL */
#define ORDER_TEXT_SIZE 256
#define ORDER_COUNTRY_SIZE 3
#define ORDER_HANDLES_MAX 16
#define ORDER_DAY_S 86400

enum order_direction {
	ORDER_DIRECTION_SOURCE = 1, /* rows whose asker is the target */
	ORDER_DIRECTION_LOOKUP = 2, /* rows that asked about the target */
	ORDER_DIRECTION_BOTH = 3
};

enum order_decision {
	ORDER_DECISION_ACCEPT = 1, /* as it was received */
	ORDER_DECISION_NARROW,     /* less than was asked */
	ORDER_DECISION_REFUSE,
	ORDER_DECISION_NOT_HELD /* we hold nothing of it */
};

struct order {
	char id[ORDER_ID_SIZE];
	enum rules_regime regime;
	struct {
		enum rules_issuer type;
		char name[ORDER_TEXT_SIZE];
		char country[ORDER_COUNTRY_SIZE];
		char area[ORDER_TEXT_SIZE]; /* geographic limit of a state's */
	} issuer;
	char agency[ORDER_TEXT_SIZE];            /* its id in our directory */
	char agency_country[ORDER_COUNTRY_SIZE]; /* "" : not enrolled */
	bool has_agency_key;
	uint8_t agency_key[32]; /* enrolled when the order was received */
	char officer[ORDER_TEXT_SIZE];
	char callback[ORDER_TEXT_SIZE]; /* from our directory alone */
	char ref[ORDER_TEXT_SIZE];
	char offence[ORDER_TEXT_SIZE];
	char certification[ORDER_TEXT_SIZE];
	struct wall served;
	struct wall received;
	char document_sha256[65]; /* hex, or "" */
	bool has_signature;
	uint8_t signature[64]; /* of the document, by the agency's key */
	size_t n_handles;
	struct e164 handles[ORDER_HANDLES_MAX];
	uint32_t epochs[ORDER_HANDLES_MAX]; /* whose number; 0: not said */
	struct wall from;                   /* the window is [from, to) */
	struct wall to;
	enum order_direction direction;
	unsigned int classes;   /* bits of enum rules_class */
	struct wall seal_until; /* 0: no seal */
	bool seal_is_open;      /* no end was given: until is our maximum */
	struct wall keep_until; /* a preservation's end; else 0 */
	bool is_emergency;
	char basis[ORDER_TEXT_SIZE]; /* of the emergency */
	struct wall follow_up_due;   /* of an emergency; else 0 */
	char parent[ORDER_ID_SIZE];  /* extended or confirmed by this */
	struct wall due;             /* 0: the regime sets none */
};

struct order_error { /* which field, and what is wrong: never a value */
	char field[64];
	const char *why;
};

/* Caller owns the value; NULL when out of memory or a time is out of range. */
json_t *order_build(const struct order *o);
/* Reads exactly what order_build writes. RC_MALFORMED: a field is missing,
 * unknown, of another type, out of range or contradicts another. */
MUST_USE enum rc order_parse(
    const json_t *j, struct order *ret_o, struct order_error *ret_e);
/* Reads what an agency sends: without what is ours to say (order_id, callback,
 * received_at, ...); what it left out is empty. RC_MALFORMED as above. */
MUST_USE enum rc order_request_parse(
    const json_t *j, struct order *ret_o, struct order_error *ret_e);
/* RC_MALFORMED: two fields contradict each other. */
MUST_USE enum rc order_contradiction(
    const struct order *o, struct order_error *ret_e);
/* Sets what follows from the others: due, keep_until where it is not said, the
 * follow-up's time, a seal without an end capped at seal_max_days. */
void order_complete(struct order *o, unsigned int seal_max_days);
/* RC_DENIED: n asks for anything that o does not (ret_e names the field). */
MUST_USE enum rc order_is_narrower(
    const struct order *n, const struct order *o, struct order_error *ret_e);
/* A fresh id for an order received at t. */
void order_id(struct wall t, char ret_id[static ORDER_ID_SIZE]);
const char *order_decision_name(enum order_decision d);
/* Whether anything may be opened for it: in whole, or narrowed. */
bool order_decision_is_accepted(enum order_decision d);
MUST_USE enum rc order_decision_find(
    struct rd name, enum order_decision *ret_d);
const char *order_direction_name(enum order_direction d);
MUST_USE enum rc order_direction_find(
    struct rd name, enum order_direction *ret_d);
#endif
