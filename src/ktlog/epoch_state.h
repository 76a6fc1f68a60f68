/*
 * epoch_state: what ktlog remembers of the newest epochs, DIR/directory/epochs:
 * an epoch is made when this file says so, and from then on it is this one and
 * no other. Pure.
 */
#ifndef EPOCH_STATE_H
#define EPOCH_STATE_H
#include "directory/epoch_entry.h"

#define EPOCH_STATE_MAX 3         /* epochs that are answered for */
#define EPOCH_STATE_SHAPES_MAX 32 /* they grow, and twice as large each */
#define EPOCH_STATE_SIZE_MAX                            \
	(6 + EPOCH_STATE_MAX * (30 + EPOCH_ENTRY_MAX) + \
	    EPOCH_STATE_SHAPES_MAX * 8)

struct epoch_state {
	struct epoch_entry entry;
	uint32_t day;     /* of its token key */
	uint32_t records; /* of changes, its own and of all before it */
	uint32_t entries;
	uint32_t stash; /* entries in it */
	uint32_t build_ms;
	uint64_t policy_index; /* of the policy's entry in the public log */
};

struct epoch_shape { /* how many columns there were, from an epoch on */
	uint32_t since;
	uint32_t columns;
};

struct epoch_states {
	size_t n; /* in order, without a gap */
	struct epoch_state all[EPOCH_STATE_MAX];
	size_t n_shapes; /* of all epochs there ever were, in order */
	struct epoch_shape shapes[EPOCH_STATE_SHAPES_MAX];
};

/* RC_MALFORMED: damaged. */
MUST_USE enum rc epoch_state_parse(
    struct rd octets, struct epoch_states *ret_s);
MUST_USE enum rc epoch_state_build(const struct epoch_states *s, struct buf *b);
/* The newest. NULL: none. */
const struct epoch_state *epoch_state_last(const struct epoch_states *s);
/* Adds one; the oldest goes when there are too many. RC_LIMIT: the shape
 * changed too often. */
MUST_USE enum rc epoch_state_push(
    struct epoch_states *s, const struct epoch_state *e);
/* The columns of an epoch that was made; 0: of none. */
uint32_t epoch_state_columns(const struct epoch_states *s, uint32_t epoch);
#endif
