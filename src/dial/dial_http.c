#include <stdio.h>
#include <string.h>

#include "dial/dial_internal.h"
#include "wire/http1.h"

#define OUT_MAX (DIAL_BODY_MAX + HTTP1_HEAD_MAX)

void
dial_http_init(struct dial_answer *a)
{
	*a = (struct dial_answer){ 0 };
	buf_init(&a->body, DIAL_BODY_MAX);
}

void
dial_http_clear(struct dial_answer *a)
{
	buf_clear(&a->body);
	a->status = 0;
	a->type[0] = '\0';
}

static enum rc
request_send(struct dial *d, const struct dial_request *q)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, OUT_MAX);
	TRY(http1_request_build(&b, q->method, q->target, d->url.authority));
	TRY(http1_field_build(
	    &b, "User-Agent", rd_str("tacet/" TACET_VERSION)));
	if (q->type != NULL)
		TRY(http1_field_build(&b, "Content-Type", rd_str(q->type)));
	TRY(buf_add_rd(&b, q->fields));
	TRY(http1_end_build(&b, q->body.left));
	TRY(buf_add_rd(&b, q->body));
	TRY(dial_internal_write(d, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

/* Some more octets; the end of the time is RC_IO here. */
static enum rc
more(struct dial *d, struct mono end)
{
	int64_t left = mono_diff_ms(end, mono_now());
	enum rc rc = RC_AGAIN;

	if (left > 0)
		rc = dial_internal_read(d, (int)left);
	if (rc == RC_AGAIN)
		rc = dial_internal_fail(d, RC_IO, "no answer in time");
	return rc;
}

static enum rc
answer_read(struct dial *d, struct dial_answer *a, bool *ret_keep)
{
	struct mono end = mono_add_ms(mono_now(), d->timeout_ms);
	struct http1_head h = { 0 };
	struct rd in = { 0 }, type = { 0 };
	enum rc rc = RC_BUG;

	for (;;) {
		in = buf_get(&d->in);
		rc = in.left > 0 ? http1_response_parse(&in, &h) : RC_AGAIN;
		if (rc == RC_OK)
			break;
		CHECK(rc == RC_AGAIN,
		    dial_internal_fail(d, RC_MALFORMED, "not an HTTP answer"));
		TRY(more(d, end));
	}
	a->status = h.status;
	if (http1_find(&h, "Content-Type", &type) == RC_OK)
		(void)snprintf(a->type, sizeof(a->type), "%.*s",
		    (int)(type.left < sizeof(a->type) ? type.left
						      : sizeof(a->type) - 1),
		    (const char *)type.p);
	*ret_keep = h.keep_alive;
	CHECK(!h.has_length || h.length <= DIAL_BODY_MAX,
	    dial_internal_fail(d, RC_MALFORMED, "the answer is too large"));
	buf_consume(&d->in, d->in.len - in.left);
	while (h.has_length && d->in.len < h.length)
		TRY(more(d, end));
	if (h.has_length) {
		TRY(buf_add(&a->body, d->in.p, (size_t)h.length));
		buf_consume(&d->in, (size_t)h.length);
	}
	rc = RC_OK;
out:
	return rc;
}

enum rc
dial_http_request(struct dial *d, const struct dial_request *q,
    bool *ret_reused, struct dial_answer *ret_a)
{
	bool reused = d->ssl != NULL && !d->is_stream;
	bool keep = false;
	enum rc rc = RC_BUG;

	dial_http_clear(ret_a);
	*ret_reused = reused;
	if (!reused)
		TRY(dial_internal_connect(d));
	TRY(request_send(d, q));
	TRY(answer_read(d, ret_a, &keep));
out:
	if (rc != RC_OK || !keep)
		dial_hang_up(d);
	return rc;
}
