#include "orders/order_checks.h"

#include <string.h>

#include "wire/e164_plan.h"

#define BIT(regime) (1u << RULES_REGIME_##regime)
#define ALL 0u
#define EU (BIT(EU_EPOC) | BIT(EU_EPOC_PR))
#define PRESERVES (BIT(US_2703F) | BIT(EU_EPOC_PR))
#define EXTENDS (PRESERVES | BIT(US_PRTT))

struct view {
	const struct order *o;
	const struct order *received;
	const struct order_facts *f;
};

/* --- what each row asks
 * ------------------------------------------------------------ */

static bool
identifiers(const struct view *v)
{
	for (size_t i = 0; i < v->o->n_handles; i++)
		if (e164_plan_check(&v->o->handles[i]) != RC_OK)
			return false;
	return v->o->n_handles > 0;
}

static bool
window(const struct view *v)
{
	return v->o->from.s < v->o->to.s;
}

static bool
not_forward(const struct view *v)
{
	return v->o->to.s <= v->o->received.s;
}

static bool
not_past(const struct view *v)
{
	return v->o->from.s >= v->o->received.s;
}

static bool
window_length(const struct view *v)
{
	const struct rules_period *p = rules_period(
	    v->o->regime, RULES_TERM_WINDOW);

	return p == NULL || v->o->to.s - v->o->from.s <= p->seconds;
}

static bool
keep_length(const struct view *v)
{
	const struct rules_period *p = rules_period(
	    v->o->regime, RULES_TERM_KEEP);

	return v->o->parent[0] != '\0' || p == NULL ||
	    (v->o->keep_until.s > v->o->received.s &&
		v->o->keep_until.s - v->o->received.s <= p->seconds);
}

static bool
is_extension(const struct view *v)
{
	return v->o->parent[0] != '\0' && v->f->has_parent &&
	    v->f->parent_regime == v->o->regime;
}

static bool
parent(const struct view *v)
{
	return v->o->parent[0] == '\0' ||
	    (v->f->has_parent && v->f->parent_same);
}

/* An extension begins where what it extends ends, and is itself no longer than
 * the paragraph lets it be. */
static bool
extension_length(const struct view *v)
{
	const struct rules_period *p = rules_period(
	    v->o->regime, RULES_TERM_EXTENSION);

	if (v->o->parent[0] == '\0' || p == NULL)
		return true;
	if (!is_extension(v))
		return false;
	if (rules_is_preserve(v->o->regime))
		return v->o->keep_until.s > v->f->parent_until.s &&
		    v->o->keep_until.s - v->f->parent_until.s <= p->seconds;
	return v->received->from.s == v->f->parent_to.s;
}

static bool
extension_count(const struct view *v)
{
	const struct rules_period *p = rules_period(
	    v->o->regime, RULES_TERM_EXTENSION);

	return v->o->parent[0] == '\0' || p == NULL || p->times == 0 ||
	    v->f->parent_links < p->times;
}

static bool
extends_nothing_else(const struct view *v)
{
	/* a process that has no extension follows an emergency or what was
	 * preserved for it */
	return v->o->parent[0] == '\0' ||
	    v->f->parent_regime == RULES_REGIME_US_2702 ||
	    rules_is_preserve(v->f->parent_regime);
}

static bool
has_parent(const struct view *v)
{
	return v->o->parent[0] != '\0';
}

static bool
is_of_state(const struct view *v)
{
	return v->o->issuer.type == RULES_ISSUER_STATE_COURT;
}

static bool
is_emergency(const struct view *v)
{
	return v->o->is_emergency;
}

static bool
issuer_named(const struct view *v)
{
	return v->o->issuer.name[0] != '\0';
}

static bool
issuer_may(const struct view *v)
{
	return rules_may_issue(v->o->regime, v->o->issuer.type);
}

static bool
issuer_country(const struct view *v)
{
	return rules_country(v->o->regime, v->o->issuer.country) &&
	    (v->o->agency_country[0] == '\0' ||
		strcmp(v->o->issuer.country, v->o->agency_country) == 0);
}

static bool
state_area(const struct view *v)
{
	return v->o->issuer.type != RULES_ISSUER_STATE_COURT ||
	    v->o->issuer.area[0] != '\0';
}

static bool
offence(const struct view *v)
{
	return v->o->offence[0] != '\0';
}

static bool
certification(const struct view *v)
{
	return v->o->certification[0] != '\0';
}

static bool
basis(const struct view *v)
{
	return !v->o->is_emergency || v->o->basis[0] != '\0';
}

static bool
follow_up(const struct view *v)
{
	const struct rules_period *p = rules_period(
	    v->o->regime, RULES_TERM_FOLLOW_UP);

	return p != NULL &&
	    v->o->follow_up_due.s == v->o->received.s + p->seconds;
}

static bool
deadline(const struct view *v)
{
	const struct rules_period *p = rules_period(v->o->regime,
	    v->o->is_emergency ? RULES_TERM_EMERGENCY : RULES_TERM_ANSWER);

	return p != NULL && v->o->due.s == v->o->received.s + p->seconds;
}

static bool
document(const struct view *v)
{
	return v->o->document_sha256[0] != '\0';
}

static bool
enrolled(const struct view *v)
{
	return v->f->is_enrolled && v->o->has_agency_key;
}

static bool
signature(const struct view *v)
{
	return v->o->has_signature && v->f->is_signed_by;
}

static bool
callback(const struct view *v)
{
	return v->o->callback[0] != '\0';
}

static bool
velocity(const struct view *v)
{
	return v->f->day_orders <= RULES_DAY_ORDERS;
}

static bool
emergency_velocity(const struct view *v)
{
	return v->f->day_emergencies <= RULES_DAY_EMERGENCIES;
}

static bool
classes_named(const struct view *v)
{
	return v->o->classes != 0;
}

static size_t
index_of(const struct order *received, const struct e164 *e)
{
	size_t i = 0;

	while (i < received->n_handles && !e164_is_eq(&received->handles[i], e))
		i++;
	return i;
}

static bool
owners_known(const struct view *v)
{
	for (size_t i = 0; i < v->o->n_handles; i++) {
		size_t k = index_of(v->received, &v->o->handles[i]);

		if (k == v->received->n_handles || !v->f->owners[k].is_known)
			return false;
	}
	return true;
}

static bool
is_within(const struct order_owner *w, struct wall from, struct wall to)
{
	return w->from.s < to.s && (w->to.s == 0 || w->to.s > from.s);
}

/* No second owner in the window, and no other than the order names. */
static bool
one_owner(const struct order_facts *f, size_t k, uint32_t epoch,
    const struct order *o)
{
	for (size_t i = 0; i < f->owners[k].n; i++) {
		const struct order_owner *w = &f->owners[k].at[i];

		if (!is_within(w, o->from, o->to))
			continue;
		if (epoch != 0 && w->epoch != epoch)
			return false;
		epoch = w->epoch;
	}
	return true;
}

static bool
owners_alone(const struct view *v)
{
	for (size_t i = 0; i < v->o->n_handles; i++) {
		size_t k = index_of(v->received, &v->o->handles[i]);

		if (k < v->received->n_handles &&
		    !one_owner(v->f, k, v->o->epochs[i], v->o))
			return false;
	}
	return true;
}

uint32_t
order_checks_epoch(
    const struct order_facts *f, size_t i, struct wall from, struct wall to)
{
	uint32_t epoch = 0;

	for (size_t k = 0; k < f->owners[i].n; k++) {
		const struct order_owner *w = &f->owners[i].at[k];

		if (!is_within(w, from, to))
			continue;
		if (epoch != 0 && w->epoch != epoch)
			return 0;
		epoch = w->epoch;
	}
	return epoch;
}

/* --- the table
 * --------------------------------------------------------------------- */

static const struct row {
	const char *name;
	unsigned int regimes; /* bits 1 << enum rules_regime; ALL */
	const char *cite;
	bool (*pass)(const struct view *v);
	const char *text;
	const char *otherwise; /* NULL: the same sentence says what is wrong */
	bool (*applies)(const struct view *v); /* NULL: always */
} table[] = {
	{ "identifier", ALL, "E.164", identifiers,
	    "each identifier is a valid number", NULL, NULL },
	{ "window", ALL, "window", window, "it begins before it ends", NULL,
	    NULL },
	{ "never-forward", BIT(US_2703D), "18 USC 2703(d)", not_forward,
	    "stored records only: it does not run forward", NULL, NULL },
	{ "never-forward", BIT(US_SUBPOENA), "18 USC 2703(c)(2)", not_forward,
	    "stored records only: it does not run forward", NULL, NULL },
	{ "never-forward", BIT(US_WARRANT), "18 USC 2703(a)", not_forward,
	    "stored records only: it does not run forward", NULL, NULL },
	{ "never-forward", BIT(US_2702), "18 USC 2702(c)(4)", not_forward,
	    "stored records only: it does not run forward", NULL, NULL },
	{ "never-forward", BIT(US_2703F), "18 USC 2703(f)(1)", not_forward,
	    "records in our possession: it does not run forward", NULL, NULL },
	{ "never-forward", EU, "(EU) 2023/1543 Art. 3(8), 5(4), 6", not_forward,
	    "data stored when it was received: it does not run forward", NULL,
	    NULL },
	{ "never-past", BIT(US_PRTT), "18 USC 3123", not_past,
	    "it begins when it was received or later: a pen register never "
	    "reads the past",
	    NULL, NULL },
	{ "period", BIT(US_PRTT), "18 USC 3123(c)(1)", window_length,
	    "at most 60 days", NULL, NULL },
	{ "period", BIT(US_2703F), "18 USC 2703(f)(2)", keep_length,
	    "kept for at most 90 days", NULL, NULL },
	{ "period", BIT(EU_EPOC_PR), "(EU) 2023/1543 Art. 11(1)", keep_length,
	    "kept for at most 60 days", NULL, NULL },
	{ "parent", ALL, "parent_order", parent,
	    "the order it names is ours, stands, and is of the same agency and "
	    "targets",
	    NULL, has_parent },
	{ "extension", BIT(US_PRTT), "18 USC 3123(c)(2)", extension_length,
	    "it continues an order of its kind at that one's end", NULL,
	    has_parent },
	{ "extension", BIT(US_2703F), "18 USC 2703(f)(2)", extension_length,
	    "it renews a letter of its kind by at most 90 days", NULL,
	    has_parent },
	{ "extension", BIT(EU_EPOC_PR), "(EU) 2023/1543 Art. 11(1)",
	    extension_length,
	    "it extends an order of its kind by at most 30 days", NULL,
	    has_parent },
	{ "extensions", PRESERVES, "one extension", extension_count,
	    "it is the first extension", NULL, has_parent },
	{ "follows",
	    BIT(US_SUBPOENA) | BIT(US_2703D) | BIT(US_WARRANT) | BIT(EU_EPOC),
	    "parent_order", extends_nothing_else,
	    "it follows an emergency or a preservation", NULL, has_parent },
	{ "issuer", ALL, "issuer", issuer_may,
	    "that kind of authority can issue this process", NULL, NULL },
	{ "authority", ALL, "authority", issuer_named,
	    "the issuing authority is stated", NULL, NULL },
	{ "country", ALL, "issuer.country", issuer_country,
	    "issuer and agency are of one country, and the process is its "
	    "law",
	    NULL, NULL },
	{ "area", ALL, "18 USC 3123(a)(2), (b)(1)(C)", state_area,
	    "a state court's order states its geographic limit", NULL,
	    is_of_state },
	{ "offence", BIT(US_PRTT), "18 USC 3123(b)(1)(D)", offence,
	    "the offence is stated", NULL, NULL },
	{ "offence", BIT(US_2703D) | BIT(US_WARRANT) | BIT(US_SUBPOENA),
	    "18 USC 2703(c), (d)", offence,
	    "the offence under investigation is stated", NULL, NULL },
	{ "offence", EU, "(EU) 2023/1543 Art. 5(5), 6(4)", offence,
	    "the offence is stated", NULL, NULL },
	{ "certification", BIT(US_PRTT), "18 USC 3122(b)(2)", certification,
	    "the applicant certifies that it is relevant to an ongoing "
	    "criminal investigation",
	    NULL, NULL },
	{ "emergency", BIT(US_2702) | BIT(EU_EPOC),
	    "18 USC 2702(c)(4); (EU) 2023/1543 Art. 3(18)", basis,
	    "an emergency states its danger", NULL, is_emergency },
	{ "follow-up", BIT(US_2702), "policy, after 18 USC 3125(a)", follow_up,
	    "an order must follow within 48 hours", NULL, NULL },
	{ "deadline", BIT(EU_EPOC), "(EU) 2023/1543 Art. 10(3), (4)", deadline,
	    "answered within 10 days, in an emergency within 8 hours", NULL,
	    NULL },
	{ "document", ALL, "document", document, "the document is there", NULL,
	    NULL },
	{ "agency", ALL, "agency", enrolled, "the agency is in our directory",
	    NULL, NULL },
	{ "signature", ALL, "signature", signature,
	    "the document is signed by the enrolled key", NULL, NULL },
	{ "callback", ALL, "callback", callback,
	    "whom to call back is in our own directory", NULL, NULL },
	{ "velocity", ALL, "velocity", velocity,
	    "at most 25 orders of one agency in 24 hours", NULL, NULL },
	{ "velocity", BIT(US_2702), "velocity", emergency_velocity,
	    "at most 3 emergencies of one agency in 24 hours", NULL, NULL },
	{ "owner-known", ALL, "number epoch", owners_known,
	    "the server says who held the number when",
	    "the server does not say who held the number (is tacetd running? "
	    "then: order check)",
	    NULL },
	{ "owner", ALL, "number epoch", owners_alone,
	    "nobody else held this number in the window",
	    "another person held this number in a part of the window", NULL },
	{ "class", ALL, "class", classes_named, "a class of data is named",
	    NULL, NULL },
};

static void
add(struct order_check *c, size_t *n, bool *all, struct order_check one)
{
	ASSERT(*n < ORDER_CHECKS_MAX);
	c[(*n)++] = one;
	*all = *all && one.pass;
}

size_t
order_checks(const struct order *o, const struct order *received,
    const struct order_facts *f,
    struct order_check ret_checks[static ORDER_CHECKS_MAX], bool *ret_pass)
{
	const struct view v = { o, received, f };
	bool pass = true;
	bool good;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct row *r = &table[i];

		if (r->regimes != ALL &&
		    (r->regimes & (1u << (unsigned int)o->regime)) == 0)
			continue;
		if (r->applies != NULL && !r->applies(&v))
			continue;
		good = r->pass(&v);
		add(ret_checks, &n, &pass,
		    (struct order_check){ r->name, r->cite, good,
			good || r->otherwise == NULL ? r->text
						     : r->otherwise });
	}
	for (unsigned int bit = 1; bit <= RULES_CLASS_KEYS; bit <<= 1) {
		enum rules_class class = (enum rules_class)bit;
		struct rules_cell cell;

		if ((o->classes & bit) == 0)
			continue;
		cell = rules_cell(o->regime, o->issuer.type, class);
		add(ret_checks, &n, &pass,
		    (struct order_check){ "class", cell.cite,
			cell.verb == RULES_VERB_PRODUCE ||
			    cell.verb == RULES_VERB_PROVISION ||
			    cell.verb == RULES_VERB_PRESERVE,
			rules_class_name(class) });
	}
	*ret_pass = pass;
	return n;
}
