/* gossip: the checkpoints that two people were shown, compared through their
 * encrypted messages, so that a server which shows them different logs is found
 * out by them (doc/protocol/directory.md, 8). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"

#define TELL_S 86400

_Static_assert(CONTENT_POINT_MAX == CHECKPOINT_NOTE_MAX, "one note");

void
gossip_tell(struct tacet *t, const struct keep_out *o, struct content *c)
{
	const struct keep_view *v = &t->k->view;
	struct keep_contact *to = NULL;

	if (o->kind == KEEP_OUT_SYNC || v->point.size == 0 ||
	    keep_contact_find(t->k, &o->number, &to) != RC_OK)
		return;
	if (to->told.s > 0 && t->now >= to->told.s &&
	    t->now - to->told.s < TELL_S)
		return;
	c->points[c->n_points++] = buf_get(&v->point.note);
	if (v->before.size > 0)
		c->points[c->n_points++] = buf_get(&v->before.note);
	to->told.s = t->now;
	t->changed = true;
}

/* Two of one size have one root, or somebody is lied to. */
static enum rc
compare(struct tacet *t, const struct trust_point *p, struct rd note,
    const struct keep_point *ours, bool *ret_done)
{
	enum rc rc = RC_OK;

	if (ours->size != p->size)
		goto out;
	*ret_done = true;
	if (memcmp(ours->root, p->root, sizeof(p->root)) == 0)
		goto out;
	TRY(keep_view_prove(&t->k->view, "split-view", (struct wall){ t->now },
	    buf_get(&ours->note), note));
	TRY(owner_alarm(t, "split-view"));
	t->changed = true;
out:
	return rc;
}

static enum rc
one_hear(struct tacet *t, struct rd note)
{
	struct keep_view *v = &t->k->view;
	struct trust_point p = { .size = 0 };
	bool done = false;
	enum rc rc = trust_point_read(&v->trust, note, &p);

	/* of another log, or nobody's: says nothing of this one */
	if (rc == RC_DENIED || rc == RC_MALFORMED || p.size == 0)
		return RC_OK;
	TRY(rc);
	TRY(compare(t, &p, note, &v->point, &done));
	if (!done)
		TRY(compare(t, &p, note, &v->before, &done));
	if (!done)
		TRY(keep_view_hear(v, &p, note));
	t->changed = true;
out:
	return rc;
}

enum rc
gossip_hear(struct tacet *t, const struct content *c)
{
	enum rc rc = RC_OK;

	if (t->k->view.pin == KEEP_PIN_NONE)
		goto out;
	for (size_t i = 0; i < c->n_points; i++)
		TRY(one_hear(t, c->points[i]));
out:
	return rc;
}

/* --- what was heard, against the log we are shown ----------------------------
 */

static enum rc
begin(struct tacet *t)
{
	return question_begin(t, QUESTION_FOR_GOSSIP);
}

enum rc
gossip_chore(struct tacet *t)
{
	const struct keep_view *v = &t->k->view;
	int64_t age = t->now - v->compared.s;
	enum rc rc = RC_NOT_FOUND;

	if (v->n_heard == 0 || (v->compared.s > 0 && age >= 0 && age < 60))
		return RC_NOT_FOUND;
	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->op.then = begin;
	TRY(pinned_then(t));
out:
	return rc;
}

/* The oldest that our log is long enough for. */
static enum rc
heard_find(const struct keep_view *v, size_t *ret_i)
{
	for (size_t i = 0; i < v->n_heard; i++)
		if (v->heard[i].size <= v->point.size) {
			*ret_i = i;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

/* The newest epoch is read and believed: the way to it from what was heard. */
enum rc
gossip_ask(struct tacet *t)
{
	char path[ENGINE_PATH_SIZE];
	struct keep_view *v = &t->k->view;
	size_t i = 0;

	v->compared.s = t->now;
	t->changed = true;
	if (heard_find(v, &i) != RC_OK) {
		engine_done(t);
		return RC_OK;
	}
	(void)snprintf(path, sizeof(path), "/v1/directory/epoch?from=%" PRIu64,
	    v->heard[i].size);
	return question_ask(t, ENGINE_STEP_COMPARE, "GET", path);
}

/* That what was heard is a beginning of what we believe. *ret_later: the log
 * moved on between the two answers. */
static enum rc
heard_check(const struct keep_view *v, const struct keep_point *h,
    const struct epoch_answer *a, bool *ret_later)
{
	struct trust_point p = { .size = 0 };
	enum rc rc = RC_BUG;

	*ret_later = false;
	rc = trust_point_read(&v->trust, buf_get(&a->note), &p);
	CHECK(rc != RC_DENIED, RC_MALFORMED); /* proves nothing */
	TRY(rc);
	if (h->size == v->point.size) {
		rc = memcmp(h->root, v->point.root, sizeof(h->root)) == 0
		    ? RC_OK
		    : RC_DENIED;
		goto out;
	}
	*ret_later = p.size != v->point.size;
	if (*ret_later)
		goto out;
	TRY(tree_consistency_check(
	    h->size, h->root, v->point.size, v->point.root, &a->consistency));
out:
	return rc;
}

enum rc
gossip_on_answer(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep_view *v = &t->k->view;
	struct epoch_answer a;
	bool is_later = false;
	size_t i = 0;
	enum rc rc = RC_OK;

	epoch_answer_init(&a);
	TRY(heard_find(v, &i));
	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(epoch_answer_parse(body, &a));
	rc = heard_check(v, &v->heard[i], &a, &is_later);
	if (rc == RC_DENIED) {
		TRY(keep_view_prove(v, "split-view", (struct wall){ t->now },
		    buf_get(&v->heard[i].note), buf_get(&v->point.note)));
		TRY(owner_alarm(t, "split-view"));
	}
	if (!is_later)
		keep_view_heard_drop(v, i);
	else /* at the next look */
		v->compared.s = 0;
	t->changed = true;
	engine_done(t);
	rc = RC_OK;
out:
	epoch_answer_clear(&a);
	return rc;
}
