/* What is known beside an order, as it stands in the ledger. */
#include <string.h>

#include "orders/order_checks.h"
#include "wire/json_body.h"

#define LINKS_MAX 1000

static json_t *
time_put(struct wall t)
{
	char text[MONO_RFC3339_SIZE] = "";

	if (t.s != 0 && mono_rfc3339(t, text) != RC_OK)
		return NULL;
	return json_string(text);
}

static enum rc
time_get(const json_t *j, const char *name, struct wall *ret_t)
{
	const char *s = json_string_value(json_object_get(j, name));

	if (s == NULL)
		return RC_MALFORMED;
	if (*s == '\0') {
		ret_t->s = 0;
		return RC_OK;
	}
	return mono_rfc3339_parse(s, ret_t);
}

static json_t *
owners_put(const struct order_facts *f, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *a = f->owners[i].is_known ? json_array() : json_null();

		for (size_t k = 0; k < f->owners[i].n; k++) {
			const struct order_owner *w = &f->owners[i].at[k];

			(void)json_array_append_new(a,
			    json_pack("{s:I,s:o,s:o}", "epoch",
				(json_int_t)w->epoch, "from", time_put(w->from),
				"to", time_put(w->to)));
		}
		(void)json_array_append_new(all, a);
	}
	return all;
}

json_t *
order_facts_build(const struct order_facts *f, size_t n)
{
	json_t *p = json_null();

	if (f->has_parent)
		p = json_pack("{s:s,s:b,s:o,s:o,s:I}", "regime",
		    rules_regime_name(f->parent_regime), "same", f->parent_same,
		    "to", time_put(f->parent_to), "until",
		    time_put(f->parent_until), "links",
		    (json_int_t)f->parent_links);
	return json_pack("{s:b,s:b,s:I,s:I,s:o,s:o}", "agency_enrolled",
	    f->is_enrolled, "signature_good", f->is_signed_by, "day_orders",
	    (json_int_t)f->day_orders, "day_emergencies",
	    (json_int_t)f->day_emergencies, "parent", p, "owners",
	    owners_put(f, n));
}

static enum rc
u32_get(const json_t *j, const char *name, uint32_t *ret_v)
{
	uint64_t v = 0;
	enum rc rc = json_body_uint(j, name, UINT32_MAX, &v);

	if (rc == RC_OK)
		*ret_v = (uint32_t)v;
	return rc;
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
parent_get(const json_t *p, struct order_facts *f)
{
	const char *regime = json_string_value(json_object_get(p, "regime"));
	enum rc rc = RC_BUG;

	if (json_is_null(p))
		return RC_OK;
	CHECK(regime != NULL &&
		rules_regime_find(rd_str(regime), &f->parent_regime) == RC_OK,
	    RC_MALFORMED);
	TRY(bool_get(p, "same", &f->parent_same));
	TRY(time_get(p, "to", &f->parent_to));
	TRY(time_get(p, "until", &f->parent_until));
	TRY(u32_get(p, "links", &f->parent_links));
	CHECK(f->parent_links <= LINKS_MAX, RC_MALFORMED);
	f->has_parent = true;
out:
	return rc;
}

static enum rc
owners_get(const json_t *all, struct order_facts *f)
{
	enum rc rc = RC_OK;

	CHECK(json_is_array(all) && json_array_size(all) <= ORDER_HANDLES_MAX,
	    RC_MALFORMED);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *a = json_array_get(all, i);

		if (json_is_null(a))
			continue;
		CHECK(
		    json_is_array(a) && json_array_size(a) <= ORDER_OWNERS_MAX,
		    RC_MALFORMED);
		f->owners[i].is_known = true;
		f->owners[i].n = json_array_size(a);
		for (size_t k = 0; k < f->owners[i].n; k++) {
			const json_t *w = json_array_get(a, k);
			struct order_owner *to = &f->owners[i].at[k];

			TRY(u32_get(w, "epoch", &to->epoch));
			TRY(time_get(w, "from", &to->from));
			TRY(time_get(w, "to", &to->to));
		}
	}
out:
	return rc;
}

enum rc
order_facts_parse(const json_t *j, struct order_facts *ret_f)
{
	struct order_facts f = { .is_enrolled = false };
	enum rc rc = RC_BUG;

	CHECK(json_is_object(j) && json_object_size(j) == 6, RC_MALFORMED);
	TRY(bool_get(j, "agency_enrolled", &f.is_enrolled));
	TRY(bool_get(j, "signature_good", &f.is_signed_by));
	TRY(u32_get(j, "day_orders", &f.day_orders));
	TRY(u32_get(j, "day_emergencies", &f.day_emergencies));
	TRY(parent_get(json_object_get(j, "parent"), &f));
	TRY(owners_get(json_object_get(j, "owners"), &f));
	*ret_f = f;
out:
	return rc;
}
