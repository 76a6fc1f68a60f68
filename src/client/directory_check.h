/*
 * directory_check: what a client checks before it believes the server's
 * directory (doc/protocol/directory.md, 6): an epoch against the public log and
 * its witnesses, an answer against the epoch, a slot against the one before.
 * Each failure has a name of its own. Pure, and no state.
 */
#ifndef DIRECTORY_CHECK_H
#define DIRECTORY_CHECK_H
#include "client/epoch_answer.h"
#include "client/keep_view.h"
#include "directory/epoch_entry.h"
#include "directory/slot.h"

#define DIRECTORY_CHECK_AGE_S 600

enum directory_check_problem {
	DIRECTORY_CHECK_NONE = 0,
	/* the log */
	DIRECTORY_CHECK_UNSIGNED,    /* not by the log's key */
	DIRECTORY_CHECK_UNWITNESSED, /* fewer than the quorum signed */
	DIRECTORY_CHECK_STALE,       /* older than ten minutes */
	DIRECTORY_CHECK_BACK,        /* before one that was seen */
	DIRECTORY_CHECK_SPLIT,       /* not a later state of the one seen */
	DIRECTORY_CHECK_NOT_IN_LOG,  /* the entry */
	DIRECTORY_CHECK_NO_EPOCH,    /* the entry is none */
	DIRECTORY_CHECK_LABEL,       /* another public a */
	DIRECTORY_CHECK_VOPRF,       /* another key of the evaluations */
	/* an answer */
	DIRECTORY_CHECK_KEY,    /* the evaluation's proof */
	DIRECTORY_CHECK_EPOCH,  /* for another epoch than asked */
	DIRECTORY_CHECK_BUCKET, /* not the one of the tree */
	DIRECTORY_CHECK_STASH,  /* not the file of the epoch */
	DIRECTORY_CHECK_TOKEN,  /* tokens under another key */
	/* a slot */
	DIRECTORY_CHECK_SLOT,      /* not of the entry's commitment */
	DIRECTORY_CHECK_SEAL,      /* not of this number */
	DIRECTORY_CHECK_SLOT_BACK, /* an older version than the pinned one */
	DIRECTORY_CHECK_CHAIN,     /* does not continue the pinned one */
	DIRECTORY_CHECK_COUNT
};

/* "log-stale", "split-view", "wrong-bucket": outcome.problem of tacet.h. */
const char *directory_check_name(enum directory_check_problem p);

/* What an epoch says, once it is believed. */
struct directory_check_epoch {
	struct trust_point point;
	struct epoch_entry entry;
};

/* v: what is believed so far. RC_DENIED with *ret_p. */
MUST_USE enum rc directory_check_epoch(const struct keep_view *v, int64_t now,
    const struct epoch_answer *a, struct directory_check_epoch *ret_e,
    enum directory_check_problem *ret_p);

/* One evaluation of the directory's key, or of another: RC_DENIED. */
MUST_USE enum rc directory_check_element(
    const uint8_t public_key[static RGROUP_SIZE], struct rd input,
    const struct voprf_blinded *b, struct rd answer,
    uint8_t ret_y[static VOPRF_OUTPUT_SIZE]);

/* Where a number with that y is looked for. */
struct directory_check_question {
	const struct epoch_entry *entry;
	uint32_t place;
	const uint8_t *y;
	struct rd column;
	struct rd stash;
};

struct directory_check_found {
	bool is_there;
	uint8_t devices; /* 0: the number has no account any more */
	uint8_t commitment[SLOT_HASH_SIZE];
};

/* RC_DENIED with *ret_p. That it is not there is as good an answer. */
MUST_USE enum rc directory_check_answer(
    const struct directory_check_question *q,
    struct directory_check_found *ret_f, enum directory_check_problem *ret_p);

/* A slot of a number with that y and that commitment, as the next of old
 * (which may be unset). RC_DENIED with *ret_p. */
MUST_USE enum rc directory_check_slot(struct rd octets,
    const uint8_t y[static VOPRF_OUTPUT_SIZE],
    const uint8_t commitment[static SLOT_HASH_SIZE],
    const struct keep_slot *old, struct keep_slot *ret_s,
    enum directory_check_problem *ret_p);
#endif
