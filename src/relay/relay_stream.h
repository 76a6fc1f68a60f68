/*
 * relay_stream: octets between a socket, with or without TLS, and two bounded
 * buffers, on the loop. It reads while there is room, writes what there is, and
 * calls when something changed. Never blocks.
 */
#ifndef RELAY_STREAM_H
#define RELAY_STREAM_H
#include <openssl/ssl.h>

#include "base/buf.h"
#include "proc/loop.h"

struct relay_stream;

struct relay_stream_spec {
	struct loop *loop;
	int fd;   /* the stream's from the call on, also when it fails */
	SSL *ssl; /* the same; state set, not connected; NULL: none */
	bool is_connecting; /* connect(2) is under way */
	size_t in_max;      /* beyond it nothing more is read */
	size_t out_max;
	loop_fn fn; /* octets, room, the end, or a failure: look */
	void *arg;
};

MUST_USE enum rc relay_stream_new(
    const struct relay_stream_spec *spec, struct relay_stream **ret_s);
/* Connected, and the handshake done. */
bool relay_stream_is_open(const struct relay_stream *s);
/* Nothing more will come; what came is there. Also after a failure. */
bool relay_stream_is_over(const struct relay_stream *s);
/* Read and not consumed; borrowed until the next turn or consume. */
struct rd relay_stream_get(const struct relay_stream *s);
void relay_stream_consume(struct relay_stream *s, size_t n);
/* Octets not yet written. */
size_t relay_stream_queued(const struct relay_stream *s);
/* RC_LIMIT: there is no room; then nothing was added. */
MUST_USE enum rc relay_stream_add(struct relay_stream *s, struct rd octets);
/* No more is written; what still comes is dropped. Closing at once would make
 * the kernel reset the connection, and the peer lose the last answer. */
void relay_stream_shut(struct relay_stream *s);
/* Closes. Safe inside fn, which is not called again; NULL is fine. */
void relay_stream_free(struct relay_stream *s);
#endif
