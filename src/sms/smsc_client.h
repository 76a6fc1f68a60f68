/*
 * smsc_client: one transceiver session with an SMSC (SMPP 3.4) on a
 * non-blocking socket, and the bounded queue of what waits to be submitted.
 * It reconnects for ever, with a growing and random delay, enquires after the
 * link, keeps window and rate, waits when the SMSC says that it is busy, and
 * drops a link that carries garbage. Never blocks. It holds numbers, texts and
 * the password; it wipes what leaves it, and logs only that something was.
 */
#ifndef SMSC_CLIENT_H
#define SMSC_CLIENT_H
#include <sys/socket.h>

#include "proc/loop.h"
#include "sms/smpp_bind.h"
#include "sms/smpp_pdu.h"

#define SMSC_CLIENT_QUEUE_MAX 1000 /* submit_sm waiting or unanswered */
#define SMSC_CLIENT_ADDRS_MAX 8
/* After this the SMSC counts as down, and what waits is given back. */
#define SMSC_CLIENT_DOWN_MS 60000

struct smsc_client;

struct smsc_client_conf {
	struct sockaddr_storage addr[SMSC_CLIENT_ADDRS_MAX]; /* in turn */
	socklen_t addr_len[SMSC_CLIENT_ADDRS_MAX];
	size_t addrs;
	struct smpp_bind bind;
	uint32_t window;
	uint32_t enquire_s;
	uint32_t rate; /* submit_sm a second */
};

struct smsc_client_hooks { /* none may call smsc_client_free */
	void *arg;
	/* A queued submit_sm came to its end. RC_OK: the SMSC has it, under
	 * that id; RC_DENIED: the SMSC refused it; RC_STATE: SMSC down. */
	void (*on_submitted)(
	    void *arg, uint64_t token, enum rc rc, const char *id);
	/* A deliver_sm: to be answered once with smsc_client_answer. */
	void (*on_deliver)(
	    void *arg, uint64_t session, uint32_t seq, struct rd body);
};

/* Copies conf; starts connecting in the next turn. */
MUST_USE enum rc smsc_client_new(struct loop *l,
    const struct smsc_client_conf *conf, const struct smsc_client_hooks *hooks,
    struct smsc_client **ret_c);
void smsc_client_free(struct smsc_client *c); /* NULL is fine */
/* Queues the body of a submit_sm. RC_LIMIT: the queue is full; RC_STATE: the
 * SMSC has been down for SMSC_CLIENT_DOWN_MS; RC_NOMEM. */
MUST_USE enum rc smsc_client_submit(
    struct smsc_client *c, uint64_t token, struct rd body);
/* New limits of a reloaded configuration. */
void smsc_client_tune(
    struct smsc_client *c, uint32_t window, uint32_t enquire_s, uint32_t rate);
/* How many more submits the queue takes. */
size_t smsc_client_room(const struct smsc_client *c);
/* Answers a deliver_sm; of a session that is over: nothing happens. */
void smsc_client_answer(struct smsc_client *c, uint64_t session, uint32_t seq,
    enum smpp_pdu_status status);
/* Unbinds; fn runs when the SMSC agreed, or after two seconds. */
void smsc_client_stop(struct smsc_client *c, loop_fn fn, void *arg);
#endif
