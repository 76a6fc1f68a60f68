/*
 * dial: one connection to a server: TLS 1.3, HTTP/1.1 with keep-alive, and a
 * WebSocket over it (RFC 8446, 9112, 6455). Blocks, at most timeout_ms a call.
 * The server's certificate must chain to the CA file, or be the very
 * certificate in it, and name the host. Reconnecting is the caller's.
 */
#ifndef DIAL_H
#define DIAL_H
#include "base/buf.h"

#define DIAL_BODY_MAX (2 * 1024 * 1024)
#define DIAL_TYPE_SIZE 64

struct dial;

struct dial_request {
	const char *method;
	const char *target;
	const char *type; /* Content-Type; NULL for none */
	struct rd fields; /* more fields, each ended by CRLF; may be empty */
	struct rd body;
};

struct dial_answer {
	uint16_t status;
	char type[DIAL_TYPE_SIZE];
	struct buf body; /* dial_http_clear */
};

/* url: "https://HOST:PORT"; ca: a PEM file, or NULL for the system's. Nothing
 * is connected yet. RC_MALFORMED: the URL; RC_NOT_FOUND: the CA file cannot
 * be read. Caller owns *ret_d. */
MUST_USE enum rc dial_new(
    const char *url, const char *ca, int timeout_ms, struct dial **ret_d);
/* Sends one request and reads its answer; connects when not connected.
 * *ret_reused tells that an older connection was tried: a failure may then be
 * its age, and another try with a new signature is right. RC_IO: see
 * dial_why; RC_DENIED: the certificate; RC_MALFORMED: not HTTP. ret_a is
 * cleared first and stays the caller's. */
MUST_USE enum rc dial_http_request(struct dial *d, const struct dial_request *q,
    bool *ret_reused, struct dial_answer *ret_a);
void dial_http_init(struct dial_answer *a);
void dial_http_clear(struct dial_answer *a);
/* The opening handshake (RFC 6455 section 4.1). RC_STATE: the server answered
 * with the status in *ret_status, not 101. */
MUST_USE enum rc dial_ws_start(
    struct dial *d, const char *target, struct rd fields, uint16_t *ret_status);
MUST_USE enum rc dial_ws_send(struct dial *d, struct rd message);
/* Waits up to wait_ms for one whole binary message; answers pings itself.
 * *ret_message is borrowed until the next call. RC_AGAIN: none came; RC_IO:
 * the connection ended. */
MUST_USE enum rc dial_ws_next(
    struct dial *d, int wait_ms, struct rd *ret_message);
/* Sends a ping; the pong comes while dial_ws_next waits. */
MUST_USE enum rc dial_ws_ping(struct dial *d);
/* Why the last call failed, for a person: "connection refused". */
const char *dial_why(const struct dial *d);
void dial_hang_up(struct dial *d); /* the next request connects anew */
void dial_free(struct dial *d);    /* NULL is fine */
#endif
