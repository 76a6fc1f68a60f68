#include "orders/report_entry.h"

#include <string.h>

#include <sodium.h>

#include "wire/json_body.h"

/* --- built
 * ------------------------------------------------------------------------- */

static json_t *
day_json(struct wall t)
{
	char text[MONO_DATE_SIZE];

	if (t.s == 0)
		return json_null();
	return mono_date(mono_day(t), text) == RC_OK ? json_string(text) : NULL;
}

static json_t *
commitment_json(const struct case_file *c)
{
	char hex[2 * COMMITMENT_SIZE + 1];

	(void)sodium_bin2hex(
	    hex, sizeof(hex), c->commitment, sizeof(c->commitment));
	return json_string(hex);
}

json_t *
report_entry_order(const struct case_file *c)
{
	return json_pack(
	    "{s:o,s:s}", "commitment", commitment_json(c), "type", "order");
}

json_t *
report_entry_notice(const struct case_file *c, struct wall now)
{
	return json_pack("{s:o,s:o,s:s}", "commitment", commitment_json(c),
	    "day", day_json(now), "type", "notice");
}

json_t *
report_entry_emergency(const struct case_file *c, struct wall now)
{
	return json_pack("{s:o,s:o,s:s}", "commitment", commitment_json(c),
	    "day", day_json(now), "type", "emergency");
}

static json_t *
classes_json(unsigned int classes)
{
	json_t *a = json_array();

	for (unsigned int bit = 1; bit <= RULES_CLASS_KEYS; bit <<= 1)
		if ((classes & bit) != 0)
			(void)json_array_append_new(a,
			    json_string(
				rules_class_name((enum rules_class)bit)));
	return a;
}

/* When it was answered: the first package, or the decision that gives none. */
static struct wall
answered(const struct case_file *c)
{
	if (c->packages > 0)
		return c->packaged_at;
	if (c->decision == ORDER_DECISION_REFUSE ||
	    c->decision == ORDER_DECISION_NOT_HELD)
		return c->decided_at;
	return (struct wall){ 0 };
}

json_t *
report_entry_opened(const struct case_file *c)
{
	const struct order *o = &c->order;
	json_t *j = json_pack("{s:s,s:o,s:s,s:s,s:s,s:o,s:s,s:b,s:b}", "type",
	    "order-open", "commitment", commitment_json(c), "regime",
	    rules_regime_name(o->regime), "issuer",
	    rules_issuer_name(o->issuer.type), "country", o->issuer.country,
	    "classes", classes_json(o->classes), "decision",
	    order_decision_name(c->decision), "emergency", o->is_emergency,
	    "late", c->is_overdue);
	json_t *more = json_pack(
	    "{s:o,s:o,s:o,s:o,s:o,s:b,s:I,s:I,s:I,s:I,s:I}", "received",
	    day_json(o->received), "from", day_json(o->from), "to",
	    day_json(o->to), "answered", day_json(answered(c)), "sealed_until",
	    day_json(c->seal_until), "open_ended", o->seal_is_open,
	    "seal_extensions", (json_int_t)c->seal_extensions, "targets",
	    (json_int_t)o->n_handles, "rows", (json_int_t)c->rows, "packages",
	    (json_int_t)c->packages, "over", (json_int_t)c->over);

	if (j == NULL || more == NULL || json_object_update(j, more) != 0) {
		json_decref(j);
		j = NULL;
	}
	json_decref(more);
	return j;
}

/* --- read
 * -------------------------------------------------------------------------- */

static enum rc
day_get(const json_t *j, const char *name, bool *ret_has, int32_t *ret_day)
{
	const json_t *v = json_object_get(j, name);

	if (ret_has != NULL && json_is_null(v)) {
		*ret_has = false;
		return RC_OK;
	}
	if (!json_is_string(v))
		return RC_MALFORMED;
	if (ret_has != NULL)
		*ret_has = true;
	return mono_date_parse(json_string_value(v), ret_day);
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
names_get(const json_t *j, struct report_entry_open *e)
{
	struct rd s = { NULL, 0 };
	enum rc rc = RC_BUG;

	TRY(json_body_str(j, "regime", 32, &s));
	CHECK(rules_regime_find(s, &e->regime) == RC_OK, RC_MALFORMED);
	TRY(json_body_str(j, "issuer", 32, &s));
	CHECK(rules_issuer_find(s, &e->issuer) == RC_OK, RC_MALFORMED);
	TRY(json_body_str(j, "decision", 32, &s));
	CHECK(order_decision_find(s, &e->decision) == RC_OK, RC_MALFORMED);
	TRY(json_body_str(j, "country", 2, &s));
	for (size_t i = 0; i < s.left; i++)
		CHECK(s.p[i] >= 'A' && s.p[i] <= 'Z', RC_MALFORMED);
	CHECK(s.left == 2, RC_MALFORMED);
	memcpy(e->country, s.p, 2);
out:
	return rc;
}

static enum rc
classes_get(const json_t *j, unsigned int *ret_classes)
{
	enum rules_class class;
	unsigned int all = 0;
	const json_t *a;
	enum rc rc = RC_BUG;

	TRY(json_body_array(j, "classes", RULES_CLASSES, &a));
	for (size_t i = 0; i < json_array_size(a); i++) {
		const char *s = json_string_value(json_array_get(a, i));

		CHECK(s != NULL && rules_class_find(rd_str(s), &class) == RC_OK,
		    RC_MALFORMED);
		/* each once, in the order of the table */
		CHECK((unsigned int)class > all, RC_MALFORMED);
		all |= (unsigned int)class;
	}
	*ret_classes = all;
out:
	return rc;
}

enum rc
report_entry_parse(const json_t *j, struct report_entry_open *ret_e)
{
	static const char *const names[] = { "type", "commitment", "regime",
		"issuer", "country", "classes", "decision", "emergency", "late",
		"received", "from", "to", "answered", "sealed_until",
		"open_ended", "seal_extensions", "targets", "rows", "packages",
		"over" };
	const char *type = json_string_value(json_object_get(j, "type"));
	struct report_entry_open e = { .has_answer = false };
	enum rc rc = RC_BUG;

	CHECK(json_is_object(j) && type != NULL &&
		strcmp(type, "order-open") == 0,
	    RC_MALFORMED);
	TRY(json_body_only(j, names, ARRAY_LEN(names)));
	TRY(json_body_hex(j, "commitment", COMMITMENT_SIZE, e.commitment));
	TRY(names_get(j, &e));
	TRY(classes_get(j, &e.classes));
	TRY(bool_get(j, "emergency", &e.emergency));
	TRY(bool_get(j, "late", &e.late));
	TRY(bool_get(j, "open_ended", &e.open_ended));
	TRY(day_get(j, "received", NULL, &e.received));
	TRY(day_get(j, "from", NULL, &e.from));
	TRY(day_get(j, "to", NULL, &e.to));
	TRY(day_get(j, "answered", &e.has_answer, &e.answered));
	TRY(day_get(j, "sealed_until", &e.has_seal, &e.sealed_until));
	TRY(json_body_uint(
	    j, "seal_extensions", UINT32_MAX, &e.seal_extensions));
	TRY(json_body_uint(j, "targets", ORDER_HANDLES_MAX, &e.targets));
	TRY(json_body_uint(j, "rows", INT64_MAX, &e.rows));
	TRY(json_body_uint(j, "packages", UINT32_MAX, &e.packages));
	TRY(json_body_uint(j, "over", INT64_MAX, &e.over));
	CHECK(!e.has_answer || e.answered >= e.received, RC_MALFORMED);
	CHECK(!e.has_seal || e.sealed_until >= e.received, RC_MALFORMED);
	CHECK(e.targets > 0 && e.from <= e.to, RC_MALFORMED);
	*ret_e = e;
out:
	return rc;
}
