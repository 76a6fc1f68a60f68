#include "orders/clock.h"

#include "tap.h"

#define DAY ((int64_t)ORDER_DAY_S)
#define T0 1795510000

/* A confirmed order of that regime, received at T0. */
static struct case_file
confirmed(enum rules_regime regime)
{
	struct case_file c = { .state = CASE_STATE_DECIDED,
		.decision = ORDER_DECISION_ACCEPT,
		.decided_at = { T0 + 60 } };

	c.order = (struct order){ .regime = regime,
		.n_handles = 1,
		.from = { T0 - DAY },
		.to = { T0 },
		.received = { T0 },
		.is_emergency = regime == RULES_REGIME_US_2702 };
	if (regime == RULES_REGIME_US_PRTT) {
		c.order.from.s = T0;
		c.order.to.s = T0 + 60 * DAY;
	}
	order_complete(&c.order, 180);
	c.received = c.order;
	c.seal_until = c.order.seal_until;
	c.reviews[0].is_made = true;
	c.reviews[1].is_made = true;
	return c;
}

static void
packaged(struct case_file *c)
{
	c->is_committed = true;
	c->state = CASE_STATE_PACKAGED;
	c->packages = 1;
	c->packaged_at.s = T0 + 120;
}

/* The names of what is due, in order, each with a blank behind it. */
static const char *
due(const struct case_file *c, int64_t now)
{
	static char text[128];
	enum clock_act acts[CLOCK_ACTS];
	size_t n = clock_due(c, (struct wall){ now }, acts);

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s ", clock_act_name(acts[i]));
	return text;
}

static void
a_pen_register_stops_at_its_end_and_expires_a_week_later(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_PRTT);
	int64_t end = c.order.to.s;

	T_STR("", due(&c, end - 1));
	T_STR("stop ", due(&c, end));
	c.is_stopped = true;
	T_STR("", due(&c, end + 7 * DAY - 1));
	T_STR("expire ", due(&c, end + 7 * DAY));
	c.state = CASE_STATE_EXPIRED;
	T_STR("commit ", due(&c, end + 7 * DAY)); /* it counts all the same */
	c.is_committed = true;
	c.is_opened = true;
	T_STR("", due(&c, end + 7 * DAY));
	c = confirmed(RULES_REGIME_US_PRTT);
	c.reviews[1].is_made = false;
	T_STR("", due(&c, end - 1));
	T_STR("expire ", due(&c, end)); /* nobody decided it */
}

static void
an_emergency_without_an_order_in_48_hours_is_told(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_2702);
	int64_t end = T0 + 48 * 3600;

	T_STR("", due(&c, end + DAY)); /* nothing was given */
	packaged(&c);
	c.seal_until.s = T0 + 1000 * DAY;
	T_STR("", due(&c, end - 1));
	T_STR("unconfirmed ", due(&c, end));
	c.is_unconfirmed = true;
	T_STR("notice ", due(&c, end)); /* whatever seal it claims */
	c.is_noticed = true;
	T_STR("", due(&c, end));
	c.is_noticed = false;
	c.is_unconfirmed = false;
	c.is_followed = true;
	T_STR("", due(&c, end + DAY));
}

static void
a_preservation_ends_at_its_end(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_2703F);

	T_STR("", due(&c, T0 + 90 * DAY - 1));
	T_STR("expire ", due(&c, T0 + 90 * DAY));
	c = confirmed(RULES_REGIME_EU_EPOC_PR);
	T_STR("", due(&c, T0 + 60 * DAY - 1));
	T_STR("expire ", due(&c, T0 + 60 * DAY));
}

static void
a_late_answer_is_marked_once(void)
{
	struct case_file c = confirmed(RULES_REGIME_EU_EPOC);

	T_STR("", due(&c, T0 + 10 * DAY - 1));
	T_STR("overdue ", due(&c, T0 + 10 * DAY));
	c.is_overdue = true;
	T_STR("", due(&c, T0 + 10 * DAY));
	c.is_overdue = false;
	c.decision = ORDER_DECISION_NOT_HELD; /* an answer */
	T_STR("", due(&c, T0 + 10 * DAY));
	c = confirmed(RULES_REGIME_EU_EPOC);
	packaged(&c);
	c.seal_until.s = T0 + 1000 * DAY;
	T_STR("", due(&c, T0 + 10 * DAY));
	c = confirmed(RULES_REGIME_EU_EPOC);
	c.order.is_emergency = true;
	order_complete(&c.order, 180);
	T_STR("", due(&c, T0 + 8 * 3600 - 1));
	T_STR("overdue ", due(&c, T0 + 8 * 3600));
}

static void
a_seal_ends_and_the_target_is_told(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_2703D);

	packaged(&c);
	c.seal_until.s = T0 + 30 * DAY;
	T_STR("", due(&c, T0 + 30 * DAY - 1));
	T_STR("open ", due(&c, T0 + 30 * DAY));
	c.is_opened = true;
	T_STR("notice ", due(&c, T0 + 30 * DAY));
	c.is_noticed = true;
	T_STR("", due(&c, T0 + 30 * DAY));
	c.is_opened = false;
	c.is_noticed = false;
	c.seal_until.s = T0 + 60 * DAY; /* a signed extension came */
	T_STR("", due(&c, T0 + 60 * DAY - 1));
	T_STR("open ", due(&c, T0 + 60 * DAY));
	c.packages = 0; /* nothing was given: nobody to tell */
	c.is_opened = true;
	T_STR("", due(&c, T0 + 60 * DAY));
}

static void
without_a_seal_it_opens_when_it_is_settled(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_2703D);

	packaged(&c);
	T_STR("", due(&c, T0 + 120 + DAY - 1));
	T_STR("open ", due(&c, T0 + 120 + DAY));
	c.state = CASE_STATE_DELIVERED;
	T_STR("open ", due(&c, T0 + 120));
	c.state = CASE_STATE_CLOSED;
	T_STR("open ", due(&c, T0 + 120));
	c.is_committed = false;
	T_STR("commit ", due(&c, T0 + 120));
	c.reviews[1].is_made = false;
	T_STR("", due(&c, T0 + 120));
}

static void
no_seal_opens_under_a_running_pen_register(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_PRTT);

	packaged(&c);
	c.seal_until.s = T0 + DAY;
	T_STR("", due(&c, T0 + 2 * DAY));
	T_STR("stop ", due(&c, T0 + 60 * DAY));
	c.is_stopped = true;
	T_STR("open ", due(&c, T0 + 60 * DAY));
}

static void
a_refusal_goes_into_the_log_and_opens(void)
{
	struct case_file c = confirmed(RULES_REGIME_US_SUBPOENA);

	c.decision = ORDER_DECISION_REFUSE;
	c.state = CASE_STATE_REFUSED;
	T_STR("commit ", due(&c, T0 + 60));
	c.is_committed = true;
	T_STR("open ", due(&c, T0 + 60));
	c.is_opened = true;
	T_STR("", due(&c, T0 + 1000 * DAY));
}

int
main(void)
{
	TEST(a_pen_register_stops_at_its_end_and_expires_a_week_later);
	TEST(an_emergency_without_an_order_in_48_hours_is_told);
	TEST(a_preservation_ends_at_its_end);
	TEST(a_late_answer_is_marked_once);
	TEST(a_seal_ends_and_the_target_is_told);
	TEST(without_a_seal_it_opens_when_it_is_settled);
	TEST(no_seal_opens_under_a_running_pen_register);
	TEST(a_refusal_goes_into_the_log_and_opens);
	return tap_done();
}
