#include "orders/order.h"

#include "tap.h"
#include "wire/e164_plan.h"

static struct order
good(void)
{
	struct order o = { .id = "ord-20261124-00000001",
		.regime = RULES_REGIME_US_2703D,
		.agency = "ex",
		.n_handles = 1,
		.from = { 1795500000 },
		.to = { 1795510000 },
		.direction = ORDER_DIRECTION_BOTH,
		.classes = RULES_CLASS_TRAFFIC_QUERY,
		.authority = "Court",
		.ref = "1",
		.offence = "18 USC 1343",
		.document_sha256 = "00",
		.received = { 1795510000 },
		.has_signature = true,
		.is_enrolled = true,
		.is_signed_by = true };

	e164_plan_test_numbers(true);
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &o.handles[0]));
	return o;
}

static bool
passes(const struct order *o)
{
	struct order_check c[ORDER_CHECKS_MAX];
	bool pass = false;

	T_OK(order_checks(o, c, &pass) <= ORDER_CHECKS_MAX);
	return pass;
}

static void
a_good_order_passes_and_each_missing_thing_fails(void)
{
	struct order o = good();

	T_OK(passes(&o));
	o.offence[0] = '\0';
	T_OK(!passes(&o));
	o = good();
	o.authority[0] = '\0';
	T_OK(!passes(&o));
	o = good();
	o.is_enrolled = false;
	T_OK(!passes(&o));
	o = good();
	o.is_signed_by = false;
	T_OK(!passes(&o));
	o = good();
	o.has_signature = false;
	T_OK(!passes(&o));
	o = good();
	o.n_handles = 0;
	T_OK(!passes(&o));
	o = good();
	o.classes = 0;
	T_OK(!passes(&o));
	o = good();
	o.to = o.from;
	T_OK(!passes(&o));
}

static void
stored_records_never_run_forward(void)
{
	struct order o = good();

	o.to.s = o.received.s + 1;
	T_OK(!passes(&o));
}

static void
a_pen_register_never_reads_the_past_and_lasts_at_most_60_days(void)
{
	struct order o = good();

	o.regime = RULES_REGIME_US_PRTT;
	o.from = o.received;
	o.to.s = o.from.s + 60LL * ORDER_DAY_S;
	T_OK(passes(&o));
	o.to.s++;
	T_OK(!passes(&o));
	o.to.s--;
	o.from.s--;
	T_OK(!passes(&o));
}

static void
a_subpoena_reaches_the_subscriber_and_no_row(void)
{
	struct order o = good();

	o.regime = RULES_REGIME_US_SUBPOENA;
	T_OK(!passes(&o));
	o.classes = RULES_CLASS_SUBSCRIBER;
	T_OK(passes(&o));
	o.classes |= RULES_CLASS_TRAFFIC_QUERY;
	T_OK(!passes(&o));
	o.classes = RULES_CLASS_CONTENT;
	T_OK(!passes(&o));
}

static void
what_is_built_is_read_again(void)
{
	struct order o = good();
	struct order again;
	json_t *a = order_build(&o);
	json_t *b = NULL;

	T_OK(a != NULL);
	T_RC(RC_OK, order_parse(a, &again));
	b = order_build(&again);
	T_OK(json_equal(a, b));
	json_decref(a);
	json_decref(b);
}

static void
each_missing_or_wrong_field_is_refused(void)
{
	struct order o = good();
	struct order again = { .n_handles = 7 };
	json_t *a = order_build(&o);
	const char *name;
	json_t *value;

	json_object_foreach(a, name, value)
	{
		json_t *less = json_copy(a);
		json_t *wrong = json_copy(a);

		(void)json_object_del(less, name);
		(void)json_object_set_new(wrong, name, json_integer(1));
		T_RC(RC_MALFORMED, order_parse(less, &again));
		T_RC(RC_MALFORMED, order_parse(wrong, &again));
		json_decref(less);
		json_decref(wrong);
	}
	T_RC(RC_MALFORMED, order_parse(NULL, &again));
	T_OK(again.n_handles == 7);
	json_decref(a);
}

int
main(void)
{
	TEST(a_good_order_passes_and_each_missing_thing_fails);
	TEST(stored_records_never_run_forward);
	TEST(a_pen_register_never_reads_the_past_and_lasts_at_most_60_days);
	TEST(a_subpoena_reaches_the_subscriber_and_no_row);
	TEST(what_is_built_is_read_again);
	TEST(each_missing_or_wrong_field_is_refused);
	return tap_done();
}
