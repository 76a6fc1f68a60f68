#include "orders/report.h"

#include "tap.h"

static json_t *entries;

static struct case_file
order(int n, enum rules_regime regime, enum order_decision d)
{
	struct case_file c = { .decision = d, .is_committed = true };

	memset(c.commitment, n, sizeof(c.commitment));
	c.order = (struct order){ .regime = regime,
		.issuer = { RULES_ISSUER_COURT, "Court", "US", "" },
		.n_handles = 1,
		.from = { 1795400000 },
		.to = { 1795500000 },
		.classes = RULES_CLASS_TRAFFIC_QUERY,
		.received = { 1795510000 } };
	c.decided_at = c.order.received;
	if (d != ORDER_DECISION_REFUSE) {
		c.packages = 1;
		c.packaged_at.s = 1795510000 + n * 86400;
		c.rows = 10;
	}
	return c;
}

static void
add(json_t *entry)
{
	T_OK(json_array_append_new(entries, entry) == 0);
}

/* Seven orders, five of them opened, among entries of other kinds. */
static void
start(void)
{
	struct case_file c;

	json_decref(entries);
	entries = json_array();
	add(json_pack("{s:s,s:i}", "type", "segment", "rows", 9));
	for (int n = 1; n <= 7; n++) {
		c = order(n, RULES_REGIME_US_2703D, ORDER_DECISION_ACCEPT);
		add(report_entry_order(&c));
	}
	for (int n = 1; n <= 3; n++) {
		c = order(n, RULES_REGIME_US_2703D,
		    n == 3 ? ORDER_DECISION_NARROW : ORDER_DECISION_ACCEPT);
		c.seal_until.s = c.order.received.s + n * 10 * 86400;
		c.order.seal_is_open = n == 2;
		add(report_entry_opened(&c));
		add(report_entry_notice(&c, c.packaged_at));
	}
	c = order(4, RULES_REGIME_US_SUBPOENA, ORDER_DECISION_REFUSE);
	c.order.issuer.type = RULES_ISSUER_AGENCY;
	add(report_entry_opened(&c));
	c = order(5, RULES_REGIME_US_2702, ORDER_DECISION_ACCEPT);
	c.order.issuer.type = RULES_ISSUER_AGENCY;
	c.order.is_emergency = true;
	c.over = 2;
	add(report_entry_emergency(&c, c.packaged_at));
	add(report_entry_opened(&c));
}

static int32_t
day(const char *text)
{
	int32_t d = 0;

	T_RC(RC_OK, mono_date_parse(text, &d));
	return d;
}

static enum rc
build(json_t **ret_report, struct report_error *ret_e)
{
	return report_build(
	    entries, day("2026-11-01"), day("2026-12-31"), ret_report, ret_e);
}

static json_int_t
number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

static void
the_counts_are_those_of_the_log(void)
{
	struct report_error e;
	json_t *r = NULL;
	const json_t *lines;
	const json_t *line;

	start();
	T_RC(RC_OK, build(&r, &e));
	T_OK(number(r, "orders_ever") == 7 && number(r, "sealed_now") == 2 &&
	    number(r, "emergencies_never_confirmed") == 1 &&
	    number(r, "notices") == 3);
	lines = json_object_get(r, "orders");
	T_OK(json_array_size(lines) == 3);
	line = json_array_get(lines, 0); /* us-subpoena is the first */
	T_OK(number(line, "requests") == 1 && number(line, "refuse") == 1 &&
	    number(line, "rows") == 0);
	line = json_array_get(lines, 1);
	T_STR("us-2703d", json_string_value(json_object_get(line, "regime")));
	T_OK(number(line, "requests") == 3 && number(line, "accept") == 2 &&
	    number(line, "narrow") == 1 && number(line, "rows") == 30 &&
	    number(line, "with_rows") == 3 && number(line, "gags") == 3 &&
	    number(line, "gags_open_ended") == 1);
	T_OK(number(json_object_get(line, "answer_days"), "median") == 2 &&
	    number(json_object_get(line, "answer_days"), "most") == 3);
	T_OK(number(json_object_get(line, "gag_days"), "median") == 20 &&
	    number(json_object_get(line, "gag_days"), "most") == 30);
	line = json_array_get(lines, 2);
	T_OK(number(line, "emergencies") == 1 && number(line, "over") == 2 &&
	    json_is_null(json_object_get(line, "gag_days")));
	json_decref(r);
}

static void
only_the_days_asked_for_count(void)
{
	struct report_error e;
	json_t *r = NULL;

	start();
	T_RC(RC_OK,
	    report_build(
		entries, day("2026-11-24"), day("2026-11-25"), &r, &e));
	T_OK(json_array_size(json_object_get(r, "orders")) == 3);
	json_decref(r);
	T_RC(RC_OK,
	    report_build(
		entries, day("2026-11-25"), day("2026-11-26"), &r, &e));
	T_OK(json_array_size(json_object_get(r, "orders")) == 0);
	T_OK(number(r, "notices") == 1);
	json_decref(r);
}

static void
the_order_of_the_entries_does_not_change_the_counts(void)
{
	struct report_error e;
	json_t *a = NULL;
	json_t *b = NULL;
	json_t *other = json_array();

	start();
	T_RC(RC_OK, build(&a, &e));
	for (size_t i = 0; i < 8; i++)
		(void)json_array_append(other, json_array_get(entries, i));
	for (size_t i = json_array_size(entries); i > 8; i--)
		(void)json_array_append(other, json_array_get(entries, i - 1));
	json_decref(entries);
	entries = other;
	T_RC(RC_OK, build(&b, &e));
	T_OK(json_equal(a, b));
	json_decref(a);
	json_decref(b);
}

/* --- what cannot be
 * ---------------------------------------------------------------- */

static void
an_entry_that_cannot_be_is_found(void)
{
	struct case_file c = order(
	    9, RULES_REGIME_US_2703D, ORDER_DECISION_ACCEPT);
	struct report_error e;
	json_t *r = NULL;

	start();
	add(report_entry_opened(&c));
	T_RC(RC_CORRUPT, build(&r, &e));
	T_OK(e.index == json_array_size(entries) - 1 && e.why != NULL);
	start();
	add(json_pack("{s:s,s:s}", "type", "order", "commitment", "xx"));
	T_RC(RC_CORRUPT, build(&r, &e));
	start();
	(void)json_object_set_new(
	    json_array_get(entries, 1), "more", json_true());
	T_RC(RC_CORRUPT, build(&r, &e));
	T_OK(e.index == 1);
	T_OK(r == NULL);
}

/* Otherwise a writer that crashes would spoil every report from then on. */
static void
what_is_said_again_counts_once(void)
{
	struct case_file c = order(
	    1, RULES_REGIME_US_2703D, ORDER_DECISION_ACCEPT);
	struct report_error e;
	json_t *a = NULL;
	json_t *b = NULL;

	start();
	T_RC(RC_OK, build(&a, &e));
	c.rows = 999;
	add(report_entry_order(&c));
	add(report_entry_opened(&c));
	add(report_entry_notice(&c, c.packaged_at));
	T_RC(RC_OK, build(&b, &e));
	T_OK(number(a, "repeats") == 0 && number(b, "repeats") == 3);
	T_OK(json_equal(json_object_get(a, "orders"),
		 json_object_get(b, "orders")) == 1 &&
	    number(a, "orders_ever") == number(b, "orders_ever") &&
	    number(a, "notices") == number(b, "notices"));
	json_decref(a);
	json_decref(b);
}

/* --- counted again
 * ----------------------------------------------------------------- */

static void
a_true_report_is_confirmed_also_by_a_longer_log(void)
{
	struct case_file c = order(
	    8, RULES_REGIME_US_2703D, ORDER_DECISION_ACCEPT);
	struct report_error e;
	json_t *r = NULL;

	start();
	T_RC(RC_OK, build(&r, &e));
	T_RC(RC_OK, report_check(entries, r, &e));
	(void)json_object_set_new(r, "local", json_pack("{s:i}", "x", 1));
	T_RC(RC_OK, report_check(entries, r, &e));
	add(report_entry_order(&c));
	T_RC(RC_OK, report_check(entries, r, &e));
	while (json_array_size(entries) > 5)
		(void)json_array_remove(entries, 5);
	T_RC(RC_DENIED, report_check(entries, r, &e));
	json_decref(r);
}

static void
each_changed_field_is_named(void)
{
	struct report_error e;
	json_t *r = NULL;
	const char *name;
	json_t *value;

	start();
	T_RC(RC_OK, build(&r, &e));
	json_object_foreach(r, name, value)
	{
		json_t *wrong = json_copy(r);
		enum rc rc;

		(void)json_object_set_new(wrong, name, json_integer(7777));
		rc = report_check(entries, wrong, &e);
		T_OK(rc == RC_DENIED || rc == RC_MALFORMED);
		if (rc == RC_DENIED && e.field[0] != '\0')
			T_OK(strcmp(name, e.field) == 0 ||
			    strcmp(name, "log_size") == 0);
		json_decref(wrong);
	}
	(void)json_object_set_new(r, "extra", json_integer(1));
	T_RC(RC_DENIED, report_check(entries, r, &e));
	T_STR("extra", e.field);
	json_decref(r);
	r = json_object();
	T_RC(RC_MALFORMED, report_check(entries, r, &e));
	T_RC(RC_MALFORMED, report_check(entries, NULL, &e));
	json_decref(r);
}

int
main(void)
{
	TEST(the_counts_are_those_of_the_log);
	TEST(only_the_days_asked_for_count);
	TEST(the_order_of_the_entries_does_not_change_the_counts);
	TEST(an_entry_that_cannot_be_is_found);
	TEST(what_is_said_again_counts_once);
	TEST(a_true_report_is_confirmed_also_by_a_longer_log);
	TEST(each_changed_field_is_named);
	json_decref(entries);
	return tap_done();
}
