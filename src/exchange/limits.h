/*
 * limits: counters in memory that say no: fixed windows and token buckets by
 * kind and key (design: budgets, Limits that ship). Time is monotonic, so a
 * jump of the clock opens nothing. The table is bounded; when it is full of
 * live entries the answer is no.
 */
#ifndef LIMITS_H
#define LIMITS_H
#include "base/mono.h"
#include "base/rd.h"

struct limits;

enum limits_kind {
	LIMITS_ADDRESS_HOUR = 1,
	LIMITS_ADDRESS_DAY,
	LIMITS_PREFIX_HOUR,
	LIMITS_LOOKUP_FIRST,
	LIMITS_LOOKUP,
	LIMITS_PREKEYS,
	LIMITS_MESSAGES,
	LIMITS_SMS,
	LIMITS_SMS_DAY,
	LIMITS_LINK,
	LIMITS_FILE,
	LIMITS_REQUESTS
};

#define LIMITS_KEY_SIZE 32

MUST_USE enum rc limits_new(struct limits **ret_l);
void limits_free(struct limits *l);
struct limits_rule {
	enum limits_kind kind;
	uint32_t max; /* in one window; or capacity of the bucket */
	uint32_t per; /* window: its seconds; bucket: ms to refill one */
	uint32_t n;   /* how many are taken, all or none */
};

/* Takes rule.n of rule.max in each window. RC_LIMIT: *ret_retry is how many
 * seconds to wait, at least 1. key: at most LIMITS_KEY_SIZE octets, hashed. */
MUST_USE enum rc limits_window(struct limits *l, struct limits_rule rule,
    struct rd key, struct mono now, uint32_t *ret_retry);
/* Takes rule.n tokens of a bucket. */
MUST_USE enum rc limits_bucket(struct limits *l, struct limits_rule rule,
    struct rd key, struct mono now, uint32_t *ret_retry);
/* The breaker of a prefix: codes sent and codes that came back. RC_LIMIT: too
 * few came back (after breaker_after sends: under 20 %, an hour; under 5 %, 6
 * hours); then it is counted anew. */
MUST_USE enum rc limits_breaker(struct limits *l, uint32_t prefix,
    uint32_t breaker_after, struct mono now, uint32_t *ret_retry);
void limits_sent(struct limits *l, uint32_t prefix, struct mono now);
void limits_verified(struct limits *l, uint32_t prefix, struct mono now);
#endif
