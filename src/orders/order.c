#include "orders/order.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "wire/e164_plan.h"
#include "wire/e164_text.h"

#define PRTT_DAYS 60 /* 18 USC 3123(c)(1) */

static const char *const directions[] = { "", "source", "lookup", "both" };

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

/* --- checks
 * ------------------------------------------------------------------- */

struct checks {
	struct order_check *at;
	size_t n;
	bool pass;
};

static void
add(struct checks *c, const char *rule, bool pass, const char *text)
{
	if (c->n == ORDER_CHECKS_MAX)
		return;
	c->at[c->n++] = (struct order_check){ rule, pass, text };
	c->pass = c->pass && pass;
}

static void
check_window(struct checks *c, const struct order *o)
{
	bool forward = o->to.s > o->received.s;
	bool past = o->from.s < o->received.s;

	add(c, "window", o->from.s < o->to.s, "it begins before it ends");
	switch (o->regime) {
	case RULES_REGIME_US_2703D:
	case RULES_REGIME_US_SUBPOENA:
		add(c, "18 USC 2703(d)", !forward,
		    "stored records only: it does not run forward");
		break;
	case RULES_REGIME_US_PRTT:
		add(c, "18 USC 3123", !past,
		    "it begins when it was received or later: a pen register "
		    "never reads the past");
		add(c, "18 USC 3123(c)(1)",
		    o->to.s - o->from.s <= (int64_t)PRTT_DAYS * ORDER_DAY_S,
		    "at most 60 days");
		break;
	}
}

static void
check_classes(struct checks *c, const struct order *o)
{
	for (unsigned int bit = 1; bit <= RULES_CLASS_CONTENT; bit <<= 1) {
		struct rules_cell cell;

		if ((o->classes & bit) == 0)
			continue;
		cell = rules_cell(o->regime, (enum rules_class)bit);
		add(c, cell.cite,
		    cell.verb == RULES_VERB_PRODUCE ||
			cell.verb == RULES_VERB_PROVISION,
		    rules_class_name((enum rules_class)bit));
	}
}

size_t
order_checks(const struct order *o,
    struct order_check ret_checks[static ORDER_CHECKS_MAX], bool *ret_pass)
{
	struct checks c = { ret_checks, 0, true };
	bool valid = o->n_handles > 0;

	for (size_t i = 0; i < o->n_handles; i++)
		valid = valid && e164_plan_check(&o->handles[i]) == RC_OK;
	add(&c, "E.164", valid, "each identifier is a valid number");
	check_window(&c, o);
	add(&c, "class", o->classes != 0, "a class of data is named");
	check_classes(&c, o);
	add(&c, "18 USC 3123(b)(1)(D)", o->offence[0] != '\0',
	    "the offence is stated");
	add(&c, "authority", o->authority[0] != '\0',
	    "the issuing authority is stated");
	add(&c, "document", o->document_sha256[0] != '\0',
	    "the document is there");
	add(&c, "agency", o->is_enrolled, "the agency is in our directory");
	add(&c, "signature", o->has_signature && o->is_signed_by,
	    "the document is signed by the enrolled key");
	*ret_pass = c.pass;
	return c.n;
}

/* --- JSON
 * ---------------------------------------------------------------------------
 */

static json_t *
handles_build(const struct order *o)
{
	json_t *a = json_array();
	char text[E164_TEXT_SIZE];

	for (size_t i = 0; i < o->n_handles; i++) {
		e164_text(&o->handles[i], text);
		(void)json_array_append_new(a, json_sprintf("tel:%s", text));
	}
	return a;
}

static json_t *
classes_build(const struct order *o)
{
	json_t *a = json_array();

	for (unsigned int bit = 1; bit <= RULES_CLASS_CONTENT; bit <<= 1)
		if ((o->classes & bit) != 0)
			(void)json_array_append_new(a,
			    json_string(
				rules_class_name((enum rules_class)bit)));
	return a;
}

json_t *
order_build(const struct order *o)
{
	char from[MONO_RFC3339_SIZE] = "";
	char to[MONO_RFC3339_SIZE] = "";
	char received[MONO_RFC3339_SIZE] = "";

	if (mono_rfc3339(o->from, from) != RC_OK ||
	    mono_rfc3339(o->to, to) != RC_OK ||
	    mono_rfc3339(o->received, received) != RC_OK)
		return NULL;
	return json_pack(
	    "{s:s,s:s,s:s,s:o,s:s,s:s,s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,"
	    "s:b}",
	    "order_id", o->id, "regime", rules_regime_name(o->regime), "agency",
	    o->agency, "targets", handles_build(o), "from", from, "to", to,
	    "direction", order_direction_name(o->direction), "classes",
	    classes_build(o), "authority", o->authority, "legal_ref", o->ref,
	    "offence", o->offence, "document_sha256", o->document_sha256,
	    "seal_until", o->seal_until, "received_at", received,
	    "has_signature", o->has_signature, "agency_enrolled",
	    o->is_enrolled, "signature_good", o->is_signed_by);
}

static enum rc
text_get(const json_t *j, const char *name, size_t size, char *ret_text)
{
	const char *s = json_string_value(json_object_get(j, name));

	if (s == NULL || strlen(s) >= size)
		return RC_MALFORMED;
	memcpy(ret_text, s, strlen(s) + 1);
	return RC_OK;
}

static enum rc
time_get(const json_t *j, const char *name, struct wall *ret_t)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s == NULL ? RC_MALFORMED : mono_rfc3339_parse(s, ret_t);
}

static enum rc
bool_get(const json_t *j, const char *name, bool *ret_b)
{
	const json_t *v = json_object_get(j, name);

	if (!json_is_boolean(v))
		return RC_MALFORMED;
	*ret_b = json_is_true(v);
	return RC_OK;
}

static enum rc
handles_get(const json_t *a, struct order *o)
{
	const char *s;
	enum rc rc = RC_BUG;

	CHECK(json_is_array(a) && json_array_size(a) > 0 &&
		json_array_size(a) <= ORDER_HANDLES_MAX,
	    RC_MALFORMED);
	for (size_t i = 0; i < json_array_size(a); i++) {
		s = json_string_value(json_array_get(a, i));
		CHECK(s != NULL && strncmp(s, "tel:", 4) == 0, RC_MALFORMED);
		TRY(e164_parse(rd_str(s + 4), &o->handles[i]));
	}
	o->n_handles = json_array_size(a);
	rc = RC_OK;
out:
	return rc;
}

static enum rc
classes_get(const json_t *a, struct order *o)
{
	enum rules_class class;
	const char *s;
	enum rc rc = RC_BUG;

	CHECK(json_is_array(a), RC_MALFORMED);
	for (size_t i = 0; i < json_array_size(a); i++) {
		s = json_string_value(json_array_get(a, i));
		CHECK(s != NULL && rules_class_find(rd_str(s), &class) == RC_OK,
		    RC_MALFORMED);
		o->classes |= (unsigned int)class;
	}
	rc = RC_OK;
out:
	return rc;
}

enum rc
order_parse(const json_t *j, struct order *ret_o)
{
	struct order o = { .n_handles = 0 };
	char name[32];
	enum rc rc = RC_BUG;

	CHECK(json_is_object(j), RC_MALFORMED);
	TRY(text_get(j, "order_id", sizeof(o.id), o.id));
	TRY(text_get(j, "regime", sizeof(name), name));
	CHECK(
	    rules_regime_find(rd_str(name), &o.regime) == RC_OK, RC_MALFORMED);
	TRY(text_get(j, "agency", sizeof(o.agency), o.agency));
	TRY(handles_get(json_object_get(j, "targets"), &o));
	TRY(time_get(j, "from", &o.from));
	TRY(time_get(j, "to", &o.to));
	TRY(text_get(j, "direction", sizeof(name), name));
	CHECK(order_direction_find(rd_str(name), &o.direction) == RC_OK,
	    RC_MALFORMED);
	TRY(classes_get(json_object_get(j, "classes"), &o));
	TRY(text_get(j, "authority", sizeof(o.authority), o.authority));
	TRY(text_get(j, "legal_ref", sizeof(o.ref), o.ref));
	TRY(text_get(j, "offence", sizeof(o.offence), o.offence));
	TRY(text_get(j, "document_sha256", sizeof(o.document_sha256),
	    o.document_sha256));
	TRY(text_get(j, "seal_until", sizeof(o.seal_until), o.seal_until));
	TRY(time_get(j, "received_at", &o.received));
	TRY(bool_get(j, "has_signature", &o.has_signature));
	TRY(bool_get(j, "agency_enrolled", &o.is_enrolled));
	TRY(bool_get(j, "signature_good", &o.is_signed_by));
	*ret_o = o;
out:
	return rc;
}
