/* The JSON forms of an order: one table of fields, read and written by it. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "orders/order.h"
#include "wire/e164_text.h"
#include "wire/text64.h"

enum who {       /* who may say a field in a request */
	WHO_US,  /* never the agency */
	WHO_MAY, /* left out: empty */
	WHO_MUST
};

struct field {
	const char *name;
	enum who who;
	enum rc (*get)(const json_t *v, struct order *o);
	json_t *(*put)(const struct order *o);
};

/* --- values
 * ------------------------------------------------------------------------ */

static enum rc
text_get(const json_t *v, size_t size, char *ret_text)
{
	const char *s = json_string_value(v);

	if (s == NULL || strlen(s) >= size)
		return RC_MALFORMED;
	for (const char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return RC_MALFORMED; /* it is printed on terminals */
	memcpy(ret_text, s, strlen(s) + 1);
	return RC_OK;
}

/* "" is 0: no time. */
static enum rc
time_get(const json_t *v, struct wall *ret_t)
{
	const char *s = json_string_value(v);

	if (s == NULL)
		return RC_MALFORMED;
	if (*s == '\0') {
		ret_t->s = 0;
		return RC_OK;
	}
	return mono_rfc3339_parse(s, ret_t);
}

static json_t *
time_put(struct wall t)
{
	char text[MONO_RFC3339_SIZE] = "";

	if (t.s != 0 && mono_rfc3339(t, text) != RC_OK)
		return NULL;
	return json_string(text);
}

static enum rc
hex_get(const json_t *v, size_t n, bool *ret_has, uint8_t *ret_bytes)
{
	const char *s = json_string_value(v);

	if (s == NULL)
		return RC_MALFORMED;
	*ret_has = *s != '\0';
	return *s == '\0' ? RC_OK : text64_hex_parse(rd_str(s), n, ret_bytes);
}

static json_t *
hex_put(bool has, const uint8_t *bytes, size_t n)
{
	char hex[129] = "";

	if (has)
		(void)sodium_bin2hex(hex, sizeof(hex), bytes, n);
	return json_string(hex);
}

/* Exactly the n members of object v, each by the letter of its type. */
static enum rc
only(const json_t *v, const char *const *names, size_t n)
{
	if (!json_is_object(v) || json_object_size(v) != n)
		return RC_MALFORMED;
	for (size_t i = 0; i < n; i++)
		if (json_object_get(v, names[i]) == NULL)
			return RC_MALFORMED;
	return RC_OK;
}

static bool
is_country(const char *s)
{
	return s[0] == '\0' ||
	    (s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z');
}

/* --- fields
 * ------------------------------------------------------------------------ */

#define TEXT(field, member)                                          \
	static enum rc get_##field(const json_t *v, struct order *o) \
	{                                                            \
		return text_get(v, sizeof(o->member), o->member);    \
	}                                                            \
	static json_t *put_##field(const struct order *o)            \
	{                                                            \
		return json_string(o->member);                       \
	}
#define TIME(field, member)                                          \
	static enum rc get_##field(const json_t *v, struct order *o) \
	{                                                            \
		return time_get(v, &o->member);                      \
	}                                                            \
	static json_t *put_##field(const struct order *o)            \
	{                                                            \
		return time_put(o->member);                          \
	}

TEXT(order_id, id)
TEXT(officer, officer)
TEXT(callback, callback)
TEXT(legal_ref, ref)
TEXT(offence, offence)
TEXT(certification, certification)
TEXT(parent_order, parent)
TIME(served_at, served)
TIME(received_at, received)
TIME(keep_until, keep_until)
TIME(due_at, due)

static enum rc
get_regime(const json_t *v, struct order *o)
{
	const char *s = json_string_value(v);

	return s != NULL && rules_regime_find(rd_str(s), &o->regime) == RC_OK
	    ? RC_OK
	    : RC_MALFORMED;
}

static json_t *
put_regime(const struct order *o)
{
	return json_string(rules_regime_name(o->regime));
}

static enum rc
get_issuer(const json_t *v, struct order *o)
{
	static const char *const names[] = { "type", "name", "country",
		"area" };
	const char *type = json_string_value(json_object_get(v, "type"));
	enum rc rc = RC_BUG;

	TRY(only(v, names, ARRAY_LEN(names)));
	CHECK(type != NULL &&
		rules_issuer_find(rd_str(type), &o->issuer.type) == RC_OK,
	    RC_MALFORMED);
	TRY(text_get(json_object_get(v, "name"), sizeof(o->issuer.name),
	    o->issuer.name));
	TRY(text_get(json_object_get(v, "area"), sizeof(o->issuer.area),
	    o->issuer.area));
	TRY(text_get(json_object_get(v, "country"), sizeof(o->issuer.country),
	    o->issuer.country));
	CHECK(is_country(o->issuer.country), RC_MALFORMED);
out:
	return rc;
}

static json_t *
put_issuer(const struct order *o)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "type",
	    rules_issuer_name(o->issuer.type), "name", o->issuer.name,
	    "country", o->issuer.country, "area", o->issuer.area);
}

/* In a request the id alone: country and key are in our directory. */
static enum rc
get_agency(const json_t *v, struct order *o)
{
	static const char *const names[] = { "id", "country", "public_key" };
	enum rc rc = RC_BUG;

	if (json_is_string(v))
		return text_get(v, sizeof(o->agency), o->agency);
	TRY(only(v, names, ARRAY_LEN(names)));
	TRY(text_get(json_object_get(v, "id"), sizeof(o->agency), o->agency));
	TRY(text_get(json_object_get(v, "country"), sizeof(o->agency_country),
	    o->agency_country));
	CHECK(is_country(o->agency_country), RC_MALFORMED);
	TRY(hex_get(json_object_get(v, "public_key"), 32, &o->has_agency_key,
	    o->agency_key));
out:
	return rc;
}

static json_t *
put_agency(const struct order *o)
{
	return json_pack("{s:s,s:s,s:o}", "id", o->agency, "country",
	    o->agency_country, "public_key",
	    hex_put(o->has_agency_key, o->agency_key, 32));
}

static enum rc
get_document(const json_t *v, struct order *o)
{
	uint8_t hash[32];
	bool has = false;
	enum rc rc = hex_get(v, 32, &has, hash);

	if (rc == RC_OK)
		(void)snprintf(o->document_sha256, sizeof(o->document_sha256),
		    "%s", json_string_value(v));
	return rc;
}

static json_t *
put_document(const struct order *o)
{
	return json_string(o->document_sha256);
}

static enum rc
get_signature(const json_t *v, struct order *o)
{
	return hex_get(v, 64, &o->has_signature, o->signature);
}

static json_t *
put_signature(const struct order *o)
{
	return hex_put(o->has_signature, o->signature, 64);
}

static enum rc
get_target(const json_t *v, struct e164 *ret_handle, uint32_t *ret_epoch)
{
	const json_t *epoch = json_object_get(v, "epoch");
	const char *s = json_string_value(json_object_get(v, "handle"));
	enum rc rc = RC_BUG;

	CHECK(json_is_object(v) &&
		json_object_size(v) == (epoch == NULL ? 1u : 2u),
	    RC_MALFORMED);
	CHECK(s != NULL && strncmp(s, "tel:", 4) == 0, RC_MALFORMED);
	TRY(e164_parse(rd_str(s + 4), ret_handle));
	if (epoch == NULL)
		goto out;
	CHECK(json_is_integer(epoch) && json_integer_value(epoch) > 0 &&
		json_integer_value(epoch) <= UINT32_MAX,
	    RC_MALFORMED);
	*ret_epoch = (uint32_t)json_integer_value(epoch);
out:
	return rc;
}

static enum rc
get_targets(const json_t *v, struct order *o)
{
	size_t n = json_array_size(v);
	enum rc rc = RC_BUG;

	CHECK(
	    json_is_array(v) && n > 0 && n <= ORDER_HANDLES_MAX, RC_MALFORMED);
	for (size_t i = 0; i < n; i++)
		TRY(get_target(
		    json_array_get(v, i), &o->handles[i], &o->epochs[i]));
	o->n_handles = n;
out:
	return rc;
}

static json_t *
put_targets(const struct order *o)
{
	json_t *a = json_array();
	char text[E164_TEXT_SIZE];

	for (size_t i = 0; i < o->n_handles; i++) {
		json_t *t;

		e164_text(&o->handles[i], text);
		t = json_pack("{s:o}", "handle", json_sprintf("tel:%s", text));
		if (o->epochs[i] != 0)
			(void)json_object_set_new(
			    t, "epoch", json_integer(o->epochs[i]));
		(void)json_array_append_new(a, t);
	}
	sodium_memzero(text, sizeof(text));
	return a;
}

static enum rc
get_window(const json_t *v, struct order *o)
{
	static const char *const names[] = { "from", "to" };
	enum rc rc = RC_BUG;

	TRY(only(v, names, ARRAY_LEN(names)));
	TRY(time_get(json_object_get(v, "from"), &o->from));
	TRY(time_get(json_object_get(v, "to"), &o->to));
	CHECK(o->from.s != 0 && o->to.s != 0, RC_MALFORMED);
out:
	return rc;
}

static json_t *
put_window(const struct order *o)
{
	return json_pack(
	    "{s:o,s:o}", "from", time_put(o->from), "to", time_put(o->to));
}

static enum rc
get_direction(const json_t *v, struct order *o)
{
	const char *s = json_string_value(v);

	return s != NULL &&
		order_direction_find(rd_str(s), &o->direction) == RC_OK
	    ? RC_OK
	    : RC_MALFORMED;
}

static json_t *
put_direction(const struct order *o)
{
	return json_string(order_direction_name(o->direction));
}

static enum rc
get_classes(const json_t *v, struct order *o)
{
	enum rules_class class;
	const char *s;
	enum rc rc = RC_OK;

	CHECK(json_is_array(v), RC_MALFORMED);
	for (size_t i = 0; i < json_array_size(v); i++) {
		s = json_string_value(json_array_get(v, i));
		CHECK(s != NULL && rules_class_find(rd_str(s), &class) == RC_OK,
		    RC_MALFORMED);
		CHECK((o->classes & (unsigned int)class) == 0, RC_MALFORMED);
		o->classes |= (unsigned int)class;
	}
out:
	return rc;
}

static json_t *
put_classes(const struct order *o)
{
	json_t *a = json_array();

	for (unsigned int bit = 1; bit <= RULES_CLASS_KEYS; bit <<= 1)
		if ((o->classes & bit) != 0)
			(void)json_array_append_new(a,
			    json_string(
				rules_class_name((enum rules_class)bit)));
	return a;
}

static enum rc
get_seal(const json_t *v, struct order *o)
{
	static const char *const names[] = { "until", "open_ended" };
	const json_t *open;
	enum rc rc = RC_BUG;

	if (json_is_null(v))
		return RC_OK;
	TRY(only(v, names, ARRAY_LEN(names)));
	open = json_object_get(v, "open_ended");
	TRY(time_get(json_object_get(v, "until"), &o->seal_until));
	CHECK(json_is_boolean(open), RC_MALFORMED);
	o->seal_is_open = json_is_true(open);
	CHECK(o->seal_until.s != 0 || o->seal_is_open, RC_MALFORMED);
out:
	return rc;
}

static json_t *
put_seal(const struct order *o)
{
	if (o->seal_until.s == 0)
		return json_null();
	return json_pack("{s:o,s:b}", "until", time_put(o->seal_until),
	    "open_ended", o->seal_is_open);
}

static enum rc
get_emergency(const json_t *v, struct order *o)
{
	static const char *const names[] = { "basis", "follow_up_due" };
	enum rc rc = RC_BUG;

	if (json_is_null(v))
		return RC_OK;
	TRY(only(v, names, ARRAY_LEN(names)));
	o->is_emergency = true;
	TRY(text_get(json_object_get(v, "basis"), sizeof(o->basis), o->basis));
	TRY(time_get(json_object_get(v, "follow_up_due"), &o->follow_up_due));
out:
	return rc;
}

static json_t *
put_emergency(const struct order *o)
{
	if (!o->is_emergency)
		return json_null();
	return json_pack("{s:s,s:o}", "basis", o->basis, "follow_up_due",
	    time_put(o->follow_up_due));
}

#define FIELD(name, who)                           \
	{                                          \
#name, who, get_##name, put_##name \
	}
static const struct field fields[] = {
	FIELD(order_id, WHO_US),
	FIELD(regime, WHO_MUST),
	FIELD(issuer, WHO_MUST),
	FIELD(agency, WHO_MUST),
	FIELD(officer, WHO_MAY),
	/* always from our own directory, never from a request */
	FIELD(callback, WHO_US),
	FIELD(legal_ref, WHO_MUST),
	FIELD(offence, WHO_MAY),
	FIELD(certification, WHO_MAY),
	FIELD(served_at, WHO_MAY),
	FIELD(received_at, WHO_US),
	{ "document_sha256", WHO_MAY, get_document, put_document },
	FIELD(signature, WHO_US), /* stands beside what it signs */
	FIELD(targets, WHO_MUST),
	FIELD(window, WHO_MUST),
	FIELD(direction, WHO_MUST),
	FIELD(classes, WHO_MUST),
	FIELD(seal, WHO_MAY),
	FIELD(keep_until, WHO_MAY),
	FIELD(emergency, WHO_MAY),
	FIELD(parent_order, WHO_MAY),
	FIELD(due_at, WHO_US),
};

json_t *
order_build(const struct order *o)
{
	json_t *j = json_object();

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (json_object_set_new(j, fields[i].name, fields[i].put(o)) !=
		    0) {
			json_decref(j);
			return NULL;
		}
	return j;
}

static void
say(struct order_error *e, const char *field, const char *why)
{
	(void)snprintf(e->field, sizeof(e->field), "%s", field);
	/* it may be a stranger's: one line, ASCII */
	for (char *c = e->field; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	e->why = why;
}

static const struct field *
find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static enum rc
read_field(const json_t *j, const struct field *f, bool is_request,
    struct order *o, struct order_error *e)
{
	const json_t *v = json_object_get(j, f->name);

	if (v == NULL && is_request && f->who != WHO_MUST)
		return RC_OK;
	if (v == NULL)
		say(e, f->name, "it is missing");
	else if (is_request && f->who == WHO_US)
		say(e, f->name, "it is ours to say, never a request's");
	else if (is_request && f->get == get_agency && !json_is_string(v))
		say(e, f->name, "give its id alone, as a string");
	else if (!is_request && f->get == get_agency && !json_is_object(v))
		say(e, f->name, "it is no object");
	else if (f->get(v, o) != RC_OK)
		say(e, f->name, "it is of another type or out of range");
	else
		return RC_OK;
	return RC_MALFORMED;
}

static enum rc
read_all(const json_t *j, bool is_request, struct order *ret_o,
    struct order_error *ret_e)
{
	struct order o = { .n_handles = 0 };
	void *it = json_object_iter((json_t *)(uintptr_t)j);
	enum rc rc = RC_BUG;

	say(ret_e, "order", "it is no JSON object");
	CHECK(json_is_object(j), RC_MALFORMED);
	for (; it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)j, it))
		if (find(json_object_iter_key(it)) == NULL) {
			say(ret_e, json_object_iter_key(it), "it is unknown");
			rc = RC_MALFORMED;
			goto out;
		}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		TRY(read_field(j, &fields[i], is_request, &o, ret_e));
	if (!is_request)
		TRY(order_contradiction(&o, ret_e));
	*ret_o = o;
	*ret_e = (struct order_error){ "", NULL };
	rc = RC_OK;
out:
	return rc;
}

enum rc
order_parse(const json_t *j, struct order *ret_o, struct order_error *ret_e)
{
	return read_all(j, false, ret_o, ret_e);
}

enum rc
order_request_parse(
    const json_t *j, struct order *ret_o, struct order_error *ret_e)
{
	return read_all(j, true, ret_o, ret_e);
}
