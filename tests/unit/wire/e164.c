#include "wire/e164.h"

#include "base/failmem.h"
#include "tap.h"
#include "wire/e164_text.h"

static enum rc
parse(const char *text, size_t n, struct e164 *ret_e)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = e164_parse((struct rd){ p, n }, ret_e);

	free(p);
	return rc;
}

static void
a_number_is_read(void)
{
	struct e164 e = { 0 };

	T_RC(RC_OK, parse("+15550100", 9, &e));
	T_OK(e.n == 8);
	T_MEM("15550100\0\0\0\0\0\0\0", e.digits, E164_DIGITS_MAX);
	T_RC(RC_OK, parse("+4930123456789", 14, &e));
	T_OK(e.n == 13);
}

static void
lengths_are_seven_to_fifteen(void)
{
	struct e164 e = { .n = 99 };

	T_RC(RC_MALFORMED, parse("+123456", 7, &e));
	T_RC(RC_MALFORMED, parse("+1234567890123456", 17, &e));
	T_OK(e.n == 99);
	T_RC(RC_OK, parse("+1234567", 8, &e));
	T_OK(e.n == 7);
	T_RC(RC_OK, parse("+123456789012345", 16, &e));
	T_OK(e.n == 15);
}

static void
anything_but_plus_and_digits_is_refused(void)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "empty" },
		{ "+", "no digits" },
		{ "15550100", "no plus" },
		{ "+05550100", "no country code begins with 0" },
		{ "+1555 0100", "space" },
		{ "+1555010a", "letter" },
		{ "++15550100", "two plus signs" },
		{ "+15550100\n", "trailing octet" },
		{ "+1555\xd9\xa0\xd9\xa1", "digits of another script" },
	};
	struct e164 e = { .n = 99 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!T_OK(parse(bad[i].text, strlen(bad[i].text), &e) ==
			RC_MALFORMED))
			printf("# %s\n", bad[i].why);
	T_OK(e.n == 99);
}

static void
the_binary_form_comes_back(void)
{
	struct e164 e = { 0 }, f = { 0 };
	struct buf b;
	struct rd r;

	buf_init(&b, 64);
	T_RC(RC_OK, parse("+15550100", 9, &e));
	T_RC(RC_OK, e164_build(&e, &b));
	T_OK(b.len == 9);
	T_MEM("\x08"
	      "15550100",
	    b.p, 9);
	T_RC(RC_OK, buf_u8(&b, 0xee));
	r = buf_get(&b);
	T_RC(RC_OK, e164_take(&r, &f));
	T_OK(r.left == 1);
	T_OK(e164_is_eq(&e, &f));
	buf_clear(&b);
}

static void
every_truncation_of_the_binary_form_is_refused(void)
{
	static const char whole[] = "\x08"
				    "15550100";
	struct e164 e = { .n = 99 };

	for (size_t n = 0; n < 9; n++) {
		unsigned char *p = tap_block(whole, n);
		struct rd r = { p, n };

		T_RC(RC_MALFORMED, e164_take(&r, &e));
		T_OK(r.left == n && r.p == p);
		free(p);
	}
	T_OK(e.n == 99);
}

static void
an_empty_number_is_not_built(void)
{
	struct e164 e = { 0 };
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_MALFORMED, e164_build(&e, &b));
	T_OK(b.len == 0);
	T_RC(RC_OK, parse("+15550100", 9, &e));
	failmem_after(0);
	T_RC(RC_NOMEM, e164_build(&e, &b));
	failmem_after(-1);
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
a_prefix_has_six_or_seven_digits(void)
{
	struct e164 e = { 0 };

	T_RC(RC_OK, parse("+15550100", 9, &e));
	T_OK(e164_prefix(&e) == 155501);
	T_RC(RC_OK, parse("+123456789", 10, &e));
	T_OK(e164_prefix(&e) == 123456);
	T_RC(RC_OK, parse("+1234567890", 11, &e));
	T_OK(e164_prefix(&e) == 1234567);
}

static void
numbers_differ_by_digits_and_by_length(void)
{
	struct e164 a = { 0 }, b = { 0 };

	T_RC(RC_OK, parse("+15550100", 9, &a));
	T_RC(RC_OK, parse("+15550101", 9, &b));
	T_OK(!e164_is_eq(&a, &b));
	T_RC(RC_OK, parse("+155501000", 10, &b));
	T_OK(!e164_is_eq(&a, &b));
	T_OK(e164_is_eq(&a, &a));
	e164_clear(&b);
	T_OK(b.n == 0 && b.digits[0] == 0);
}

static void
the_text_form_has_a_plus_sign(void)
{
	char text[E164_TEXT_SIZE];
	struct e164 e = { 0 };

	e164_text(&e, text);
	T_STR("", text);
	T_RC(RC_OK, parse("+123456789012345", 16, &e));
	e164_text(&e, text);
	T_STR("+123456789012345", text);
}

static void
a_number_is_the_integer_of_its_digits(void)
{
	static const struct {
		const char *text;
		uint64_t v;
	} cases[] = { { "+1000000", 1000000 }, { "+15550100", 15550100 },
		{ "+999999999999999", 999999999999999 } };
	struct e164 e = { 0 };

	T_OK(e164_value(&e) == 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		T_RC(RC_OK, e164_parse(rd_str(cases[i].text), &e));
		T_OK(e164_value(&e) == cases[i].v);
	}
}

int
main(void)
{
	TEST(a_number_is_read);
	TEST(lengths_are_seven_to_fifteen);
	TEST(anything_but_plus_and_digits_is_refused);
	TEST(the_binary_form_comes_back);
	TEST(every_truncation_of_the_binary_form_is_refused);
	TEST(an_empty_number_is_not_built);
	TEST(a_prefix_has_six_or_seven_digits);
	TEST(numbers_differ_by_digits_and_by_length);
	TEST(the_text_form_has_a_plus_sign);
	TEST(a_number_is_the_integer_of_its_digits);
	return tap_done();
}
