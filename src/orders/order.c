#include "orders/order.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "wire/e164_text.h"

static const char *const decisions[] = { "", "accept", "narrow", "refuse",
	"not_held" };
static const char *const directions[] = { "", "source", "lookup", "both" };

const char *
order_decision_name(enum order_decision d)
{
	return decisions[d];
}

bool
order_decision_is_accepted(enum order_decision d)
{
	return d == ORDER_DECISION_ACCEPT || d == ORDER_DECISION_NARROW;
}

enum rc
order_decision_find(struct rd name, enum order_decision *ret_d)
{
	for (int d = ORDER_DECISION_ACCEPT; d <= ORDER_DECISION_NOT_HELD; d++)
		if (rd_is_eq(name, decisions[d])) {
			*ret_d = (enum order_decision)d;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

const char *
order_direction_name(enum order_direction d)
{
	return directions[d];
}

enum rc
order_direction_find(struct rd name, enum order_direction *ret_d)
{
	for (int d = ORDER_DIRECTION_SOURCE; d <= ORDER_DIRECTION_BOTH; d++)
		if (rd_is_eq(name, directions[d])) {
			*ret_d = (enum order_direction)d;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

void
order_id(struct wall t, char ret_id[static ORDER_ID_SIZE])
{
	char date[MONO_RFC3339_SIZE] = "0000-00-00";

	if (mono_rfc3339(t, date) != RC_OK)
		date[0] = '0';
	(void)snprintf(ret_id, ORDER_ID_SIZE, "ord-%.4s%.2s%.2s-%08x", date,
	    date + 5, date + 8, randombytes_random());
}

static struct wall
plus(struct wall t, const struct rules_period *p)
{
	return (struct wall){ p == NULL ? 0 : t.s + p->seconds };
}

void
order_complete(struct order *o, unsigned int seal_max_days)
{
	enum rules_term answer = o->is_emergency ? RULES_TERM_EMERGENCY
						 : RULES_TERM_ANSWER;
	struct wall cap = { o->received.s +
		(int64_t)seal_max_days * ORDER_DAY_S };

	o->due = plus(o->received, rules_period(o->regime, answer));
	if (o->is_emergency)
		o->follow_up_due = plus(
		    o->received, rules_period(o->regime, RULES_TERM_FOLLOW_UP));
	if (rules_is_preserve(o->regime) && o->keep_until.s == 0)
		o->keep_until = plus(
		    o->received, rules_period(o->regime, RULES_TERM_KEEP));
	/* 18 USC 3123(d): sealed until the court orders otherwise */
	if (o->regime == RULES_REGIME_US_PRTT && o->seal_until.s == 0)
		o->seal_is_open = true;
	if (o->seal_is_open)
		o->seal_until = cap;
}

/* --- what may not stand together
 * ------------------------------------------------- */

static void
say(struct order_error *e, const char *field, const char *why)
{
	(void)snprintf(e->field, sizeof(e->field), "%s", field);
	e->why = why;
}

static bool
has_double(const struct order *o)
{
	for (size_t i = 0; i < o->n_handles; i++)
		for (size_t k = i + 1; k < o->n_handles; k++)
			if (e164_is_eq(&o->handles[i], &o->handles[k]))
				return true;
	return false;
}

enum rc
order_contradiction(const struct order *o, struct order_error *ret_e)
{
	bool can_be_emergency = o->regime == RULES_REGIME_US_2702 ||
	    rules_period(o->regime, RULES_TERM_EMERGENCY) != NULL;
	bool is_preserve = rules_is_preserve(o->regime);
	const struct {
		bool wrong;
		const char *field;
		const char *why;
	} table[] = {
		{ o->from.s >= o->to.s, "window", "it ends before it begins" },
		{ has_double(o), "targets", "a handle stands there twice" },
		{ o->is_emergency && !can_be_emergency, "emergency",
		    "this process knows none" },
		{ !o->is_emergency && o->regime == RULES_REGIME_US_2702,
		    "emergency", "this process is for emergencies only" },
		{ !o->is_emergency && o->basis[0] != '\0', "emergency.basis",
		    "it is no emergency" },
		{ !is_preserve && o->keep_until.s != 0, "keep_until",
		    "this process preserves nothing" },
		{ is_preserve && o->keep_until.s != 0 &&
			o->keep_until.s <= o->received.s,
		    "keep_until", "it is over already" },
		{ o->seal_is_open && o->seal_until.s == 0, "seal",
		    "a seal without a maximum" },
		{ o->seal_until.s != 0 && o->seal_until.s <= o->received.s,
		    "seal.until", "it is over already" },
		{ o->has_signature && o->document_sha256[0] == '\0',
		    "signature", "there is no document" },
		{ o->agency_country[0] != '\0' && !o->has_agency_key,
		    "agency.public_key", "an enrolled agency has one" },
		{ strcmp(o->parent, o->id) == 0 && o->id[0] != '\0',
		    "parent_order", "it is the order itself" },
		{ o->received.s != 0 &&
			o->served.s > o->received.s + ORDER_DAY_S,
		    "served_at", "it lies in the future" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].wrong) {
			say(ret_e, table[i].field, table[i].why);
			return RC_MALFORMED;
		}
	return RC_OK;
}

static size_t
index_of(const struct order *o, const struct e164 *e)
{
	size_t i = 0;

	while (i < o->n_handles && !e164_is_eq(&o->handles[i], e))
		i++;
	return i;
}

/* Everything but the scope is the same text. */
static bool
is_same_else(const struct order *n, const struct order *o)
{
	struct order m = *n;
	json_t *a;
	json_t *b;
	bool same;

	memcpy(m.handles, o->handles, sizeof(m.handles));
	memcpy(m.epochs, o->epochs, sizeof(m.epochs));
	m.n_handles = o->n_handles;
	m.from = o->from;
	m.to = o->to;
	m.direction = o->direction;
	m.classes = o->classes;
	a = order_build(&m);
	b = order_build(o);
	same = a != NULL && json_equal(a, b) == 1;
	json_decref(a);
	json_decref(b);
	return same;
}

static bool
has_targets(const struct order *n, const struct order *o)
{
	for (size_t i = 0; i < n->n_handles; i++) {
		size_t k = index_of(o, &n->handles[i]);

		if (k == o->n_handles ||
		    (o->epochs[k] != 0 && o->epochs[k] != n->epochs[i]))
			return false;
	}
	return n->n_handles > 0;
}

enum rc
order_is_narrower(
    const struct order *n, const struct order *o, struct order_error *ret_e)
{
	if (!has_targets(n, o))
		say(ret_e, "targets", "the order does not name it");
	else if (n->from.s < o->from.s || n->to.s > o->to.s)
		say(ret_e, "window", "it is longer than the order's");
	else if (n->from.s >= n->to.s)
		say(ret_e, "window", "it ends before it begins");
	else if (((unsigned int)n->direction & ~(unsigned int)o->direction) !=
	    0)
		say(ret_e, "direction", "the order does not have it");
	else if ((n->classes & ~o->classes) != 0 || n->classes == 0)
		say(ret_e, "classes", "the order does not name it");
	else if (!is_same_else(n, o))
		say(ret_e, "order", "more than its scope is changed");
	else
		return RC_OK;
	return RC_DENIED;
}
