/*
 * order: an order as an object and not as free text (design: records, section
 * 4), its JSON form, and the checks that run by themselves. Pure. It holds
 * handles.
 */
#ifndef ORDER_H
#define ORDER_H
#include <jansson.h>

#include "base/mono.h"
#include "orders/rules.h"
#include "wire/e164.h"

#define ORDER_ID_SIZE 24 /* "ord-20261124-0123abcd" and NUL */
#define ORDER_TEXT_SIZE 256
#define ORDER_HANDLES_MAX 16
#define ORDER_CHECKS_MAX 16
#define ORDER_DAY_S 86400

enum order_direction {
	ORDER_DIRECTION_SOURCE = 1, /* rows whose asker is the target */
	ORDER_DIRECTION_LOOKUP = 2, /* rows that asked about the target */
	ORDER_DIRECTION_BOTH = 3
};

struct order {
	char id[ORDER_ID_SIZE];
	enum rules_regime regime;
	char agency[ORDER_TEXT_SIZE];
	size_t n_handles;
	struct e164 handles[ORDER_HANDLES_MAX];
	struct wall from; /* the window is [from, to) */
	struct wall to;
	enum order_direction direction;
	unsigned int classes; /* bits of enum rules_class */
	char authority[ORDER_TEXT_SIZE];
	char ref[ORDER_TEXT_SIZE];
	char offence[ORDER_TEXT_SIZE];
	char document_sha256[65];
	char seal_until[MONO_RFC3339_SIZE]; /* "" : none */
	struct wall received;
	bool has_signature;
	bool is_enrolled;  /* the agency is in our directory */
	bool is_signed_by; /* and its key signed the document */
};

struct order_check {
	const char *rule; /* the paragraph, or ours */
	bool pass;
	const char *text;
};

/* Fills checks; returns how many; *ret_pass: whether all passed. */
size_t order_checks(const struct order *o,
    struct order_check ret_checks[static ORDER_CHECKS_MAX], bool *ret_pass);
/* Caller owns the value; NULL when out of memory. */
json_t *order_build(const struct order *o);
/* RC_MALFORMED: a field is missing, of another type, or out of range. */
MUST_USE enum rc order_parse(const json_t *j, struct order *ret_o);
/* A fresh id for an order received at t. */
void order_id(struct wall t, char ret_id[static ORDER_ID_SIZE]);
const char *order_direction_name(enum order_direction d);
MUST_USE enum rc order_direction_find(
    struct rd name, enum order_direction *ret_d);
#endif
