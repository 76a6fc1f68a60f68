/*
 * report: the transparency report, counted from the entries of the public log
 * alone, so that anybody who has the log counts the same (design: records,
 * section 6; doc/protocol/orders.md, section 6). Pure.
 */
#ifndef REPORT_H
#define REPORT_H
#include "orders/report_entry.h"

struct report_error {
	uint64_t index; /* of the log's entry that is wrong, where one is */
	const char *why;
	char field[64]; /* of the report, where that is wrong */
};

/* entries: an array of all the log's entries, in order (each a JSON object; of
 * other types than ours nothing is read). Days [from, to). Caller owns
 * *ret_report. RC_CORRUPT: an entry of ours cannot be: ret_e says which. */
MUST_USE enum rc report_build(const json_t *entries, int32_t from, int32_t to,
    json_t **ret_report, struct report_error *ret_e);
/* Counts again over as much of the log as report says it has seen. "local" in
 * it is the operator's own word and is not checked. RC_DENIED: report says
 * something else (ret_e names the first such field) or has seen a longer log;
 * RC_MALFORMED: it is no report; RC_CORRUPT as above. */
MUST_USE enum rc report_check(
    const json_t *entries, const json_t *report, struct report_error *ret_e);
#endif
