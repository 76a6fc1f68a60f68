#include "orders/rules.h"

#include <string.h>

#define DAY 86400
#define HOUR 3600

#define KEYS                                                      \
	{                                                         \
		RULES_VERB_NEVER,                                 \
		    "policy: user keys and custodian shares are " \
		    "given under no process"                      \
	}
#define PRODUCE(cite)                    \
	{                                \
		RULES_VERB_PRODUCE, cite \
	}
#define REFUSE(cite)                    \
	{                               \
		RULES_VERB_REFUSE, cite \
	}
#define PRESERVE(cite)                    \
	{                                 \
		RULES_VERB_PRESERVE, cite \
	}

#define BY(issuer) (1u << RULES_ISSUER_##issuer)
#define BY_COURTS (BY(COURT) | BY(STATE_COURT))
#define BY_ANY (BY_COURTS | BY(PROSECUTOR) | BY(AGENCY))

struct row {
	enum rules_regime regime;
	unsigned int issuers; /* bits 1 << enum rules_issuer */
	const char *cite;
	struct rules_cell cells[RULES_CLASSES]; /* in the order of the bits:
	    SUBSCRIBER, IDENT, TRAFFIC_QUERY, CONTENT, KEYS */
};

/* Class by process. Counsel reads and signs off this table, the periods below
 * it and the checks of order_checks.c, and nothing else. */
static const struct row rows[] = {
	{ RULES_REGIME_US_SUBPOENA, BY_ANY, "18 USC 2703(c)(2)",
	    { PRODUCE("18 USC 2703(c)(2)(A), (D): name, length of service"),
		PRODUCE("18 USC 2703(c)(2)(E): temporarily assigned network "
			"address, to name the user only"),
		REFUSE("18 USC 2703(c)(1): whom somebody asked about needs an "
		       "order under 2703(d)"),
		REFUSE("18 USC 2703(a): contents need a warrant"), KEYS } },
	{ RULES_REGIME_US_2703D, BY_COURTS, "18 USC 2703(d)",
	    { PRODUCE("18 USC 2703(c)(1)(B), 2703(d)"),
		PRODUCE("18 USC 2703(c)(1)(B), 2703(d)"),
		PRODUCE("18 USC 2703(d): stored records, specific and "
			"articulable facts"),
		REFUSE("18 USC 2703(a): contents need a warrant"), KEYS } },
	{ RULES_REGIME_US_WARRANT, BY_COURTS, "18 USC 2703(a)",
	    { PRODUCE("18 USC 2703(c)(1)(A)"), PRODUCE("18 USC 2703(c)(1)(A)"),
		PRODUCE("18 USC 2703(c)(1)(A)"),
		PRODUCE("18 USC 2703(a): undelivered ciphertext; we cannot "
			"read it, and the answer says so"),
		KEYS } },
	{ RULES_REGIME_US_PRTT, BY_COURTS, "18 USC 3123",
	    { { RULES_VERB_NONE,
		  "18 USC 3123: a pen register is not about the subscriber" },
		{ RULES_VERB_NONE,
		    "18 USC 3123: a pen register is not about the subscriber" },
		{ RULES_VERB_PROVISION,
		    "18 USC 3123(a), (c): from the order on, day by day" },
		{ RULES_VERB_NEVER, "18 USC 3121(c): no contents" }, KEYS } },
	{ RULES_REGIME_US_2702, BY(AGENCY) | BY(PROSECUTOR),
	    "18 USC 2702(c)(4)",
	    { PRODUCE("18 USC 2702(c)(4): danger of death or serious injury"),
		PRODUCE("18 USC 2702(c)(4): danger of death or serious injury"),
		REFUSE("18 USC 2702(c)(4) is voluntary; policy: an emergency "
		       "gets no query rows"),
		REFUSE("18 USC 2702(b)(8) is voluntary; policy: an emergency "
		       "gets no contents"),
		KEYS } },
	{ RULES_REGIME_US_2703F, BY_ANY, "18 USC 2703(f)",
	    { PRESERVE("18 USC 2703(f)(1)"), PRESERVE("18 USC 2703(f)(1)"),
		PRESERVE("18 USC 2703(f)(1)"), PRESERVE("18 USC 2703(f)(1)"),
		KEYS } },
	{ RULES_REGIME_EU_EPOC, BY(PROSECUTOR) | BY(AGENCY),
	    "Regulation (EU) 2023/1543 Art. 4(1)",
	    { PRODUCE("(EU) 2023/1543 Art. 3(9), 4(1): subscriber data"),
		PRODUCE("(EU) 2023/1543 Art. 3(10), 4(1): to identify the "
			"user only"),
		REFUSE("(EU) 2023/1543 Art. 3(11), 4(2): traffic data need a "
		       "judge or a court"),
		REFUSE("(EU) 2023/1543 Art. 3(12), 4(2): content needs a judge "
		       "or a court"),
		KEYS } },
	{ RULES_REGIME_EU_EPOC, BY(COURT), "Regulation (EU) 2023/1543 Art. 4",
	    { PRODUCE("(EU) 2023/1543 Art. 3(9), 4(1): subscriber data"),
		PRODUCE("(EU) 2023/1543 Art. 3(10), 4(1): to identify the "
			"user only"),
		PRODUCE("(EU) 2023/1543 Art. 3(11), 4(2), 8: traffic data, the "
			"enforcing authority notified"),
		PRODUCE(
		    "(EU) 2023/1543 Art. 3(12), 4(2), 8: undelivered "
		    "ciphertext; we cannot read it, and the answer says so"),
		KEYS } },
	{ RULES_REGIME_EU_EPOC_PR, BY(COURT) | BY(PROSECUTOR) | BY(AGENCY),
	    "Regulation (EU) 2023/1543 Art. 6",
	    { PRESERVE("(EU) 2023/1543 Art. 4(3), 6"),
		PRESERVE("(EU) 2023/1543 Art. 4(3), 6"),
		PRESERVE("(EU) 2023/1543 Art. 4(3), 6"),
		PRESERVE("(EU) 2023/1543 Art. 4(3), 6"), KEYS } },
};

static const struct rules_period periods[] = {
	{ RULES_REGIME_US_PRTT, RULES_TERM_WINDOW, 60LL * DAY, 0,
	    "18 USC 3123(c)(1)", "at most 60 days" },
	{ RULES_REGIME_US_PRTT, RULES_TERM_EXTENSION, 60LL * DAY, 0,
	    "18 USC 3123(c)(2)", "each extension at most 60 days" },
	{ RULES_REGIME_US_PRTT, RULES_TERM_HAND_OUT, 7LL * DAY, 0, "policy",
	    "the last day is handed out within a week of the end" },
	{ RULES_REGIME_US_2703F, RULES_TERM_KEEP, 90LL * DAY, 0,
	    "18 USC 2703(f)(2)", "kept for 90 days" },
	{ RULES_REGIME_US_2703F, RULES_TERM_EXTENSION, 90LL * DAY, 1,
	    "18 USC 2703(f)(2)", "one renewal of 90 days" },
	{ RULES_REGIME_US_2702, RULES_TERM_FOLLOW_UP, 48LL * HOUR, 0,
	    "policy, after 18 USC 3125(a)",
	    "an order follows within 48 hours, or the target is told" },
	{ RULES_REGIME_EU_EPOC, RULES_TERM_ANSWER, 10LL * DAY, 0,
	    "(EU) 2023/1543 Art. 10(3)", "answered within 10 days" },
	{ RULES_REGIME_EU_EPOC, RULES_TERM_EMERGENCY, 8LL * HOUR, 0,
	    "(EU) 2023/1543 Art. 10(4)",
	    "answered within 8 hours in an emergency" },
	{ RULES_REGIME_EU_EPOC_PR, RULES_TERM_KEEP, 60LL * DAY, 0,
	    "(EU) 2023/1543 Art. 11(1)", "kept for 60 days" },
	{ RULES_REGIME_EU_EPOC_PR, RULES_TERM_EXTENSION, 30LL * DAY, 1,
	    "(EU) 2023/1543 Art. 11(1)", "one extension of 30 days" },
};

struct name {
	int value;
	const char *text;
};

static const struct name regimes[] = {
	{ RULES_REGIME_US_SUBPOENA, "us-subpoena" },
	{ RULES_REGIME_US_2703D, "us-2703d" },
	{ RULES_REGIME_US_WARRANT, "us-warrant" },
	{ RULES_REGIME_US_PRTT, "us-prtt" },
	{ RULES_REGIME_US_2702, "us-2702" },
	{ RULES_REGIME_US_2703F, "us-2703f" },
	{ RULES_REGIME_EU_EPOC, "eu-epoc" },
	{ RULES_REGIME_EU_EPOC_PR, "eu-epoc-pr" },
};
static const struct name issuers[] = {
	{ RULES_ISSUER_COURT, "court" },
	{ RULES_ISSUER_STATE_COURT, "state-court" },
	{ RULES_ISSUER_PROSECUTOR, "prosecutor" },
	{ RULES_ISSUER_AGENCY, "agency" },
};
static const struct name classes[] = {
	{ RULES_CLASS_SUBSCRIBER, "SUBSCRIBER" },
	{ RULES_CLASS_IDENT, "IDENT" },
	{ RULES_CLASS_TRAFFIC_QUERY, "TRAFFIC_QUERY" },
	{ RULES_CLASS_CONTENT, "CONTENT" },
	{ RULES_CLASS_KEYS, "KEYS" },
};
static const struct name verbs[] = {
	{ RULES_VERB_REFUSE, "refuse" },
	{ RULES_VERB_PRODUCE, "produce" },
	{ RULES_VERB_PROVISION, "provision" },
	{ RULES_VERB_PRESERVE, "preserve" },
	{ RULES_VERB_NEVER, "never" },
	{ RULES_VERB_NONE, "-" },
};

/* The members of the Union that the regulation binds: all but Denmark. */
static const char eu[] =
    "AT BE BG CY CZ DE EE ES FI FR GR HR HU IE IT LT LU LV "
    "MT NL PL PT RO SE SI SK";

static int
find(const struct name *names, size_t n, struct rd name)
{
	for (size_t i = 0; i < n; i++)
		if (rd_is_eq(name, names[i].text))
			return names[i].value;
	return 0;
}

static const char *
text_of(const struct name *names, size_t n, int value)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].value == value)
			return names[i].text;
	return "unknown";
}

enum rc
rules_regime_find(struct rd name, enum rules_regime *ret_r)
{
	int v = find(regimes, ARRAY_LEN(regimes), name);

	if (v == 0)
		return RC_NOT_FOUND;
	*ret_r = (enum rules_regime)v;
	return RC_OK;
}

enum rc
rules_issuer_find(struct rd name, enum rules_issuer *ret_i)
{
	int v = find(issuers, ARRAY_LEN(issuers), name);

	if (v == 0)
		return RC_NOT_FOUND;
	*ret_i = (enum rules_issuer)v;
	return RC_OK;
}

enum rc
rules_class_find(struct rd name, enum rules_class *ret_c)
{
	int v = find(classes, ARRAY_LEN(classes), name);

	if (v == 0)
		return RC_NOT_FOUND;
	*ret_c = (enum rules_class)v;
	return RC_OK;
}

const char *
rules_regime_name(enum rules_regime r)
{
	return text_of(regimes, ARRAY_LEN(regimes), (int)r);
}

const char *
rules_issuer_name(enum rules_issuer i)
{
	return text_of(issuers, ARRAY_LEN(issuers), (int)i);
}

const char *
rules_class_name(enum rules_class c)
{
	return text_of(classes, ARRAY_LEN(classes), (int)c);
}

const char *
rules_verb_name(enum rules_verb v)
{
	return text_of(verbs, ARRAY_LEN(verbs), (int)v);
}

const char *
rules_regime_cite(enum rules_regime r)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].regime == r)
			return rows[i].cite;
	return "no rule";
}

struct rules_cell
rules_cell(enum rules_regime r, enum rules_issuer i, enum rules_class c)
{
	for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
		if (rows[n].regime != r ||
		    (rows[n].issuers & (1u << (unsigned int)i)) == 0)
			continue;
		for (unsigned int bit = 0; bit < RULES_CLASSES; bit++)
			if ((unsigned int)c == 1u << bit)
				return rows[n].cells[bit];
	}
	return (struct rules_cell){ RULES_VERB_REFUSE,
		"this authority cannot issue this process" };
}

bool
rules_may_issue(enum rules_regime r, enum rules_issuer i)
{
	for (size_t n = 0; n < ARRAY_LEN(rows); n++)
		if (rows[n].regime == r &&
		    (rows[n].issuers & (1u << (unsigned int)i)) != 0)
			return true;
	return false;
}

enum rules_issuer
rules_issuer_usual(enum rules_regime r)
{
	switch (r) {
	case RULES_REGIME_US_2703D:
	case RULES_REGIME_US_WARRANT:
	case RULES_REGIME_US_PRTT:
		return RULES_ISSUER_COURT;
	case RULES_REGIME_US_SUBPOENA:
	case RULES_REGIME_US_2702:
	case RULES_REGIME_US_2703F:
		return RULES_ISSUER_AGENCY;
	case RULES_REGIME_EU_EPOC:
	case RULES_REGIME_EU_EPOC_PR:
		break; /* what is reached depends on who asks */
	}
	return (enum rules_issuer)0;
}

const struct rules_period *
rules_period(enum rules_regime r, enum rules_term term)
{
	for (size_t i = 0; i < ARRAY_LEN(periods); i++)
		if (periods[i].regime == r && periods[i].term == term)
			return &periods[i];
	return NULL;
}

bool
rules_is_forward(enum rules_regime r)
{
	return r == RULES_REGIME_US_PRTT;
}

bool
rules_is_preserve(enum rules_regime r)
{
	return r == RULES_REGIME_US_2703F || r == RULES_REGIME_EU_EPOC_PR;
}

bool
rules_country(enum rules_regime r, const char *country)
{
	const char *at;

	if (r != RULES_REGIME_EU_EPOC && r != RULES_REGIME_EU_EPOC_PR)
		return strcmp(country, "US") == 0;
	if (strlen(country) != 2)
		return false;
	at = strstr(eu, country);
	return at != NULL && (at - eu) % 3 == 0;
}
