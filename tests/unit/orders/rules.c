#include "orders/rules.h"

#include "tap.h"

#define P RULES_VERB_PRODUCE
#define R RULES_VERB_REFUSE
#define S RULES_VERB_PRESERVE
#define F RULES_VERB_PROVISION
#define N RULES_VERB_NEVER
#define O RULES_VERB_NONE

/* The table of the design (records, section 4), column by column:
 * SUBSCRIBER, IDENT, TRAFFIC_QUERY, CONTENT, KEYS. */
static const struct {
	enum rules_regime regime;
	enum rules_issuer issuer;
	enum rules_verb verbs[RULES_CLASSES];
} design[] = {
	{ RULES_REGIME_US_SUBPOENA, RULES_ISSUER_AGENCY, { P, P, R, R, N } },
	{ RULES_REGIME_US_2703D, RULES_ISSUER_COURT, { P, P, P, R, N } },
	{ RULES_REGIME_US_WARRANT, RULES_ISSUER_COURT, { P, P, P, P, N } },
	{ RULES_REGIME_US_PRTT, RULES_ISSUER_COURT, { O, O, F, N, N } },
	{ RULES_REGIME_US_2702, RULES_ISSUER_AGENCY, { P, P, R, R, N } },
	{ RULES_REGIME_US_2703F, RULES_ISSUER_AGENCY, { S, S, S, S, N } },
	{ RULES_REGIME_EU_EPOC, RULES_ISSUER_PROSECUTOR, { P, P, R, R, N } },
	{ RULES_REGIME_EU_EPOC, RULES_ISSUER_COURT, { P, P, P, P, N } },
	{ RULES_REGIME_EU_EPOC_PR, RULES_ISSUER_PROSECUTOR, { S, S, S, S, N } },
};

static void
each_cell_is_that_of_the_design_and_cites_its_paragraph(void)
{
	for (size_t i = 0; i < ARRAY_LEN(design); i++)
		for (unsigned int k = 0; k < RULES_CLASSES; k++) {
			struct rules_cell c = rules_cell(design[i].regime,
			    design[i].issuer, (enum rules_class)(1u << k));

			T_OK(c.verb == design[i].verbs[k]);
			T_OK(strstr(c.cite, "USC") != NULL ||
			    strstr(c.cite, "2023/1543") != NULL ||
			    strstr(c.cite, "policy") != NULL);
		}
}

static void
who_cannot_issue_a_process_reaches_nothing_by_it(void)
{
	int n = 0;

	for (int r = 1; r <= RULES_REGIMES; r++)
		for (int i = 1; i <= RULES_ISSUERS; i++) {
			if (rules_may_issue(
				(enum rules_regime)r, (enum rules_issuer)i))
				continue;
			n++;
			for (unsigned int k = 0; k < RULES_CLASSES; k++)
				T_OK(rules_cell((enum rules_regime)r,
					 (enum rules_issuer)i,
					 (enum rules_class)(1u << k))
					 .verb == R);
		}
	T_OK(n > 0);
	T_OK(!rules_may_issue(RULES_REGIME_US_2703D, RULES_ISSUER_PROSECUTOR));
	T_OK(!rules_may_issue(RULES_REGIME_EU_EPOC, RULES_ISSUER_STATE_COURT));
}

static void
each_period_is_that_of_its_paragraph(void)
{
	static const struct {
		enum rules_regime regime;
		enum rules_term term;
		int64_t hours;
		unsigned int times;
		const char *cite;
	} table[] = {
		{ RULES_REGIME_US_PRTT, RULES_TERM_WINDOW, 60 * 24, 0,
		    "18 USC 3123(c)(1)" },
		{ RULES_REGIME_US_PRTT, RULES_TERM_EXTENSION, 60 * 24, 0,
		    "18 USC 3123(c)(2)" },
		{ RULES_REGIME_US_2703F, RULES_TERM_KEEP, 90 * 24, 0,
		    "18 USC 2703(f)(2)" },
		{ RULES_REGIME_US_2703F, RULES_TERM_EXTENSION, 90 * 24, 1,
		    "18 USC 2703(f)(2)" },
		{ RULES_REGIME_US_2702, RULES_TERM_FOLLOW_UP, 48, 0,
		    "policy, after 18 USC 3125(a)" },
		{ RULES_REGIME_EU_EPOC, RULES_TERM_ANSWER, 10 * 24, 0,
		    "(EU) 2023/1543 Art. 10(3)" },
		{ RULES_REGIME_EU_EPOC, RULES_TERM_EMERGENCY, 8, 0,
		    "(EU) 2023/1543 Art. 10(4)" },
		{ RULES_REGIME_EU_EPOC_PR, RULES_TERM_KEEP, 60 * 24, 0,
		    "(EU) 2023/1543 Art. 11(1)" },
		{ RULES_REGIME_EU_EPOC_PR, RULES_TERM_EXTENSION, 30 * 24, 1,
		    "(EU) 2023/1543 Art. 11(1)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct rules_period *p = rules_period(
		    table[i].regime, table[i].term);

		T_OK(p != NULL && p->seconds == table[i].hours * 3600 &&
		    p->times == table[i].times);
		if (p != NULL)
			T_STR(table[i].cite, p->cite);
	}
	T_OK(rules_period(RULES_REGIME_US_2703D, RULES_TERM_WINDOW) == NULL);
}

static void
every_name_is_found_again(void)
{
	enum rules_regime r = (enum rules_regime)0;
	enum rules_issuer i = (enum rules_issuer)0;
	enum rules_class c = (enum rules_class)0;

	for (int n = 1; n <= RULES_REGIMES; n++) {
		T_RC(RC_OK,
		    rules_regime_find(
			rd_str(rules_regime_name((enum rules_regime)n)), &r));
		T_OK((int)r == n);
	}
	for (int n = 1; n <= RULES_ISSUERS; n++) {
		T_RC(RC_OK,
		    rules_issuer_find(
			rd_str(rules_issuer_name((enum rules_issuer)n)), &i));
		T_OK((int)i == n);
	}
	for (int n = 0; n < RULES_CLASSES; n++) {
		T_RC(RC_OK,
		    rules_class_find(
			rd_str(rules_class_name((enum rules_class)(1 << n))),
			&c));
		T_OK((int)c == 1 << n);
	}
	T_RC(RC_NOT_FOUND, rules_regime_find(rd_str("us-"), &r));
	T_RC(RC_NOT_FOUND, rules_issuer_find(rd_str(""), &i));
	T_RC(RC_NOT_FOUND, rules_class_find(rd_str("subscriber"), &c));
}

static void
a_process_is_the_law_of_its_countries(void)
{
	T_OK(rules_country(RULES_REGIME_US_2703D, "US"));
	T_OK(!rules_country(RULES_REGIME_US_2703D, "DE"));
	T_OK(rules_country(RULES_REGIME_EU_EPOC, "DE"));
	T_OK(rules_country(RULES_REGIME_EU_EPOC_PR, "AT"));
	T_OK(rules_country(RULES_REGIME_EU_EPOC, "SK"));
	T_OK(!rules_country(RULES_REGIME_EU_EPOC, "DK"));
	T_OK(!rules_country(RULES_REGIME_EU_EPOC, "US"));
	T_OK(!rules_country(RULES_REGIME_EU_EPOC, "T "));
	T_OK(!rules_country(RULES_REGIME_EU_EPOC, ""));
}

int
main(void)
{
	TEST(each_cell_is_that_of_the_design_and_cites_its_paragraph);
	TEST(who_cannot_issue_a_process_reaches_nothing_by_it);
	TEST(each_period_is_that_of_its_paragraph);
	TEST(every_name_is_found_again);
	TEST(a_process_is_the_law_of_its_countries);
	return tap_done();
}
