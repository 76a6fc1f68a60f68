/*
 * dial_internal: what the files of this folder share: the connection's bytes.
 */
#ifndef DIAL_INTERNAL_H
#define DIAL_INTERNAL_H
#include <openssl/ssl.h>

#include "base/mono.h"
#include "dial/dial.h"
#include "dial/dial_url.h"

#define DIAL_WHY_SIZE 160

struct dial {
	struct dial_url url;
	SSL_CTX *ctx;
	SSL *ssl; /* NULL: not connected */
	int fd;
	int timeout_ms;
	bool is_stream;    /* a WebSocket now */
	struct buf in;     /* read, not used yet */
	size_t in_used;    /* of in, by the message lent last */
	struct buf joined; /* fragments of one message */
	bool joined_lent;  /* the caller has it until the next call */
	char why[DIAL_WHY_SIZE];
};

MUST_USE enum rc dial_internal_connect(struct dial *d);
MUST_USE enum rc dial_internal_write(struct dial *d, struct rd bytes);
/* Appends what there is to d->in; RC_AGAIN after wait_ms without any. */
MUST_USE enum rc dial_internal_read(struct dial *d, int wait_ms);
enum rc dial_internal_fail(struct dial *d, enum rc rc, const char *why);
#endif
