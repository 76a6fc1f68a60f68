#include "session_pair.h"

/* From session.md, Message: every field by hand. */
static size_t
by_hand(uint8_t m[static 512], const char *handle)
{
	size_t n = 0;
	size_t len = strlen(handle);

	m[n++] = 0x11;
	for (size_t i = 0; i < 16; i++)
		m[n++] = 0xac;
	m[n++] = 3;
	for (size_t key = 1; key <= 4; key++)
		for (size_t i = 0; i < 32; i++)
			m[n++] = (uint8_t)key;
	memcpy(m + n, (uint8_t[8]){ 0, 0, 1, 2, 0, 0, 0, 9 }, 8);
	n += 8;
	m[n++] = (uint8_t)len;
	memcpy(m + n, handle, len);
	n += len;
	m[n++] = 0; /* KEM */
	m[n++] = 0;
	memset(m + n, 0x44, 44 + 16);
	return n + 44 + 16;
}

static enum rc
parse(const uint8_t *m, size_t n, struct session_intro *ret_i)
{
	unsigned char *p = tap_block(m, n);
	enum rc rc = session_intro_parse((struct rd){ p, n }, ret_i);

	ret_i->handle.p = NULL; /* it borrowed from p */
	free(p);
	return rc;
}

static void
an_intro_made_by_hand_is_read(void)
{
	uint8_t m[512];
	size_t n = by_hand(m, "+15550100");
	struct session_intro i = { 0 };

	T_RC(RC_OK, session_intro_parse((struct rd){ m, n }, &i));
	T_OK(i.account[15] == 0xac && i.device == 3);
	T_OK(i.aik[0] == 1 && i.dik[31] == 2);
	T_OK(i.list_hash[0] == 3 && i.base_key[31] == 4);
	T_OK(i.signed_id == 258 && i.one_time_id == 9);
	T_OK(rd_is_eq(i.handle, "+15550100"));
}

static void
every_truncation_is_refused(void)
{
	uint8_t m[512];
	size_t n = by_hand(m, "+15550100");
	struct session_intro i = { 0 };

	for (size_t k = 0; k < n; k++)
		T_RC(RC_MALFORMED, parse(m, k, &i));
	T_OK(i.device == 0);
}

static void
a_handle_has_7_to_15_digits(void)
{
	static const struct {
		const char *handle;
		enum rc want;
	} cases[] = {
		{ "+155501", RC_MALFORMED },
		{ "+1555010", RC_OK },
		{ "+155501001234567", RC_OK },
		{ "+1555010012345678", RC_MALFORMED },
		{ "15550100", RC_MALFORMED },
		{ "+1555o100", RC_MALFORMED },
		{ "", RC_MALFORMED },
	};

	for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
		uint8_t m[512];
		size_t n = by_hand(m, cases[k].handle);
		struct session_intro i = { 0 };

		T_RC(cases[k].want, parse(m, n, &i));
	}
}

static void
other_kinds_and_a_kem_are_told(void)
{
	uint8_t m[512];
	size_t n = by_hand(m, "+15550100");
	struct session_intro i = { 0 };

	m[0] = 0x10;
	T_RC(RC_NOT_FOUND, parse(m, n, &i));
	m[0] = 0x12;
	T_RC(RC_MALFORMED, parse(m, n, &i));
	m[0] = 0x11;
	m[n - 61] = 1; /* KEM ciphertext of one octet */
	T_RC(RC_MALFORMED, parse(m, n, &i));
}

static void
what_is_built_is_what_was_read(void)
{
	uint8_t m[512];
	size_t n = by_hand(m, "+155501001234567");
	struct session_intro i = { 0 };
	struct buf b;

	T_RC(RC_OK, session_intro_parse((struct rd){ m, n }, &i));
	buf_init(&b, SESSION_INTRO_MAX);
	T_RC(RC_OK, session_intro_build(&i, &b));
	T_OK(b.len == SESSION_INTRO_MAX && b.len == n - 1 - 60);
	T_MEM(m + 1, b.p, b.len);
	buf_clear(&b);
}

int
main(void)
{
	TEST(an_intro_made_by_hand_is_read);
	TEST(every_truncation_is_refused);
	TEST(a_handle_has_7_to_15_digits);
	TEST(other_kinds_and_a_kem_are_told);
	TEST(what_is_built_is_what_was_read);
	return tap_done();
}
