#include "orders/order_checks.h"

#include "tap.h"

static struct order_facts
full(void)
{
	struct order_facts f = { .is_enrolled = true,
		.is_signed_by = true,
		.day_orders = 3,
		.day_emergencies = 1,
		.has_parent = true,
		.parent_regime = RULES_REGIME_US_PRTT,
		.parent_same = true,
		.parent_to = { 1795510000 },
		.parent_until = { 0 },
		.parent_links = 2 };

	f.owners[0].is_known = true;
	f.owners[0].n = 2;
	f.owners[0].at[0] = (struct order_owner){ 1, { 10 }, { 20 } };
	f.owners[0].at[1] = (struct order_owner){ 2, { 30 }, { 0 } };
	f.owners[2].is_known = true;
	return f;
}

static void
what_is_built_is_read_again(void)
{
	struct order_facts f = full();
	struct order_facts g;
	json_t *a = order_facts_build(&f, 3);
	json_t *b;

	T_RC(RC_OK, order_facts_parse(a, &g));
	T_OK(g.owners[0].n == 2 && g.owners[0].at[1].epoch == 2 &&
	    g.owners[0].at[1].to.s == 0 && !g.owners[1].is_known &&
	    g.owners[2].is_known && g.owners[2].n == 0);
	T_OK(g.has_parent && g.parent_links == 2 &&
	    g.parent_regime == RULES_REGIME_US_PRTT);
	b = order_facts_build(&g, 3);
	T_OK(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	f = (struct order_facts){ .is_enrolled = false };
	a = order_facts_build(&f, 0);
	T_RC(RC_OK, order_facts_parse(a, &g));
	T_OK(!g.has_parent && !g.is_enrolled);
	json_decref(a);
}

static void
each_missing_or_wrong_member_is_refused(void)
{
	struct order_facts f = full();
	struct order_facts g = { .day_orders = 7 };
	json_t *a = order_facts_build(&f, 3);
	const char *name;
	json_t *value;

	json_object_foreach(a, name, value)
	{
		json_t *less = json_copy(a);
		json_t *wrong = json_copy(a);

		(void)json_object_del(less, name);
		(void)json_object_set_new(wrong, name, json_string("x"));
		T_RC(RC_MALFORMED, order_facts_parse(less, &g));
		T_RC(RC_MALFORMED, order_facts_parse(wrong, &g));
		json_decref(less);
		json_decref(wrong);
	}
	(void)json_object_set_new(a, "more", json_true());
	T_RC(RC_MALFORMED, order_facts_parse(a, &g));
	T_OK(g.day_orders == 7);
	json_decref(a);
}

static void
eight_owners_are_the_most(void)
{
	struct order_facts f = full();
	struct order_facts g;
	json_t *a;
	json_t *list;

	f.owners[0].n = ORDER_OWNERS_MAX;
	a = order_facts_build(&f, 1);
	T_RC(RC_OK, order_facts_parse(a, &g));
	list = json_array_get(json_object_get(a, "owners"), 0);
	(void)json_array_append(list, json_array_get(list, 0));
	T_RC(RC_MALFORMED, order_facts_parse(a, &g));
	json_decref(a);
}

int
main(void)
{
	TEST(what_is_built_is_read_again);
	TEST(each_missing_or_wrong_member_is_refused);
	TEST(eight_owners_are_the_most);
	return tap_done();
}
