#include "orders/report_entry.h"

#include "tap.h"

static struct case_file
given(void)
{
	struct case_file c = { .decision = ORDER_DECISION_NARROW,
		.is_committed = true,
		.decided_at = { 1795520000 },
		.packaged_at = { 1795600000 },
		.rows = 12,
		.packages = 1,
		.seal_until = { 1800000000 },
		.seal_extensions = 1 };

	memset(c.commitment, 0xab, sizeof(c.commitment));
	c.order = (struct order){ .regime = RULES_REGIME_US_2703D,
		.issuer = { RULES_ISSUER_COURT, "Court", "US", "" },
		.agency = "ex",
		.n_handles = 2,
		.from = { 1795400000 },
		.to = { 1795500000 },
		.classes = RULES_CLASS_SUBSCRIBER | RULES_CLASS_TRAFFIC_QUERY,
		.received = { 1795510000 } };
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &c.order.handles[0]));
	return c;
}

static void
what_is_built_is_read_again(void)
{
	struct case_file c = given();
	struct report_entry_open e;
	json_t *j = report_entry_opened(&c);

	T_RC(RC_OK, report_entry_parse(j, &e));
	T_MEM(c.commitment, e.commitment, 32);
	T_OK(e.regime == RULES_REGIME_US_2703D &&
	    e.issuer == RULES_ISSUER_COURT && strcmp(e.country, "US") == 0 &&
	    e.classes == c.order.classes &&
	    e.decision == ORDER_DECISION_NARROW && !e.emergency && !e.late &&
	    !e.open_ended);
	T_OK(e.received == mono_day(c.order.received) && e.has_answer &&
	    e.answered == mono_day(c.packaged_at) && e.has_seal &&
	    e.sealed_until == mono_day(c.seal_until));
	T_OK(e.targets == 2 && e.rows == 12 && e.packages == 1 &&
	    e.seal_extensions == 1 && e.over == 0);
	json_decref(j);
	c.packages = 0;
	c.rows = 0;
	c.seal_until.s = 0;
	j = report_entry_opened(&c);
	T_RC(RC_OK, report_entry_parse(j, &e));
	T_OK(!e.has_answer && !e.has_seal);
	json_decref(j);
	c.decision = ORDER_DECISION_REFUSE;
	j = report_entry_opened(&c);
	T_RC(RC_OK, report_entry_parse(j, &e));
	T_OK(e.has_answer && e.answered == mono_day(c.decided_at));
	json_decref(j);
}

static void
no_entry_names_a_number_an_agency_or_an_hour(void)
{
	struct case_file c = given();
	json_t *all[] = { report_entry_order(&c), report_entry_opened(&c),
		report_entry_notice(&c, (struct wall){ 1795600000 }),
		report_entry_emergency(&c, (struct wall){ 1795600000 }) };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *text = json_dumps(all[i], JSON_COMPACT);

		T_OK(text != NULL && strstr(text, "555") == NULL &&
		    strstr(text, "tel:") == NULL &&
		    strstr(text, "\"ex\"") == NULL &&
		    strstr(text, "Court") == NULL &&
		    strchr(text, 'T') == strstr(text, "TRAFFIC"));
		free(text);
		json_decref(all[i]);
	}
}

static void
each_missing_wrong_or_unknown_field_is_refused(void)
{
	struct case_file c = given();
	struct report_entry_open e = { .targets = 7 };
	json_t *a = report_entry_opened(&c);
	const char *name;
	json_t *value;

	json_object_foreach(a, name, value)
	{
		json_t *less = json_copy(a);
		json_t *wrong = json_copy(a);

		(void)json_object_del(less, name);
		(void)json_object_set_new(wrong, name, json_object());
		T_RC(RC_MALFORMED, report_entry_parse(less, &e));
		T_RC(RC_MALFORMED, report_entry_parse(wrong, &e));
		json_decref(less);
		json_decref(wrong);
	}
	(void)json_object_set_new(a, "more", json_true());
	T_RC(RC_MALFORMED, report_entry_parse(a, &e));
	T_RC(RC_MALFORMED, report_entry_parse(NULL, &e));
	T_OK(e.targets == 7);
	json_decref(a);
}

static void
each_value_that_cannot_be_is_refused(void)
{
	static const struct {
		const char *field;
		const char *value;
	} bad[] = {
		{ "targets", "0" },
		{ "targets", "17" },
		{ "rows", "-1" },
		{ "country", "\"us\"" },
		{ "country", "\"USA\"" },
		{ "classes", "[\"TRAFFIC_QUERY\",\"SUBSCRIBER\"]" },
		{ "classes", "[\"SUBSCRIBER\",\"SUBSCRIBER\"]" },
		{ "answered", "\"2026-11-23\"" }, /* before it was received */
		{ "sealed_until", "\"2026-11-23\"" },
		{ "to", "\"2026-11-22\"" },
		{ "received", "null" },
		{ "received", "\"2026-11-24T00:00:00Z\"" },
		{ "commitment", "\"ab\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct case_file c = given();
		struct report_entry_open e;
		json_t *a = report_entry_opened(&c);
		json_t *v = json_loads(bad[i].value, JSON_DECODE_ANY, NULL);

		T_OK(v != NULL);
		(void)json_object_set_new(a, bad[i].field, v);
		tap_check(report_entry_parse(a, &e) == RC_MALFORMED,
		    bad[i].value, __FILE__, __LINE__);
		json_decref(a);
	}
}

int
main(void)
{
	TEST(what_is_built_is_read_again);
	TEST(no_entry_names_a_number_an_agency_or_an_hour);
	TEST(each_missing_wrong_or_unknown_field_is_refused);
	TEST(each_value_that_cannot_be_is_refused);
	return tap_done();
}
