#include "merkle/log_entry.h"

#include "tap.h"
#include "wire/json_body.h"

static enum rc
parse(const char *text, size_t n, enum log_entry_type *ret_type)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = log_entry_parse((struct rd){ p, n }, ret_type, NULL);

	free(p);
	return rc;
}

#define POLICY "{\"sha256\":\"00\",\"time\":\"x\",\"type\":\"policy\"}"

static void
an_entry_is_read_and_built_again(void)
{
	enum log_entry_type type;
	json_t *o = NULL;
	struct buf b;

	buf_init(&b, 100);
	T_RC(RC_OK, log_entry_parse(rd_str(POLICY), &type, &o));
	T_OK(type == LOG_ENTRY_TYPE_POLICY && json_body_has(o, "time"));
	T_RC(RC_OK, log_entry_build(o, &b));
	T_OK(rd_is_eq(buf_get(&b), POLICY));
	json_body_free(o);
	o = json_pack("{s:s,s:i}", "type", "order", "a", 1);
	b.len = 0;
	T_RC(RC_OK, log_entry_build(o, &b));
	T_OK(rd_is_eq(buf_get(&b), "{\"a\":1,\"type\":\"order\"}"));
	json_body_free(o);
	o = json_pack("{s:s}", "type", "orders");
	T_RC(RC_MALFORMED, log_entry_build(o, &b));
	json_body_free(o);
	buf_clear(&b);
}

static void
every_type_has_its_name(void)
{
	enum log_entry_type type;
	char text[64];

	for (int i = 1; i <= LOG_ENTRY_TYPE_LAST; i++) {
		(void)snprintf(text, sizeof(text), "{\"type\":\"%s\"}",
		    log_entry_name((enum log_entry_type)i));
		T_RC(RC_OK, parse(text, strlen(text), &type));
		T_OK((int)type == i);
	}
}

static void
no_truncation_and_no_second_spelling_is_read(void)
{
	static const char *const bad[] = { POLICY " ", " " POLICY, POLICY "\n",
		"{\"time\":\"x\",\"sha256\":\"00\",\"type\":\"policy\"}",
		"{\"type\": \"policy\"}", "{\"type\":\"p\\u006flicy\"}",
		"{\"a\":1.0,\"a\":1,\"type\":\"policy\"}",
		"{\"a\":1e2,\"type\":\"policy\"}", "{\"type\":\"Policy\"}",
		"{\"type\":1}", "{\"type\":null}", "{}", "[]", "\"policy\"" };
	enum log_entry_type type;

	for (size_t n = 0; n < strlen(POLICY); n++)
		T_RC(RC_MALFORMED, parse(POLICY, n, &type));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!T_OK(parse(bad[i], strlen(bad[i]), &type) == RC_MALFORMED))
			printf("# %zu\n", i);
}

static void
an_entry_has_its_longest(void)
{
	static char text[LOG_ENTRY_MAX + 2];
	enum log_entry_type type;

	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + LOG_ENTRY_MAX - 17, "\",\"type\":\"order\"}", 17);
	T_RC(RC_OK, parse(text, LOG_ENTRY_MAX, &type));
	text[LOG_ENTRY_MAX - 17] = 'x';
	memcpy(text + LOG_ENTRY_MAX - 16, "\",\"type\":\"order\"}", 17);
	T_RC(RC_LIMIT, parse(text, LOG_ENTRY_MAX + 1, &type));
}

int
main(void)
{
	TEST(an_entry_is_read_and_built_again);
	TEST(every_type_has_its_name);
	TEST(no_truncation_and_no_second_spelling_is_read);
	TEST(an_entry_has_its_longest);
	return tap_done();
}
