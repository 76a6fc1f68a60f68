/* Request targets against patterns, and the one query there is. */
#include "front/front_internal.h"
#include "tap.h"

struct match {
	const char *pattern;
	const char *path;
	bool is;
	const char *first; /* what stood in {} */
	const char *second;
	const char *why;
};

static const struct match matches[] = {
	{ "/v1/sms", "/v1/sms", true, "", "", "itself" },
	{ "/v1/sms", "/v1/sm", false, "", "", "shorter" },
	{ "/v1/sms", "/v1/smss", false, "", "", "longer" },
	{ "/v1/sms", "/v1/SMS", false, "", "", "letters count" },
	{ "/v1/sms", "/v1/sms/", false, "", "", "a segment more" },
	{ "/v1/sms", "//v1/sms", false, "", "", "an empty segment" },
	{ "/v1/sms", "/v1", false, "", "", "a segment less" },
	{ "/v1/sms", "/v1/../v1/sms", false, "", "", "dots are names" },
	{ "/v1/sms", "/v1/%73ms", false, "", "", "percent is itself" },
	{ "/v1/sms", "", false, "", "", "nothing" },
	{ "/v1/a/{}", "/v1/a/x", true, "x", "", "one" },
	{ "/v1/a/{}", "/v1/a/", false, "", "", "an empty one" },
	{ "/v1/a/{}", "/v1/a", false, "", "", "none" },
	{ "/v1/a/{}", "/v1/a/x/y", false, "", "", "one more" },
	{ "/v1/a/{}", "/v1/a/{}", true, "{}", "", "the braces themselves" },
	{ "/v1/a/{}/{}", "/v1/a/xy/z", true, "xy", "z", "two" },
	{ "/v1/a/{}/{}", "/v1/a//z", false, "", "", "first empty" },
	{ "/v1/a/{}/send", "/v1/a/x/send", true, "x", "", "in the middle" },
	{ "/v1/a/{}/send", "/v1/a/x/sent", false, "", "", "another end" },
	{ "/v1/a/{*}", "/v1/a/x", true, "x", "", "all of one" },
	{ "/v1/a/{*}", "/v1/a/x/y//z/", true, "x/y//z/", "", "all of it" },
	{ "/v1/a/{*}", "/v1/a/", false, "", "", "all of nothing" },
	{ "/v1/a/{*}", "/v1/a", false, "", "", "not even that" },
	{ "/v1/a/{*}", "/v1/b/x", false, "", "", "another place" },
};

static void
a_path_matches_its_pattern_and_no_other(void)
{
	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		const struct match *m = &matches[i];
		size_t n = strlen(m->path);
		unsigned char *block = tap_block(m->path, n);
		struct rd got[2] = { { 0 }, { 0 } };

		if (!T_OK(front_route_is(m->pattern, (struct rd){ block, n },
			      got) == m->is))
			printf("# %s\n", m->why);
		if (m->is) {
			T_OK(rd_is_eq(got[0], m->first));
			T_OK(rd_is_eq(got[1], m->second));
		}
		free(block);
	}
}

static void
what_does_not_match_writes_nothing(void)
{
	struct rd got[2] = { rd_str("a"), rd_str("b") };

	T_OK(!front_route_is("/{}/x", rd_str("/y/z"), got));
	T_OK(rd_is_eq(got[0], "a") && rd_is_eq(got[1], "b"));
}

static void
the_query_begins_behind_the_first_mark(void)
{
	struct rd query;

	T_OK(rd_is_eq(front_route_path(rd_str("/a?b?c"), &query), "/a"));
	T_OK(rd_is_eq(query, "b?c"));
	T_OK(rd_is_eq(front_route_path(rd_str("/a"), &query), "/a"));
	T_OK(query.left == 0);
	T_OK(rd_is_eq(front_route_path(rd_str("/a?"), &query), "/a"));
	T_OK(query.left == 0);
	T_OK(rd_is_eq(front_route_path(rd_str("?x"), &query), ""));
	T_OK(rd_is_eq(query, "x"));
}

static enum rc
devices(const char *text, uint8_t ret_ids[static 8])
{
	size_t n = strlen(text);
	unsigned char *block = tap_block(text, n);
	enum rc rc = front_route_devices((struct rd){ block, n }, ret_ids);

	free(block);
	return rc;
}

static void
devices_are_read(void)
{
	static const uint8_t none[8] = { 0 };
	static const uint8_t two[8] = { 1, 255 };
	static const uint8_t eight[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t ids[8] = { 9 };

	T_RC(RC_OK, devices("", ids));
	T_MEM(none, ids, 8);
	T_RC(RC_OK, devices("devices=1,255", ids));
	T_MEM(two, ids, 8);
	T_RC(RC_OK, devices("devices=1,2,3,4,5,6,7,8", ids));
	T_MEM(eight, ids, 8);
}

static void
other_queries_are_malformed(void)
{
	static const char *const bad[] = { "d", "devices",
		"devices=", "devices=0", "devices=256", "devices=01",
		"devices=1,", "devices=,1", "devices=1,,2", "devices=1&x=2",
		"devices=-1", "devices=1 ", "Devices=1", "x=1",
		"devices=99999999999999999", "devices=1,2,3,4,5,6,7,8,9",
		"devices=1;2" };
	uint8_t ids[8] = { 9 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!T_OK(devices(bad[i], ids) == RC_MALFORMED))
			printf("# %s\n", bad[i]);
	T_OK(ids[0] == 9);
}

int
main(void)
{
	TEST(a_path_matches_its_pattern_and_no_other);
	TEST(what_does_not_match_writes_nothing);
	TEST(the_query_begins_behind_the_first_mark);
	TEST(devices_are_read);
	TEST(other_queries_are_malformed);
	return tap_done();
}
