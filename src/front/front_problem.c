#include <string.h>

#include "front/front_internal.h"

#define OF_OURS "https://tacet.example/problems/"
/* RFC 9458 section 5.3: of the registry of RFC 9457 */
#define OF_ALL "https://iana.org/assignments/http-problem-types#"

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
	{ MSG_STATUS_TOKEN, 403, "token" },
	{ MSG_STATUS_EPOCH_GONE, 410, "epoch-gone" },
	{ MSG_STATUS_NO_PRIVATE, 403, "no-private" },
};

struct title {
	const char *name;
	const char *text; /* a constant sentence: no value gets in */
};

static const struct title titles[] = {
	{ "unsigned", "The request is not signed by a device we know" },
	{ "replay", "The request was seen before, or its time is off" },
	{ "forbidden", "Not allowed" },
	{ "wrong-code", "The code is wrong, or its session is over" },
	{ "no-classic", "This service offers no classic lookups" },
	{ "no-private", "This service offers no private lookups" },
	{ "token", "The token is not one of ours, or it was spent" },
	{ "epoch-gone", "This epoch of the directory is no longer served" },
	{ "not-found", "There is no such thing" },
	{ "method", "Not a method of this resource" },
	{ "timeout", "The request took too long" },
	{ "stale", "The device list is not the current one" },
	{ "too-large", "The body is too large" },
	{ "media-type", "The body is not of the type that is expected" },
	{ "malformed", "The request is malformed" },
	{ "limit", "Too many requests" },
	{ "ohttp-key", "The key configuration is not one of ours (any more)" },
	{ "fields-too-large", "The header is too large" },
	{ "records-down", "Lookups cannot be recorded, so none is answered" },
	{ "sms-down", "SMS cannot be sent now" },
	{ "down", "The service cannot answer now" },
	{ "full", "The mailbox is full" },
};

static const char *
title(const char *name)
{
	struct rd r = rd_str(name);

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (rd_is_eq(r, titles[i].name))
			return titles[i].text;
	return name;
}

enum rc
front_problem_build(
    struct buf *b, uint16_t status, const char *name, uint32_t retry_after)
{
	enum rc rc = RC_BUG;

	TRY(buf_add_fmt(b, "{\"type\":\"%s%s\",\"title\":\"%s\",\"status\":%u",
	    strcmp(name, "ohttp-key") == 0 ? OF_ALL : OF_OURS, name,
	    title(name), (unsigned int)status));
	if (retry_after > 0)
		TRY(buf_add_fmt(b, ",\"retry_after\":%u", retry_after));
	TRY(buf_add_str(b, "}"));
out:
	return rc;
}

uint16_t
front_problem_of(enum msg_status status, const char **ret_name)
{
	for (size_t i = 0; i < ARRAY_LEN(problems); i++)
		if (problems[i].status == status) {
			*ret_name = problems[i].name;
			return problems[i].http;
		}
	*ret_name = "down";
	return 503;
}

void
front_problem(
    struct conn *c, uint16_t status, const char *name, uint32_t retry_after)
{
	struct buf b;

	buf_init(&b, 512);
	if (front_problem_build(&b, status, name, retry_after) == RC_OK)
		front_http_answer(c, status, "application/problem+json",
		    buf_get(&b), retry_after);
	else
		front_conn_close(c);
	buf_clear(&b);
}

void
front_problem_status(
    struct conn *c, enum msg_status status, uint32_t retry_after)
{
	const char *name;
	uint16_t http = front_problem_of(status, &name);

	front_problem(c, http, name, retry_after);
}
