/* Problem details (RFC 9457), each against doc/protocol/api.md. The answer is
 * taken by a fake instead of a connection. */
#include "front/front_internal.h"
#include "tap.h"

static uint16_t answered;
static char type[64];
static char body[512];
static uint32_t after;

void
front_http_answer(struct conn *c, uint16_t status, const char *kind,
    struct rd octets, uint32_t retry_after)
{
	(void)c;
	answered = status;
	after = retry_after;
	(void)snprintf(type, sizeof(type), "%s", kind);
	(void)snprintf(body, sizeof(body), "%.*s", (int)octets.left,
	    (const char *)octets.p);
}

void
front_conn_close(struct conn *c)
{
	(void)c;
	answered = 0;
}

struct row {
	enum msg_status status;
	uint16_t http;
	const char *name;
};

static const struct row rows[] = {
	{ MSG_STATUS_UNSIGNED, 401, "unsigned" },
	{ MSG_STATUS_REPLAY, 401, "replay" },
	{ MSG_STATUS_FORBIDDEN, 403, "forbidden" },
	{ MSG_STATUS_NOT_FOUND, 404, "not-found" },
	{ MSG_STATUS_WRONG_CODE, 403, "wrong-code" },
	{ MSG_STATUS_STALE, 409, "stale" },
	{ MSG_STATUS_MALFORMED, 422, "malformed" },
	{ MSG_STATUS_LIMIT, 429, "limit" },
	{ MSG_STATUS_FULL, 507, "full" },
	{ MSG_STATUS_RECORDS_DOWN, 503, "records-down" },
	{ MSG_STATUS_NO_CLASSIC, 403, "no-classic" },
	{ MSG_STATUS_SMS_DOWN, 503, "sms-down" },
	{ MSG_STATUS_DOWN, 503, "down" },
	{ MSG_STATUS_TOKEN, 403, "token" },
	{ MSG_STATUS_EPOCH_GONE, 410, "epoch-gone" },
	{ MSG_STATUS_NO_PRIVATE, 403, "no-private" },
};

static void
each_status_has_its_problem(void)
{
	char want[80];
	json_t *o;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		front_problem_status(NULL, rows[i].status, 0);
		T_OK(answered == rows[i].http);
		T_STR("application/problem+json", type);
		o = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
		(void)snprintf(want, sizeof(want),
		    "https://tacet.example/problems/%s", rows[i].name);
		if (!T_OK(json_is_object(o)))
			continue;
		T_STR(want, json_string_value(json_object_get(o, "type")));
		T_OK(json_integer_value(json_object_get(o, "status")) ==
		    rows[i].http);
		/* a sentence, not the name again */
		T_OK(strchr(json_string_value(json_object_get(o, "title")),
			 ' ') != NULL);
		T_OK(json_object_size(o) == 3);
		json_decref(o);
	}
}

static void
a_limit_says_when_to_come_back(void)
{
	json_t *o;

	front_problem_status(NULL, MSG_STATUS_LIMIT, 77);
	T_OK(answered == 429 && after == 77);
	o = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	T_OK(json_integer_value(json_object_get(o, "retry_after")) == 77);
	json_decref(o);
}

static void
an_unknown_status_is_our_fault(void)
{
	front_problem_status(NULL, (enum msg_status)200, 0);
	T_OK(answered == 503);
	T_OK(strstr(body, "problems/down") != NULL);
}

static void
a_body_that_does_not_fit_is_said(void)
{
	struct buf b;

	buf_init(&b, 20);
	T_RC(RC_LIMIT, front_problem_build(&b, 404, "not-found", 0));
	buf_clear(&b);
}

int
main(void)
{
	TEST(each_status_has_its_problem);
	TEST(a_limit_says_when_to_come_back);
	TEST(an_unknown_status_is_our_fault);
	TEST(a_body_that_does_not_fit_is_said);
	return tap_done();
}
