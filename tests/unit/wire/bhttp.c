#include "wire/bhttp.h"

#include "octets.h"

#define AGENT "curl/7.16.3 libcurl/7.16.3 OpenSSL/0.9.7l zlib/1.2.3"

/* RFC 9292 section 5.1: the request in both framings. */
#define REQUEST_START "\x03GET\x05https\x00\x0a/hello.txt"
#define REQUEST_FIELDS                                           \
	"\x0auser-agent\x34" AGENT "\x04host\x0fwww.example.com" \
	"\x0f"                                                   \
	"accept-language\x06"                                    \
	"en, mi"
static const char known_request[] = "\x00" REQUEST_START
				    "\x40\x6c" REQUEST_FIELDS "\x00\x00";
static const char open_request[] = "\x02" REQUEST_START REQUEST_FIELDS
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0";
/* the same section: a response with a trailer */
static const char known_response[] =
    "\x01\x40\xc8\x00\x1dThis content contains CRLF.\r\n"
    "\x0d\x07trailer\x04text";
/* after its third figure: informational responses before the final one */
static const char open_response[] =
    "\x03\x40\x66\x07running\x0a\"sleep 15\"\x00"
    "\x40\x67\x04link\x23</style.css>; rel=preload; as=style\x00"
    "\x40\xc8\x0e"
    "content-length\x02"
    "51\x0c"
    "content-type\x0a"
    "text/plain\x00\x33Hello World! My content includes a trailing CRLF.\r\n"
    "\x00\x00";

#define TEXT(a) ((struct rd){ (const uint8_t *)(a), sizeof(a) - 1 })

static struct bhttp m;
static struct buf joined;

static enum rc
request(struct rd octets)
{
	buf_clear(&joined);
	buf_init(&joined, 4096);
	return bhttp_request_parse(octets, &joined, &m);
}

static enum rc
response(struct rd octets)
{
	buf_clear(&joined);
	buf_init(&joined, 4096);
	return bhttp_response_parse(octets, &joined, &m);
}

static void
the_rfc_s_request_is_read_in_both_framings(void)
{
	const struct rd both[] = { TEXT(known_request), TEXT(open_request) };
	struct rd v = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		memset(&m, 0, sizeof(m));
		T_RC(RC_OK, request(both[i]));
		T_OK(rd_is_eq(m.head.method, "GET"));
		T_OK(rd_is_eq(m.scheme, "https") && m.authority.left == 0);
		T_OK(rd_is_eq(m.head.target, "/hello.txt"));
		T_OK(m.head.n_fields == 3 && m.content.left == 0);
		T_OK(m.head.has_length && m.head.length == 0);
		T_RC(RC_OK, http1_find(&m.head, "user-agent", &v));
		T_OK(rd_is_eq(v, AGENT));
		T_RC(RC_OK, http1_find(&m.head, "Host", &v));
		T_OK(rd_is_eq(v, "www.example.com"));
	}
}

static void
the_rfc_s_responses_are_read(void)
{
	struct rd v = { 0 };

	T_RC(RC_OK, response(TEXT(known_response)));
	T_OK(m.head.status == 200 && m.head.n_fields == 0);
	T_OK(rd_is_eq(m.content, "This content contains CRLF.\r\n"));
	T_RC(RC_OK, response(TEXT(open_response)));
	T_OK(m.head.status == 200 && m.head.n_fields == 2);
	T_OK(m.content.left == 51);
	T_RC(RC_OK, http1_find(&m.head, "content-type", &v));
	T_OK(rd_is_eq(v, "text/plain"));
	/* a request is no response */
	T_RC(RC_MALFORMED, response(TEXT(known_request)));
	T_RC(RC_MALFORMED, response(TEXT(open_request)));
	T_RC(RC_MALFORMED, request(TEXT(known_response)));
	T_RC(RC_MALFORMED, request(TEXT(open_response)));
}

/* Section 3.8: what is empty at the end may be missing, and nothing else. whole
 * has the lengths, below its own, at which a message is one all the same. */
static void
cut(struct rd all, const size_t whole[4], octets_parse parse)
{
	for (size_t n = 0; n < all.left; n++) {
		unsigned char *p = tap_block(all.p, n);
		enum rc want = RC_MALFORMED;

		for (size_t i = 0; i < 4; i++)
			if (n > 0 && whole[i] == n)
				want = RC_OK;
		if (!tap_check(parse((struct rd){ p, n }) == want,
			"a truncation", __FILE__, __LINE__))
			printf("# of %zu octets\n", n);
		free(p);
	}
}

static void
every_truncation_but_of_empty_ends_is_refused(void)
{
	/* RFC 9458, appendix A: no field section either */
	static const char bare[] = "\x00\x03GET\x05https\x0b"
				   "example.com\x01/";
	/* behind the control data, the fields, the content */
	const size_t request_ends[4] = { sizeof(REQUEST_START),
		sizeof(known_request) - 3, sizeof(known_request) - 2 };
	const size_t response_ends[4] = { 3, 4, 34 };
	const size_t open_ends[4] = { 69, 112, 165 };

	T_RC(RC_OK, request(TEXT(bare)));
	T_OK(rd_is_eq(m.authority, "example.com") && m.head.n_fields == 0);
	T_RC(RC_OK, response(TEXT("\x01\x40\xc8")));
	T_OK(m.head.status == 200 && m.content.left == 0);
	cut(TEXT(bare), (const size_t[4]){ 0 }, request);
	cut(TEXT(known_request), request_ends, request);
	cut(TEXT(known_response), response_ends, response);
	cut(TEXT(open_response), open_ends, response);
}

static void
padding_is_zeros(void)
{
	uint8_t padded[sizeof(known_response) + 100] = { 0 };

	memcpy(padded, known_response, sizeof(known_response) - 1);
	T_RC(RC_OK, response(OCTETS(padded)));
	T_OK(m.content.left == 0x1d);
	for (size_t i = sizeof(known_response) - 1; i < sizeof(padded); i++) {
		padded[i] = 1;
		T_RC(RC_MALFORMED, response(OCTETS(padded)));
		padded[i] = 0;
	}
}

struct wrong {
	const char *why;
	const char *octets;
	size_t n;
};
#define WRONG(why, s)                 \
	{                             \
		why, s, sizeof(s) - 1 \
	}
#define HEAD "\x00\x03GET\x05https\x00\x01/"

static void
what_http_would_not_take_is_refused(void)
{
	static const struct wrong cases[] = {
		WRONG("another framing", "\x04\x03GET\x05https\x00\x01/"),
		WRONG("a method with a space", "\x00\x03G T\x05https\x00\x01/"),
		WRONG("no method", "\x00\x00\x05https\x00\x01/"),
		WRONG("no scheme", "\x00\x03GET\x00\x00\x01/"),
		WRONG("no path", "\x00\x03GET\x05https\x00\x00"),
		WRONG("a relative path", "\x00\x03GET\x05https\x00\x01x"),
		WRONG("a path with a line", "\x00\x03GET\x05https\x00\x02/\n"),
		WRONG(
		    "an authority with NUL", "\x00\x03GET\x05https\x01\0\x01/"),
		WRONG("a pseudo-field", HEAD "\x09\x05:path\x02/x"),
		WRONG("a field without a name", HEAD "\x03\x00\x01x"),
		WRONG("a name with a space", HEAD "\x05\x02x y\x00"),
		WRONG("a value with a line", HEAD "\x05\x01x\x02y\n"),
		WRONG(
		    "a value that begins with a space", HEAD "\x05\x01x\x02 y"),
		WRONG("a value that ends with a tab", HEAD "\x05\x01x\x02y\t"),
		WRONG("a section that ends within a field",
		    HEAD "\x02\x01x\x01y"),
		WRONG("content behind the end",
		    HEAD "\x00\x05"
			 "abc"),
		WRONG("a trailer with a line", HEAD "\x00\x00\x04\x01x\x01\n"),
		WRONG("octets behind it", HEAD "\x00\x00\x00\x00x"),
		WRONG("open fields without an end",
		    "\x02\x03GET\x05https\x00\x01/\x01x\x01y"),
		WRONG("open content without an end",
		    "\x02\x03GET\x05https\x00\x01/\x00\x01x"),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char *p = tap_block(cases[i].octets, cases[i].n);

		tap_check(request((struct rd){ p, cases[i].n }) == RC_MALFORMED,
		    cases[i].why, __FILE__, __LINE__);
		free(p);
	}
	T_RC(RC_MALFORMED, response(TEXT("\x01\x40\x63"))); /* 99 */
	T_RC(RC_MALFORMED, response(TEXT("\x01\x42\x58"))); /* 600 */
	T_RC(RC_MALFORMED, response(TEXT("\x01\x40\x66"))); /* 102 alone */
}

static void
content_in_pieces_is_joined(void)
{
	static const char pieces[] = "\x02\x04POST\x05https\x00\x01/\x00"
				     "\x03"
				     "abc\x01"
				     "d\x40\x02"
				     "ef\x00";

	T_RC(RC_OK, request(TEXT(pieces)));
	T_OK(rd_is_eq(m.content, "abcdef") && m.head.length == 6);
	buf_clear(&joined);
	buf_init(&joined, 5);
	T_RC(RC_LIMIT, bhttp_request_parse(TEXT(pieces), &joined, &m));
}

static void
limits_hold_at_their_place(void)
{
	struct bhttp q = { .head.method = rd_str("GET"),
		.head.target = rd_str("/"),
		.scheme = rd_str("https") };
	char target[HTTP1_TARGET_MAX + 2];
	uint8_t many[4 + 9 * 3 + 8];
	size_t n = 0;
	struct buf b;

	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < HTTP1_FIELDS_MAX; i++)
		q.head.fields[q.head.n_fields++] = (struct http1_field){
			rd_str("x"), rd_str("y")
		};
	T_RC(RC_OK, bhttp_request_build(&q, 0, &b));
	T_RC(RC_OK, request(buf_get(&b)));
	T_OK(m.head.n_fields == HTTP1_FIELDS_MAX);
	/* one more, by hand: its section is four octets longer */
	b.len = 0;
	T_RC(RC_OK, buf_add(&b, HEAD, sizeof(HEAD) - 1));
	T_RC(RC_OK, buf_u16(&b, 0x4000 | 4 * (HTTP1_FIELDS_MAX + 1)));
	for (size_t i = 0; i <= HTTP1_FIELDS_MAX; i++)
		T_RC(RC_OK, buf_add_str(&b, "\x01x\x01y"));
	T_RC(RC_LIMIT, request(buf_get(&b)));

	q.head.n_fields = 0;
	memset(target, 'x', sizeof(target));
	target[0] = '/';
	q.head.target = (struct rd){ (const uint8_t *)target,
		HTTP1_TARGET_MAX };
	b.len = 0;
	T_RC(RC_OK, bhttp_request_build(&q, 0, &b));
	T_RC(RC_OK, request(buf_get(&b)));
	q.head.target.left++;
	b.len = 0;
	T_RC(RC_MALFORMED, bhttp_request_build(&q, 0, &b));
	T_RC(RC_OK, buf_add(&b, "\x00\x03GET\x05https\x00\x44\x01", 14));
	T_RC(RC_OK, buf_add_rd(&b, q.head.target));
	T_RC(RC_LIMIT, request(buf_get(&b)));
	buf_clear(&b);

	many[n++] = 1;
	for (size_t i = 0; i < 9; i++) {
		many[n++] = 0x40;
		many[n++] = 100;
		many[n++] = 0; /* no fields */
	}
	many[n++] = 0x40;
	many[n++] = 200;
	T_RC(RC_LIMIT, response((struct rd){ many, n }));
	many[3] = 1; /* the first of eight is the framing now */
	T_RC(RC_OK, response((struct rd){ many + 3, n - 3 }));
}

static enum rc
build_request(struct buf *b)
{
	struct bhttp q = { .head.method = rd_str("POST"),
		.head.target = rd_str("/v1/x?y=1"),
		.head.fields = { { rd_str("content-type"),
		    rd_str("application/octet-stream") } },
		.head.n_fields = 1,
		.scheme = rd_str("https"),
		.authority = rd_str("example.com"),
		.content = rd_str("content") };

	return bhttp_request_build(&q, 300, b);
}

static enum rc
build_response(struct buf *b)
{
	const struct bhttp a = { .head.status = 404,
		.head.fields = { { rd_str("cache-control"),
		    rd_str("no-store") } },
		.head.n_fields = 1,
		.content = rd_str("gone") };

	return bhttp_response_build(&a, 0, b);
}

static void
what_is_built_is_read_and_built_again(void)
{
	struct buf b, again;

	buf_init(&b, 4096);
	buf_init(&again, 4096);
	T_RC(RC_OK, build_request(&b));
	T_OK(b.len == 300);
	T_RC(RC_OK, request(buf_get(&b)));
	T_OK(rd_is_eq(m.content, "content") && m.head.length == 7);
	T_OK(rd_is_eq(m.authority, "example.com"));
	T_RC(RC_OK, bhttp_request_build(&m, 300, &again));
	T_OK(octets_is_eq(&again, buf_get(&b)));
	b.len = again.len = 0;
	T_RC(RC_OK, build_response(&b));
	T_RC(RC_OK, response(buf_get(&b)));
	T_OK(m.head.status == 404 && rd_is_eq(m.content, "gone"));
	T_RC(RC_OK, bhttp_response_build(&m, 0, &again));
	T_OK(octets_is_eq(&again, buf_get(&b)));
	m.head.fields[0].value = rd_str("a\nb");
	T_RC(RC_MALFORMED, bhttp_response_build(&m, 0, &again));
	m.head.n_fields = 0;
	m.head.status = 199;
	T_RC(RC_MALFORMED, bhttp_response_build(&m, 0, &again));
	T_OK(octets_is_eq(&again, buf_get(&b)));
	buf_clear(&b);
	buf_clear(&again);
}

static void
a_failed_build_appends_nothing(void)
{
	octets_starve(build_request);
	octets_starve(build_response);
}

int
main(void)
{
	buf_init(&joined, 4096);
	TEST(the_rfc_s_request_is_read_in_both_framings);
	TEST(the_rfc_s_responses_are_read);
	TEST(every_truncation_but_of_empty_ends_is_refused);
	TEST(padding_is_zeros);
	TEST(what_http_would_not_take_is_refused);
	TEST(content_in_pieces_is_joined);
	TEST(limits_hold_at_their_place);
	TEST(what_is_built_is_read_and_built_again);
	TEST(a_failed_build_appends_nothing);
	buf_clear(&joined);
	return tap_done();
}
