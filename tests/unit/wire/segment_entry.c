#include "wire/segment_entry.h"

#include "tap.h"

static const struct segment_entry example = { .seq = 3,
	.day = 20000,
	.part = 1,
	.opened = 1728000000,
	.closed = 1728003600,
	.envelopes = 2,
	.rows = 5,
	.root = { 0xab },
	.custodians = { 0xcd } };

#define ZEROS62 "00000000000000000000000000000000000000000000000000000000000000"
static const char text[] =
    "{\"closed\":1728003600,\"custodians\":\"cd" ZEROS62
    "\",\"day\":\"2024-10-04\",\"envelopes\":2,\"opened\":1728000000,"
    "\"part\":1,\"root\":\"ab" ZEROS62
    "\",\"rows\":5,\"seq\":3,\"type\":\"segment\"}";

static void
an_entry_is_this_text(void)
{
	struct segment_entry e;
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_OK, segment_entry_build(&example, &b));
	T_OK(rd_is_eq(buf_get(&b), text));
	T_RC(RC_OK, segment_entry_parse(rd_str(text), &e));
	T_OK(e.seq == 3 && e.day == 20000 && e.part == 1 && e.rows == 5 &&
	    e.envelopes == 2 && e.opened == 1728000000 &&
	    e.closed == 1728003600 && e.root[0] == 0xab &&
	    e.custodians[0] == 0xcd);
	buf_clear(&b);
}

static void
every_truncation_is_refused(void)
{
	struct segment_entry e;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		unsigned char *p = tap_block(text, n);

		T_RC(
		    RC_MALFORMED, segment_entry_parse((struct rd){ p, n }, &e));
		free(p);
	}
}

static void
another_form_of_the_same_is_refused(void)
{
	static const struct {
		const char *from;
		const char *to;
		enum rc rc;
		const char *why;
	} cases[] = {
		{ "\"seq\":3", "\"seq\": 3", RC_MALFORMED, "a blank" },
		{ "\"seq\":3", "\"seq\":3.0", RC_MALFORMED, "a real" },
		{ "\"seq\":3", "\"seq\":-3", RC_MALFORMED, "negative" },
		{ "\"seq\":3", "\"seq\":3,\"seq\":3", RC_MALFORMED, "twice" },
		{ "\"seq\":3", "\"seq\":3,\"sex\":3", RC_MALFORMED, "unknown" },
		{ "\"part\":1", "\"part\":65536", RC_MALFORMED,
		    "over 16 bits" },
		{ "\"root\":\"ab", "\"root\":\"AB", RC_MALFORMED,
		    "upper case" },
		{ "\"root\":\"ab", "\"root\":\"abab", RC_MALFORMED, "long" },
		{ "2024-10-04", "2024-13-04", RC_MALFORMED, "no such day" },
		{ "\"segment\"", "\"destroy\"", RC_NOT_FOUND, "another type" },
	};
	struct segment_entry e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char s[sizeof(text) + 64];
		const char *at = strstr(text, cases[i].from);
		int n = (int)(at - text);

		(void)snprintf(s, sizeof(s), "%.*s%s%s", n, text, cases[i].to,
		    at + strlen(cases[i].from));
		T_RC(cases[i].rc, segment_entry_parse(rd_str(s), &e));
	}
}

static void
a_part_ends_with_its_day(void)
{
	const int64_t midnight = (20000LL + 1) * 86400;
	struct segment_entry e = example;

	T_OK(segment_entry_until(&e) == 1728003600);
	e.closed = (uint64_t)midnight - 1;
	T_OK(segment_entry_until(&e) == midnight - 1);
	e.closed = (uint64_t)midnight; /* the tick behind it */
	T_OK(segment_entry_until(&e) == midnight - 1);
	e.closed = (uint64_t)midnight + 86400LL * 30; /* a long stop */
	T_OK(segment_entry_until(&e) == midnight - 1);
}

int
main(void)
{
	TEST(an_entry_is_this_text);
	TEST(every_truncation_is_refused);
	TEST(another_form_of_the_same_is_refused);
	TEST(a_part_ends_with_its_day);
	return tap_done();
}
