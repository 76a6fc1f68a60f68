#include "wire/e164_plan.h"

#include "base/failmem.h"
#include "e164_examples.h"
#include "tap.h"
#include "wire/e164_match.h"
#include "wire/e164_text.h"

static struct e164
number(const char *text)
{
	struct e164 e = { 0 };

	T_RC(RC_OK, e164_parse(rd_str(text), &e));
	return e;
}

static void
every_example_is_judged_as_libphonenumber_does(void)
{
	size_t valid = 0, refused = 0;

	for (size_t i = 0; i < ARRAY_LEN(e164_examples); i++) {
		struct e164 e = number(e164_examples[i].number);
		bool ok = e164_plan_check(&e) == RC_OK;

		if (!T_OK(ok == (e164_examples[i].region != NULL)))
			printf("# example %zu\n", i);
		valid += ok;
		refused += !ok;
	}
	T_OK(valid > 800);
	T_OK(refused > 300);
}

static void
every_example_has_its_region(void)
{
	for (size_t i = 0; i < ARRAY_LEN(e164_examples); i++) {
		struct e164 e = number(e164_examples[i].number);

		if (e164_examples[i].region == NULL)
			continue;
		if (!T_OK(strcmp(e164_examples[i].region,
			      e164_plan_region(&e)) == 0))
			printf("# example %zu\n", i);
	}
}

static void
every_example_is_written_as_its_people_do(void)
{
	char text[E164_NATIONAL_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(e164_examples); i++) {
		struct e164 e = number(e164_examples[i].number);

		if (e164_examples[i].national == NULL)
			continue;
		e164_text_national(&e, text);
		if (!T_OK(strcmp(e164_examples[i].national, text) == 0))
			printf("# example %zu\n", i);
	}
}

static void
national_form_is_read_back(void)
{
	size_t read = 0, all = 0;

	for (size_t i = 0; i < ARRAY_LEN(e164_examples); i++) {
		struct e164 e = number(e164_examples[i].number), f = { 0 };

		if (e164_examples[i].national == NULL ||
		    strcmp(e164_examples[i].region, "001") == 0)
			continue;
		all++;
		if (e164_plan_normalise(rd_str(e164_examples[i].national),
			e164_examples[i].region, &f) == RC_OK)
			read += e164_is_eq(&e, &f);
	}
	/* What is left has a form that only its own carriers write. */
	T_OK(all > 800);
	T_OK(read * 100 >= all * 97);
	printf("# %zu of %zu\n", read, all);
}

static void
fiction_is_valid_only_when_asked_for(void)
{
	struct e164 a = number("+15550100"), b = number("+15550199"),
		    c = number("+15551234567"), d = number("+15550200");

	T_RC(RC_MALFORMED, e164_plan_check(&a));
	e164_plan_test_numbers(true);
	T_RC(RC_OK, e164_plan_check(&a));
	T_RC(RC_OK, e164_plan_check(&b));
	T_RC(RC_OK, e164_plan_check(&c));
	T_RC(RC_MALFORMED, e164_plan_check(&d));
	T_STR("US", e164_plan_region(&a));
	e164_plan_test_numbers(false);
	T_RC(RC_MALFORMED, e164_plan_check(&c));
}

static void
what_people_type_is_normalised(void)
{
	static const struct {
		const char *typed, *region, *want;
	} good[] = {
		{ "+1 (555) 010-0", NULL, "+15550100" },
		{ "+49 30 1234567", NULL, "+49301234567" },
		{ "+49 (0)30 1234567", NULL, "+49301234567" },
		{ "030/1234567", "DE", "+49301234567" },
		{ "0049 30 1234567", "DE", "+49301234567" },
		{ "(202) 555-0123", "US", "+12025550123" },
		{ "1-202-555-0123", "US", "+12025550123" },
		{ "011 44 20 7946 0958", "US", "+442079460958" },
		{ "06 6982 1234", "IT", "+390669821234" },
		{ "020\xc2\xa0"
		  "7946 0958",
		    "GB", "+442079460958" },
		{ "359-1234", "BS", "+12423591234" },
	};
	char text[E164_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct e164 e = { 0 };
		enum rc rc = e164_plan_normalise(
		    rd_str(good[i].typed), good[i].region, &e);

		e164_text(&e, text);
		if (!T_OK(rc == RC_OK && strcmp(good[i].want, text) == 0))
			printf("# case %zu\n", i);
	}
}

static void
what_is_no_number_is_refused(void)
{
	static const struct {
		const char *typed, *region;
	} bad[] = {
		{ "", NULL },
		{ "+", NULL },
		{ "++15550100", NULL },
		{ "1+5550100", NULL },
		{ "+1 555 CALL", NULL },
		{ "030 1234567", NULL },
		{ "030 1234567", "XX" },
		{ "030 1234567", "001" },
		{ "12", "US" },
		{ "+1234567890123456", NULL },
		{ "00000000000000000000000000000000000", "DE" },
		{ "+4930\xc2", NULL },
	};
	struct e164 e = { .n = 99 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!T_OK(e164_plan_normalise(rd_str(bad[i].typed),
			      bad[i].region, &e) == RC_MALFORMED))
			printf("# case %zu\n", i);
	T_OK(e.n == 99);
	failmem_after(0);
	T_RC(RC_NOMEM, e164_plan_normalise(rd_str("+15550100"), NULL, &e));
	failmem_after(-1);
}

static void
patterns_match_as_their_grammar_says(void)
{
	static const struct {
		const char *pattern, *digits;
		bool whole;
	} cases[] = {
		{ "[2-9]\\d{3}", "2345", true },
		{ "[2-9]\\d{3}", "1345", false },
		{ "[2-9]\\d{3}", "23456", false },
		{ "1(?:2|3\\d)?4", "14", true },
		{ "1(?:2|3\\d)?4", "124", true },
		{ "1(?:2|3\\d)?4", "1394", true },
		{ "1(?:2|3\\d)?4", "134", false },
		{ "(\\d{2})(\\d{3,5})", "12345", true },
		{ "(\\d{2})(\\d{3,5})", "1234", false },
		{ "12|34", "34", true },
		{ "12|34", "1234", false },
		{ "(?:1[02]){2}3", "10123", true },
		{ "(?:1[02]){2}3", "103", false },
		{ "", "", true },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!T_OK(e164_match_is_whole(cases[i].pattern,
			      rd_str(cases[i].digits)) == cases[i].whole))
			printf("# case %zu\n", i);
	T_RC(RC_OK, e164_match_start("00(?:1\\d)?", rd_str("001234"), &n));
	T_OK(n == 4);
	T_RC(RC_NOT_FOUND, e164_match_start("0", rd_str("123"), &n));
	T_OK(e164_match("1", rd_str("1x"), 1) == 0);
}

static void
a_number_out_of_every_plan_is_written_whole(void)
{
	char text[E164_NATIONAL_SIZE];
	struct e164 e = number("+15550100");

	e164_text_national(&e, text);
	T_STR("+15550100", text);
	e = number("+99912345678");
	T_STR("ZZ", e164_plan_region(&e));
	T_RC(RC_MALFORMED, e164_plan_check(&e));
	T_OK(strncmp(e164_plan_version(), "libphonenumber metadata ", 24) == 0);
}

int
main(void)
{
	TEST(every_example_is_judged_as_libphonenumber_does);
	TEST(every_example_has_its_region);
	TEST(every_example_is_written_as_its_people_do);
	TEST(national_form_is_read_back);
	TEST(fiction_is_valid_only_when_asked_for);
	TEST(what_people_type_is_normalised);
	TEST(what_is_no_number_is_refused);
	TEST(patterns_match_as_their_grammar_says);
	TEST(a_number_out_of_every_plan_is_written_whole);
	return tap_done();
}
