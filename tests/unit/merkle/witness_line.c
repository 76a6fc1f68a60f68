#include "merkle/witness_line.h"

#include "tap.h"

static char key[VKEY_TEXT_MAX + 1];

static void
make_key(void)
{
	static const uint8_t k[32] = { 1 };
	struct vkey v;
	struct buf b;

	buf_init(&b, sizeof(key));
	T_RC(RC_OK, vkey_init(&v, "w", VKEY_TYPE_COSIGNATURE, k));
	T_RC(RC_OK, vkey_build(&v, &b));
	memcpy(key, b.p, b.len);
	buf_clear(&b);
}

static enum rc
parse(const char *url, const char *k, struct witness_line *ret_w)
{
	char text[WITNESS_LINE_MAX + 64];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s%s", url, k);
	unsigned char *p = tap_block(text, n);
	enum rc rc = witness_line_parse((struct rd){ p, n }, ret_w);

	free(p);
	return rc;
}

static void
a_line_says_where_and_by_which_key(void)
{
	static const struct {
		const char *url, *host, *port, *authority, *target;
	} good[] = { { "http://w.example/ ", "w.example", "80", "w.example",
			 "/add-checkpoint" },
		{ "http://127.0.0.1:8071/a/b/ ", "127.0.0.1", "8071",
		    "127.0.0.1:8071", "/a/b/add-checkpoint" },
		{ "http://[::1]:65535/ ", "::1", "65535", "[::1]:65535",
		    "/add-checkpoint" },
		{ "http://[::1]/ ", "::1", "80", "[::1]", "/add-checkpoint" } };
	struct witness_line w;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		T_RC(RC_OK, parse(good[i].url, key, &w));
		T_STR(good[i].host, w.host);
		T_STR(good[i].port, w.port);
		T_STR(good[i].authority, w.authority);
		T_STR(good[i].target, w.target);
		T_STR("w", w.key.name);
	}
}

static void
no_truncation_is_read(void)
{
	char text[256];
	struct witness_line w = { .host = "untouched" };
	size_t n = (size_t)snprintf(
	    text, sizeof(text), "http://w.example:8071/ %s", key);

	for (size_t i = 0; i < n; i++) {
		unsigned char *p = tap_block(text, i);

		T_RC(RC_MALFORMED, witness_line_parse((struct rd){ p, i }, &w));
		free(p);
	}
	T_STR("untouched", w.host);
}

static void
another_form_is_refused(void)
{
	static const char *const bad[] = { "https://w.example/ ", "http:///",
		"http:/// ", "http://w.example ", "http://w.example:/ ",
		"http://w.example:0/ ", "http://w.example:08/ ",
		"http://w.example:65536/ ", "http://w.example:a/ ",
		"http://w.example/x ", "http://w.example/?/ ",
		"http://w.example/%20/ ", "http://w_example/ ",
		"http://u@w.example/ ", "http://[::1/ ", "http://[::1]x/ ",
		"http://[g::1]/ ", "http://w.example/  ",
		"http://w\xc3\xa9/ " };
	static const uint8_t k[32] = { 1 };
	struct witness_line w;
	struct vkey v;
	struct buf b;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!T_OK(parse(bad[i], key, &w) == RC_MALFORMED))
			printf("# %zu\n", i);
	/* a log's key is no witness's */
	buf_init(&b, VKEY_TEXT_MAX + 1);
	T_RC(RC_OK, vkey_init(&v, "w", VKEY_TYPE_ED25519, k));
	T_RC(RC_OK, vkey_build(&v, &b));
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parse("http://w.example/ ", (char *)b.p, &w));
	buf_clear(&b);
}

static void
host_and_path_have_their_longest(void)
{
	char url[WITNESS_LINE_MAX];
	struct witness_line w;

	for (int n = 252; n <= 255; n++) {
		(void)snprintf(url, sizeof(url), "http://%0*d/ ", n, 0);
		T_RC(n <= 253 ? RC_OK : RC_MALFORMED, parse(url, key, &w));
	}
	for (int n = 142; n <= 146; n++) { /* slash, n, slash, verb, NUL */
		(void)snprintf(url, sizeof(url), "http://w/%0*d/ ", n, 0);
		T_RC(n + 17 <= 160 ? RC_OK : RC_MALFORMED, parse(url, key, &w));
	}
}

int
main(void)
{
	make_key();
	TEST(a_line_says_where_and_by_which_key);
	TEST(no_truncation_is_read);
	TEST(another_form_is_refused);
	TEST(host_and_path_have_their_longest);
	return tap_done();
}
