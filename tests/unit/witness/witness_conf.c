#include "witness/witness_conf.h"

#include "tap.h"

static char log_line[VKEY_TEXT_MAX + 8];

static void
make_log_line(void)
{
	static const uint8_t key[32] = { 1 };
	struct vkey k;
	struct buf b;

	buf_init(&b, sizeof(log_line));
	T_RC(RC_OK, buf_add_str(&b, "log="));
	T_RC(RC_OK, vkey_init(&k, "tacet.log/x", VKEY_TYPE_ED25519, key));
	T_RC(RC_OK, vkey_build(&k, &b));
	T_RC(RC_OK, buf_u8(&b, '\n'));
	memcpy(log_line, b.p, b.len);
	buf_clear(&b);
}

static enum rc
parse(const char *text, struct witness_conf *ret_c, uint32_t *ret_line)
{
	const char *why = NULL;
	unsigned char *p = tap_block(text, strlen(text));
	enum rc rc = witness_conf_parse(
	    (struct rd){ p, strlen(text) }, ret_c, ret_line, &why);

	T_OK((rc == RC_OK) == (why == NULL));
	free(p);
	return rc;
}

#define LEAST "name = w.example/1\nkey=/k\n state = /s \n"

static void
a_file_is_read(void)
{
	struct witness_conf c;
	uint32_t line = 9;
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "# a comment\n\n" LEAST "listen = [::1]:80\r\n%s", log_line);
	T_RC(RC_OK, parse(text, &c, &line));
	T_STR("w.example/1", c.name);
	T_STR("/k", c.key);
	T_STR("/s", c.state);
	T_STR("[::1]:80", c.listen);
	T_OK(c.n_logs == 1 && line == 9);
	T_STR("tacet.log/x", c.logs[0].name);
	T_RC(RC_OK, parse(LEAST, &c, &line));
	T_STR("127.0.0.1:8071", c.listen);
	T_OK(c.n_logs == 0);
}

/* Sixty-four octets: one more than there is room for. */
#define LONG                                       \
	"0123456789012345678901234567890123456789" \
	"012345678901234567890123"

/* The key of a witness is not a log's. */
static void
a_witness_is_no_log(void)
{
	static const uint8_t key[32] = { 1 };
	struct witness_conf c;
	uint32_t line = 0;
	struct vkey k;
	struct buf b;

	buf_init(&b, 512);
	T_RC(RC_OK, buf_add_str(&b, LEAST "log = "));
	T_RC(RC_OK, vkey_init(&k, "w", VKEY_TYPE_COSIGNATURE, key));
	T_RC(RC_OK, vkey_build(&k, &b));
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parse((const char *)b.p, &c, &line));
	T_OK(line == 4);
	buf_clear(&b);
}

static void
a_bad_line_is_named(void)
{
	static const char *const bad[] = { "unknown = 1", "no equals sign",
		"key =", "key = a\x01", "log = nothing", "listen = " LONG };
	struct witness_conf c = { .name = "x" };
	uint32_t line = 0;
	char text[512];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(text, sizeof(text), LEAST "%s\n", bad[i]);
		T_RC(RC_MALFORMED, parse(text, &c, &line));
		T_OK(line == 4);
	}
	(void)snprintf(text, sizeof(text), LEAST "%s%s", log_line, log_line);
	T_RC(RC_MALFORMED, parse(text, &c, &line)); /* twice */
	T_OK(line == 5);
	T_STR("x", c.name);
}

static void
what_is_missing_is_told(void)
{
	static const char *const bad[] = { "", "name = w\n", "key = /k\n",
		"name = w\nkey = /k\n", "name = a b\nkey = /k\nstate = /s\n",
		"name = a+b\nkey = /k\nstate = /s\n" };
	struct witness_conf c;
	uint32_t line;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		line = 9;
		T_RC(RC_MALFORMED, parse(bad[i], &c, &line));
		T_OK(line == 0);
	}
}

static void
there_are_sixteen_logs_at_most(void)
{
	static const uint8_t key[32] = { 1 };
	struct witness_conf c;
	uint32_t line = 0;
	struct buf b;
	struct vkey k;
	char name[8];

	buf_init(&b, 8192);
	T_RC(RC_OK, buf_add_str(&b, LEAST));
	for (int i = 0; i <= WITNESS_CONF_LOGS; i++) {
		size_t before = b.len;

		T_RC(RC_OK, buf_u8(&b, 0));
		T_RC(i == WITNESS_CONF_LOGS + 1 ? RC_MALFORMED : RC_OK,
		    parse((const char *)b.p, &c, &line));
		T_OK((int)c.n_logs == i);
		b.len = before;
		(void)snprintf(name, sizeof(name), "l%d", i);
		T_RC(RC_OK, vkey_init(&k, name, VKEY_TYPE_ED25519, key));
		T_RC(RC_OK, buf_add_str(&b, "log="));
		T_RC(RC_OK, vkey_build(&k, &b));
		T_RC(RC_OK, buf_u8(&b, '\n'));
	}
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parse((const char *)b.p, &c, &line));
	T_OK(line == 3 + WITNESS_CONF_LOGS + 1);
	buf_clear(&b);
}

int
main(void)
{
	make_log_line();
	TEST(a_file_is_read);
	TEST(a_bad_line_is_named);
	TEST(a_witness_is_no_log);
	TEST(what_is_missing_is_told);
	TEST(there_are_sixteen_logs_at_most);
	return tap_done();
}
