/*
 * epochs_internal: what epochs.c and epochs_get.c share.
 */
#ifndef EPOCHS_INTERNAL_H
#define EPOCHS_INTERNAL_H
#include "ktlog/builder.h"
#include "ktlog/epochs.h"

enum epochs_phase {
	EPOCHS_PHASE_IDLE = 1, /* the newest is served, or there is none */
	EPOCHS_PHASE_CLOSED,   /* and not being made: tried again */
	EPOCHS_PHASE_MAKING,
	EPOCHS_PHASE_MADE, /* its entry is not on its way into the log */
	EPOCHS_PHASE_LOGGING,
	EPOCHS_PHASE_LOGGED, /* its table is not on its way to lookup */
	EPOCHS_PHASE_HANDING,
	EPOCHS_PHASE_DAMAGED /* its table is to be made again */
};

struct epochs_waiting { /* a change that is not durable yet */
	uint64_t req;
	struct changes_state state;
};
#define EPOCHS_WAITING_MAX 256

struct epochs {
	struct child *child;
	int dir;
	struct epochs_log log;
	struct changes *changes;
	struct epoch_states states;
	enum epochs_phase phase;
	struct builder *builder;
	uint32_t making;         /* the epoch that it makes */
	struct epoch_state made; /* by it */
	enum rc made_rc;
	bool is_made;       /* it has ended since the last turn */
	struct mono begun;  /* when the newest was closed */
	uint32_t handed;    /* the newest that lookup was sent in this life */
	uint32_t served;    /* 0: none */
	uint64_t new_index; /* of the newest's entry */
	uint64_t index;     /* of the served one's */
	struct msg_lookup_keys keys;
	bool has_keys;
	uint8_t policy[32];
	uint64_t policy_index;
	bool has_policy;
	struct epochs_waiting waiting[EPOCHS_WAITING_MAX];
	size_t n_waiting;
	struct loop_timer *timer;
	bool put_off; /* until the timer */
};

/* The state of the epoch that is served; NULL: none. */
const struct epoch_state *epochs_served(const struct epochs *e);
#endif
