/*
 * front_internal: what the files of front share. front_conn.c moves octets and
 * deadlines, front_http.c and front_stream.c frame what they carry,
 * front_api.c and front_reply.c know the routes and no socket.
 */
#ifndef FRONT_INTERNAL_H
#define FRONT_INTERNAL_H
#include <jansson.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/secret.h"
#include "crypto/ohttp.h"
#include "proc/child.h"
#include "wire/http1.h"
#include "wire/httpsig.h"
#include "wire/ip_prefix.h"
#include "wire/private_lookup.h"
#include "wire/relay.h"

#define FRONT_ADDR_KEY_SIZE IP_PREFIX_KEY_SIZE
#define FRONT_ADDR_SECRET_SIZE IP_PREFIX_SECRET_SIZE
#define FRONT_BODY_MAX (OHTTP_REQUEST_OVERHEAD + (1u << 20) + 4096)
#define FRONT_IN_MAX (FRONT_BODY_MAX + HTTP1_HEAD_MAX + 65536)
#define FRONT_OUT_MAX (2u << 20)     /* a file answer is 1 MiB as base64 */
#define FRONT_OUT_PAUSE (256u << 10) /* beyond it nothing more is read */
#define FRONT_QUEUE_MAX (8u << 20)   /* towards the exchange: beyond it 503 */
#define FRONT_LOG_MAX 32     /* files of the log asked for: 32 MiB at most */
#define FRONT_PRIVATE_MAX 64 /* questions towards lookup */
#define FRONT_PRIVATE_QUEUE_MAX (16u << 20)
#define FRONT_TRUST_MAX 4096
#define FRONT_LARGE 65536   /* a body above it waits for one of .. */
#define FRONT_LARGE_MAX 256 /* .. this many places: 300 MB at most */
#define FRONT_OHTTP_ANSWER_MAX (1u << 20)

struct conn;

struct front {
	struct child *child;
	SSL_CTX *tls;
	int listen_fd;
	struct loop_io *accept_io;
	struct loop_timer *accept_timer; /* out of descriptors: a pause */
	struct loop_timer *begin_timer;  /* at most so long nobody is heard */
	struct conn **slots;             /* conf.connections of them */
	uint32_t n_slots;
	uint32_t n_conns;
	uint32_t n_large;
	uint32_t n_log;       /* ktlog's answers that are still to come */
	uint32_t n_private;   /* lookup's */
	uint32_t private_max; /* octets of a question, as lookup says */
	uint32_t next_slot;
	uint32_t generation;
	/* drawn at start: an addr_key means nothing later */
	uint8_t addr_secret[FRONT_ADDR_SECRET_SIZE];
	struct front_prefix *prefixes;
	struct buf policy;         /* the signed note; empty: not yet here */
	struct secret *ohttp_keys; /* n_ohttp_keys struct ohttp_key */
	size_t n_ohttp_keys;
	struct buf ohttp_list;    /* their public halves, for clients */
	struct buf trust;         /* trust.json */
	struct mono limit_logged; /* once a minute at most */
	bool stopping;
	struct loop_timer *stop_timer;
};

enum conn_state {
	CONN_STATE_TLS,     /* handshake */
	CONN_STATE_HTTP,    /* reads a request */
	CONN_STATE_WAITING, /* the exchange works on it */
	CONN_STATE_STREAM,  /* WebSocket */
	CONN_STATE_LAST,    /* writes the last answer */
	CONN_STATE_LINGER   /* wrote it; reads what the peer still sends */
};

/* What a state waits for. A deadline starts when the phase begins, not with
 * each octet: a slow peer gains nothing by sending another one. */
enum conn_phase {
	CONN_PHASE_TLS,
	CONN_PHASE_IDLE,
	CONN_PHASE_HEAD,
	CONN_PHASE_BODY,
	CONN_PHASE_WAIT,
	CONN_PHASE_PING,
	CONN_PHASE_LAST,
	CONN_PHASE_LINGER
};

/* The answer to a reply that says little more than OK. */
enum conn_shape {
	CONN_SHAPE_NONE,    /* 204 */
	CONN_SHAPE_EMPTY,   /* 202 {} */
	CONN_SHAPE_LEFT,    /* 200 {"one_time_left"} */
	CONN_SHAPE_SESSION, /* 202 {"session", "retry_after"} */
	CONN_SHAPE_WAIT,    /* 202 {"retry_after"} */
	CONN_SHAPE_CHECKPOINT,
	CONN_SHAPE_TILE,
	CONN_SHAPE_OCTETS, /* 200, as they stand */
	CONN_SHAPE_NOTE,   /* the same, of text */
	CONN_SHAPE_EPOCH
};

/* A request that came through a relay: how its answer is sealed. */
struct front_ohttp {
	struct ohttp_reply reply;
	size_t size; /* of the answer before it is sealed; 0: any */
};

struct conn {
	struct front *front;
	int fd;
	SSL *ssl;
	struct loop_io *io;
	struct loop_timer *timer; /* of the phase */
	struct loop_timer *stall; /* output that nobody reads */
	enum conn_state state;
	enum conn_phase phase;
	bool dead;
	bool processing; /* front_conn_process is on the stack */
	bool keep_alive;
	bool is_head;   /* the answer has no body */
	bool continued; /* 100 was sent for the request that comes in */
	bool is_large;  /* holds one of FRONT_LARGE_MAX places */
	uint32_t slot;
	uint32_t lingered; /* octets read after the last answer */
	uint64_t req;      /* of the request under way, and name of a stream */
	uint8_t addr_key[FRONT_ADDR_KEY_SIZE];
	char addr[46];   /* what a row may hold, by policy */
	char accept[32]; /* WebSocket: what the 101 answers */
	char allow[16];  /* for a 405 */
	uint32_t unanswered_pings;
	enum conn_shape shape;
	const char *cache; /* Cache-Control of this answer; NULL: no-store */
	json_t *asked;     /* a lookup's body, for the row in its answer */
	struct front_ohttp *ohttp; /* NULL: the answer goes out as it is */
	struct buf in;
	struct buf out;
	struct buf message; /* of a stream, when it comes in fragments */
	bool in_message;
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

/* --- front_conn.c: life, deadlines, octets --- */
MUST_USE enum rc front_conn_listen(struct front *f);
/* The connection that waits for req, or NULL: it closed meanwhile. */
struct conn *front_conn_find(struct front *f, uint64_t req);
/* Starts the phase's deadline; a phase that goes on keeps the one it has. */
void front_conn_phase(struct conn *c, enum conn_phase phase);
/* The same, also when the phase is the one before. */
void front_conn_phase_again(struct conn *c, enum conn_phase phase);
/* Takes what is in the buffer as far as it goes, then writes. */
void front_conn_process(struct conn *c);
void front_conn_flush(struct conn *c);
/* The end once the output is written. */
void front_conn_last(struct conn *c);
void front_conn_close(struct conn *c);
/* No new requests; those under way have 3 s; then child_done. */
void front_conn_stop(struct front *f);

/* --- front_http.c: requests in, answers out --- */
/* One request, when it is there whole. True: perhaps there is another. */
bool front_http_take(struct conn *c);
void front_http_timeout(struct conn *c);
void front_http_answer(struct conn *c, uint16_t status, const char *type,
    struct rd body, uint32_t retry_after);
/* Writes the 101; from now on a stream. */
void front_http_upgrade(struct conn *c);
/* Gives its place among the large ones back. */
void front_http_release(struct conn *c);

/* --- front_stream.c: WebSocket --- */
bool front_stream_take(struct conn *c);
/* One binary message; a peer that lets too much pile up is cut. */
void front_stream_frame(struct conn *c, struct rd payload);
void front_stream_ping(struct conn *c);
/* Close frame with that code (RFC 6455 section 7.4.1), then the end. tell:
 * the exchange does not know yet. */
void front_stream_close(struct conn *c, uint16_t code, bool tell);

/* --- front_addr.c: /24 and /48 --- */
MUST_USE enum rc front_addr_start(struct front *f);
/* Keyed hash of the prefix, and the text that policy lets into a row. Pure. */
void front_addr_key(const struct sockaddr *sa,
    const uint8_t secret[static FRONT_ADDR_SECRET_SIZE],
    uint8_t ret_key[static FRONT_ADDR_KEY_SIZE]);
void front_addr_text(
    const struct sockaddr *sa, enum conf_ip policy, char ret_text[static 46]);
/* False: too many connections of this prefix. */
bool front_addr_take(struct conn *c);
void front_addr_release(struct conn *c);

/* --- front_tls.c: from the parent's descriptors --- */
MUST_USE enum rc front_tls_load(struct front *f);

/* --- front_ohttp.c: the gateway --- */
/* From the parent's descriptor; RC_CORRUPT: not a file of keys. */
MUST_USE enum rc front_ohttp_load(struct front *f);
void front_ohttp_clear(struct front *f);
/* GET /v1/ohttp-keys, POST /v1/ohttp */
void front_ohttp_keys(struct request *r);
void front_ohttp_request(struct request *r);
/* Seals the answer to what came inside, and sends it. */
void front_ohttp_answer(struct conn *c, uint16_t status, const char *type,
    struct rd body, uint32_t retry_after);
void front_ohttp_free(struct conn *c);

/* --- front_policy.c: the note, copied. RC_MALFORMED: empty; RC_LIMIT --- */
MUST_USE enum rc front_policy_take(struct front *f, struct rd note);

/* --- front_private.c: tokens, and what is asked with them --- */
#define FRONT_PRIVATE_TOKENS_MAX (MSG_EVALUATE_MAX * 32)
#define FRONT_PRIVATE_OPRF_MAX \
	(2 + PRIVATE_LOOKUP_OPRF_MAX * sizeof(struct private_lookup_pair))
/* Listens; where private lookups are offered, once there is a table to answer
 * from, or after a few seconds: who comes before waits in the socket's queue
 * and is not told that the service is down. */
MUST_USE enum rc front_private_begin(struct front *f);
/* What lookup says, and how it begins. */
void front_private_limit(struct front *f, uint32_t max);
void front_private_tokens(struct request *r);
void front_private_promise(struct request *r);
void front_private_lookup(struct request *r);
void front_private_oprf(struct request *r);

/* --- front_trust.c: from the parent's descriptor, when it gave one --- */
MUST_USE enum rc front_trust_load(struct front *f);

/* --- front_route.c: request targets. Pure. --- */
/* pattern: "/v1/link/{}/{}"; each {} is one segment that is not empty, {*} at
 * the end is all that follows, not empty either. */
bool front_route_is(
    const char *pattern, struct rd path, struct rd ret_path[static 2]);
/* The path; *ret_query is what follows "?", or empty. */
struct rd front_route_path(struct rd target, struct rd *ret_query);
/* "devices=1,2": at most eight ids from 1 to 255; empty: none. RC_MALFORMED. */
MUST_USE enum rc front_route_devices(
    struct rd query, uint8_t ret_ids[static 8]);

/* --- front_api.c: one whole request; answers or leaves it WAITING. One that
 * came through a relay (c->ohttp) reaches the anonymous routes alone --- */
/* Octets of body allowed. */
size_t front_api_max(const struct front *f, const struct http1_head *h);
void front_api_request(
    struct conn *c, const struct http1_head *h, struct rd body);
bool front_api_is_type(const struct http1_head *h, const char *want);
/* One binary message of a stream. False: not one we take; close. */
bool front_api_message(struct conn *c, struct rd payload);

/* --- front_reply.c: a message of the exchange --- */
void front_reply(struct front *f, enum msg_type type, struct rd body);

/* --- front_problem.c: RFC 9457 --- */
MUST_USE enum rc front_problem_build(
    struct buf *b, uint16_t status, const char *name, uint32_t retry_after);
/* HTTP status; *ret_name is the problem's. Anything unknown is 503 down. */
uint16_t front_problem_of(enum msg_status status, const char **ret_name);
void front_problem(
    struct conn *c, uint16_t status, const char *name, uint32_t retry_after);
void front_problem_status(
    struct conn *c, enum msg_status status, uint32_t retry_after);
#endif
