#include "sms/smpp_bind.h"

#include "tap.h"

/* Section 4.1.5, and the example of section 3.2.1: system_id SMPP3TEST,
 * password secret08. */
static const char example[] = "SMPP3TEST\0secret08\0\0\x34\0\0";

static void
the_example_is_read_and_comes_back(void)
{
	struct smpp_bind bind = { .system_id = "" };
	unsigned char *p = tap_block(example, sizeof(example));
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_OK, smpp_bind_parse((struct rd){ p, sizeof(example) }, &bind));
	T_STR("SMPP3TEST", bind.system_id);
	T_STR("secret08", bind.password);
	T_RC(RC_OK, smpp_bind_build(&bind, &b));
	T_OK(b.len == sizeof(example));
	T_MEM(example, b.p, sizeof(example));
	buf_clear(&b);
	free(p);
	smpp_bind_clear(&bind);
	T_OK(bind.password[0] == '\0' && bind.password[7] == '\0');
}

static void
every_truncation_is_refused(void)
{
	for (size_t n = 0; n < sizeof(example); n++) {
		struct smpp_bind bind = { .system_id = "x" };
		unsigned char *p = tap_block(example, n);

		T_RC(RC_MALFORMED, smpp_bind_parse((struct rd){ p, n }, &bind));
		T_STR("x", bind.system_id);
		free(p);
	}
}

static void
long_fields_and_trailing_octets_are_refused(void)
{
	static const struct {
		const char *body;
		size_t n;
		enum rc rc;
	} cases[] = {
		{ "123456789012345\0\0\0\x34\0\0\0", 22, RC_OK },
		{ "1234567890123456\0\0\0\x34\0\0\0", 23, RC_MALFORMED },
		{ "a\00012345678\0\0\x34\0\0\0", 16, RC_OK },
		{ "a\000123456789\0\0\x34\0\0\0", 17, RC_MALFORMED },
		{ "a\0\0\0\x34\0\0\0\0", 9, RC_MALFORMED },
	};
	struct smpp_bind bind = { .system_id = "" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		T_RC(cases[i].rc,
		    smpp_bind_parse((struct rd){ (const uint8_t *)cases[i].body,
					cases[i].n },
			&bind));
}

static void
a_response_may_be_empty_or_have_parameters(void)
{
	static const char whole[] = "SMSC\0\x02\x10\0\x01\x34";

	T_RC(RC_OK, smpp_bind_resp_parse((struct rd){ NULL, 0 }));
	for (size_t n = 1; n < sizeof(whole); n++) {
		unsigned char *p = tap_block(whole, n);

		T_RC(n == 5 || n == 10 ? RC_OK : RC_MALFORMED,
		    smpp_bind_resp_parse((struct rd){ p, n }));
		free(p);
	}
}

int
main(void)
{
	TEST(the_example_is_read_and_comes_back);
	TEST(every_truncation_is_refused);
	TEST(long_fields_and_trailing_octets_are_refused);
	TEST(a_response_may_be_empty_or_have_parameters);
	return tap_done();
}
