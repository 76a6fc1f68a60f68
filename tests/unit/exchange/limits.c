#include <sodium.h>

#include "exchange/limits.h"
#include "tap.h"

#define S 1000000LL

static struct limits *l;

static struct mono
at(int64_t seconds)
{
	return (struct mono){ 5 * S + seconds * S };
}

static struct rd
key(const char *k)
{
	return rd_str(k);
}

static void
fresh(void)
{
	limits_free(l);
	l = NULL;
	T_RC(RC_OK, limits_new(&l));
}

static void
a_window_lets_its_maximum_through(void)
{
	const struct limits_rule r = { LIMITS_ADDRESS_HOUR, 3, 3600, 1 };
	uint32_t retry = 0;

	fresh();
	for (int i = 0; i < 3; i++)
		T_RC(RC_OK, limits_window(l, r, key("a"), at(i), &retry));
	T_RC(RC_LIMIT, limits_window(l, r, key("a"), at(10), &retry));
	T_OK(retry == 3590);
	T_RC(RC_LIMIT, limits_window(l, r, key("a"), at(3599), &retry));
	T_OK(retry == 1);
	T_RC(RC_OK, limits_window(l, r, key("a"), at(3600), &retry));
}

static void
several_are_taken_together_or_none(void)
{
	struct limits_rule r = { LIMITS_LOOKUP, 10, 1000, 4 };
	uint32_t retry = 0;

	fresh();
	T_RC(RC_OK, limits_bucket(l, r, key("a"), at(0), &retry));
	T_RC(RC_OK, limits_bucket(l, r, key("a"), at(0), &retry));
	T_RC(RC_LIMIT, limits_bucket(l, r, key("a"), at(0), &retry));
	T_OK(retry == 2);
	r.n = 2;
	T_RC(RC_OK, limits_bucket(l, r, key("a"), at(0), &retry));
	r.n = 11; /* more than it ever holds */
	T_RC(RC_LIMIT, limits_bucket(l, r, key("a"), at(99), &retry));
	r = (struct limits_rule){ LIMITS_LOOKUP_FIRST, 10, 1000, 7 };
	T_RC(RC_OK, limits_window(l, r, key("a"), at(0), &retry));
	T_RC(RC_LIMIT, limits_window(l, r, key("a"), at(1), &retry));
	T_OK(retry == 999);
	r.n = 3;
	T_RC(RC_OK, limits_window(l, r, key("a"), at(1), &retry));
	r.n = UINT32_MAX;
	T_RC(RC_LIMIT, limits_window(l, r, key("a"), at(1), &retry));
}

static void
keys_and_kinds_are_apart(void)
{
	const struct limits_rule hour = { LIMITS_ADDRESS_HOUR, 1, 3600, 1 };
	const struct limits_rule day = { LIMITS_ADDRESS_DAY, 1, 86400, 1 };
	uint32_t retry = 0;

	fresh();
	T_RC(RC_OK, limits_window(l, hour, key("a"), at(0), &retry));
	T_RC(RC_OK, limits_window(l, hour, key("b"), at(0), &retry));
	T_RC(RC_OK, limits_window(l, day, key("a"), at(0), &retry));
	T_RC(RC_LIMIT, limits_window(l, hour, key("a"), at(0), &retry));
	T_RC(RC_LIMIT, limits_window(l, day, key("a"), at(0), &retry));
	T_OK(retry == 86400);
}

static void
a_bucket_has_its_burst_and_then_its_rate(void)
{
	const struct limits_rule r = { LIMITS_MESSAGES, 60, 1000, 1 };
	uint32_t retry = 0;
	int passed = 0;

	fresh();
	for (int i = 0; i < 100; i++)
		passed += limits_bucket(l, r, key("d"), at(0), &retry) == RC_OK;
	T_OK(passed == 60);
	T_OK(retry == 1);
	passed = 0;
	for (int i = 1; i <= 50; i++)
		for (int j = 0; j < 3; j++)
			passed += limits_bucket(
				      l, r, key("d"), at(i), &retry) == RC_OK;
	T_OK(passed == 50);
}

static void
a_rested_bucket_is_full_and_not_more(void)
{
	const struct limits_rule r = { LIMITS_MESSAGES, 5, 1000, 1 };
	uint32_t retry = 0;
	int passed = 0;

	fresh();
	T_RC(RC_OK, limits_bucket(l, r, key("d"), at(0), &retry));
	for (int i = 0; i < 20; i++)
		passed += limits_bucket(l, r, key("d"), at(86400), &retry) ==
		    RC_OK;
	T_OK(passed == 5);
}

static void
a_slow_bucket_says_how_long(void)
{
	/* 200 a day: one each 432 s */
	const struct limits_rule r = { LIMITS_LOOKUP, 1, 432000, 1 };
	uint32_t retry = 0;

	fresh();
	T_RC(RC_OK, limits_bucket(l, r, key("d"), at(0), &retry));
	T_RC(RC_LIMIT, limits_bucket(l, r, key("d"), at(2), &retry));
	T_OK(retry == 430);
	T_RC(RC_LIMIT, limits_bucket(l, r, key("d"), at(431), &retry));
	T_RC(RC_OK, limits_bucket(l, r, key("d"), at(432), &retry));
}

static void
send(uint32_t prefix, int sent, int verified)
{
	for (int i = 0; i < sent; i++)
		limits_sent(l, prefix, at(0));
	for (int i = 0; i < verified; i++)
		limits_verified(l, prefix, at(0));
}

static void
the_breaker_waits_for_its_number_of_sends(void)
{
	uint32_t retry = 0;

	fresh();
	send(1555010, 29, 0);
	T_RC(RC_OK, limits_breaker(l, 1555010, 30, at(0), &retry));
	send(1555010, 1, 0);
	T_RC(RC_LIMIT, limits_breaker(l, 1555010, 30, at(0), &retry));
	T_OK(retry == 6 * 3600);
	T_RC(RC_OK, limits_breaker(l, 1555011, 30, at(0), &retry));
}

static void
the_breaker_is_closed_from_a_fifth_on(void)
{
	uint32_t retry = 0;

	fresh();
	send(1, 100, 20);
	T_RC(RC_OK, limits_breaker(l, 1, 30, at(0), &retry));
	send(2, 100, 19);
	T_RC(RC_LIMIT, limits_breaker(l, 2, 30, at(0), &retry));
	T_OK(retry == 3600);
	send(3, 100, 5);
	T_RC(RC_LIMIT, limits_breaker(l, 3, 30, at(0), &retry));
	T_OK(retry == 3600);
	send(4, 100, 4);
	T_RC(RC_LIMIT, limits_breaker(l, 4, 30, at(0), &retry));
	T_OK(retry == 6 * 3600);
}

static void
a_stop_ends_and_is_not_prolonged_by_asking(void)
{
	uint32_t retry = 0;

	fresh();
	send(1, 30, 0);
	T_RC(RC_LIMIT, limits_breaker(l, 1, 30, at(0), &retry));
	for (int i = 1; i < 6; i++)
		T_RC(RC_LIMIT, limits_breaker(l, 1, 30, at(i * 3600), &retry));
	T_OK(retry == 3600);
	T_RC(RC_OK, limits_breaker(l, 1, 30, at(6 * 3600), &retry));
}

static void
many_keys_do_not_grow_and_do_not_open(void)
{
	const struct limits_rule r = { LIMITS_ADDRESS_HOUR, 1, 3600, 1 };
	uint32_t retry = 0;
	uint32_t again = 0;
	uint32_t refused = 0;

	fresh();
	for (uint32_t i = 0; i < 100000; i++) {
		struct rd k = { (const uint8_t *)&i, sizeof(i) };

		if (limits_window(l, r, k, at(0), &retry) != RC_OK)
			refused++;
		again += limits_window(l, r, k, at(0), &retry) == RC_OK;
	}
	T_OK(again == 0);
	T_OK(refused < 1000);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_window_lets_its_maximum_through);
	TEST(several_are_taken_together_or_none);
	TEST(keys_and_kinds_are_apart);
	TEST(a_bucket_has_its_burst_and_then_its_rate);
	TEST(a_rested_bucket_is_full_and_not_more);
	TEST(a_slow_bucket_says_how_long);
	TEST(the_breaker_waits_for_its_number_of_sends);
	TEST(the_breaker_is_closed_from_a_fifth_on);
	TEST(a_stop_ends_and_is_not_prolonged_by_asking);
	TEST(many_keys_do_not_grow_and_do_not_open);
	limits_free(l);
	return tap_done();
}
