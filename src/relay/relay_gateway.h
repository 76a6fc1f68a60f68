/*
 * relay_gateway: the relay's side towards one gateway: connections that are
 * shared by all clients, one request at a time on each, so that the gateway
 * cannot tell by a connection who asks. What goes out is the same for
 * everybody: a method, a path, a host, a type, a length.
 */
#ifndef RELAY_GATEWAY_H
#define RELAY_GATEWAY_H
#include <openssl/ssl.h>

#include "dial/dial_url.h"
#include "proc/loop.h"

#define RELAY_GATEWAY_PATH "/v1/ohttp"
#define RELAY_GATEWAY_ANSWER_MAX (4u << 20)
#define RELAY_GATEWAY_CONNS 64 /* more requests wait */

struct relay_gateway;
struct relay_call; /* one request under way */

struct relay_call_head {
	uint16_t status;
	struct rd type; /* borrowed for the call; empty: none */
	uint32_t retry_after;
	size_t length;
};

/* None of them may cancel the call, but on_end has nothing to cancel any more.
 */
struct relay_call_hooks {
	/* Once, when the gateway answers. */
	void (*on_head)(void *arg, const struct relay_call_head *h);
	/* Octets of the body. Answers how many of them were taken: when fewer,
	 * the rest comes again after relay_call_more. */
	size_t (*on_body)(void *arg, struct rd octets);
	/* The end; the call is gone. RC_OK: all of it was there. RC_AGAIN: too
	 * slow; RC_IO: down, or not by its certificate; RC_MALFORMED, RC_LIMIT:
	 * not an answer that we take. */
	void (*on_end)(void *arg, enum rc rc);
};

/* Resolves the name, which blocks: at the start. RC_NOT_FOUND: it has no
 * address. ctx lives longer. */
MUST_USE enum rc relay_gateway_new(struct loop *l, const struct dial_url *u,
    SSL_CTX *ctx, struct relay_gateway **ret_g);
/* Calls under way end without a word. */
void relay_gateway_free(struct relay_gateway *g);
/* type is a constant. RC_LIMIT: too many wait; RC_NOMEM. */
MUST_USE enum rc relay_gateway_ask(struct relay_gateway *g, const char *type,
    struct rd body, const struct relay_call_hooks *hooks, void *arg,
    struct relay_call **ret_c);
void relay_call_more(struct relay_call *c);
/* The client is gone; no hook is called any more. */
void relay_call_cancel(struct relay_call *c);
#endif
