/*
 * rules: what each kind of process may get of each class of data, for how long
 * and from whom, as tables a lawyer can read (rules.c), with the paragraph of
 * each cell. Pure data.
 */
#ifndef RULES_H
#define RULES_H
#include <stdint.h>

#include "base/rd.h"

enum rules_regime {
	RULES_REGIME_US_SUBPOENA = 1,
	RULES_REGIME_US_2703D,
	RULES_REGIME_US_WARRANT,
	RULES_REGIME_US_PRTT,
	RULES_REGIME_US_2702,
	RULES_REGIME_US_2703F,
	RULES_REGIME_EU_EPOC,
	RULES_REGIME_EU_EPOC_PR
};
#define RULES_REGIMES 8

enum rules_issuer {
	RULES_ISSUER_COURT = 1,   /* a federal court, a judge */
	RULES_ISSUER_STATE_COURT, /* of a state: its area must be stated */
	RULES_ISSUER_PROSECUTOR,
	RULES_ISSUER_AGENCY /* any other authority */
};
#define RULES_ISSUERS 4

enum rules_class { /* bits: an order names several */
	RULES_CLASS_SUBSCRIBER = 1,
	RULES_CLASS_IDENT = 2,
	RULES_CLASS_TRAFFIC_QUERY = 4,
	RULES_CLASS_CONTENT = 8,
	RULES_CLASS_KEYS = 16
};
#define RULES_CLASSES 5

enum rules_verb {
	RULES_VERB_REFUSE = 1, /* this process does not reach this class */
	RULES_VERB_PRODUCE,    /* the past */
	RULES_VERB_PROVISION,  /* the future, day by day */
	RULES_VERB_PRESERVE,   /* frozen, nothing is given */
	RULES_VERB_NEVER,      /* no process reaches it here */
	RULES_VERB_NONE        /* the process is not about this class */
};

struct rules_cell {
	enum rules_verb verb;
	const char *cite; /* paragraph and the reason in a few words */
};

enum rules_term {
	RULES_TERM_WINDOW = 1, /* the longest window */
	RULES_TERM_KEEP,       /* how long the frozen is kept at first */
	RULES_TERM_EXTENSION,  /* and by each extension */
	RULES_TERM_ANSWER,     /* until when we must answer */
	RULES_TERM_EMERGENCY,  /* the same in an emergency */
	RULES_TERM_FOLLOW_UP,  /* until when an order must follow */
	RULES_TERM_HAND_OUT    /* days after its end to hand the last day out */
};

struct rules_period {
	enum rules_regime regime;
	enum rules_term term;
	int64_t seconds;
	unsigned int times; /* extensions: how many; 0: no limit */
	const char *cite;
	const char *text;
};

/* Of one agency, so that a stolen key does not empty the log in an hour. */
#define RULES_DAY_ORDERS 25
#define RULES_DAY_EMERGENCIES 3
/* Gags without an end: doc/decisions, tacetd.conf seal_max_days. */
#define RULES_SEAL_MAX_DAYS 180

/* RC_NOT_FOUND for a name not in the table. */
MUST_USE enum rc rules_regime_find(struct rd name, enum rules_regime *ret_r);
MUST_USE enum rc rules_issuer_find(struct rd name, enum rules_issuer *ret_i);
MUST_USE enum rc rules_class_find(struct rd name, enum rules_class *ret_c);
const char *rules_regime_name(enum rules_regime r);
const char *rules_issuer_name(enum rules_issuer i);
const char *rules_class_name(enum rules_class c);
const char *rules_verb_name(enum rules_verb v);
/* The paragraph a regime is named after. */
const char *rules_regime_cite(enum rules_regime r);
/* RULES_VERB_REFUSE also where that issuer cannot issue that process. */
struct rules_cell rules_cell(
    enum rules_regime r, enum rules_issuer i, enum rules_class c);
/* Who may issue it; the first of the bits 1 << issuer is the usual one. */
bool rules_may_issue(enum rules_regime r, enum rules_issuer i);
/* The issuer that is meant when none is said; 0: it must be said. */
enum rules_issuer rules_issuer_usual(enum rules_regime r);
/* NULL: the regime has no such period. */
const struct rules_period *rules_period(
    enum rules_regime r, enum rules_term term);
bool rules_is_forward(enum rules_regime r);  /* only ever the future */
bool rules_is_preserve(enum rules_regime r); /* only ever freezes */
/* Whether an issuer of that country (ISO 3166) can use the regime. */
bool rules_country(enum rules_regime r, const char *country);
#endif
