/*
 * witness_serve: the HTTP side of a witness: one request a connection, ten
 * seconds and a few kilobytes for it, and no more connections than there is
 * room for. What a request says is judged elsewhere.
 */
#ifndef WITNESS_SERVE_H
#define WITNESS_SERVE_H
#include "proc/loop.h"

#define WITNESS_SERVE_CONNS 64

struct witness_serve;

struct witness_serve_answer {
	uint16_t status;
	const char *type; /* Content-Type; NULL: none */
	struct buf body;
};

/* Fills *ret_a, whose body is empty. */
typedef void (*witness_serve_fn)(
    void *arg, struct rd body, struct witness_serve_answer *ret_a);

/* Takes listen_fd. POST target and nothing else goes to fn, with a body of at
 * most max octets. */
MUST_USE enum rc witness_serve_new(struct loop *l, int listen_fd, size_t max,
    witness_serve_fn fn, void *arg, struct witness_serve **ret_s);
void witness_serve_free(struct witness_serve *s);
#endif
