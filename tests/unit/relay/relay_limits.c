#include "relay/relay_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>

#include "base/failmem.h"
#include "tap.h"

static struct mono at = { 1000000 };

static void
pass(int64_t ms)
{
	at = mono_add_ms(at, ms);
}

static void
a_prefix_asks_as_much_as_a_minute_allows(void)
{
	struct relay_limits *l = NULL;
	uint32_t wait = 0;

	T_RC(RC_OK, relay_limits_new(6, 0, &l));
	for (int i = 0; i < 6; i++)
		T_RC(RC_OK, relay_limits_ask(l, 5, at, &wait));
	T_RC(RC_LIMIT, relay_limits_ask(l, 5, at, &wait));
	T_OK(wait > 0 && wait <= 11);
	T_RC(RC_OK, relay_limits_ask(l, 6, at, &wait)); /* another prefix */
	pass(9999);
	T_RC(RC_LIMIT, relay_limits_ask(l, 5, at, &wait));
	T_OK(wait == 1);
	pass(1);
	T_RC(RC_OK, relay_limits_ask(l, 5, at, &wait));
	T_RC(RC_LIMIT, relay_limits_ask(l, 5, at, &wait));
	pass(3600000); /* an hour saves up no more than a minute does */
	for (int i = 0; i < 6; i++)
		T_RC(RC_OK, relay_limits_ask(l, 5, at, &wait));
	T_RC(RC_LIMIT, relay_limits_ask(l, 5, at, &wait));
	/* asking often, refused, does not put the next one off */
	for (int i = 0; i < 100; i++) {
		pass(99);
		T_RC(RC_LIMIT, relay_limits_ask(l, 5, at, &wait));
	}
	pass(100);
	T_RC(RC_OK, relay_limits_ask(l, 5, at, &wait));
	relay_limits_free(l);
}

static void
without_a_limit_nothing_is_refused(void)
{
	struct relay_limits *l = NULL;
	uint32_t wait = 0;

	T_RC(RC_OK, relay_limits_new(0, 0, &l));
	for (int i = 0; i < 1000; i++) {
		T_RC(RC_OK, relay_limits_ask(l, 1, at, &wait));
		T_OK(relay_limits_take(l, 1));
	}
	relay_limits_free(l);
	relay_limits_free(NULL);
}

static void
connections_are_counted_by_prefix(void)
{
	struct relay_limits *l = NULL;

	T_RC(RC_OK, relay_limits_new(0, 2, &l));
	T_OK(relay_limits_take(l, 1) && relay_limits_take(l, 1));
	T_OK(!relay_limits_take(l, 1) && relay_limits_take(l, 2));
	relay_limits_release(l, 1);
	T_OK(relay_limits_take(l, 1) && !relay_limits_take(l, 1));
	relay_limits_free(l);
}

static uint32_t
place(const struct relay_limits *l, const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return relay_limits_place(l, (void *)&v4);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		abort();
	return relay_limits_place(l, (void *)&v6);
}

/* Two prefixes share one of 65536 places by chance: then the test is of
 * others, drawn by the next key. */
static void
a_place_is_its_prefix_s(void)
{
	struct relay_limits *l = NULL;
	bool is_other = false;

	for (int i = 0; i < 3 && !is_other; i++) {
		T_RC(RC_OK, relay_limits_new(0, 2, &l));
		T_OK(place(l, "192.0.2.1") == place(l, "192.0.2.254"));
		T_OK(place(l, "192.0.2.1") == place(l, "::ffff:192.0.2.9"));
		T_OK(place(l, "2001:db8:1::1") == place(l, "2001:db8:1:f::2"));
		is_other = place(l, "192.0.2.1") != place(l, "192.0.3.1") &&
		    place(l, "2001:db8:1::1") != place(l, "2001:db8:2::1");
		relay_limits_free(l);
	}
	T_OK(is_other);
}

static void
a_failed_allocation_is_told(void)
{
	struct relay_limits *l = NULL;

	for (long k = 0; k < 2; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, relay_limits_new(1, 1, &l));
		(void)failmem_after(-1);
	}
	T_OK(l == NULL);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_prefix_asks_as_much_as_a_minute_allows);
	TEST(without_a_limit_nothing_is_refused);
	TEST(connections_are_counted_by_prefix);
	TEST(a_place_is_its_prefix_s);
	TEST(a_failed_allocation_is_told);
	return tap_done();
}
