/*
 * relay_serve: the relay's side towards clients: HTTP/1.1 with or without TLS,
 * one request at a time on a connection, bounded in size, number and time. It
 * hands a body on and the answer back, and looks into neither.
 */
#ifndef RELAY_SERVE_H
#define RELAY_SERVE_H
#include "relay/relay_conf.h"
#include "relay/relay_gateway.h"
#include "relay/relay_limits.h"

#define RELAY_SERVE_BODY_MAX (1u << 20 | 8192) /* as the gateway takes */

struct relay_serve;

/* How many of what there was: no address, no time, nothing of a request. */
struct relay_serve_counts {
	uint64_t requests;
	uint64_t answers; /* that a gateway gave, good or bad */
	uint64_t refused; /* by the relay */
	uint64_t limited; /* of these for a limit */
	uint64_t faults;  /* a gateway was down, slow, or spoke nonsense */
};

struct relay_serve_spec {
	struct loop *loop;
	int listen_fd;
	SSL_CTX *ctx; /* NULL: plain HTTP */
	const struct relay_conf *conf;
	struct relay_gateway **gateways; /* as conf has them */
	/* A gateway did not answer as it should; arg, its place in conf. */
	void (*on_fault)(void *arg, size_t gateway, enum rc rc);
	void *arg;
};

/* The listening socket and the gateways stay the caller's, and live longer. */
MUST_USE enum rc relay_serve_new(
    const struct relay_serve_spec *spec, struct relay_serve **ret_s);
const struct relay_serve_counts *relay_serve_counts(
    const struct relay_serve *s);
void relay_serve_free(struct relay_serve *s);
#endif
