#include "orders/order_checks.h"

#include "tap.h"
#include "wire/e164_plan.h"

#define DAY ((int64_t)ORDER_DAY_S)
#define NOW 1795510000

static struct order_facts facts;

static struct order
good(enum rules_regime regime)
{
	struct order o = { .id = "ord-20261124-00000001",
		.regime = regime,
		.issuer = { RULES_ISSUER_COURT, "Court", "US", "" },
		.agency = "ex",
		.agency_country = "US",
		.has_agency_key = true,
		.callback = "desk",
		.ref = "1",
		.offence = "18 USC 1343",
		.certification = "yes",
		.document_sha256 = "00",
		.has_signature = true,
		.n_handles = 1,
		.from = { NOW - DAY },
		.to = { NOW },
		.direction = ORDER_DIRECTION_BOTH,
		.classes = RULES_CLASS_SUBSCRIBER,
		.received = { NOW } };

	e164_plan_test_numbers(true);
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &o.handles[0]));
	if (regime == RULES_REGIME_US_PRTT) {
		o.from.s = NOW;
		o.to.s = NOW + 60 * DAY;
		o.classes = RULES_CLASS_TRAFFIC_QUERY;
	}
	if (regime == RULES_REGIME_US_2702) {
		o.issuer.type = RULES_ISSUER_AGENCY;
		o.is_emergency = true;
		memcpy(o.basis, "life", 5);
	}
	if (regime >= RULES_REGIME_EU_EPOC) {
		memcpy(o.issuer.country, "DE", 3);
		memcpy(o.agency_country, "DE", 3);
	}
	order_complete(&o, 180);
	facts = (struct order_facts){
		.is_enrolled = true, .is_signed_by = true, .day_orders = 1
	};
	facts.owners[0].is_known = true;
	return o;
}

/* The rule that fails first; "" when none does. */
static const char *
fails(const struct order *o)
{
	static struct order_check c[ORDER_CHECKS_MAX];
	bool pass = true;
	size_t n = order_checks(o, o, &facts, c, &pass);

	for (size_t i = 0; i < n; i++)
		if (!c[i].pass) {
			T_OK(!pass);
			return c[i].rule;
		}
	T_OK(pass);
	return "";
}

static void
a_good_order_of_each_process_passes(void)
{
	for (int r = 1; r <= RULES_REGIMES; r++) {
		struct order o = good((enum rules_regime)r);

		T_STR("", fails(&o));
	}
}

static void
each_missing_thing_fails_by_its_rule(void)
{
	struct order o = good(RULES_REGIME_US_2703D);

	o.offence[0] = '\0';
	T_STR("18 USC 2703(c), (d)", fails(&o));
	o = good(RULES_REGIME_US_PRTT);
	o.offence[0] = '\0';
	T_STR("18 USC 3123(b)(1)(D)", fails(&o));
	o = good(RULES_REGIME_US_PRTT);
	o.certification[0] = '\0';
	T_STR("18 USC 3122(b)(2)", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.issuer.name[0] = '\0';
	T_STR("authority", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.issuer.type = RULES_ISSUER_PROSECUTOR;
	T_STR("issuer", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.issuer.type = RULES_ISSUER_STATE_COURT;
	T_STR("18 USC 3123(a)(2), (b)(1)(C)", fails(&o));
	memcpy(o.issuer.area, "Ohio", 5);
	T_STR("", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	memcpy(o.issuer.country, "DE", 3);
	T_STR("issuer.country", fails(&o));
	o = good(RULES_REGIME_EU_EPOC);
	memcpy(o.issuer.country, "FR", 3);
	T_STR("issuer.country", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.document_sha256[0] = '\0';
	T_STR("document", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.classes = 0;
	T_STR("class", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.to = o.from;
	T_STR("window", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.n_handles = 0;
	T_STR("E.164", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	T_RC(RC_OK, e164_parse(rd_str("+15551234"), &o.handles[0]));
	T_STR("E.164", fails(&o));
}

static void
who_asks_is_of_our_directory_and_signs(void)
{
	struct order o = good(RULES_REGIME_US_2703D);

	facts.is_enrolled = false;
	T_STR("agency", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	facts.is_signed_by = false;
	T_STR("signature", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.has_signature = false;
	T_STR("signature", fails(&o));
	o = good(RULES_REGIME_US_2703D);
	o.callback[0] = '\0';
	T_STR("callback", fails(&o));
}

static void
an_agency_cannot_ask_faster_than_a_person_works(void)
{
	struct order o = good(RULES_REGIME_US_2703D);

	facts.day_orders = RULES_DAY_ORDERS;
	T_STR("", fails(&o));
	facts.day_orders++;
	T_STR("velocity", fails(&o));
	o = good(RULES_REGIME_US_2702);
	facts.day_emergencies = RULES_DAY_EMERGENCIES;
	T_STR("", fails(&o));
	facts.day_emergencies++;
	T_STR("velocity", fails(&o));
}

static void
stored_records_never_run_forward(void)
{
	for (int r = 1; r <= RULES_REGIMES; r++) {
		struct order o = good((enum rules_regime)r);

		if (r == RULES_REGIME_US_PRTT)
			continue;
		o.to.s = o.received.s + 1;
		T_OK(fails(&o)[0] != '\0');
	}
}

static void
a_pen_register_never_reads_the_past_and_lasts_at_most_60_days(void)
{
	struct order o = good(RULES_REGIME_US_PRTT);

	o.to.s++;
	T_STR("18 USC 3123(c)(1)", fails(&o));
	o.to.s--;
	o.from.s--;
	T_STR("18 USC 3123", fails(&o));
}

static void
a_preservation_lasts_90_or_60_days(void)
{
	struct order o = good(RULES_REGIME_US_2703F);

	T_OK(o.keep_until.s == NOW + 90 * DAY);
	o.keep_until.s++;
	T_STR("18 USC 2703(f)(2)", fails(&o));
	o = good(RULES_REGIME_EU_EPOC_PR);
	T_OK(o.keep_until.s == NOW + 60 * DAY);
	o.keep_until.s++;
	T_STR("(EU) 2023/1543 Art. 11(1)", fails(&o));
}

/* An extension of regime; its parent ended at end. */
static struct order
extension(enum rules_regime regime, int64_t end)
{
	struct order o = good(regime);

	memcpy(o.parent, "ord-20260924-00000002", 22);
	facts.has_parent = true;
	facts.parent_same = true;
	facts.parent_regime = regime;
	facts.parent_to.s = end;
	facts.parent_until.s = end;
	return o;
}

static void
an_extension_continues_what_it_extends(void)
{
	struct order o = extension(RULES_REGIME_US_PRTT, NOW);

	facts.parent_links = 7; /* as often as a court finds */
	T_STR("", fails(&o));
	facts.parent_to.s--;
	T_STR("18 USC 3123(c)(2)", fails(&o));
	o = extension(RULES_REGIME_US_PRTT, NOW);
	facts.has_parent = false;
	T_STR("parent_order", fails(&o));
	o = extension(RULES_REGIME_US_PRTT, NOW);
	facts.parent_same = false;
	T_STR("parent_order", fails(&o));
	o = extension(RULES_REGIME_US_PRTT, NOW);
	facts.parent_regime = RULES_REGIME_US_2703D;
	T_STR("18 USC 3123(c)(2)", fails(&o));
}

static void
a_preservation_is_extended_once_by_90_or_30_days(void)
{
	struct order o = extension(RULES_REGIME_US_2703F, NOW);

	o.keep_until.s = NOW + 90 * DAY;
	T_STR("", fails(&o));
	o.keep_until.s++;
	T_STR("18 USC 2703(f)(2)", fails(&o));
	o.keep_until.s = NOW;
	T_STR("18 USC 2703(f)(2)", fails(&o));
	o.keep_until.s = NOW + 1;
	facts.parent_links = 1;
	T_STR("one extension", fails(&o));
	o = extension(RULES_REGIME_EU_EPOC_PR, NOW);
	o.keep_until.s = NOW + 30 * DAY;
	T_STR("", fails(&o));
	o.keep_until.s++;
	T_STR("(EU) 2023/1543 Art. 11(1)", fails(&o));
}

static void
an_order_follows_an_emergency_or_a_preservation_only(void)
{
	struct order o = extension(RULES_REGIME_US_2703D, NOW);

	T_STR("parent_order", fails(&o));
	facts.parent_regime = RULES_REGIME_US_2702;
	T_STR("", fails(&o));
	facts.parent_regime = RULES_REGIME_US_2703F;
	T_STR("", fails(&o));
}

static void
deadlines_are_those_of_the_paragraph(void)
{
	struct order o = good(RULES_REGIME_EU_EPOC);

	o.due.s++;
	T_STR("(EU) 2023/1543 Art. 10(3), (4)", fails(&o));
	o = good(RULES_REGIME_EU_EPOC);
	o.is_emergency = true;
	memcpy(o.basis, "life", 5);
	order_complete(&o, 180);
	T_STR("", fails(&o));
	o.basis[0] = '\0';
	T_STR("18 USC 2702(c)(4); (EU) 2023/1543 Art. 3(18)", fails(&o));
	o = good(RULES_REGIME_US_2702);
	o.follow_up_due.s++;
	T_STR("policy, after 18 USC 3125(a)", fails(&o));
}

static void
a_recycled_number_never_mixes_two_people(void)
{
	struct order o = good(RULES_REGIME_US_2703D);

	facts.owners[0].is_known = false;
	T_STR("number epoch", fails(&o));
	facts.owners[0].is_known = true;
	facts.owners[0].n = 2;
	facts.owners[0].at[0] = (struct order_owner){ 1, { NOW - 9 * DAY },
		{ NOW - DAY } };
	facts.owners[0].at[1] = (struct order_owner){ 2, { NOW - DAY }, { 0 } };
	T_STR("", fails(&o));
	T_OK(order_checks_epoch(&facts, 0, o.from, o.to) == 2);
	o.from.s--; /* one second of the other's */
	T_STR("number epoch", fails(&o));
	T_OK(order_checks_epoch(&facts, 0, o.from, o.to) == 0);
	o.from.s = NOW - 3 * DAY;
	o.to.s = NOW - DAY;
	T_STR("", fails(&o));
	T_OK(order_checks_epoch(&facts, 0, o.from, o.to) == 1);
	o.epochs[0] = 2; /* the order means the other */
	T_STR("number epoch", fails(&o));
}

static void
no_process_reaches_keys_and_a_class_fails_by_its_paragraph(void)
{
	struct order o = good(RULES_REGIME_US_SUBPOENA);

	o.classes = RULES_CLASS_TRAFFIC_QUERY;
	T_OK(strncmp(fails(&o), "18 USC 2703(c)(1)", 17) == 0);
	for (int r = 1; r <= RULES_REGIMES; r++) {
		o = good((enum rules_regime)r);
		o.classes = RULES_CLASS_KEYS;
		T_OK(strncmp(fails(&o), "policy: user keys", 17) == 0);
	}
}

int
main(void)
{
	TEST(a_good_order_of_each_process_passes);
	TEST(each_missing_thing_fails_by_its_rule);
	TEST(who_asks_is_of_our_directory_and_signs);
	TEST(an_agency_cannot_ask_faster_than_a_person_works);
	TEST(stored_records_never_run_forward);
	TEST(a_pen_register_never_reads_the_past_and_lasts_at_most_60_days);
	TEST(a_preservation_lasts_90_or_60_days);
	TEST(an_extension_continues_what_it_extends);
	TEST(a_preservation_is_extended_once_by_90_or_30_days);
	TEST(an_order_follows_an_emergency_or_a_preservation_only);
	TEST(deadlines_are_those_of_the_paragraph);
	TEST(a_recycled_number_never_mixes_two_people);
	TEST(no_process_reaches_keys_and_a_class_fails_by_its_paragraph);
	return tap_done();
}
