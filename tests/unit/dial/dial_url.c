#include "dial/dial_url.h"

#include "tap.h"

static enum rc
parse(const char *text, size_t n, struct dial_url *ret_u)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = dial_url_parse((struct rd){ p, n }, ret_u);

	free(p);
	return rc;
}

static void
names_addresses_and_ports_are_read(void)
{
	static const struct {
		const char *text, *host, *port, *authority;
		bool is_ip;
	} good[] = {
		{ "https://tacet.example", "tacet.example", "443",
		    "tacet.example:443", false },
		{ "https://tacet.example/", "tacet.example", "443",
		    "tacet.example:443", false },
		{ "https://127.0.0.1:8443", "127.0.0.1", "8443",
		    "127.0.0.1:8443", true },
		{ "https://[::1]:65535", "::1", "65535", "[::1]:65535", true },
		{ "https://[2001:db8::7]", "2001:db8::7", "443",
		    "[2001:db8::7]:443", true },
	};
	struct dial_url u;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		T_RC(RC_OK, parse(good[i].text, strlen(good[i].text), &u));
		T_STR(good[i].host, u.host);
		T_STR(good[i].port, u.port);
		T_STR(good[i].authority, u.authority);
		T_OK(u.is_ip == good[i].is_ip);
	}
}

static void
what_is_no_server_is_refused(void)
{
	static const char *const bad[] = { "", "https://", "https:///",
		"http://tacet.example", "https://tacet.example/path",
		"https://user@tacet.example",
		"https://tacet.example:", "https://tacet.example:0",
		"https://tacet.example:65536", "https://tacet.example:100000",
		"https://tacet.example:84x", "https://[::1",
		"https://[::1]8443", "https://[1.2.3.4]", "https://::1",
		"https://-a.example", "https://a b", "https://a\r\nHost: b",
		"https://a?b" };
	struct dial_url u = { .port = "untou" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, parse(bad[i], strlen(bad[i]), &u));
	T_RC(RC_MALFORMED, parse("https://a\0b", 11, &u));
	T_OK(memcmp(u.port, "untou", 5) == 0);
}

static void
a_host_has_at_most_253_characters(void)
{
	char text[8 + 254 + 1] = "https://";
	struct dial_url u;

	for (size_t i = 8; i < 8 + 254; i++)
		text[i] = 'a';
	T_RC(RC_OK, parse(text, 8 + 253, &u));
	T_OK(strlen(u.host) == 253);
	T_RC(RC_MALFORMED, parse(text, 8 + 254, &u));
}

int
main(void)
{
	TEST(names_addresses_and_ports_are_read);
	TEST(what_is_no_server_is_refused);
	TEST(a_host_has_at_most_253_characters);
	return tap_done();
}
