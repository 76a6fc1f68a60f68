/*
 * What is due of orders is done without being asked for: order tick, by a timer
 * and at the start of every verb about orders.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/tacetctl_app.h"
#include "orders/preserved.h"
#include "orders/clock.h"
#include "orders/report_entry.h"

#define ROUNDS 4 /* what one act makes due, and what that does */

struct tick {
	struct tacetctl *t;
	bool is_said; /* each act is printed */
	size_t done;
	size_t waiting; /* for the server */
};

/* An entry of the public log, then the event that it is there. */
static enum rc
publish(struct tacetctl *t, const char *id, json_t *entry, const char *event)
{
	uint64_t index = 0;
	enum rc rc = tacetctl_log_append(t, entry, &index);

	if (rc != RC_OK)
		return rc;
	return case_append(t->dir, "clock", id, event,
	    json_pack("{s:I}", "index", (json_int_t)index));
}

static enum rc
mark(struct tacetctl *t, const char *id, const char *event)
{
	return case_append(t->dir, "clock", id, event, json_object());
}

/* What it froze goes first: an end that is written down is an end. */
static enum rc
expire(struct tacetctl *t, const char *id)
{
	enum rc rc = preserved_destroy(t->dir, id);

	return rc == RC_OK ? mark(t, id, "expired") : rc;
}

static enum rc
act(struct tacetctl *t, const struct case_file *c, enum clock_act a)
{
	const char *id = c->order.id;

	switch (a) {
	case CLOCK_ACT_COMMIT:
		return tacetctl_commit(t, id);
	case CLOCK_ACT_STOP:
		return mark(t, id, "stopped");
	case CLOCK_ACT_OVERDUE:
		return mark(t, id, "overdue");
	case CLOCK_ACT_UNCONFIRMED:
		/* its day is the deadline's, whenever it is noticed */
		return publish(t, id,
		    report_entry_emergency(c, c->order.follow_up_due),
		    "unconfirmed");
	case CLOCK_ACT_EXPIRE:
		return expire(t, id);
	case CLOCK_ACT_OPEN:
		return publish(t, id, report_entry_opened(c), "opened");
	case CLOCK_ACT_NOTICE:
		return tacetctl_notice(t, c, NULL);
	}
	return RC_BUG;
}

static enum rc
one_case(struct tick *k, const struct case_file *c)
{
	enum clock_act acts[CLOCK_ACTS];
	size_t n = clock_due(c, mono_wall(), acts);
	enum rc rc = RC_OK;

	for (size_t i = 0; i < n; i++) {
		rc = act(k->t, c, acts[i]);
		if (rc == RC_AGAIN) {
			k->waiting++;
			rc = RC_OK;
			continue;
		}
		if (rc == RC_STATE)
			rc = RC_OK; /* another tick did it just now */
		if (rc != RC_OK)
			break;
		k->done++;
		if (k->is_said)
			(void)printf(
			    "%s %s\n", c->order.id, clock_act_name(acts[i]));
	}
	return rc;
}

static enum rc
run(struct tick *k)
{
	struct case_list l = { NULL, 0, 0 };
	size_t before;
	enum rc rc = RC_OK;

	for (int round = 0; round < ROUNDS; round++) {
		before = k->done;
		k->waiting = 0;
		TRY(case_load(k->t->dir, &l));
		for (size_t i = 0; i < l.n; i++)
			TRY(one_case(k, &l.at[i]));
		case_list_clear(&l);
		if (k->done == before)
			break;
	}
out:
	case_list_clear(&l);
	return rc;
}

int
tacetctl_order_tick(struct tacetctl *t)
{
	struct tick k = { .t = t, .is_said = true };
	enum rc rc = run(&k);

	if (rc != RC_OK)
		return tacetctl_say_rc("order tick", rc);
	if (k.waiting > 0)
		return tacetctl_say(TACETCTL_EXIT_SERVER, "order tick",
		    "the public log does not answer: what is due waits (is "
		    "tacetd running?)");
	return TACETCTL_EXIT_OK;
}

/* Whatever is wrong, the verb itself says it. */
void
tacetctl_tick_quietly(struct tacetctl *t)
{
	struct tick k = { .t = t };

	(void)!run(&k);
}
