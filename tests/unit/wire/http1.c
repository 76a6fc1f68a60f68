#include "wire/http1.h"

#include "octets.h"

/* RFC 9110 section 3.9's shape, with a body behind it. */
#define GET                              \
	"GET /hello.txt HTTP/1.1\r\n"    \
	"User-Agent: curl/7.64.1\r\n"    \
	"Host: www.example.com\r\n"      \
	"Accept-Language:\t en, mi \r\n" \
	"\r\n"
#define OK_200                         \
	"HTTP/1.1 200 OK\r\n"          \
	"Content-Type: text/plain\r\n" \
	"Content-Length: 51\r\n"       \
	"\r\n"

static struct http1_head head;

static enum rc
request(const char *text)
{
	struct rd r = rd_str(text);

	return http1_request_parse(&r, &head);
}

static enum rc
response(const char *text)
{
	struct rd r = rd_str(text);

	return http1_response_parse(&r, &head);
}

static void
a_request_of_rfc_9110_is_read(void)
{
	struct rd r = rd_str(GET "body");
	struct rd v = { 0 };

	T_RC(RC_OK, http1_request_parse(&r, &head));
	T_OK(rd_is_eq(r, "body"));
	T_OK(rd_is_eq(head.method, "GET"));
	T_OK(rd_is_eq(head.target, "/hello.txt"));
	T_OK(head.minor == 1 && head.n_fields == 3 && head.keep_alive);
	T_OK(!head.has_length && head.length == 0 && !head.upgrade_websocket);
	T_RC(RC_OK, http1_find(&head, "HOST", &v));
	T_OK(rd_is_eq(v, "www.example.com"));
	T_RC(RC_OK, http1_find(&head, "accept-language", &v));
	T_OK(rd_is_eq(v, "en, mi"));
	T_RC(RC_NOT_FOUND, http1_find(&head, "accept", &v));
}

static void
a_response_of_rfc_9110_is_read(void)
{
	T_RC(RC_OK, response(OK_200));
	T_OK(head.status == 200 && head.has_length && head.length == 51);
	T_RC(RC_OK, response("HTTP/1.0 404 \r\n\r\n"));
	T_OK(head.status == 404 && !head.keep_alive && head.minor == 0);
	T_RC(RC_MALFORMED, response("HTTP/1.1 200\r\n\r\n"));
	T_RC(RC_MALFORMED, response("HTTP/1.1 20 OK\r\n\r\n"));
	T_RC(RC_MALFORMED, response("HTTP/1.1 2000 OK\r\n\r\n"));
	T_RC(RC_MALFORMED, response("HTTP/1.1 099 OK\r\n\r\n"));
	T_RC(RC_MALFORMED, response("HTTP/1.1 600 OK\r\n\r\n"));
	T_RC(RC_MALFORMED, response("HTTP/1.1 2x0 OK\r\n\r\n"));
	T_RC(RC_MALFORMED, response("HTTP/2.0 200 OK\r\n\r\n"));
	T_RC(RC_MALFORMED,
	    response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

static void
every_truncation_asks_for_more(void)
{
	static const char *const whole[] = { GET, OK_200 };

	for (size_t w = 0; w < ARRAY_LEN(whole); w++)
		for (size_t n = 0; n < strlen(whole[w]); n++) {
			unsigned char *p = tap_block(whole[w], n);
			struct rd r = { p, n };

			T_RC(RC_AGAIN,
			    w == 0 ? http1_request_parse(&r, &head)
				   : http1_response_parse(&r, &head));
			T_OK(r.p == p && r.left == n);
			free(p);
		}
}

static void
heads_that_two_readers_may_read_differently_are_refused(void)
{
	static const struct {
		const char *head;
		const char *why;
	} bad[] = {
		{ "GET / HTTP/1.1\nHost: a\n\n", "bare LF" },
		{ "GET / HTTP/1.1\n", "bare LF, told at once" },
		{ "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "bare CR" },
		{ "GET / HTTP/1.1\r\r\n", "bare CR" },
		{ "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "LF first" },
		{ "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "empty line first" },
		{ "GET / HTTP/1.1\r\n\r\n", "no Host" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "two Hosts" },
		{ "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "folded line" },
		{ "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "space before name" },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "space after name" },
		{ "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", "no name" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nx\r\n\r\n", "no colon" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nx: \x01\r\n\r\n", "control" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nx: \x7f\r\n\r\n", "DEL" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nx\x80: y\r\n\r\n",
		    "high name" },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "two spaces" },
		{ "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "two spaces" },
		{ "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "tab" },
		{ " / HTTP/1.1\r\nHost: a\r\n\r\n", "no method" },
		{ "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "method no token" },
		{ "MMMMMMMMMMMMMMMMM / HTTP/1.1\r\nHost: a\r\n\r\n",
		    "method of 17" },
		{ "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "absolute" },
		{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "asterisk" },
		{ "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "fragment" },
		{ "GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n", "not ASCII" },
		{ "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "version" },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "version" },
		{ "GET / http/1.1\r\nHost: a\r\n\r\n", "version" },
		{ "GET /\r\nHost: a\r\n\r\n", "no version" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		  "Content-Length: 1\r\n\r\n",
		    "two lengths" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
		    "list of lengths" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
		    "sign" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
		    "hex" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
		    "empty length" },
		{ "GET / HTTP/1.1\r\nHost: a\r\n"
		  "Content-Length: 1000000000000000000\r\n\r\n",
		    "19 digits" },
		{ "GET / HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		    "transfer encoding" },
		{ "GET / HTTP/1.0\r\nTransfer-Encoding: x\r\n\r\n",
		    "transfer encoding" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		  "Transfer-Encoding: chunked\r\n"
		  "Transfer-Encoding: x\r\n\r\n",
		    "two transfer encodings" },
	};
	static const char nul[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
	struct rd r = OCTETS_STR(nul);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!tap_check(request(bad[i].head) == RC_MALFORMED, bad[i].why,
			__FILE__, __LINE__))
			printf("# row %zu\n", i);
	T_RC(RC_MALFORMED, http1_request_parse(&r, &head));
}

static void
the_connection_is_kept_or_upgraded_as_asked(void)
{
	static const struct {
		const char *head;
		bool keep;
		bool upgrade;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, false },
		{ "GET / HTTP/1.0\r\n\r\n", false, false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true,
		    false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n",
		    false, false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n",
		    true, false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\n"
		  "Connection: close ,\r\n\r\n",
		    false, false },
		{ "GET / HTTP/1.1\r\nHost: a\r\n"
		  "Connection: keep-alive, Upgrade\r\n"
		  "Upgrade: WebSocket\r\n\r\n",
		    true, true },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
		    true, false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
		    true, false },
		{ "GET / HTTP/1.0\r\nConnection: upgrade\r\n"
		  "Upgrade: websocket\r\n\r\n",
		    false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		T_RC(RC_OK, request(rows[i].head));
		T_OK(head.keep_alive == rows[i].keep);
		T_OK(head.upgrade_websocket == rows[i].upgrade);
	}
	T_RC(RC_OK,
	    request("GET / HTTP/1.1\r\nHost: a\r\n"
		    "Content-Length: 999999999999999999\r\n\r\n"));
	T_OK(head.length == 999999999999999999);
}

/* A head of exactly n octets: one field is filled up. */
static unsigned char *
head_of(size_t n)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nx: ";
	unsigned char *p = malloc(n);

	if (p == NULL)
		abort();
	memset(p, 'y', n);
	memcpy(p, start, sizeof(start) - 1);
	memcpy(p + n - 4, "\r\n\r\n", 4);
	return p;
}

static void
sizes_are_read_at_their_maximum_and_not_beyond(void)
{
	unsigned char *p = head_of(HTTP1_HEAD_MAX);
	struct rd r = { p, HTTP1_HEAD_MAX };
	struct buf b;

	T_RC(RC_OK, http1_request_parse(&r, &head));
	free(p);
	p = head_of(HTTP1_HEAD_MAX + 1);
	r = (struct rd){ p, HTTP1_HEAD_MAX + 1 };
	T_RC(RC_LIMIT, http1_request_parse(&r, &head));
	r.left = HTTP1_HEAD_MAX;
	T_RC(RC_LIMIT, http1_request_parse(&r, &head));
	r.left = HTTP1_HEAD_MAX - 1;
	T_RC(RC_AGAIN, http1_request_parse(&r, &head));
	free(p);
	buf_init(&b, 8192);
	for (size_t extra = 0; extra < 2; extra++) {
		T_RC(RC_OK, buf_add_str(&b, "GET / HTTP/1.1\r\nHost: a\r\n"));
		for (size_t i = 1; i < HTTP1_FIELDS_MAX + extra; i++)
			T_RC(RC_OK, buf_add_str(&b, "x: y\r\n"));
		T_RC(RC_OK, buf_add_str(&b, "\r\n"));
		r = buf_get(&b);
		T_RC(extra == 0 ? RC_OK : RC_LIMIT,
		    http1_request_parse(&r, &head));
		buf_clear(&b);
		T_RC(RC_OK, buf_add_str(&b, "GET /"));
		for (size_t i = 1; i < HTTP1_TARGET_MAX + extra; i++)
			T_RC(RC_OK, buf_u8(&b, 'a'));
		T_RC(RC_OK, buf_add_str(&b, " HTTP/1.1\r\nHost: a\r\n\r\n"));
		r = buf_get(&b);
		T_RC(extra == 0 ? RC_OK : RC_LIMIT,
		    http1_request_parse(&r, &head));
		buf_clear(&b);
	}
}

static enum rc
build_request(struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(http1_request_build(b, "POST", "/v1/x", "a.example"));
	TRY(http1_field_build(b, "X-One", rd_str("two")));
	TRY(http1_end_build(b, 12));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

static void
what_is_built_is_read_again(void)
{
	static const char want[] = "POST /v1/x HTTP/1.1\r\nHost: a.example\r\n"
				   "X-One: two\r\nContent-Length: 12\r\n\r\n";
	struct buf b;
	struct rd r;

	buf_init(&b, 1000);
	T_RC(RC_OK, build_request(&b));
	T_OK(octets_is_eq(&b, OCTETS_STR(want)));
	r = buf_get(&b);
	T_RC(RC_OK, http1_request_parse(&r, &head));
	T_OK(head.length == 12);
	buf_clear(&b);
	T_RC(RC_OK, http1_status_build(&b, 404));
	T_RC(RC_OK, http1_end_build(&b, 0));
	T_OK(octets_is_eq(&b,
	    OCTETS_STR("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")));
	r = buf_get(&b);
	T_RC(RC_OK, http1_response_parse(&r, &head));
	T_OK(head.status == 404 && head.has_length && head.length == 0);
	buf_clear(&b);
	octets_starve(build_request);
}

static void
nothing_can_be_injected_into_a_head(void)
{
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_MALFORMED, http1_field_build(&b, "a", rd_str("b\r\nc: d")));
	T_RC(RC_MALFORMED, http1_field_build(&b, "a", rd_str("b\nc")));
	T_RC(RC_MALFORMED, http1_field_build(&b, "a", OCTETS_STR("b\0c")));
	T_RC(RC_MALFORMED, http1_field_build(&b, "a b", rd_str("c")));
	T_RC(RC_MALFORMED, http1_field_build(&b, "", rd_str("c")));
	T_RC(RC_MALFORMED, http1_request_build(&b, "GET", "/ x", "a"));
	T_RC(RC_MALFORMED, http1_request_build(&b, "GET", "x", "a"));
	T_RC(RC_MALFORMED, http1_request_build(&b, "G T", "/", "a"));
	T_RC(RC_MALFORMED, http1_request_build(&b, "GET", "/", "a\r\nb: c"));
	T_OK(b.len == 0);
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_request_of_rfc_9110_is_read);
	TEST(a_response_of_rfc_9110_is_read);
	TEST(every_truncation_asks_for_more);
	TEST(heads_that_two_readers_may_read_differently_are_refused);
	TEST(the_connection_is_kept_or_upgraded_as_asked);
	TEST(sizes_are_read_at_their_maximum_and_not_beyond);
	TEST(what_is_built_is_read_again);
	TEST(nothing_can_be_injected_into_a_head);
	return tap_done();
}
