#include "proc/conf.h"

#include "tap.h"

static enum rc
parse(const char *text, struct conf *c, uint32_t *ret_line)
{
	const char *why = NULL;
	unsigned char *p = tap_block(text, strlen(text));
	enum rc rc = conf_parse(
	    (struct rd){ p, strlen(text) }, c, ret_line, &why);

	T_OK((rc == RC_OK) == (why == NULL));
	free(p);
	return rc;
}

static void
keys_are_read_over_the_defaults(void)
{
	struct conf c;
	uint32_t line = 0;

	conf_defaults(&c);
	T_RC(RC_OK,
	    parse("# a comment\n\n  retention_days = 7 \nclient_ip=none\n"
		  "classic = no\nclock_offset = -86400",
		&c, &line));
	T_OK(c.retention_days == 7 && c.client_ip == CONF_IP_NONE);
	T_OK(!c.classic && c.clock_offset == -86400);
	T_OK(c.message_burst == 60);
}

static void
a_bad_line_is_named_and_changes_nothing(void)
{
	static const char *const bad[] = { "classic = no\nunknown = 1\n",
		"classic = no\nretention_days = 0\n",
		"classic = no\nretention_days = 3651\n",
		"classic = no\nretention_days = 07\n",
		"classic = no\nretention_days = \n",
		"classic = no\nclassic = maybe\n",
		"classic = no\nclient_ip = some\n",
		"classic = no\nno equals sign\n",
		"classic = no\nsmpp_system_id = 0123456789abcdef\n",
		"classic = no\nsmpp_host = a\x01b\n",
		"classic = no\noperator_name = a\xff\n" };
	struct conf c;

	conf_defaults(&c);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint32_t line = 0;

		T_RC(RC_MALFORMED, parse(bad[i], &c, &line));
		T_OK(line == 2 && c.classic);
	}
}

static void
witnesses_gather_up_to_eight(void)
{
	struct conf c;
	uint32_t line = 0;

	conf_defaults(&c);
	T_RC(RC_OK,
	    parse("witness = 1\nwitness = 2\nwitness_quorum = 2\n", &c, &line));
	T_OK(c.n_witnesses == 2 && c.witness_quorum == 2);
	T_STR("2", c.witness[1]);
	T_RC(RC_OK, parse("witness = \nwitness = 3\n", &c, &line));
	T_OK(c.n_witnesses == 1);
	T_STR("3", c.witness[0]);
	T_RC(RC_OK,
	    parse("witness=2\nwitness=3\nwitness=4\nwitness=5\n"
		  "witness=6\nwitness=7\nwitness=8\n",
		&c, &line));
	T_OK(c.n_witnesses == 8);
	T_RC(RC_MALFORMED, parse("witness = 9\n", &c, &line));
	T_OK(line == 1 && c.n_witnesses == 8);
}

static void
what_is_built_is_read_again(void)
{
	struct conf c;
	struct conf again;
	struct buf b;
	struct buf b2;
	uint32_t line = 0;
	const char *why = NULL;

	buf_init(&b, CONF_TEXT_MAX);
	buf_init(&b2, CONF_TEXT_MAX);
	conf_defaults(&c);
	conf_defaults(&again);
	c.retention_days = 3;
	c.n_witnesses = 2;
	memcpy(c.witness[0], "http://a/ x", 12);
	memcpy(c.witness[1], "http://b/ y", 12);
	c.clock_offset = -5;
	T_RC(RC_OK, conf_build(&c, &b));
	T_RC(RC_OK, conf_parse(buf_get(&b), &again, &line, &why));
	T_RC(RC_OK, conf_build(&again, &b2));
	T_OK(again.n_witnesses == 2);
	T_STR("http://b/ y", again.witness[1]);
	T_OK(b.len == b2.len);
	T_MEM(b.p, b2.p, b.len);
	buf_clear(&b);
	buf_clear(&b2);
}

int
main(void)
{
	TEST(keys_are_read_over_the_defaults);
	TEST(a_bad_line_is_named_and_changes_nothing);
	TEST(witnesses_gather_up_to_eight);
	TEST(what_is_built_is_read_again);
	return tap_done();
}
