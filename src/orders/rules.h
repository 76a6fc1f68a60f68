/*
 * rules: what each kind of process may get of each class of data, as a table a
 * lawyer can read (rules.c), and the paragraph for each cell. Pure data.
 */
#ifndef RULES_H
#define RULES_H
#include "base/rd.h"

enum rules_regime {
	RULES_REGIME_US_SUBPOENA = 1,
	RULES_REGIME_US_2703D,
	RULES_REGIME_US_PRTT
};

enum rules_class { /* bits: an order names several */
	RULES_CLASS_SUBSCRIBER = 1,
	RULES_CLASS_TRAFFIC_QUERY = 2,
	RULES_CLASS_CONTENT = 4
};

enum rules_verb {
	RULES_VERB_REFUSE = 1, /* this process does not reach this class */
	RULES_VERB_PRODUCE,    /* the past */
	RULES_VERB_PROVISION,  /* the future, day by day */
	RULES_VERB_NEVER       /* we do not hold it, or hold it unreadable */
};

struct rules_cell {
	enum rules_verb verb;
	const char *cite; /* paragraph and the reason in a few words */
};

/* RC_NOT_FOUND for a name not in the table. */
MUST_USE enum rc rules_regime_find(struct rd name, enum rules_regime *ret_r);
MUST_USE enum rc rules_class_find(struct rd name, enum rules_class *ret_c);
const char *rules_regime_name(enum rules_regime r);
const char *rules_class_name(enum rules_class c);
const char *rules_verb_name(enum rules_verb v);
struct rules_cell rules_cell(enum rules_regime r, enum rules_class c);
#endif
