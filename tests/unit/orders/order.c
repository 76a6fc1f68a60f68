#include "orders/order.h"

#include "tap.h"

static struct order
good(void)
{
	struct order o = { .id = "ord-20261124-00000001",
		.regime = RULES_REGIME_US_2703D,
		.n_handles = 2,
		.from = { 1795500000 },
		.to = { 1795510000 },
		.direction = ORDER_DIRECTION_BOTH,
		.classes = RULES_CLASS_TRAFFIC_QUERY | RULES_CLASS_SUBSCRIBER,
		.document_sha256 = "00",
		.received = { 1795510000 },
		.served = { 1795500000 } };

	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &o.handles[0]));
	T_RC(RC_OK, e164_parse(rd_str("+15550123"), &o.handles[1]));
	return o;
}

/* The field that an order is refused for; "" when it is not. */
static const char *
refused(const struct order *o)
{
	static struct order_error e;

	return order_contradiction(o, &e) == RC_OK ? "" : e.field;
}

static void
what_contradicts_is_named(void)
{
	struct order o = good();

	T_STR("", refused(&o));
	o.to = o.from;
	T_STR("window", refused(&o));
	o = good();
	o.handles[1] = o.handles[0];
	T_STR("targets", refused(&o));
	o = good();
	o.is_emergency = true;
	T_STR("emergency", refused(&o));
	o = good();
	o.regime = RULES_REGIME_US_2702;
	T_STR("emergency", refused(&o));
	o.is_emergency = true;
	T_STR("", refused(&o));
	o = good();
	o.basis[0] = 'x';
	T_STR("emergency.basis", refused(&o));
	o = good();
	o.keep_until.s = o.received.s + 1;
	T_STR("keep_until", refused(&o));
	o.regime = RULES_REGIME_US_2703F;
	T_STR("", refused(&o));
	o.keep_until = o.received;
	T_STR("keep_until", refused(&o));
	o = good();
	o.seal_until.s = o.received.s;
	T_STR("seal.until", refused(&o));
	o = good();
	o.seal_is_open = true;
	T_STR("seal", refused(&o));
	o = good();
	o.has_signature = true;
	o.document_sha256[0] = '\0';
	T_STR("signature", refused(&o));
	o = good();
	o.agency_country[0] = 'U';
	T_STR("agency.public_key", refused(&o));
	o = good();
	memcpy(o.parent, o.id, sizeof(o.parent));
	T_STR("parent_order", refused(&o));
	o = good();
	o.served.s = o.received.s + 2LL * ORDER_DAY_S;
	T_STR("served_at", refused(&o));
}

static void
what_follows_from_the_regime_is_filled_in(void)
{
	struct order o = good();

	order_complete(&o, 180);
	T_OK(o.due.s == 0 && o.keep_until.s == 0 && o.seal_until.s == 0 &&
	    o.follow_up_due.s == 0);
	o.seal_is_open = true;
	order_complete(&o, 180);
	T_OK(o.seal_until.s == o.received.s + 180LL * ORDER_DAY_S);
	o = good();
	o.regime = RULES_REGIME_US_PRTT; /* 18 USC 3123(d) */
	order_complete(&o, 90);
	T_OK(o.seal_is_open &&
	    o.seal_until.s == o.received.s + 90LL * ORDER_DAY_S);
	o = good();
	o.regime = RULES_REGIME_US_2703F;
	order_complete(&o, 180);
	T_OK(o.keep_until.s == o.received.s + 90LL * ORDER_DAY_S);
	o.regime = RULES_REGIME_EU_EPOC_PR;
	o.keep_until.s = 0;
	order_complete(&o, 180);
	T_OK(o.keep_until.s == o.received.s + 60LL * ORDER_DAY_S);
	o = good();
	o.regime = RULES_REGIME_EU_EPOC;
	order_complete(&o, 180);
	T_OK(o.due.s == o.received.s + 10LL * ORDER_DAY_S);
	o.is_emergency = true;
	order_complete(&o, 180);
	T_OK(o.due.s == o.received.s + 8 * 3600);
	o.regime = RULES_REGIME_US_2702;
	order_complete(&o, 180);
	T_OK(o.follow_up_due.s == o.received.s + 48 * 3600);
}

static bool
narrower(const struct order *n, const struct order *o)
{
	struct order_error e;

	return order_is_narrower(n, o, &e) == RC_OK;
}

static void
a_narrowed_order_only_ever_shrinks(void)
{
	struct order o = good();
	struct order n = good();

	T_OK(narrower(&n, &o));
	n.n_handles = 1;
	n.from.s++;
	n.to.s--;
	n.direction = ORDER_DIRECTION_LOOKUP;
	n.classes = RULES_CLASS_SUBSCRIBER;
	T_OK(narrower(&n, &o));
	T_OK(!narrower(&o, &n));
	n = good();
	n.from.s--;
	T_OK(!narrower(&n, &o));
	n = good();
	n.to.s++;
	T_OK(!narrower(&n, &o));
	n = good();
	n.to = n.from;
	T_OK(!narrower(&n, &o));
	n = good();
	n.classes |= RULES_CLASS_CONTENT;
	T_OK(!narrower(&n, &o));
	n = good();
	n.classes = 0;
	T_OK(!narrower(&n, &o));
	n = good();
	n.handles[1].digits[6] ^= 1;
	T_OK(!narrower(&n, &o));
	n = good();
	o.direction = ORDER_DIRECTION_SOURCE;
	T_OK(!narrower(&n, &o));
}

static void
nothing_but_the_scope_of_a_narrowed_order_changes(void)
{
	struct order o = good();
	struct order n = good();

	n.regime = RULES_REGIME_US_WARRANT;
	T_OK(!narrower(&n, &o));
	n = good();
	n.agency[0] = 'x';
	T_OK(!narrower(&n, &o));
	n = good();
	n.seal_until.s = 1;
	T_OK(!narrower(&n, &o));
	n = good();
	o.epochs[0] = 1;
	n.epochs[0] = 2;
	T_OK(!narrower(&n, &o));
	n.epochs[0] = 1;
	n.epochs[1] = 3; /* now said */
	T_OK(narrower(&n, &o));
}

int
main(void)
{
	TEST(what_contradicts_is_named);
	TEST(what_follows_from_the_regime_is_filled_in);
	TEST(a_narrowed_order_only_ever_shrinks);
	TEST(nothing_but_the_scope_of_a_narrowed_order_changes);
	return tap_done();
}
