/*
 * relay_limits: how much an address prefix may ask of the relay: a token bucket
 * and a count of connections in a table of fixed size. It holds keyed hashes,
 * under a key drawn at start, and no address.
 */
#ifndef RELAY_LIMITS_H
#define RELAY_LIMITS_H
#include "base/mono.h"
#include "wire/ip_prefix.h"

struct relay_limits;

/* per_minute requests, as many at once; 0: any number. */
MUST_USE enum rc relay_limits_new(
    uint32_t per_minute, uint32_t conns, struct relay_limits **ret_l);
void relay_limits_free(struct relay_limits *l);
/* The place of a prefix; two may share one, and nobody can choose it. */
uint32_t relay_limits_place(
    const struct relay_limits *l, const struct sockaddr *sa);
/* False: too many connections. Each that was true is given back. */
bool relay_limits_take(struct relay_limits *l, uint32_t place);
void relay_limits_release(struct relay_limits *l, uint32_t place);
/* One request more. RC_LIMIT: after *ret_wait seconds. */
MUST_USE enum rc relay_limits_ask(struct relay_limits *l, uint32_t place,
    struct mono now, uint32_t *ret_wait);
#endif
