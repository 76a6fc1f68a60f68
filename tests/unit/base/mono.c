#include "base/mono.h"

#include "tap.h"

static void
a_date_is_written_and_read(void)
{
	struct wall t = { 1795514400 }; /* 2026-11-24T10:00:00Z */
	struct wall again = { 0 };
	char text[MONO_RFC3339_SIZE] = "";
	char date[MONO_DATE_SIZE] = "";
	int32_t day = 0;

	T_RC(RC_OK, mono_rfc3339(t, text));
	T_RC(RC_OK, mono_rfc3339_parse(text, &again));
	T_OK(again.s == t.s);
	T_RC(RC_OK, mono_date(mono_day(t), date));
	T_OK(strncmp(text, date, 10) == 0);
	T_RC(RC_OK, mono_date_parse(date, &day));
	T_OK(day == mono_day(t));
}

static void
dates_that_do_not_exist_are_refused(void)
{
	static const char *const bad[] = { "", "2026-11-24",
		"2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-11-24T24:00:00Z", "2026-11-24T10:00:00+",
		"2026-11-24 10:00:00Z", "2026-11-24T10:00:60Z",
		"1969-12-31T23:59:59Z", "2026-11-24T10:00:00ZZ" };
	struct wall t = { 42 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, mono_rfc3339_parse(bad[i], &t));
	T_OK(t.s == 42);
}

static void
days_before_1970_count_downwards(void)
{
	T_OK(mono_day((struct wall){ -1 }) == -1);
	T_OK(mono_day((struct wall){ 0 }) == 0);
	T_OK(mono_day((struct wall){ 86399 }) == 0);
	T_OK(mono_day((struct wall){ 86400 }) == 1);
}

static void
the_offset_moves_the_wall_clock_only(void)
{
	struct wall before = mono_wall();
	struct mono m = mono_now();

	mono_wall_offset(86400);
	T_OK(mono_wall().s >= before.s + 86400);
	T_OK(mono_diff_ms(mono_now(), m) < 10000);
	mono_wall_offset(0);
}

int
main(void)
{
	TEST(a_date_is_written_and_read);
	TEST(dates_that_do_not_exist_are_refused);
	TEST(days_before_1970_count_downwards);
	TEST(the_offset_moves_the_wall_clock_only);
	return tap_done();
}
