#include "orders/request.h"

#include "orders/json_field.h"
#include "tap.h"

static const uint8_t points[64] = { 7 };
static const uint8_t shares[3 * JOURNAL_SHARE_SIZE] = { 8 };

static void
order_of(struct order *o)
{
	*o = (struct order){ .regime = RULES_REGIME_US_2703D,
		.direction = ORDER_DIRECTION_BOTH,
		.classes = RULES_CLASS_TRAFFIC_QUERY,
		.n_handles = 1 };
	o->issuer.type = rules_issuer_usual(o->regime);
	(void)snprintf(o->issuer.name, sizeof(o->issuer.name), "Court");
	(void)snprintf(o->issuer.country, sizeof(o->issuer.country), "US");
	(void)snprintf(o->agency, sizeof(o->agency), "ex");
	(void)snprintf(o->ref, sizeof(o->ref), "26-1");
	(void)snprintf(o->offence, sizeof(o->offence), "18 USC 1343");
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &o->handles[0]));
	o->from.s = 1728000000;
	o->to.s = 1728086400;
	o->served.s = 1728090000;
	o->received.s = 1728090000;
	order_complete(o, 180);
	order_id(o->received, o->id);
}

/* A request with one part; of stage OPEN with one envelope. */
static void
make(struct request *q, enum request_stage stage)
{
	const struct journal_session s = { .day = 20000,
		.k = 2,
		.n = 3,
		.commitments = points,
		.shares = shares };

	request_init(q);
	q->stage = stage;
	order_of(&q->order);
	q->decided.verdict = ORDER_DECISION_ACCEPT;
	q->log_index = 5;
	q->path.n = 2;
	T_RC(RC_OK, buf_add_str(&q->note, "note\n"));
	for (size_t i = 0; i < REQUEST_REVIEWS; i++)
		(void)snprintf(q->decided.reviews[i].name,
		    sizeof(q->decided.reviews[i].name), "r%zu", i);
	T_RC(RC_OK, request_parts_new(q, 1));
	T_RC(RC_OK, journal_session_build(&s, &q->parts[0].body));
	T_RC(RC_OK,
	    journal_session_parse(
		buf_get(&q->parts[0].body), &q->parts[0].session));
	q->n_parents = 1;
	order_of(&q->parents[0].order);
	q->parents[0].decided = q->decided;
	q->parents[0].log_index = 3;
	if (stage == REQUEST_STAGE_FIND)
		return;
	q->parts[0].found = calloc(2, sizeof(*q->parts[0].found));
	T_RC(RC_OK, request_envelopes_new(q, 1));
	q->envelopes[0].direction = JOURNAL_DIRECTION_LOOKUP;
}

static void
a_request_is_read_as_it_was_built(void)
{
	static const enum request_stage stages[] = { REQUEST_STAGE_FIND,
		REQUEST_STAGE_OPEN };
	struct request q;
	struct request r;
	struct buf a;
	struct buf b;
	const char *why = "";

	for (size_t i = 0; i < 2; i++) {
		buf_init(&a, REQUEST_SIZE_MAX);
		buf_init(&b, REQUEST_SIZE_MAX);
		make(&q, stages[i]);
		T_RC(RC_OK, request_build(&q, &a));
		T_RC(RC_OK, request_parse(buf_get(&a), &r, &why));
		T_OK(r.stage == stages[i] && r.n_parts == 1 &&
		    r.log_index == 5 && r.path.n == 2);
		T_OK(r.n_envelopes == i);
		T_OK(r.n_parents == 1 && r.parents[0].log_index == 3);
		T_RC(RC_OK, request_build(&r, &b));
		T_OK(a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
		request_clear(&q);
		request_clear(&r);
		buf_clear(&a);
		buf_clear(&b);
	}
}

static void
every_truncation_is_refused_with_a_reason(void)
{
	struct request q;
	struct request r;
	struct buf a;

	buf_init(&a, REQUEST_SIZE_MAX);
	make(&q, REQUEST_STAGE_OPEN);
	T_RC(RC_OK, request_build(&q, &a));
	for (size_t n = 0; n + 1 < a.len; n++) { /* the newline may go */
		unsigned char *p = tap_block(a.p, n);
		const char *why = "";

		T_RC(
		    RC_MALFORMED, request_parse((struct rd){ p, n }, &r, &why));
		T_OK(why[0] != '\0');
		free(p);
	}
	request_clear(&q);
	buf_clear(&a);
}

static void
a_field_that_is_unknown_missing_or_out_of_range_is_named(void)
{
	static const struct {
		const char *field;
		const char *json; /* NULL: taken out */
		const char *why;
	} cases[] = {
		{ "stage", "\"shut\"", "stage" },
		{ "stage", NULL, "stage" },
		{ "more", "1", "stage" },
		{ "order", "{}", "order" },
		{ "opening", "\"AA\"", "opening" },
		{ "index", "-1", "checkpoint, index or path" },
		{ "path", "[\"AA\"]", "checkpoint, index or path" },
		{ "checkpoint", "1", "checkpoint, index or path" },
		{ "decision", "\"perhaps\"", "decision" },
		{ "reviews", "[]", "reviews" },
		{ "parents", "[{}]", "parents" },
		{ "parents", NULL, "stage" },
		{ "parts", "{}", "parts" },
		{ "parts", "[{\"session\":\"\",\"found\":[]}]", "parts" },
		{ "envelopes", "[{}]", "envelopes" },
	};
	struct request q;
	struct request r;
	struct buf a;

	buf_init(&a, REQUEST_SIZE_MAX);
	make(&q, REQUEST_STAGE_OPEN);
	T_RC(RC_OK, request_build(&q, &a));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *j = json_loadb((char *)a.p, a.len, 0, NULL);
		const char *why = "";
		struct buf b;

		buf_init(&b, REQUEST_SIZE_MAX);
		if (cases[i].json == NULL)
			(void)json_object_del(j, cases[i].field);
		else
			(void)json_object_set_new(j, cases[i].field,
			    json_loads(cases[i].json, JSON_DECODE_ANY, NULL));
		T_RC(RC_OK, json_field_dump(j, &b));
		T_RC(RC_MALFORMED, request_parse(buf_get(&b), &r, &why));
		T_STR(cases[i].why, why);
		json_decref(j);
		buf_clear(&b);
	}
	request_clear(&q);
	buf_clear(&a);
}

static void
shares_are_read_as_they_were_built(void)
{
	uint8_t two[2][TDH2_SHARE_SIZE] = { { 0, 3 }, { 0, 3, 9 } };
	const struct request_shares s = { .stage = REQUEST_STAGE_OPEN,
		.custodian = 3,
		.request_hash = { 1 },
		.shares = two,
		.n = 2 };
	struct request_shares r;
	struct buf a;

	buf_init(&a, 4096);
	T_RC(RC_OK, request_shares_build(&s, &a));
	T_RC(RC_OK, request_shares_parse(buf_get(&a), &r));
	T_OK(r.stage == s.stage && r.custodian == 3 && r.n == 2);
	T_MEM(two, r.shares, sizeof(two));
	T_MEM(s.request_hash, r.request_hash, 32);
	request_shares_clear(&r);
	for (size_t n = 0; n + 1 < a.len; n++) {
		unsigned char *p = tap_block(a.p, n);

		T_RC(RC_MALFORMED,
		    request_shares_parse((struct rd){ p, n }, &r));
		free(p);
	}
	buf_clear(&a);
}

static void
a_custodian_of_number_none_or_17_is_refused(void)
{
	static const char *const texts[] = {
		"{\"custodian\":0,\"request\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAA\",\"shares\":[],\"stage\":\"find\",\"tacet\":"
		"\"shares\"}",
		"{\"custodian\":17,\"request\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAA\",\"shares\":[],\"stage\":\"find\",\"tacet\":"
		"\"shares\"}",
	};
	struct request_shares r;

	for (size_t i = 0; i < 2; i++)
		T_RC(RC_MALFORMED, request_shares_parse(rd_str(texts[i]), &r));
}

int
main(void)
{
	TEST(a_request_is_read_as_it_was_built);
	TEST(every_truncation_is_refused_with_a_reason);
	TEST(a_field_that_is_unknown_missing_or_out_of_range_is_named);
	TEST(shares_are_read_as_they_were_built);
	TEST(a_custodian_of_number_none_or_17_is_refused);
	return tap_done();
}
