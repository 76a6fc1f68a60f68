#include "witness/witness_judge.h"

#include <string.h>

#include "merkle/add_checkpoint.h"

uint16_t
witness_judge_status(enum witness_verdict v)
{
	switch (v) {
	case WITNESS_VERDICT_SIGNED:
		return 200;
	case WITNESS_VERDICT_MALFORMED:
		return 400;
	case WITNESS_VERDICT_BAD_KEY:
		return 403;
	case WITNESS_VERDICT_UNKNOWN:
		return 404;
	case WITNESS_VERDICT_CONFLICT:
	case WITNESS_VERDICT_FORK:
		return 409;
	case WITNESS_VERDICT_BAD_PROOF:
		return 422;
	case WITNESS_VERDICT_DOWN:
		break;
	}
	return 500;
}

/* The log by the checkpoint's origin. */
static const struct vkey *
find_log(const struct witness_conf *c, struct rd origin, size_t *ret_log)
{
	for (size_t i = 0; i < c->n_logs; i++)
		if (rd_is_eq(origin, c->logs[i].name)) {
			*ret_log = i;
			return &c->logs[i];
		}
	return NULL;
}

/* Durable, then signed. */
static enum witness_verdict
sign(struct witness_judge *j, const char *origin, const struct checkpoint *c,
    struct rd text, uint64_t time, struct buf *b)
{
	struct witness_state next = j->state;

	if (witness_state_set(&next, origin, c->size, c->root) != RC_OK ||
	    witness_state_save(j->conf->state, &next) != RC_OK)
		return WITNESS_VERDICT_DOWN;
	j->state = next;
	return checkpoint_cosign(text, j->conf->name, j->secret_key, time, b) ==
		RC_OK
	    ? WITNESS_VERDICT_SIGNED
	    : WITNESS_VERDICT_DOWN;
}

/* Against what was signed last; the order of the checks is the
 * specification's. */
static enum witness_verdict
compare(const struct witness_seen *seen, const struct add_checkpoint *a,
    const struct checkpoint *c, struct buf *b)
{
	uint64_t known = seen == NULL ? 0 : seen->size;

	if (a->old_size > c->size)
		return WITNESS_VERDICT_MALFORMED;
	if (a->old_size != known)
		return add_checkpoint_size_build(known, b) == RC_OK
		    ? WITNESS_VERDICT_CONFLICT
		    : WITNESS_VERDICT_DOWN;
	if (known == 0)
		return a->proof.n == 0 ? WITNESS_VERDICT_SIGNED
				       : WITNESS_VERDICT_BAD_PROOF;
	if (known == c->size &&
	    memcmp(seen->root, c->root, sizeof(c->root)) != 0)
		return add_checkpoint_size_build(known, b) == RC_OK
		    ? WITNESS_VERDICT_FORK
		    : WITNESS_VERDICT_DOWN;
	return tree_consistency_check(
		   known, seen->root, c->size, c->root, &a->proof) == RC_OK
	    ? WITNESS_VERDICT_SIGNED
	    : WITNESS_VERDICT_BAD_PROOF;
}

enum witness_verdict
witness_judge(struct witness_judge *j, struct rd body, uint64_t time,
    struct buf *b, size_t *ret_log)
{
	struct add_checkpoint a;
	struct checkpoint c;
	const struct vkey *log;
	struct rd text;
	struct rd lines;
	enum witness_verdict v;
	enum rc rc;

	if (add_checkpoint_parse(body, &a) != RC_OK ||
	    note_split(a.note, &text, &lines) != RC_OK ||
	    checkpoint_parse(text, &c) != RC_OK)
		return WITNESS_VERDICT_MALFORMED;
	log = find_log(j->conf, c.origin, ret_log);
	if (log == NULL)
		return WITNESS_VERDICT_UNKNOWN;
	rc = note_parse(a.note, log->name, log->key, &text);
	if (rc != RC_OK)
		return rc == RC_MALFORMED ? WITNESS_VERDICT_MALFORMED
					  : WITNESS_VERDICT_BAD_KEY;
	if (c.size == 0) /* there is nothing to witness */
		return WITNESS_VERDICT_MALFORMED;
	v = compare(witness_state_find(&j->state, log->name), &a, &c, b);
	return v == WITNESS_VERDICT_SIGNED
	    ? sign(j, log->name, &c, text, time, b)
	    : v;
}
