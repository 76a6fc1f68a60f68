/*
 * scope: the parts of the query log that an order's window touches, with what
 * the public log says of them (doc/protocol/records.md, section 6). Holds the
 * files mapped and their day keys until it is freed. Blocks on the disk.
 */
#ifndef SCOPE_H
#define SCOPE_H
#include <jansson.h>

#include "merkle/log_dir.h"
#include "orders/order.h"
#include "wire/segment.h"
#include "wire/segment_entry.h"

#define SCOPE_PARTS_MAX 4096

enum scope_state {
	SCOPE_STATE_OUTSIDE = 1, /* its time does not touch the window */
	SCOPE_STATE_HELD,        /* to be opened */
	SCOPE_STATE_DESTROYED    /* its day key is gone: retention */
};

struct scope_part {
	struct segment_entry entry;
	struct buf text; /* the entry's octets */
	uint64_t log_index;
	enum scope_state state;
	/* HELD */
	struct rd file;
	struct segment segment;
	uint8_t day_key[JOURNAL_KEY_SIZE];
	/* HELD by a preservation: its part of the kept file, borrowed */
	const json_t *kept;
	/* DESTROYED: the entry that says so */
	uint64_t destroy_index;
};

struct scope {
	struct wall from; /* [from, to) */
	struct wall to;
	int log_fd;
	struct log_dir *log;
	uint64_t log_size;        /* of the checkpoint that proofs lead to */
	struct buf note;          /* that checkpoint */
	struct scope_part *parts; /* by seq, without a gap */
	size_t n;
};

/* dir: the data directory. RC_STATE: the log does not reach the window's end
 * yet: a cut is needed first; RC_NOT_FOUND: there is no public log;
 * RC_CORRUPT: a segment is missing or damaged; *ret_day says which. */
MUST_USE enum rc scope_open(int dir, struct wall from, struct wall to,
    struct scope **ret_s, uint32_t *ret_day);
/* Parts whose key is gone are held again where kept has them: a preserved file
 * (orders/preserved.h), which must outlive the scope. */
void scope_keep(struct scope *s, const json_t *kept);
/* The same without parts: for an order that opens none. */
MUST_USE enum rc scope_open_head(
    int dir, struct wall from, struct wall to, struct scope **ret_s);
void scope_free(struct scope *s); /* NULL is fine */
/* One segment's file, mapped, and its day's key. RC_NOT_FOUND: one of them is
 * not there. scope_segment_close releases the file. */
MUST_USE enum rc scope_segment_open(int dir, const struct segment_entry *e,
    struct rd *ret_file, uint8_t ret_day_key[static JOURNAL_KEY_SIZE]);
void scope_segment_close(struct rd file);
/* Appends the part's SESSION body with plain shares. */
MUST_USE enum rc scope_session(const struct scope_part *p, struct buf *b);
/* The path of an entry to the checkpoint. */
MUST_USE enum rc scope_path(
    const struct scope *s, uint64_t index, struct tree_proof *ret_path);
#endif
