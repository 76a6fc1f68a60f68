#include "e2ee/safety.h"

#include <sodium.h>

#include "tap.h"

static const uint8_t one[32] = { 1 };
static const uint8_t two[32] = { 2 };

static void
both_ends_see_the_same_60_digits(void)
{
	char a[SAFETY_SIZE], b[SAFETY_SIZE];

	safety_number(one, rd_str("+15550100"), two, rd_str("+15550101"), a);
	safety_number(two, rd_str("+15550101"), one, rd_str("+15550100"), b);
	T_STR(a, b);
	T_OK(strlen(a) == 71);
	for (size_t i = 0; i < 71; i++)
		T_OK(i % 6 == 5 ? a[i] == ' ' : a[i] >= '0' && a[i] <= '9');
}

/* Computed with Python's hashlib from session.md, Around a session. */
static void
the_digits_are_those_of_another_implementation(void)
{
	char a[SAFETY_SIZE], sas[SAFETY_SAS_SIZE];

	safety_number(one, rd_str("+15550100"), two, rd_str("+15550101"), a);
	T_STR("38911 02333 28845 40926 48825 78029 96332 36515 78798 03432 "
	      "66106 65172",
	    a);
	safety_sas(rd_str("offer"), rd_str("list"), sas);
	T_STR("120 034", sas);
}

static void
another_key_or_handle_is_another_number(void)
{
	char a[SAFETY_SIZE], b[SAFETY_SIZE];
	char s[SAFETY_SAS_SIZE], t[SAFETY_SAS_SIZE];

	safety_number(one, rd_str("+15550100"), two, rd_str("+15550101"), a);
	safety_number(one, rd_str("+15550100"), two, rd_str("+15550102"), b);
	T_OK(strcmp(a, b) != 0);
	safety_number(one, rd_str("+15550100"), one, rd_str("+15550101"), b);
	T_OK(strcmp(a, b) != 0);
	safety_sas(rd_str("offer"), rd_str("list"), s);
	safety_sas(rd_str("offe"), rd_str("rlist"), t);
	T_OK(strcmp(s, t) != 0);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(both_ends_see_the_same_60_digits);
	TEST(the_digits_are_those_of_another_implementation);
	TEST(another_key_or_handle_is_another_number);
	return tap_done();
}
