#include "orders/rules.h"

struct regime {
	enum rules_regime regime;
	const char *name;
	struct rules_cell subscriber;
	struct rules_cell traffic_query;
	struct rules_cell content;
};

/* Class by process. Counsel reads and signs off this table and nothing else. */
static const struct regime regimes[] = {
	{ RULES_REGIME_US_SUBPOENA, "us-subpoena",
	    { RULES_VERB_PRODUCE,
		"18 USC 2703(c)(2): name, times and length of service" },
	    { RULES_VERB_REFUSE,
		"18 USC 2703(c)(1): records of whom somebody asked about need "
		"an order under 2703(d)" },
	    { RULES_VERB_REFUSE, "18 USC 2703(a): contents need a warrant" } },
	{ RULES_REGIME_US_2703D, "us-2703d",
	    { RULES_VERB_PRODUCE, "18 USC 2703(c)(1)(B), 2703(d)" },
	    { RULES_VERB_PRODUCE,
		"18 USC 2703(d): stored records, specific and articulable "
		"facts; never forward" },
	    { RULES_VERB_REFUSE, "18 USC 2703(a): contents need a warrant" } },
	{ RULES_REGIME_US_PRTT, "us-prtt",
	    { RULES_VERB_REFUSE,
		"18 USC 3123: a pen register reaches no subscriber record" },
	    { RULES_VERB_PROVISION,
		"18 USC 3123(c): at most 60 days, from the order on; never "
		"the past" },
	    { RULES_VERB_NEVER, "18 USC 3121(c): no contents" } },
};

static const struct {
	enum rules_class class;
	const char *name;
} classes[] = {
	{ RULES_CLASS_SUBSCRIBER, "SUBSCRIBER" },
	{ RULES_CLASS_TRAFFIC_QUERY, "TRAFFIC_QUERY" },
	{ RULES_CLASS_CONTENT, "CONTENT" },
};

enum rc
rules_regime_find(struct rd name, enum rules_regime *ret_r)
{
	for (size_t i = 0; i < ARRAY_LEN(regimes); i++)
		if (rd_is_eq(name, regimes[i].name)) {
			*ret_r = regimes[i].regime;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

enum rc
rules_class_find(struct rd name, enum rules_class *ret_c)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (rd_is_eq(name, classes[i].name)) {
			*ret_c = classes[i].class;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

const char *
rules_regime_name(enum rules_regime r)
{
	for (size_t i = 0; i < ARRAY_LEN(regimes); i++)
		if (regimes[i].regime == r)
			return regimes[i].name;
	return "unknown";
}

const char *
rules_class_name(enum rules_class c)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (classes[i].class == c)
			return classes[i].name;
	return "unknown";
}

const char *
rules_verb_name(enum rules_verb v)
{
	switch (v) {
	case RULES_VERB_REFUSE:
		return "refuse";
	case RULES_VERB_PRODUCE:
		return "produce";
	case RULES_VERB_PROVISION:
		return "provision";
	case RULES_VERB_NEVER:
		return "never";
	}
	return "unknown";
}

struct rules_cell
rules_cell(enum rules_regime r, enum rules_class c)
{
	for (size_t i = 0; i < ARRAY_LEN(regimes); i++) {
		if (regimes[i].regime != r)
			continue;
		switch (c) {
		case RULES_CLASS_SUBSCRIBER:
			return regimes[i].subscriber;
		case RULES_CLASS_TRAFFIC_QUERY:
			return regimes[i].traffic_query;
		case RULES_CLASS_CONTENT:
			return regimes[i].content;
		}
	}
	return (struct rules_cell){ RULES_VERB_REFUSE, "no rule" };
}
