#include "client/ohttp_client.h"

#include <sodium.h>

#include "base/failmem.h"
#include "tap.h"
#include "wire/bhttp.h"
#include "wire/ohttp_config.h"

static struct ohttp_key key;
static struct buf keys, sealed, plain, joined;
static struct ohttp_reply ours, theirs;
static struct bhttp m;

static void
list(void)
{
	struct ohttp_config_key k = { .id = 7 };
	struct ohttp_config c;

	randombytes_buf(k.secret_key, sizeof(k.secret_key));
	ohttp_config_of(&k, &c);
	buf_init(&keys, 256);
	T_RC(RC_OK, ohttp_config_build(&c, &keys));
	key = (struct ohttp_key){ .id = 7,
		.aeads = { &hpke_chacha20_poly1305 } };
	memcpy(key.secret_key, k.secret_key, sizeof(k.secret_key));
}

static void
clear(void)
{
	buf_clear(&sealed);
	buf_clear(&plain);
	buf_clear(&joined);
	buf_init(&sealed, 1 << 20);
	buf_init(&plain, 1 << 20);
	buf_init(&joined, 1 << 20);
}

/* As the gateway does. */
static void
open_it(void)
{
	T_RC(RC_OK,
	    ohttp_request_open(
		&key, 1, OHTTP_FORM_WHOLE, buf_get(&sealed), &theirs, &plain));
	T_RC(RC_OK, bhttp_request_parse(buf_get(&plain), &joined, &m));
}

static void
requests_of_one_size_reach_the_gateway(void)
{
	static const char body[2000] = "number";
	struct ohttp_client_request q = { .method = "POST",
		.path = "/v1/x?y=1",
		.type = "application/octet-stream",
		.request_size = 3000,
		.answer_size = 5000 };
	struct rd v = { 0 };

	for (size_t n = 0; n <= sizeof(body); n += 1000) {
		clear();
		q.body = (struct rd){ (const uint8_t *)body, n };
		T_RC(RC_OK,
		    ohttp_client_seal(buf_get(&keys), &q, &ours, &sealed));
		T_OK(sealed.len == 3000 + OHTTP_REQUEST_OVERHEAD);
		open_it();
		T_OK(rd_is_eq(m.head.method, "POST"));
		T_OK(rd_is_eq(m.head.target, "/v1/x?y=1"));
		T_OK(rd_is_eq(m.scheme, "https") && m.authority.left == 0);
		T_OK(m.content.left == n && m.head.n_fields == 2);
		T_RC(RC_OK, http1_find(&m.head, "content-type", &v));
		T_OK(rd_is_eq(v, "application/octet-stream"));
		T_RC(RC_OK, http1_find(&m.head, BHTTP_ANSWER_SIZE, &v));
		T_OK(rd_is_eq(v, "5000"));
	}
	q.request_size = q.answer_size = 0;
	q.type = NULL;
	clear();
	T_RC(RC_OK, ohttp_client_seal(buf_get(&keys), &q, &ours, &sealed));
	T_OK(sealed.len == 2048 + OHTTP_REQUEST_OVERHEAD);
	open_it();
	T_OK(m.head.n_fields == 0);
}

static void
an_answer_is_opened(void)
{
	const struct ohttp_client_request q = { .method = "GET", .path = "/" };
	struct bhttp a = { .head.status = 429,
		.head.fields = { { rd_str("content-type"),
				     rd_str("application/problem+json") },
		    { rd_str("retry-after"), rd_str("17") } },
		.head.n_fields = 2,
		.content = rd_str("{}") };
	struct ohttp_client_answer got;

	ohttp_client_init(&got);
	clear();
	T_RC(RC_OK, ohttp_client_seal(buf_get(&keys), &q, &ours, &sealed));
	open_it();
	clear();
	T_RC(RC_OK, bhttp_response_build(&a, 900, &plain));
	T_RC(RC_OK, ohttp_response_seal(&theirs, buf_get(&plain), &sealed));
	T_RC(RC_OK, ohttp_client_open(&ours, buf_get(&sealed), 2, &got));
	T_OK(got.status == 429 && got.retry_after == 17);
	T_STR("application/problem+json", got.type);
	T_OK(rd_is_eq(buf_get(&got.body), "{}"));
	T_RC(RC_LIMIT, ohttp_client_open(&ours, buf_get(&sealed), 1, &got));
	T_OK(got.status == 0 && got.body.len == 0);
	for (size_t n = 0; n < sealed.len; n++) {
		unsigned char *p = tap_block(sealed.p, n);

		T_OK(ohttp_client_open(&ours, (struct rd){ p, n }, 100, &got) !=
		    RC_OK);
		free(p);
	}
	/* the answer to another request */
	clear();
	T_RC(RC_OK, ohttp_client_seal(buf_get(&keys), &q, &ours, &sealed));
	clear();
	T_RC(RC_OK,
	    ohttp_response_seal(&theirs, rd_str("\x01\x40\xc8"), &sealed));
	T_RC(RC_DENIED, ohttp_client_open(&ours, buf_get(&sealed), 9, &got));
	/* sealed well, and no answer */
	clear();
	T_RC(RC_OK, ohttp_response_seal(&ours, rd_str("nonsense"), &sealed));
	T_RC(RC_MALFORMED, ohttp_client_open(&ours, buf_get(&sealed), 9, &got));
	ohttp_client_clear(&got);
}

static void
what_cannot_be_asked_is_refused(void)
{
	const struct ohttp_client_request q = { .method = "GET", .path = "/" };
	const struct ohttp_client_request wrong[] = {
		{ .method = "G T", .path = "/" },
		{ .method = "GET", .path = "x" },
		{ .method = "GET", .path = "/\r\n" },
		{ .method = "GET", .path = "/", .type = "a\nb" },
	};
	static const uint8_t other[] = { 0, 9, 7, 0, 0x10, 1, 0, 4, 0, 1, 0,
		1 };

	clear();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		T_RC(RC_MALFORMED,
		    ohttp_client_seal(
			buf_get(&keys), &wrong[i], &ours, &sealed));
	T_RC(RC_MALFORMED, ohttp_client_seal(rd_str(""), &q, &ours, &sealed));
	T_RC(RC_MALFORMED,
	    ohttp_client_seal(rd_str("keys"), &q, &ours, &sealed));
	T_RC(RC_NOT_FOUND,
	    ohttp_client_seal((struct rd){ other, 11 }, &q, &ours, &sealed));
	T_OK(sealed.len == 0);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	list();
	TEST(requests_of_one_size_reach_the_gateway);
	TEST(an_answer_is_opened);
	TEST(what_cannot_be_asked_is_refused);
	clear();
	buf_clear(&keys);
	return tap_done();
}
