#include "wire/http1.h"

#include <string.h>
#include <strings.h>

#define METHOD_MAX 16
#define LENGTH_DIGITS_MAX 18 /* fits 63 bits */

/* tchar (RFC 9110 section 5.6.2). */
static bool
is_tchar(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
http1_is_token(struct rd s)
{
	for (size_t i = 0; i < s.left; i++)
		if (!is_tchar(s.p[i]))
			return false;
	return s.left > 0;
}

/* field-vchar, space and tab (RFC 9110 section 5.5). */
bool
http1_is_value(struct rd s)
{
	for (size_t i = 0; i < s.left; i++)
		if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

/* origin-form (RFC 9112 section 3.2.1): printable, no fragment. */
bool
http1_is_target(struct rd s)
{
	for (size_t i = 0; i < s.left; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '#')
			return false;
	return s.left > 0 && s.p[0] == '/';
}

static bool
is_same(struct rd s, const char *lower)
{
	return s.left == strlen(lower) &&
	    strncasecmp((const char *)s.p, lower, s.left) == 0;
}

/* Octets up to and with the empty line; a bare CR or LF, or a NUL, is refused
 * as soon as it is there, so that nobody waits for an end that never comes. */
static enum rc
head_length(struct rd r, size_t *ret_n)
{
	size_t line = 0; /* where this line starts */

	for (size_t i = 0; i < r.left && i < HTTP1_HEAD_MAX; i++) {
		if (r.p[i] == 0 ||
		    (i > 0 && r.p[i - 1] == '\r') != (r.p[i] == '\n'))
			return RC_MALFORMED;
		if (r.p[i] != '\n')
			continue;
		if (i == line + 1) {
			*ret_n = i + 1;
			return RC_OK;
		}
		line = i + 1;
	}
	return r.left < HTTP1_HEAD_MAX ? RC_AGAIN : RC_LIMIT;
}

/* The next line without its CRLF; head_length saw that there is one. */
static enum rc
line_take(struct rd *r, struct rd *ret_line)
{
	const uint8_t *end = memchr(r->p, '\n', r->left);
	enum rc rc = RC_BUG;

	CHECK(end != NULL && end > r->p, RC_MALFORMED);
	TRY(rd_take(r, (size_t)(end - r->p) - 1, ret_line));
	TRY(rd_skip(r, 2));
out:
	return rc;
}

/* Up to the separator, which is skipped. */
static enum rc
part_take(struct rd *r, uint8_t separator, struct rd *ret_part)
{
	const uint8_t *end = NULL;
	enum rc rc = RC_BUG;

	CHECK(r->left > 0, RC_MALFORMED);
	end = memchr(r->p, separator, r->left);
	CHECK(end != NULL, RC_MALFORMED);
	TRY(rd_take(r, (size_t)(end - r->p), ret_part));
	TRY(rd_skip(r, 1));
out:
	return rc;
}

/* "HTTP/1.0" or "HTTP/1.1" (RFC 9112 section 2.3). */
static enum rc
version_parse(struct rd s, uint8_t *ret_minor)
{
	if (!rd_is_eq(s, "HTTP/1.1") && !rd_is_eq(s, "HTTP/1.0"))
		return RC_MALFORMED;
	*ret_minor = s.p[7] == '1';
	return RC_OK;
}

/* One field line (RFC 9112 section 5): the name touches the colon, so a
 * folded line has no name and is refused. */
static enum rc
field_parse(struct rd line, struct http1_field *ret_f)
{
	struct http1_field f = { 0 };
	enum rc rc = RC_BUG;

	TRY(part_take(&line, ':', &f.name));
	CHECK(http1_is_token(f.name) && http1_is_value(line), RC_MALFORMED);
	f.value = line;
	while (
	    f.value.left > 0 && (f.value.p[0] == ' ' || f.value.p[0] == '\t'))
		TRY(rd_skip(&f.value, 1));
	while (f.value.left > 0 &&
	    (f.value.p[f.value.left - 1] == ' ' ||
		f.value.p[f.value.left - 1] == '\t'))
		f.value.left--;
	*ret_f = f;
out:
	return rc;
}

static enum rc
fields_parse(struct rd *r, struct http1_head *h)
{
	struct rd line = { 0 };
	enum rc rc = RC_BUG;

	for (;;) {
		TRY(line_take(r, &line));
		if (line.left == 0)
			break;
		CHECK(h->n_fields < HTTP1_FIELDS_MAX, RC_LIMIT);
		TRY(field_parse(line, &h->fields[h->n_fields]));
		h->n_fields++;
	}
out:
	return rc;
}

/* Whether a comma-separated list field, in all its lines, names the token. */
static bool
has_token(const struct http1_head *h, const char *name, const char *token)
{
	for (size_t i = 0; i < h->n_fields; i++) {
		struct rd v = h->fields[i].value;

		if (!is_same(h->fields[i].name, name))
			continue;
		for (size_t at = 0; at < v.left;) {
			struct rd item = { v.p + at, 0 };

			for (; at < v.left && v.p[at] != ','; at++)
				item.left++;
			at++;
			while (item.left > 0 &&
			    (*item.p == ' ' || *item.p == '\t')) {
				item.p++;
				item.left--;
			}
			while (item.left > 0 &&
			    (item.p[item.left - 1] == ' ' ||
				item.p[item.left - 1] == '\t'))
				item.left--;
			if (is_same(item, token))
				return true;
		}
	}
	return false;
}

/* Content-Length is 1*DIGIT, once (RFC 9110 section 8.6); a list of equal
 * values is refused too: two readers may differ about it. */
static enum rc
length_parse(struct http1_head *h)
{
	struct rd v = { 0 };
	uint64_t n = 0;
	enum rc rc = http1_find(h, "content-length", &v);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK || v.left == 0 || v.left > LENGTH_DIGITS_MAX)
		return RC_MALFORMED;
	for (size_t i = 0; i < v.left; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return RC_MALFORMED;
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	}
	h->has_length = true;
	h->length = n;
	return RC_OK;
}

/* What the fields say about the connection and the body. Upgrade counts in
 * HTTP/1.1 only (RFC 9110 section 7.8). */
static enum rc
framing_parse(struct http1_head *h)
{
	struct rd v = { 0 };
	bool close = has_token(h, "connection", "close");
	bool keep = has_token(h, "connection", "keep-alive");
	enum rc rc = RC_BUG;

	CHECK(http1_find(h, "transfer-encoding", &v) == RC_NOT_FOUND,
	    RC_MALFORMED);
	TRY(length_parse(h));
	h->keep_alive = !close && (h->minor == 1 || keep);
	h->upgrade_websocket = h->minor == 1 &&
	    has_token(h, "connection", "upgrade") &&
	    has_token(h, "upgrade", "websocket");
out:
	return rc;
}

static enum rc
request_line_parse(struct rd line, struct http1_head *h)
{
	enum rc rc = RC_BUG;

	TRY(part_take(&line, ' ', &h->method));
	CHECK(http1_is_token(h->method) && h->method.left <= METHOD_MAX,
	    RC_MALFORMED);
	TRY(part_take(&line, ' ', &h->target));
	CHECK(h->target.left <= HTTP1_TARGET_MAX, RC_LIMIT);
	CHECK(http1_is_target(h->target), RC_MALFORMED);
	TRY(version_parse(line, &h->minor));
out:
	return rc;
}

/* status-line (RFC 9112 section 4): the space before an empty reason stays. */
static enum rc
status_line_parse(struct rd line, struct http1_head *h)
{
	struct rd part = { 0 };
	enum rc rc = RC_BUG;

	TRY(part_take(&line, ' ', &part));
	TRY(version_parse(part, &h->minor));
	TRY(part_take(&line, ' ', &part));
	CHECK(part.left == 3 && part.p[0] >= '1' && part.p[0] <= '5',
	    RC_MALFORMED);
	for (size_t i = 0; i < 3; i++) {
		CHECK(part.p[i] >= '0' && part.p[i] <= '9', RC_MALFORMED);
		h->status = (uint16_t)(h->status * 10 + (part.p[i] - '0'));
	}
	CHECK(http1_is_value(line), RC_MALFORMED);
out:
	return rc;
}

static enum rc
head_parse(struct rd *r,
    enum rc (*first_line)(struct rd line, struct http1_head *h),
    struct http1_head *h)
{
	struct rd head = { 0 };
	struct rd line = { 0 };
	struct rd at = *r;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(head_length(*r, &n));
	TRY(rd_take(&at, n, &head));
	TRY(line_take(&head, &line));
	TRY(first_line(line, h));
	TRY(fields_parse(&head, h));
	TRY(rd_end(&head));
	TRY(framing_parse(h));
	*r = at;
out:
	return rc;
}

enum rc
http1_request_parse(struct rd *r, struct http1_head *ret_h)
{
	struct http1_head h = { 0 };
	struct rd at = *r;
	struct rd host = { 0 };
	enum rc rc = RC_BUG;

	TRY(head_parse(&at, request_line_parse, &h));
	/* RFC 9112 section 3.2: exactly one Host, from HTTP/1.1 on */
	rc = http1_find(&h, "host", &host);
	CHECK(
	    rc == RC_OK || (rc == RC_NOT_FOUND && h.minor == 0), RC_MALFORMED);
	*r = at;
	*ret_h = h;
	rc = RC_OK;
out:
	return rc;
}

enum rc
http1_response_parse(struct rd *r, struct http1_head *ret_h)
{
	struct http1_head h = { 0 };
	struct rd at = *r;
	enum rc rc = RC_BUG;

	TRY(head_parse(&at, status_line_parse, &h));
	*r = at;
	*ret_h = h;
out:
	return rc;
}

enum rc
http1_find(const struct http1_head *h, const char *name, struct rd *ret_value)
{
	const struct http1_field *found = NULL;

	for (size_t i = 0; i < h->n_fields; i++) {
		if (!is_same(h->fields[i].name, name))
			continue;
		if (found != NULL)
			return RC_MALFORMED;
		found = &h->fields[i];
	}
	if (found == NULL)
		return RC_NOT_FOUND;
	*ret_value = found->value;
	return RC_OK;
}

/* RFC 9110 section 15, RFC 6585 (429, 431); "" for another. */
static const char *
reason(uint16_t status)
{
	static const struct {
		uint16_t status;
		const char *text;
	} known[] = {
		{ 100, "Continue" },
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].status == status)
			return known[i].text;
	return "";
}

enum rc
http1_status_build(struct buf *b, uint16_t status)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(status >= 100 && status <= 599, RC_BUG);
	TRY(buf_add_fmt(
	    b, "HTTP/1.1 %u %s", (unsigned int)status, reason(status)));
	TRY(buf_add_str(b, "\r\n"));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
http1_request_build(
    struct buf *b, const char *method, const char *target, const char *host)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(http1_is_token(rd_str(method)) && http1_is_target(rd_str(target)),
	    RC_MALFORMED);
	TRY(buf_add_str(b, method));
	TRY(buf_u8(b, ' '));
	TRY(buf_add_str(b, target));
	TRY(buf_add_str(b, " HTTP/1.1\r\n"));
	TRY(http1_field_build(b, "Host", rd_str(host)));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
http1_field_build(struct buf *b, const char *name, struct rd value)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(http1_is_token(rd_str(name)) && http1_is_value(value),
	    RC_MALFORMED);
	TRY(buf_add_str(b, name));
	TRY(buf_add_str(b, ": "));
	TRY(buf_add_rd(b, value));
	TRY(buf_add_str(b, "\r\n"));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
http1_end_build(struct buf *b, size_t length)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_add_fmt(b, "Content-Length: %zu", length));
	TRY(buf_add_str(b, "\r\n\r\n"));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
