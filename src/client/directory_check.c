#include "client/directory_check.h"

#include <sodium.h>
#include <string.h>

#include "directory/bucket.h"
#include "directory/place.h"
#include "directory/stash.h"

/* A failure with its name. */
#define CAUGHT(cond, problem)               \
	do {                                \
		if (cond) {                 \
			*ret_p = (problem); \
			rc = RC_DENIED;     \
			goto out;           \
		}                           \
	} while (0)

static const char *const names[DIRECTORY_CHECK_COUNT] = {
	[DIRECTORY_CHECK_NONE] = "",
	[DIRECTORY_CHECK_UNSIGNED] = "log-unsigned",
	[DIRECTORY_CHECK_UNWITNESSED] = "log-unwitnessed",
	[DIRECTORY_CHECK_STALE] = "log-stale",
	[DIRECTORY_CHECK_BACK] = "log-back",
	[DIRECTORY_CHECK_SPLIT] = "split-view",
	[DIRECTORY_CHECK_NOT_IN_LOG] = "not-in-log",
	[DIRECTORY_CHECK_NO_EPOCH] = "no-epoch",
	[DIRECTORY_CHECK_LABEL] = "wrong-label",
	[DIRECTORY_CHECK_VOPRF] = "key-changed",
	[DIRECTORY_CHECK_KEY] = "wrong-key",
	[DIRECTORY_CHECK_EPOCH] = "wrong-epoch",
	[DIRECTORY_CHECK_BUCKET] = "wrong-bucket",
	[DIRECTORY_CHECK_STASH] = "wrong-stash",
	[DIRECTORY_CHECK_TOKEN] = "wrong-token-key",
	[DIRECTORY_CHECK_SLOT] = "wrong-slot",
	[DIRECTORY_CHECK_SEAL] = "slot-of-another",
	[DIRECTORY_CHECK_SLOT_BACK] = "slot-back",
	[DIRECTORY_CHECK_CHAIN] = "slot-chain",
};

const char *
directory_check_name(enum directory_check_problem p)
{
	return names[p];
}

/* --- an epoch --------------------------------------------------------------
 */

/* Signed, witnessed, and not old. */
static enum rc
point_check(const struct keep_view *v, int64_t now,
    const struct epoch_answer *a, struct trust_point *p,
    enum directory_check_problem *ret_p)
{
	enum rc rc = trust_point_read(&v->trust, buf_get(&a->note), p);

	CAUGHT(rc == RC_DENIED || rc == RC_MALFORMED, DIRECTORY_CHECK_UNSIGNED);
	TRY(rc);
	CAUGHT(p->witnesses < v->trust.quorum, DIRECTORY_CHECK_UNWITNESSED);
	CAUGHT(v->trust.quorum > 0 &&
		(p->time > INT64_MAX ||
		    now - (int64_t)p->time > DIRECTORY_CHECK_AGE_S),
	    DIRECTORY_CHECK_STALE);
out:
	return rc;
}

/* The log that was seen, or a later state of it. */
static enum rc
later_check(const struct keep_view *v, const struct epoch_answer *a,
    const struct trust_point *p, enum directory_check_problem *ret_p)
{
	const struct keep_point *old = &v->point;
	enum rc rc = RC_OK;

	if (old->size == 0)
		goto out;
	CAUGHT(p->size < old->size, DIRECTORY_CHECK_BACK);
	if (p->size == old->size) {
		CAUGHT(memcmp(p->root, old->root, sizeof(p->root)) != 0,
		    DIRECTORY_CHECK_SPLIT);
		goto out;
	}
	rc = tree_consistency_check(
	    old->size, old->root, p->size, p->root, &a->consistency);
	CAUGHT(rc == RC_DENIED, DIRECTORY_CHECK_SPLIT);
out:
	return rc;
}

/* The entry is in that log, an epoch, and none before the one seen. */
static enum rc
entry_check(const struct keep_view *v, const struct epoch_answer *a,
    const struct trust_point *p, struct epoch_entry *e,
    enum directory_check_problem *ret_p)
{
	struct epoch_entry old = { 0 };
	uint8_t leaf[TREE_HASH_SIZE];
	enum rc rc = RC_BUG;

	tree_leaf(buf_get(&a->entry), leaf);
	rc = tree_inclusion_check(leaf, a->index, p->size, &a->path, p->root);
	CAUGHT(rc == RC_DENIED, DIRECTORY_CHECK_NOT_IN_LOG);
	TRY(rc);
	rc = epoch_entry_parse(buf_get(&a->entry), e);
	CAUGHT(
	    rc == RC_MALFORMED || rc == RC_NOT_FOUND, DIRECTORY_CHECK_NO_EPOCH);
	TRY(rc);
	if (v->entry.len == 0)
		goto out;
	TRY(epoch_entry_parse(buf_get(&v->entry), &old));
	CAUGHT(e->epoch < old.epoch || e->time_ms < old.time_ms ||
		a->index < v->entry_index,
	    DIRECTORY_CHECK_BACK);
	/* one number, one epoch: the same entry at the same place */
	CAUGHT((e->epoch == old.epoch) != (a->index == v->entry_index),
	    DIRECTORY_CHECK_SPLIT);
	CAUGHT(e->epoch > old.epoch && e->time_ms == old.time_ms,
	    DIRECTORY_CHECK_BACK);
out:
	return rc;
}

enum rc
directory_check_epoch(const struct keep_view *v, int64_t now,
    const struct epoch_answer *a, struct directory_check_epoch *ret_e,
    enum directory_check_problem *ret_p)
{
	struct directory_check_epoch e = { .point = { 0 } };
	uint8_t label[32];
	enum rc rc = RC_BUG;

	*ret_p = DIRECTORY_CHECK_NONE;
	TRY(point_check(v, now, a, &e.point, ret_p));
	TRY(later_check(v, a, &e.point, ret_p));
	TRY(entry_check(v, a, &e.point, &e.entry, ret_p));
	CAUGHT(v->trust.quorum == 0 &&
		now - (int64_t)(e.entry.time_ms / 1000) > DIRECTORY_CHECK_AGE_S,
	    DIRECTORY_CHECK_STALE);
	epoch_entry_label(label);
	CAUGHT(memcmp(e.entry.label, label, sizeof(label)) != 0,
	    DIRECTORY_CHECK_LABEL);
	CAUGHT(v->has_voprf &&
		memcmp(e.entry.voprf, v->voprf, sizeof(v->voprf)) != 0,
	    DIRECTORY_CHECK_VOPRF);
	*ret_e = e;
out:
	return rc;
}

/* --- an answer -------------------------------------------------------------
 */

enum rc
directory_check_element(const uint8_t public_key[static RGROUP_SIZE],
    struct rd input, const struct voprf_blinded *b, struct rd answer,
    uint8_t ret_y[static VOPRF_OUTPUT_SIZE])
{
	uint8_t evaluated[1][RGROUP_SIZE];
	uint8_t proof[VOPRF_PROOF_SIZE];
	const struct voprf_batch batch = { .n = 1,
		.blinded = &b->element,
		.evaluated = (const uint8_t(*)[RGROUP_SIZE])evaluated };
	enum rc rc = RC_BUG;

	TRY(rd_copy(&answer, sizeof(evaluated), evaluated));
	TRY(rd_copy(&answer, sizeof(proof), proof));
	TRY(rd_end(&answer));
	TRY(voprf_check(public_key, &batch, proof));
	TRY(voprf_finalize(input, b, evaluated[0], ret_y));
out:
	return rc;
}

enum rc
directory_check_answer(const struct directory_check_question *q,
    struct directory_check_found *ret_f, enum directory_check_problem *ret_p)
{
	struct directory_check_found f = { .is_there = true };
	const struct directory_shape *shape = &q->entry->shape;
	struct directory_entry e;
	struct stash stash;
	uint8_t tag[HANDLE_KEYS_TAG_SIZE];
	uint8_t hash[32];
	enum rc rc = RC_BUG;

	*ret_p = DIRECTORY_CHECK_NONE;
	rc = bucket_check(shape, place_bucket(q->place, shape->columns),
	    q->column, q->entry->root);
	CAUGHT(rc == RC_DENIED || rc == RC_MALFORMED, DIRECTORY_CHECK_BUCKET);
	TRY(rc);
	(void)crypto_hash_sha256(hash, q->stash.p, q->stash.left);
	CAUGHT(memcmp(hash, q->entry->stash, sizeof(hash)) != 0 ||
		stash_parse(q->stash, &stash) != RC_OK,
	    DIRECTORY_CHECK_STASH);
	handle_keys_tag(q->y, tag);
	rc = stash_find(
	    &stash, place_bucket(q->place, shape->columns), tag, &e);
	if (rc == RC_NOT_FOUND)
		rc = bucket_find(shape, q->column, tag, &e);
	if (rc == RC_NOT_FOUND) {
		f.is_there = false;
		rc = RC_OK;
	} else {
		TRY(rc);
		f.devices = directory_entry_devices(&e, q->y);
		memcpy(f.commitment, e.commitment, sizeof(f.commitment));
	}
	*ret_f = f;
out:
	sodium_memzero(tag, sizeof(tag));
	return rc;
}

/* --- a slot ----------------------------------------------------------------
 */

/* That it continues the one that was pinned, as far as one version can say. */
static enum rc
chain_check(const struct slot *s, const struct keep_slot *new,
    const struct keep_slot *old, enum directory_check_problem *ret_p)
{
	struct slot_head head;
	enum rc rc = RC_OK;

	slot_head_of(s, &head);
	CAUGHT(s->version < old->version, DIRECTORY_CHECK_SLOT_BACK);
	CAUGHT(s->version == old->version &&
		memcmp(new->commitment, old->commitment, 32) != 0,
	    DIRECTORY_CHECK_CHAIN);
	CAUGHT(s->version == old->version + 1 &&
		!slot_head_follows(&head, old->version, old->commitment),
	    DIRECTORY_CHECK_CHAIN);
out:
	return rc;
}

enum rc
directory_check_slot(struct rd octets,
    const uint8_t y[static VOPRF_OUTPUT_SIZE],
    const uint8_t commitment[static SLOT_HASH_SIZE],
    const struct keep_slot *old, struct keep_slot *ret_s,
    enum directory_check_problem *ret_p)
{
	struct keep_slot new = { .is_set = true };
	struct slot_plain plain;
	struct slot s;
	enum rc rc = RC_BUG;

	*ret_p = DIRECTORY_CHECK_NONE;
	CAUGHT(octets.left != SLOT_SIZE || slot_parse(&octets, &s) != RC_OK,
	    DIRECTORY_CHECK_SLOT);
	slot_commitment(&s, new.commitment);
	CAUGHT(
	    memcmp(new.commitment, commitment, 32) != 0, DIRECTORY_CHECK_SLOT);
	rc = slot_open(y, &s, &plain);
	CAUGHT(rc == RC_DENIED, DIRECTORY_CHECK_SEAL);
	TRY(rc);
	new.version = s.version;
	memcpy(new.account, plain.account, sizeof(new.account));
	memcpy(new.aik, plain.aik, sizeof(new.aik));
	memcpy(new.list_hash, plain.device_list_hash, sizeof(new.list_hash));
	if (old->is_set)
		TRY(chain_check(&s, &new, old, ret_p));
	*ret_s = new;
out:
	return rc;
}
