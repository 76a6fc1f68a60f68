#include "orders/order.h"

#include "tap.h"

/* Every field of the full form says something. */
static json_t *
full(void)
{
	json_t *j = json_pack(
	    "{s:s,s:s,s:{s:s,s:s,s:s,s:s},s:{s:s,s:s,s:s},s:s,s:s,s:s,s:s,s:s}",
	    "order_id", "ord-20261124-00000001", "regime", "us-2703f", "issuer",
	    "type", "state-court", "name", "Court", "country", "US", "area",
	    "Ohio", "agency", "id", "ex", "country", "US", "public_key",
	    "0101010101010101010101010101010101010101010101010101010101010101",
	    "officer", "Ann", "callback", "desk", "legal_ref", "1", "offence",
	    "18 USC 1343", "certification", "yes");
	json_t *more = json_pack(
	    "{s:s,s:s,s:s,s:s,s:[{s:s},{s:s,s:i}],s:{s:s,s:s},s:s,s:[s,s],"
	    "s:{s:s,s:b},s:s,s:n,s:s,s:s}",
	    "served_at", "2026-11-24T10:00:00Z", "received_at",
	    "2026-11-24T10:00:01Z", "document_sha256",
	    "0202020202020202020202020202020202020202020202020202020202020202",
	    "signature", "", "targets", "handle", "tel:+15550100", "handle",
	    "tel:+15550123", "epoch", 2, "window", "from",
	    "2026-11-01T00:00:00Z", "to", "2026-11-02T00:00:00Z", "direction",
	    "both", "classes", "SUBSCRIBER", "TRAFFIC_QUERY", "seal", "until",
	    "2027-01-01T00:00:00Z", "open_ended", 0, "keep_until",
	    "2027-02-01T00:00:00Z", "emergency", "parent_order", "", "due_at",
	    "");

	(void)json_object_update(j, more);
	json_decref(more);
	return j;
}

static enum rc
parse(const json_t *j, const char **ret_field)
{
	static struct order_error e;
	struct order o;
	enum rc rc = order_parse(j, &o, &e);

	*ret_field = e.field;
	return rc;
}

static void
what_is_read_is_built_again(void)
{
	json_t *a = full();
	json_t *b;
	struct order o;
	struct order_error e;

	T_RC(RC_OK, order_parse(a, &o, &e));
	T_OK(o.n_handles == 2 && o.epochs[0] == 0 && o.epochs[1] == 2);
	T_OK(o.has_agency_key && !o.has_signature && !o.is_emergency);
	b = order_build(&o);
	T_OK(json_equal(a, b));
	json_decref(a);
	json_decref(b);
}

static void
each_missing_or_wrong_field_is_refused_by_name(void)
{
	json_t *a = full();
	const char *name;
	const char *said;
	json_t *value;

	json_object_foreach(a, name, value)
	{
		json_t *less = json_copy(a);
		json_t *wrong = json_copy(a);

		(void)json_object_del(less, name);
		T_RC(RC_MALFORMED, parse(less, &said));
		T_STR(name, said);
		(void)json_object_set_new(wrong, name, json_integer(1));
		T_RC(RC_MALFORMED, parse(wrong, &said));
		T_STR(name, said);
		json_decref(less);
		json_decref(wrong);
	}
	json_decref(a);
}

static void
an_unknown_field_is_refused_by_name(void)
{
	json_t *a = full();
	const char *said;

	(void)json_object_set_new(a, "colour", json_string("red"));
	T_RC(RC_MALFORMED, parse(a, &said));
	T_STR("colour", said);
	(void)json_object_del(a, "colour");
	(void)json_object_set_new(
	    json_object_get(a, "window"), "zone", json_string("x"));
	T_RC(RC_MALFORMED, parse(a, &said));
	T_STR("window", said);
	json_decref(a);
	T_RC(RC_MALFORMED, parse(NULL, &said));
	T_STR("order", said);
}

/* Each: a field, a bad value as JSON text, and why it is bad. */
static const struct {
	const char *field;
	const char *value;
	const char *why;
} bad[] = {
	{ "regime", "\"us-wish\"", "no such process" },
	{ "issuer",
	    "{\"type\":\"king\",\"name\":\"\",\"country\":\"US\",\"area\":"
	    "\"\"}",
	    "no such issuer" },
	{ "issuer",
	    "{\"type\":\"court\",\"name\":\"\",\"country\":\"us\",\"area\":"
	    "\"\"}",
	    "a country is two capitals" },
	{ "targets", "[]", "nobody" },
	{ "targets", "[{\"handle\":\"+15550100\"}]", "no tel:" },
	{ "targets", "[{\"handle\":\"tel:15550100\"}]", "no plus" },
	{ "targets", "[{\"handle\":\"tel:+15550100\",\"epoch\":0}]",
	    "epochs begin at 1" },
	{ "targets", "[{\"handle\":\"tel:+15550100\",\"name\":\"x\"}]",
	    "unknown member" },
	{ "classes", "[\"SUBSCRIBER\",\"SUBSCRIBER\"]", "twice" },
	{ "classes", "[\"EVERYTHING\"]", "no such class" },
	{ "direction", "\"up\"", "no such direction" },
	{ "window",
	    "{\"from\":\"2026-11-02T00:00:00Z\",\"to\":\"2026-11-01T00:00:"
	    "00Z\"}",
	    "ends before it begins" },
	{ "window", "{\"from\":\"\",\"to\":\"2026-11-01T00:00:00Z\"}",
	    "no begin" },
	{ "served_at", "\"2026-11-24 10:00\"", "no RFC 3339" },
	{ "document_sha256", "\"02\"", "too short" },
	{ "signature", "\"zz\"", "no hex" },
	{ "seal", "{\"until\":\"\",\"open_ended\":false}", "neither" },
	{ "officer", "\"a\\u0007b\"", "a control character" },
	{ "agency", "\"ex\"", "the full form has the key too" },
};

static void
each_value_out_of_range_is_refused_by_name(void)
{
	const char *said;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *a = full();
		json_t *v = json_loads(bad[i].value, JSON_DECODE_ANY, NULL);

		T_OK(v != NULL);
		(void)json_object_set_new(a, bad[i].field, v);
		T_RC(RC_MALFORMED, parse(a, &said));
		T_STR(bad[i].field, said);
		json_decref(a);
	}
}

static void
sixteen_targets_and_255_octets_are_the_most(void)
{
	json_t *a = full();
	json_t *targets = json_array();
	char text[ORDER_TEXT_SIZE + 1];
	const char *said;

	for (int i = 0; i < ORDER_HANDLES_MAX; i++)
		(void)json_array_append_new(targets,
		    json_pack(
			"{s:o}", "handle", json_sprintf("tel:+155501%02d", i)));
	(void)json_object_set(a, "targets", targets);
	T_RC(RC_OK, parse(a, &said));
	(void)json_array_append_new(
	    targets, json_pack("{s:s}", "handle", "tel:+15550199"));
	T_RC(RC_MALFORMED, parse(a, &said));
	T_STR("targets", said);
	json_decref(targets);
	json_decref(a);
	a = full();
	memset(text, 'x', sizeof(text));
	text[ORDER_TEXT_SIZE - 1] = '\0';
	(void)json_object_set_new(a, "offence", json_string(text));
	T_RC(RC_OK, parse(a, &said));
	text[ORDER_TEXT_SIZE - 1] = 'x';
	text[ORDER_TEXT_SIZE] = '\0';
	(void)json_object_set_new(a, "offence", json_string(text));
	T_RC(RC_MALFORMED, parse(a, &said));
	T_STR("offence", said);
	json_decref(a);
}

/* --- requests
 * ---------------------------------------------------------------------- */

static json_t *
request(void)
{
	json_t *j = full();
	static const char *const ours[] = { "order_id", "callback",
		"received_at", "signature", "due_at" };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		(void)json_object_del(j, ours[i]);
	(void)json_object_set_new(j, "agency", json_string("ex"));
	return j;
}

static void
a_request_may_leave_out_what_it_has_not_got(void)
{
	static const char *const may[] = { "officer", "offence",
		"certification", "served_at", "document_sha256", "seal",
		"keep_until", "emergency", "parent_order" };
	struct order o;
	struct order_error e;
	json_t *j = request();

	T_RC(RC_OK, order_request_parse(j, &o, &e));
	T_STR("ex", o.agency);
	for (size_t i = 0; i < ARRAY_LEN(may); i++)
		(void)json_object_del(j, may[i]);
	T_RC(RC_OK, order_request_parse(j, &o, &e));
	T_OK(o.offence[0] == '\0' && o.seal_until.s == 0);
	(void)json_object_del(j, "targets");
	T_RC(RC_MALFORMED, order_request_parse(j, &o, &e));
	T_STR("targets", e.field);
	json_decref(j);
}

static void
a_request_never_says_what_is_ours(void)
{
	static const char *const ours[] = { "order_id", "callback",
		"received_at", "signature", "due_at" };
	struct order o;
	struct order_error e;

	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		json_t *j = request();

		(void)json_object_set_new(j, ours[i], json_string(""));
		T_RC(RC_MALFORMED, order_request_parse(j, &o, &e));
		T_STR(ours[i], e.field);
		json_decref(j);
	}
}

static void
a_request_never_brings_its_own_key(void)
{
	struct order o;
	struct order_error e;
	json_t *j = request();
	json_t *f = full();

	(void)json_object_set(j, "agency", json_object_get(f, "agency"));
	T_RC(RC_MALFORMED, order_request_parse(j, &o, &e));
	T_STR("agency", e.field);
	json_decref(j);
	json_decref(f);
}

int
main(void)
{
	TEST(what_is_read_is_built_again);
	TEST(each_missing_or_wrong_field_is_refused_by_name);
	TEST(an_unknown_field_is_refused_by_name);
	TEST(each_value_out_of_range_is_refused_by_name);
	TEST(sixteen_targets_and_255_octets_are_the_most);
	TEST(a_request_may_leave_out_what_it_has_not_got);
	TEST(a_request_never_says_what_is_ours);
	TEST(a_request_never_brings_its_own_key);
	return tap_done();
}
