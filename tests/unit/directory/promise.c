#include "directory/promise.h"

#include "tap.h"

#define ZEROS62 "00000000000000000000000000000000000000000000000000000000000000"
static const char text[] =
    "{\"max_epoch\":9,\"place\":1048575,\"sealed\":\"ab" ZEROS62
    "\",\"tacet\":\"promise\",\"version\":2}\n";

static void
a_promise_is_this_text(void)
{
	const struct promise example = { .place = 1048575,
		.version = 2,
		.max_epoch = 9,
		.sealed_hash = { 0xab } };
	struct promise p;
	struct buf b;

	buf_init(&b, PROMISE_TEXT_MAX);
	T_RC(RC_OK, promise_build(&example, &b));
	T_OK(rd_is_eq(buf_get(&b), text));
	T_RC(RC_OK, promise_parse(rd_str(text), &p));
	T_OK(p.place == 1048575 && p.version == 2 && p.max_epoch == 9 &&
	    p.sealed_hash[0] == 0xab);
	buf_clear(&b);
}

static void
every_truncation_is_refused(void)
{
	struct promise p;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		unsigned char *o = tap_block(text, n);

		T_RC(RC_MALFORMED, promise_parse((struct rd){ o, n }, &p));
		free(o);
	}
}

static void
another_form_of_the_same_is_refused(void)
{
	static const struct {
		const char *from;
		const char *to;
		enum rc rc;
	} cases[] = {
		{ "\"place\":1048575", "\"place\":1048576", RC_MALFORMED },
		{ "\"place\":1048575", "\"place\":0", RC_OK },
		{ "\"version\":2", "\"version\":4294967296", RC_MALFORMED },
		{ "\"version\":2", "\"version\":4294967295", RC_OK },
		{ "\"version\":2", "\"version\": 2", RC_MALFORMED },
		{ "\"version\":2", "\"version\":2,\"x\":1", RC_MALFORMED },
		{ "\"max_epoch\":9", "\"max_epoch\":-9", RC_MALFORMED },
		{ "\"ab", "\"AB", RC_MALFORMED },
		{ "\"promise\"", "\"trust\"", RC_MALFORMED },
		{ "}\n", "}\n\n", RC_MALFORMED },
		{ "}\n", "}", RC_MALFORMED },
	};
	struct promise p;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char s[sizeof(text) + 64];
		const char *at = strstr(text, cases[i].from);
		int n = (int)(at - text);

		(void)snprintf(s, sizeof(s), "%.*s%s%s", n, text, cases[i].to,
		    at + strlen(cases[i].from));
		T_RC(cases[i].rc, promise_parse(rd_str(s), &p));
	}
}

int
main(void)
{
	TEST(a_promise_is_this_text);
	TEST(every_truncation_is_refused);
	TEST(another_form_of_the_same_is_refused);
	return tap_done();
}
