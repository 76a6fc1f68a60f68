#include "orders/clock.h"

/* Without a seal a package is still the agency's alone for a day, so that a
 * second package of the same day counts with the first. */
#define SETTLE_S ORDER_DAY_S

static const char *const names[] = { "", "commit", "stop", "overdue",
	"unconfirmed", "expire", "open", "notice" };

const char *
clock_act_name(enum clock_act a)
{
	return names[a];
}

static bool
is_over(const struct case_file *c)
{
	return c->state == CASE_STATE_CLOSED ||
	    c->state == CASE_STATE_EXPIRED ||
	    c->state == CASE_STATE_WITHDRAWN || c->state == CASE_STATE_REFUSED;
}

static bool
is_accepted(const struct case_file *c)
{
	return case_is_confirmed(c) && c->decision != ORDER_DECISION_REFUSE;
}

/* Refused, or ended before it was given: it counts all the same. */
static bool
commit_due(const struct case_file *c, struct wall now)
{
	(void)now;
	return is_over(c) && case_is_confirmed(c) && !c->is_committed;
}

static bool
stop_due(const struct case_file *c, struct wall now)
{
	return rules_is_forward(c->order.regime) && is_accepted(c) &&
	    !c->is_stopped && !is_over(c) && now.s >= c->order.to.s;
}

/* "We hold nothing" is an answer too. */
static bool
overdue_due(const struct case_file *c, struct wall now)
{
	return c->order.due.s != 0 && now.s >= c->order.due.s &&
	    !c->is_overdue && c->packages == 0 && !is_over(c) &&
	    !(case_is_confirmed(c) && c->decision == ORDER_DECISION_NOT_HELD);
}

/* What was never committed was never given. */
static bool
unconfirmed_due(const struct case_file *c, struct wall now)
{
	return c->order.regime == RULES_REGIME_US_2702 && is_accepted(c) &&
	    c->is_committed && !c->is_followed && !c->is_unconfirmed &&
	    now.s >= c->order.follow_up_due.s;
}

static bool
expire_due(const struct case_file *c, struct wall now)
{
	const struct rules_period *p = rules_period(
	    c->order.regime, RULES_TERM_HAND_OUT);

	if (is_over(c))
		return false;
	if (rules_is_preserve(c->order.regime))
		return now.s >= c->order.keep_until.s;
	if (!rules_is_forward(c->order.regime))
		return false;
	/* undecided: there is no last day to hand out */
	if (!is_accepted(c))
		return now.s >= c->order.to.s;
	return p != NULL && now.s >= c->order.to.s + p->seconds;
}

/* Whether nothing more will be given, so that the counts are the last. */
static bool
is_settled(const struct case_file *c, struct wall now)
{
	if (is_over(c))
		return true;
	if (rules_is_forward(c->order.regime))
		return false;
	return c->state == CASE_STATE_DELIVERED ||
	    c->state == CASE_STATE_NOTICED ||
	    (c->state == CASE_STATE_PACKAGED &&
		now.s >= c->packaged_at.s + SETTLE_S);
}

static bool
open_due(const struct case_file *c, struct wall now)
{
	if (!c->is_committed || c->is_opened)
		return false;
	if (c->seal_until.s == 0)
		return is_settled(c, now);
	/* a seal ends at its end, but never under a running pen register */
	return now.s >= c->seal_until.s &&
	    (!rules_is_forward(c->order.regime) || c->is_stopped || is_over(c));
}

/* Of whom something was given; an emergency that nobody confirmed is told
 * whatever seal it claims. */
static bool
notice_due(const struct case_file *c, struct wall now)
{
	(void)now;
	return !c->is_noticed && c->packages > 0 &&
	    (c->is_opened || c->is_unconfirmed);
}

size_t
clock_due(const struct case_file *c, struct wall now,
    enum clock_act ret_acts[static CLOCK_ACTS])
{
	static const struct {
		enum clock_act act;
		bool (*is_due)(const struct case_file *c, struct wall now);
	} table[] = {
		{ CLOCK_ACT_COMMIT, commit_due },
		{ CLOCK_ACT_STOP, stop_due },
		{ CLOCK_ACT_OVERDUE, overdue_due },
		{ CLOCK_ACT_UNCONFIRMED, unconfirmed_due },
		{ CLOCK_ACT_EXPIRE, expire_due },
		{ CLOCK_ACT_OPEN, open_due },
		{ CLOCK_ACT_NOTICE, notice_due },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].is_due(c, now))
			ret_acts[n++] = table[i].act;
	return n;
}
