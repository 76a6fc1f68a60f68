/*
 * log_entry: the octets of one entry of the public log (doc/protocol/log.md):
 * canonical JSON, one of the types there are. What the fields of each type mean
 * is its writer's matter. Over jansson. Pure.
 */
#ifndef LOG_ENTRY_H
#define LOG_ENTRY_H
#include <jansson.h>

#include "base/buf.h"

#define LOG_ENTRY_MAX 4096

enum log_entry_type {
	LOG_ENTRY_TYPE_SEGMENT = 1,
	LOG_ENTRY_TYPE_DESTROY,
	LOG_ENTRY_TYPE_ORDER,
	LOG_ENTRY_TYPE_ORDER_OPEN,
	LOG_ENTRY_TYPE_POLICY,
	LOG_ENTRY_TYPE_CUSTODIANS,
	LOG_ENTRY_TYPE_NOTICE,
	LOG_ENTRY_TYPE_EMERGENCY,
	LOG_ENTRY_TYPE_EPOCH
};
#define LOG_ENTRY_TYPE_LAST LOG_ENTRY_TYPE_EPOCH

const char *log_entry_name(enum log_entry_type type); /* "order-open" */
/* *ret_o may be NULL: only checked; else the caller's, json_body_free.
 * RC_MALFORMED: not canonical, or no known type; RC_LIMIT: too long. */
MUST_USE enum rc log_entry_parse(
    struct rd octets, enum log_entry_type *ret_type, json_t **ret_o);
/* Appends o, which has a "type", as canonical JSON. RC_MALFORMED, RC_LIMIT. */
MUST_USE enum rc log_entry_build(const json_t *o, struct buf *b);
#endif
