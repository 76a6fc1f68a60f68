/*
 * front_internal: what the files of front share. front_conn.c moves octets and
 * knows no route; front_api.c knows the routes and no socket.
 */
#ifndef FRONT_INTERNAL_H
#define FRONT_INTERNAL_H
#include <jansson.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "proc/child.h"
#include "wire/http1.h"
#include "wire/httpsig.h"

#define FRONT_ADDR_KEY_SIZE 16

struct conn;

struct front {
	struct child *child;
	SSL_CTX *tls;
	int listen_fd;
	struct loop_io *accept_io;
	struct conn **slots; /* conf.connections of them */
	uint32_t n_slots;
	uint32_t n_conns;
	uint32_t next_slot;
	uint32_t generation;
	uint8_t
	    addr_secret[32]; /* drawn at start: addr_key means nothing later */
	struct front_prefix *prefixes;
	struct buf policy; /* the signed note, as served */
	bool stopping;
	struct loop_timer *stop_timer;
};

enum conn_state {
	CONN_STATE_TLS,     /* handshake */
	CONN_STATE_HTTP,    /* reads a request */
	CONN_STATE_WAITING, /* the exchange works on it */
	CONN_STATE_STREAM,  /* WebSocket */
	CONN_STATE_LAST     /* writes the last answer, then closes */
};

struct conn {
	struct front *front;
	int fd;
	SSL *ssl;
	struct loop_io *io;
	struct loop_timer *timer;
	enum conn_state state;
	bool dead;
	bool keep_alive;
	bool is_paused; /* reading stopped: the peer does not read */
	uint32_t slot;
	uint64_t req; /* of the request under way, and name of a stream */
	uint8_t addr_key[FRONT_ADDR_KEY_SIZE];
	char addr[46];   /* what a row may hold, by policy */
	char accept[32]; /* WebSocket: what the 101 answers */
	uint32_t unanswered_pings;
	uint16_t plain; /* status of a reply that has no body of its own */
	json_t *asked;  /* a lookup's body, for the row in its answer */
	struct buf in;
	struct buf out;
};

struct request {
	struct conn *conn;
	const struct http1_head *head;
	struct rd body;
	struct rd path[2]; /* what stood in the pattern's {} */
	struct rd query;   /* behind "?", may be empty */
	struct msg_auth auth;
	struct buf base; /* auth.base borrows from it */
};

/* front_conn.c */
MUST_USE enum rc front_conn_listen(struct front *f);
/* The connection that waits for req, or NULL: it closed meanwhile. */
struct conn *front_conn_find(struct front *f, uint64_t req);
void front_conn_answer(struct conn *c, uint16_t status, const char *type,
    struct rd body, uint32_t retry_after);
/* Appends to the stream; a peer that lets too much pile up is cut. */
void front_conn_frame(struct conn *c, struct rd payload);
void front_conn_upgrade(struct conn *c); /* writes the 101 */
void front_conn_close(struct conn *c);
void front_conn_stop(struct front *f); /* no new requests; calls child_done */

/* front_addr.c: /24 and /48 */
MUST_USE enum rc front_addr_start(struct front *f);
void front_addr_set(struct conn *c, const struct sockaddr *sa);
/* False: too many connections of this prefix. */
bool front_addr_take(struct conn *c);
void front_addr_release(struct conn *c);

/* front_tls.c */
MUST_USE enum rc front_tls_load(struct front *f);

/* front_api.c: one whole request; answers or leaves the connection WAITING. */
size_t front_api_max(const struct http1_head *h); /* octets of body allowed */
void front_api_request(
    struct conn *c, const struct http1_head *h, struct rd body);
/* One binary message of a stream. False: not one we take; close. */
bool front_api_frame(struct conn *c, struct rd payload);
/* front_reply.c: a message of the exchange. */
void front_reply(struct front *f, enum msg_type type, struct rd body);
/* front_problem.c: RFC 9457. */
void front_problem(
    struct conn *c, uint16_t status, const char *name, uint32_t retry_after);
void front_problem_status(
    struct conn *c, enum msg_status status, uint32_t retry_after);
#endif
