#include "relay/relay_conf.h"

#include "tap.h"

static struct relay_conf c;
static uint32_t line;
static const char *why;

static enum rc
parse(const char *text)
{
	unsigned char *p = tap_block(text, strlen(text));
	enum rc rc;

	line = 99;
	why = NULL;
	rc = relay_conf_parse((struct rd){ p, strlen(text) }, &c, &line, &why);
	free(p);
	return rc;
}

#define WHOLE                                        \
	"# a relay\n"                                \
	"gateway = one https://tacet.example:8443\n" \
	"gateway = two-2.x https://[::1]:1\n"        \
	"listen = 127.0.0.1:0\n"                     \
	"tls_cert = /c\n"                            \
	"tls_key = /k\n"                             \
	"gateway_ca = /a\n"                          \
	"requests_per_minute = 7\n"                  \
	"connections = 8\n"                          \
	"connections_address = 9\n"

static void
a_whole_file_is_read(void)
{
	T_RC(RC_OK, parse(WHOLE));
	T_OK(c.n_gateways == 2);
	T_STR("one", c.gateways[0].name);
	T_STR("tacet.example:8443", c.gateways[0].url.authority);
	T_STR("two-2.x", c.gateways[1].name);
	T_STR("[::1]:1", c.gateways[1].url.authority);
	T_STR("127.0.0.1:0", c.listen);
	T_STR("/c", c.tls_cert);
	T_STR("/k", c.tls_key);
	T_STR("/a", c.gateway_ca);
	T_OK(c.requests_per_minute == 7 && c.connections == 8 &&
	    c.connections_address == 9);
	T_RC(RC_OK, parse("gateway = a https://b"));
	T_STR("127.0.0.1:8072", c.listen);
	T_STR("/etc/ssl/certs/ca-certificates.crt", c.gateway_ca);
	T_OK(c.requests_per_minute == 120 && c.connections == 1000 &&
	    c.connections_address == 50 && c.tls_cert[0] == '\0');
}

static void
a_file_cut_anywhere_is_read_or_refused(void)
{
	for (size_t n = 0; n < sizeof(WHOLE) - 1; n++) {
		unsigned char *p = tap_block(WHOLE, n);
		enum rc rc = relay_conf_parse(
		    (struct rd){ p, n }, &c, &line, &why);

		T_OK(rc == RC_OK || rc == RC_MALFORMED);
		free(p);
	}
}

static void
what_is_wrong_is_named_with_its_line(void)
{
#define G "gateway = a https://b\n"
	static const struct {
		const char *text;
		uint32_t line;
		const char *why;
	} cases[] = {
		{ "", 0, "gateway must be there" },
		{ G "tls_cert = /x\n", 0, "come together" },
		{ G "tls_key = /x\n", 0, "come together" },
		{ "gateway = a\n", 1, "NAME https" },
		{ "gateway = a http://b\n", 1, "NAME https" },
		{ "gateway = a https://b/c\n", 1, "NAME https" },
		{ "gateway = A https://b\n", 1, "a name has" },
		{ "gateway = .. https://b\n", 1, "a name has" },
		{ "gateway = a/b https://b\n", 1, "a name has" },
		{ G G, 2, "there twice" },
		{ G "\nlisten =\n", 3, "" },
		{ G "nothing = 1\n", 2, "unknown key" },
		{ G "connections = 0\n", 2, "in its range" },
		{ G "connections = 100001\n", 2, "in its range" },
		{ G "requests_per_minute = 1000001\n", 2, "in its range" },
		{ G "requests_per_minute = 1x\n", 2, "in its range" },
		{ G "requests_per_minute = 99999999\n", 2, "in its range" },
	};
	char many[9 * 32] = "";

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		T_RC(RC_MALFORMED, parse(cases[i].text));
		if (!T_OK(line == cases[i].line && why != NULL &&
			strstr(why, cases[i].why) != NULL))
			printf("# case %zu\n", i);
	}
	T_RC(RC_OK, parse(G "requests_per_minute = 1000000\n"));
	for (int i = 0; i < 9; i++) {
		(void)snprintf(
		    many + strlen(many), 32, "gateway = g%d https://b\n", i);
		T_RC(i < RELAY_CONF_GATEWAYS ? RC_OK : RC_MALFORMED,
		    parse(many));
	}
}

static void
texts_fit_to_their_last_octet(void)
{
	char text[RELAY_CONF_PATH_SIZE + 64];
	size_t n = (size_t)snprintf(text, sizeof(text), G "gateway_ca = ");

	memset(text + n, 'x', RELAY_CONF_PATH_SIZE - 1);
	text[n + RELAY_CONF_PATH_SIZE - 1] = '\0';
	T_RC(RC_OK, parse(text));
	T_OK(strlen(c.gateway_ca) == RELAY_CONF_PATH_SIZE - 1);
	text[n + RELAY_CONF_PATH_SIZE - 1] = 'x';
	text[n + RELAY_CONF_PATH_SIZE] = '\0';
	T_RC(RC_MALFORMED, parse(text));
	T_OK(line == 2);
}

int
main(void)
{
	TEST(a_whole_file_is_read);
	TEST(a_file_cut_anywhere_is_read_or_refused);
	TEST(what_is_wrong_is_named_with_its_line);
	TEST(texts_fit_to_their_last_octet);
	return tap_done();
}
