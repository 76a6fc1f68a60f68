/*
 * report_entry: what the public log says of orders (doc/protocol/orders.md,
 * section 5): built from a case, read strictly. Never a handle, an agency or an
 * hour. Pure.
 */
#ifndef REPORT_ENTRY_H
#define REPORT_ENTRY_H
#include "orders/case.h"

struct report_entry_open { /* an "order-open" entry */
	uint8_t commitment[COMMITMENT_SIZE];
	enum rules_regime regime;
	enum rules_issuer issuer;
	char country[ORDER_COUNTRY_SIZE];
	unsigned int classes;
	enum order_decision decision;
	bool emergency;
	bool late;
	bool open_ended;
	bool has_answer;
	bool has_seal;
	int32_t received; /* days */
	int32_t from;
	int32_t to;
	int32_t answered;
	int32_t sealed_until;
	uint64_t seal_extensions;
	uint64_t targets;
	uint64_t rows;
	uint64_t packages;
	uint64_t over;
};

/* Caller owns each; NULL: out of memory, or a time out of range. */
json_t *report_entry_order(const struct case_file *c);
json_t *report_entry_opened(const struct case_file *c);
json_t *report_entry_notice(const struct case_file *c, struct wall now);
json_t *report_entry_emergency(const struct case_file *c, struct wall now);
/* An order-open entry. RC_MALFORMED: a field is missing, unknown or wrong. */
MUST_USE enum rc report_entry_parse(
    const json_t *j, struct report_entry_open *ret_e);
#endif
