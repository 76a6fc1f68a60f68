#include "front/front_internal.h"

struct problem {
	enum msg_status status;
	uint16_t http;
	const char *name;
};

/* doc/protocol/api.md, the last paragraph */
static const struct problem problems[] = {
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
};

void
front_problem(
    struct conn *c, uint16_t status, const char *name, uint32_t retry_after)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 512);
	TRY(buf_add_fmt(&b,
	    "{\"type\":\"https://tacet.example/problems/%s\","
	    "\"title\":\"%s\",\"status\":%u",
	    name, name, status));
	if (retry_after > 0)
		TRY(buf_add_fmt(&b, ",\"retry_after\":%u", retry_after));
	TRY(buf_add_str(&b, "}"));
	front_conn_answer(
	    c, status, "application/problem+json", buf_get(&b), retry_after);
out:
	if (rc != RC_OK)
		front_conn_close(c);
	buf_clear(&b);
}

void
front_problem_status(
    struct conn *c, enum msg_status status, uint32_t retry_after)
{
	for (size_t i = 0; i < ARRAY_LEN(problems); i++)
		if (problems[i].status == status) {
			front_problem(
			    c, problems[i].http, problems[i].name, retry_after);
			return;
		}
	front_problem(c, 503, "down", retry_after);
}
