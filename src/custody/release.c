#include "custody/release.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"
#include "crypto/hpke.h"
#include "crypto/tprf.h"
#include "wire/e164_text.h"

#define INFO "tacet records v2"

#define SAY(cond, text)                          \
	do {                                     \
		if (!(cond)) {                   \
			*ret_why = (text);       \
			CHECK(false, RC_DENIED); \
		}                                \
	} while (0)

/* --- checks --------------------------------------------------------------- */

struct place { /* of an entry in a tree */
	uint64_t index;
	uint64_t size;
	const struct tree_proof *path;
	const uint8_t *root;
};

static enum rc
check_committed(const struct order *o,
    const uint8_t opening[static COMMITMENT_OPENING_SIZE], struct place at,
    const char **ret_why)
{
	uint8_t commitment[COMMITMENT_SIZE];
	uint8_t leaf[32];
	struct buf entry;
	enum rc rc = RC_BUG;

	buf_init(&entry, 256);
	TRY(commitment_order(o, opening, commitment));
	TRY(request_entry(commitment, &entry));
	tree_leaf(buf_get(&entry), leaf);
	SAY(tree_inclusion_check(leaf, at.index, at.size, at.path, at.root) ==
		RC_OK,
	    "an order's commitment is not in the public log");
	rc = RC_OK;
out:
	buf_clear(&entry);
	return rc;
}

/* The commitment is in the log that he trusts, under enough witnesses. */
static enum rc
check_log(const struct request *q, const struct release_trust *t,
    const char **ret_why)
{
	uint8_t root[32];
	unsigned witnesses;
	uint64_t size;
	enum rc rc = RC_BUG;

	SAY(trust_checkpoint(
		&t->log, buf_get(&q->note), &size, root, &witnesses) == RC_OK,
	    "the checkpoint is not signed by the log and enough witnesses");
	TRY(check_committed(&q->order, q->opening,
	    (struct place){ q->log_index, size, &q->path, root }, ret_why));
out:
	return rc;
}

static bool
is_reviewer(const struct release_trust *t, const uint8_t key[static 32])
{
	for (size_t i = 0; i < t->n_reviewers; i++)
		if (memcmp(t->reviewers[i], key, 32) == 0)
			return true;
	return false;
}

/* Two whom he knows agreed to that order. */
static enum rc
check_decided(const struct order *o, const struct request_decision *d,
    const struct release_trust *t, const char **ret_why)
{
	static const enum commitment_step steps[REQUEST_REVIEWS] = {
		COMMITMENT_STEP_DECIDE, COMMITMENT_STEP_CONFIRM
	};
	enum rc rc = RC_BUG;

	SAY(order_decision_is_accepted(d->verdict),
	    "an order was not accepted");
	SAY(memcmp(d->reviews[0].key, d->reviews[1].key, 32) != 0,
	    "one person signed as two");
	for (size_t i = 0; i < REQUEST_REVIEWS; i++) {
		SAY(is_reviewer(t, d->reviews[i].key),
		    "a reviewer is not one whom this custodian knows");
		SAY(commitment_review_check(o, d->verdict, steps[i],
			d->reviews[i].key, d->reviews[i].signature) == RC_OK,
		    "a reviewer's signature is not good for this order");
	}
	rc = RC_OK;
out:
	return rc;
}

static enum rc
check_class(const struct request *q, struct wall now, const char **ret_why)
{
	struct rules_cell cell = rules_cell(
	    q->order.regime, q->order.issuer.type, RULES_CLASS_TRAFFIC_QUERY);
	int64_t last;
	enum rc rc = RC_BUG;

	SAY((q->order.classes & RULES_CLASS_TRAFFIC_QUERY) != 0,
	    "the order does not name query rows");
	SAY(cell.verb == RULES_VERB_PRODUCE ||
		cell.verb == RULES_VERB_PROVISION ||
		cell.verb == RULES_VERB_PRESERVE,
	    "this kind of process does not reach query rows");
	SAY(cell.verb != RULES_VERB_PRESERVE || q->stage == REQUEST_STAGE_FIND,
	    "this kind of process freezes and opens nothing");
	SAY(q->order.from.s < now.s, "the order's window has not begun");
	last = q->order.to.s > q->order.received.s ? q->order.to.s
						   : q->order.received.s;
	SAY(now.s <= last + (int64_t)RELEASE_DAYS * ORDER_DAY_S,
	    "the order is too old to be answered");
	rc = RC_OK;
out:
	return rc;
}

static bool
is_within(const struct order *o, const struct order *parent)
{
	size_t found = 0;

	for (size_t i = 0; i < o->n_handles; i++)
		for (size_t j = 0; j < parent->n_handles; j++)
			if (e164_is_eq(&o->handles[i], &parent->handles[j])) {
				found++;
				break;
			}
	return found == o->n_handles && o->from.s >= parent->from.s &&
	    o->to.s <= parent->to.s &&
	    ((unsigned int)o->direction & ~(unsigned int)parent->direction) ==
	    0 &&
	    (parent->classes & RULES_CLASS_TRAFFIC_QUERY) != 0;
}

/* Rows older than retention are there because an order froze them in time: the
 * chain from this order to that one is in the log, and has not ended. */
static enum rc
check_parents(const struct request *q, const struct release_trust *t,
    struct wall now, const char **ret_why)
{
	const char *id = q->order.parent;
	uint8_t root[32];
	unsigned witnesses;
	uint64_t size;
	enum rc rc = RC_OK;

	if (q->n_parents == 0)
		return RC_OK;
	SAY(trust_checkpoint(
		&t->log, buf_get(&q->note), &size, root, &witnesses) == RC_OK,
	    "the checkpoint is not signed by the log and enough witnesses");
	for (size_t i = 0; i < q->n_parents; i++) {
		const struct request_parent *p = &q->parents[i];

		SAY(strcmp(p->order.id, id) == 0 &&
			rules_is_preserve(p->order.regime),
		    "a parent is not a preservation that the order follows");
		TRY(check_committed(&p->order, p->opening,
		    (struct place){ p->log_index, size, &p->path, root },
		    ret_why));
		TRY(check_decided(&p->order, &p->decided, t, ret_why));
		SAY(is_within(&q->order, &p->order),
		    "the order asks for more than was frozen");
		SAY(i > 0 ? q->parents[i - 1].order.received.s <=
			    p->order.keep_until.s
			  : now.s <= p->order.keep_until.s,
		    "the preservation had ended");
		id = p->order.parent;
	}
out:
	return rc;
}

/* Whether the last of the parents froze that day while it was kept. */
static bool
is_frozen(const struct request *q, const struct release_trust *t, uint32_t day)
{
	const struct request_parent *p = q->n_parents > 0
	    ? &q->parents[q->n_parents - 1]
	    : NULL;

	return p != NULL &&
	    (int64_t)day + t->retention_days >= mono_day(p->order.received);
}

static enum rc
check_parts(const struct request *q, const struct release_trust *t,
    struct wall now, const char **ret_why)
{
	int64_t first = mono_day(q->order.from);
	int64_t last = mono_day((struct wall){ q->order.to.s - 1 });
	enum rc rc = RC_OK;

	for (size_t i = 0; i < q->n_parts; i++) {
		const struct journal_session *s = &q->parts[i].session;

		SAY(s->day >= first && s->day <= last,
		    "a part is of a day that the order does not name");
		SAY((int64_t)s->day + t->retention_days >= mono_day(now) ||
			is_frozen(q, t, s->day),
		    "a part is older than the time rows are kept");
	}
out:
	return rc;
}

static enum rc
check_envelopes(struct request *q, const char **ret_why)
{
	uint8_t label[JOURNAL_LABEL_SIZE];
	uint16_t index = 0;
	enum rc rc = RC_OK;

	if (q->stage != REQUEST_STAGE_OPEN)
		return RC_OK;
	SAY(request_tags(q, &index) == RC_OK,
	    "a share by which a handle was found is not good");
	for (size_t i = 0; i < q->n_envelopes; i++) {
		const struct request_envelope *e = &q->envelopes[i];

		SAY(((unsigned int)q->order.direction &
			(unsigned int)e->direction) != 0,
		    "an envelope is of a direction that the order does not "
		    "name");
		journal_label(
		    &q->parts[e->part].session, e->tag, e->direction, label);
		SAY(tdh2_check(e->wrap, (struct rd){ label, sizeof(label) }) ==
			RC_OK,
		    "an envelope is not of the order's handle and day");
	}
out:
	return rc;
}

enum rc
release_check(struct request *q, const struct release_trust *t, struct wall now,
    const char **ret_why)
{
	enum rc rc = RC_BUG;

	*ret_why = "out of memory";
	TRY(check_log(q, t, ret_why));
	TRY(check_decided(&q->order, &q->decided, t, ret_why));
	TRY(check_class(q, now, ret_why));
	TRY(check_parents(q, t, now, ret_why));
	TRY(check_parts(q, t, now, ret_why));
	TRY(check_envelopes(q, ret_why));
out:
	return rc;
}

/* --- shares --------------------------------------------------------------- */

/* t_i of this part. A part of an older group may know this custodian by
 * another index: the one whose share his key opens. */
static enum rc
open_share(const struct journal_session *s, const struct release_keys *k,
    uint16_t *ret_index, uint8_t ret_share[static 32])
{
	uint8_t aad[JOURNAL_SHARE_AAD_SIZE];
	struct buf plain;
	enum rc rc = RC_DENIED;

	buf_init(&plain, 64);
	for (uint16_t i = 1; i <= s->n && plain.len == 0; i++) {
		journal_share_aad(s, i, aad);
		rc = hpke_open(k->seal_secret, rd_str(INFO),
		    (struct rd){ aad, sizeof(aad) },
		    (struct rd){
			s->shares + (size_t)(i - 1) * JOURNAL_SHARE_SIZE,
			JOURNAL_SHARE_SIZE },
		    &plain);
		*ret_index = i;
	}
	CHECK(rc == RC_OK && plain.len == 32, RC_DENIED);
	memcpy(ret_share, plain.p, 32);
out:
	buf_clear(&plain);
	return rc;
}

static enum rc
find_shares(const struct request *q, const struct release_keys *k,
    struct request_shares *s)
{
	char text[E164_TEXT_SIZE];
	uint8_t t_i[32];
	uint16_t index = 0;
	enum rc rc = RC_OK;

	for (size_t p = 0; p < q->n_parts; p++) {
		TRY(open_share(&q->parts[p].session, k, &index, t_i));
		for (size_t h = 0; h < q->order.n_handles; h++) {
			e164_text(&q->order.handles[h], text);
			TRY(tprf_share(
			    t_i, index, rd_str(text), s->shares[s->n]));
			s->n++;
		}
	}
out:
	sodium_memzero(t_i, sizeof(t_i));
	sodium_memzero(text, sizeof(text));
	return rc;
}

static enum rc
open_shares(const struct request *q, const struct release_keys *k,
    struct request_shares *s)
{
	uint8_t label[JOURNAL_LABEL_SIZE];
	enum rc rc = RC_OK;

	for (size_t i = 0; i < q->n_envelopes; i++) {
		const struct request_envelope *e = &q->envelopes[i];

		journal_label(
		    &q->parts[e->part].session, e->tag, e->direction, label);
		TRY(tdh2_share(k->share, k->index, e->wrap,
		    (struct rd){ label, sizeof(label) }, s->shares[s->n]));
		s->n++;
	}
out:
	return rc;
}

enum rc
release_make(const struct request *q, struct rd request_text,
    const struct release_keys *k, struct request_shares *ret_s)
{
	struct request_shares s = { .stage = q->stage, .custodian = k->index };
	size_t n = q->stage == REQUEST_STAGE_OPEN
	    ? q->n_envelopes
	    : q->n_parts * q->order.n_handles;
	enum rc rc = RC_BUG;

	(void)crypto_hash_sha256(
	    s.request_hash, request_text.p, request_text.left);
	s.shares = failmem_array(n + 1, sizeof(*s.shares));
	CHECK(s.shares != NULL, RC_NOMEM);
	if (q->stage == REQUEST_STAGE_FIND)
		TRY(find_shares(q, k, &s));
	else
		TRY(open_shares(q, k, &s));
	*ret_s = s;
	s.shares = NULL;
out:
	request_shares_clear(&s);
	return rc;
}
