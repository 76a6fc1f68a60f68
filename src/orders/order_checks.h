/*
 * order_checks: the checks that run by themselves on an order (design: records,
 * section 4), each a row of a table with its paragraph, and what must be known
 * beside the order to run them. Pure.
 */
#ifndef ORDER_CHECKS_H
#define ORDER_CHECKS_H
#include "orders/order.h"

#define ORDER_CHECKS_MAX 40
#define ORDER_OWNERS_MAX 8

struct order_owner { /* who held a number when */
	uint32_t epoch;
	struct wall from;
	struct wall to; /* 0: until now */
};

struct order_facts {         /* what the order itself cannot say */
	bool is_enrolled;    /* the agency is in our directory */
	bool is_signed_by;   /* and its key signed the document */
	uint32_t day_orders; /* of this agency in the 24 hours before */
	uint32_t day_emergencies;
	bool has_parent; /* there is an order of that name, and it stands */
	enum rules_regime parent_regime;
	bool parent_same;         /* same agency and targets as the parent */
	struct wall parent_to;    /* its window's end */
	struct wall parent_until; /* its preservation's end */
	uint32_t parent_links;    /* how many extensions before this one */
	struct {
		bool is_known; /* the server has said it */
		size_t n;
		struct order_owner at[ORDER_OWNERS_MAX];
	} owners[ORDER_HANDLES_MAX]; /* of handles[] of the order received */
};

struct order_check {
	const char *name; /* of the row: "period", "signature", ... */
	const char *rule; /* the paragraph, or ours */
	bool pass;
	const char *text;
};

/* Fills checks; returns how many; *ret_pass: whether all passed. o may be
 * narrower than what was received; its handles are found among received's. */
size_t order_checks(const struct order *o, const struct order *received,
    const struct order_facts *f,
    struct order_check ret_checks[static ORDER_CHECKS_MAX], bool *ret_pass);
/* The epoch of owners[i] that alone held the number in [from, to); 0: none or
 * several. */
uint32_t order_checks_epoch(
    const struct order_facts *f, size_t i, struct wall from, struct wall to);
/* Caller owns the value; NULL: out of memory, or a time out of range. n: of
 * owners. */
json_t *order_facts_build(const struct order_facts *f, size_t n);
MUST_USE enum rc order_facts_parse(const json_t *j, struct order_facts *ret_f);
#endif
