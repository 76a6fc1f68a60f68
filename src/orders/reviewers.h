/*
 * reviewers: the people who decide orders, each with an Ed25519 key:
 * DIR/orders/reviewers.json. One person cannot be two: the same key under two
 * names is refused, and so are two names that a reader would take for one
 * (case, blanks, marks, look-alike letters). Pure.
 */
#ifndef REVIEWERS_H
#define REVIEWERS_H
#include "base/buf.h"

#define REVIEWERS_MAX 64
#define REVIEWERS_NAME_SIZE 256
#define REVIEWERS_FILE_MAX 65536

struct reviewers_one {
	char name[REVIEWERS_NAME_SIZE];
	uint8_t public_key[32];
};

struct reviewers {
	size_t n;
	struct reviewers_one at[REVIEWERS_MAX];
};

/* RC_MALFORMED: not such a file, or one person stands there twice. */
MUST_USE enum rc reviewers_parse(struct rd text, struct reviewers *ret_r);
MUST_USE enum rc reviewers_build(const struct reviewers *r, struct buf *b);
/* RC_EXISTS: that key has a name already, or a name like it is there; *ret_who
 * is that reviewer's name, borrowed from r. RC_MALFORMED: no name a person can
 * have; RC_LIMIT. */
MUST_USE enum rc reviewers_add(struct reviewers *r, const char *name,
    const uint8_t public_key[static 32], const char **ret_who);
/* By exactly that name. Borrowed from r. RC_NOT_FOUND. */
MUST_USE enum rc reviewers_find(const struct reviewers *r, const char *name,
    const struct reviewers_one **ret_one);
/* What a name looks like: two names with the same skeleton are one. Appends.
 * RC_MALFORMED: no UTF-8, a control character, or nothing to see. */
MUST_USE enum rc reviewers_skeleton(struct rd name, struct buf *b);
#endif
