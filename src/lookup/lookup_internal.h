/*
 * lookup_internal: what the files of lookup share. A question goes through
 * lookup_ask.c (token, payment, evaluation) and, when it has a query, through
 * lookup_scan.c; the tables that it is answered from are in lookup_epochs.c.
 * All state belongs to the loop's thread; the crew computes on what is handed
 * to it.
 */
#ifndef LOOKUP_INTERNAL_H
#define LOOKUP_INTERNAL_H
#include "lookup/crew.h"
#include "lookup/lookup_keys.h"
#include "lookup/spent.h"
#include "pir/pir_server.h"
#include "proc/child.h"
#include "wire/private_lookup.h"

#define LOOKUP_EPOCHS 3      /* the newest and the two before */
#define LOOKUP_QUESTIONS 512 /* at the same time; beyond it 503 */

/* A mapped table: of an epoch, or of several whose root and shape are the same,
 * and of the questions that are being answered from it. */
struct lookup_table {
	struct pir_table *pir;
	unsigned users;
};

struct lookup_arrival; /* lookup_epochs.c */

struct lookup_epoch {
	struct msg_snapshot m; /* epoch 0: none */
	struct lookup_table *table;
};

struct lookup_question {
	struct lookup *lookup;
	uint64_t req;
	uint8_t kind; /* enum msg_private_kind */
	uint32_t epoch;
	struct lookup_table *table; /* NULL: of evaluations alone */
	uint8_t *body;              /* a copy of the request's */
	size_t size;
	struct rd query; /* in it */
	size_t n;
	struct private_lookup_pair *pairs;
	uint32_t *days; /* of the tokens; UINT32_MAX: not ours */
	uint8_t (*elements)[RGROUP_SIZE];
	uint8_t (*evaluated)[RGROUP_SIZE];
	uint8_t proof[VOPRF_PROOF_SIZE];
	enum rc rc; /* of the evaluation */
	struct crew_work work;
	struct lookup_question *next; /* waits for a batch */
};

/* Queries that are answered in one reading of their table. */
struct lookup_batch {
	struct lookup *lookup;
	struct pir_job *job;
	struct lookup_question *questions[PIR_JOB_MAX];
	unsigned n; /* 0: nothing is being read */
	struct crew_work work;
};

struct lookup {
	struct child *child;
	struct lookup_keys *keys;
	struct spent *spent;
	struct crew *crew;
	unsigned cores;
	uint32_t day;
	struct loop_timer *timer;
	bool spent_failed; /* said once, until it works again */
	uint32_t n_questions;
	struct lookup_question *first; /* paid, and waiting for a batch */
	struct lookup_question *last;
	struct lookup_batch batch;
	struct lookup_epoch epochs[LOOKUP_EPOCHS]; /* the newest first */
	bool limit_due; /* front hears of it when no table waits */
	struct lookup_arrival *arrivals; /* the first is being read */
	struct msg_counts counts;        /* of a process: see msg.h */
};

/* --- lookup_ask.c --- */
void lookup_ask(struct lookup *l, const struct msg_private *m);
/* Answers and frees it. */
void lookup_ask_answer(
    struct lookup_question *q, enum msg_status status, struct rd body);
enum msg_status lookup_ask_status(enum rc rc);

/* --- lookup_scan.c --- */
/* Takes a paid and evaluated question. */
void lookup_scan(struct lookup_question *q);

/* --- lookup_epochs.c --- */
/* Takes fd; answers MSG_SNAPSHOT_READY, at once or later. */
void lookup_epochs_add(struct lookup *l, const struct msg_snapshot *m, int fd);
/* The table of an epoch, with one more user; NULL: it is gone. */
struct lookup_table *lookup_epochs_take(struct lookup *l, uint32_t epoch);
void lookup_epochs_release(struct lookup_table *t); /* NULL is fine */
void lookup_epochs_clear(struct lookup *l);
#endif
