/*
 * ohttp_client: a request of the anonymous routes sealed to the gateway, for a
 * relay to carry, and its answer opened (RFC 9458, 9292;
 * doc/protocol/ohttp.md). Pure but for the ephemeral key. ChaCha20-Poly1305; no
 * proof of a route is checked here: what the answer says is judged as if it
 * came directly.
 */
#ifndef OHTTP_CLIENT_H
#define OHTTP_CLIENT_H
#include "crypto/ohttp.h"

#define OHTTP_CLIENT_TYPE_SIZE 64
#define OHTTP_CLIENT_REQUEST_TYPE "message/ohttp-req"
#define OHTTP_CLIENT_ANSWER_TYPE "message/ohttp-res"

struct ohttp_client_request {
	const char *method;
	const char *path; /* with its query */
	const char *type; /* Content-Type, or NULL */
	struct rd body;
	/* Sizes of what is sealed, at least: one for each route, so that its
	 * requests look alike, and its answers, errors too. 0: the next of a
	 * few sizes. A body that is larger than that makes a larger one. */
	size_t request_size;
	size_t answer_size;
};

struct ohttp_client_answer {
	uint16_t status;
	char type[OHTTP_CLIENT_TYPE_SIZE];
	uint32_t retry_after;
	struct buf body; /* ohttp_client_clear */
};

/* Appends what is POSTed to the relay. keys: application/ohttp-keys, as the
 * policy has them ("ohttp_keys"). RC_NOT_FOUND: none of them is one that we
 * know; RC_MALFORMED: keys or request. */
MUST_USE enum rc ohttp_client_seal(struct rd keys,
    const struct ohttp_client_request *q, struct ohttp_reply *ret_reply,
    struct buf *b);
/* sealed: the body of the relay's answer, whose status is 200 and whose type is
 * OHTTP_CLIENT_ANSWER_TYPE; any other answer is the relay's, or the gateway's
 * that has no such key. RC_DENIED, RC_MALFORMED: not the answer to that
 * request; RC_LIMIT: more than max octets. ret_a is cleared first. */
MUST_USE enum rc ohttp_client_open(const struct ohttp_reply *reply,
    struct rd sealed, size_t max, struct ohttp_client_answer *ret_a);
void ohttp_client_init(struct ohttp_client_answer *a);
void ohttp_client_clear(struct ohttp_client_answer *a);
#endif
