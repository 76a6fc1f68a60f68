/*
 * witness_judge: what a witness answers to one add-checkpoint request
 * (c2sp.org/tlog-witness): it signs a checkpoint only when the log's signature
 * is good and the one it signed before is its beginning. What it signs is
 * durable before it is said.
 */
#ifndef WITNESS_JUDGE_H
#define WITNESS_JUDGE_H
#include "witness/witness_conf.h"
#include "witness/witness_state.h"

enum witness_verdict {
	WITNESS_VERDICT_SIGNED = 1, /* 200, the cosignature line */
	WITNESS_VERDICT_MALFORMED,  /* 400 */
	WITNESS_VERDICT_BAD_KEY,    /* 403: not signed by the log's key */
	WITNESS_VERDICT_UNKNOWN,    /* 404: no log of ours */
	WITNESS_VERDICT_CONFLICT,   /* 409, the size we know */
	WITNESS_VERDICT_FORK,       /* 409: the same size, another history */
	WITNESS_VERDICT_BAD_PROOF,  /* 422 */
	WITNESS_VERDICT_DOWN        /* 500: the state cannot be written */
};

struct witness_judge {
	const struct witness_conf *conf;
	const uint8_t *secret_key; /* libsodium's 64 octets */
	struct witness_state state;
};

/* The HTTP status of a verdict. */
uint16_t witness_judge_status(enum witness_verdict v);
/* Judges one request body at time (seconds UTC); appends the answer's body to
 * b. *ret_log: which log of the configuration, where one was found. */
enum witness_verdict witness_judge(struct witness_judge *j, struct rd body,
    uint64_t time, struct buf *b, size_t *ret_log);
#endif
