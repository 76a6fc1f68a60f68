/* Prefixes of addresses, and what policy lets into a row. Documentation
 * addresses (RFC 5737, RFC 3849). */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "front/front_internal.h"
#include "tap.h"

static const uint8_t secret[FRONT_ADDR_SECRET_SIZE] = { 1 };
static const uint8_t other_secret[FRONT_ADDR_SECRET_SIZE] = { 2 };

struct key {
	uint8_t bytes[FRONT_ADDR_KEY_SIZE];
};

static struct sockaddr_storage
addr(const char *text)
{
	struct sockaddr_storage sa = { 0 };
	struct sockaddr_in *v4 = (void *)&sa;
	struct sockaddr_in6 *v6 = (void *)&sa;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		sa.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		sa.ss_family = AF_INET6;
	else
		abort();
	return sa;
}

static struct key
key(const char *text)
{
	struct sockaddr_storage sa = addr(text);
	struct key k;

	front_addr_key((const void *)&sa, secret, k.bytes);
	return k;
}

static bool
is_same(const char *a, const char *b)
{
	struct key ka = key(a);
	struct key kb = key(b);

	return memcmp(ka.bytes, kb.bytes, sizeof(ka.bytes)) == 0;
}

static const char *
text(const char *from, enum conf_ip policy)
{
	static char out[46];
	struct sockaddr_storage sa = addr(from);

	memset(out, 'x', sizeof(out));
	front_addr_text((const void *)&sa, policy, out);
	return out;
}

static void
an_ipv4_prefix_is_a_24(void)
{
	T_OK(is_same("192.0.2.1", "192.0.2.255"));
	T_OK(!is_same("192.0.2.1", "192.0.3.1"));
	T_OK(!is_same("192.0.2.1", "193.0.2.1"));
}

static void
an_ipv6_prefix_is_a_48(void)
{
	T_OK(is_same("2001:db8:1::1", "2001:db8:1:ffff:ffff::9"));
	T_OK(!is_same("2001:db8:1::1", "2001:db8:2::1"));
}

static void
a_mapped_address_is_its_ipv4_address(void)
{
	T_OK(is_same("::ffff:192.0.2.7", "192.0.2.1"));
	T_STR("192.0.2.7", text("::ffff:192.0.2.7", CONF_IP_FULL));
	T_STR("192.0.2.0", text("::ffff:192.0.2.7", CONF_IP_TRUNCATED));
}

static void
a_24_and_a_48_of_the_same_octets_differ(void)
{
	T_OK(!is_same("32.1.13.1", "2001:d00::1"));
}

static void
the_key_depends_on_the_secret(void)
{
	struct sockaddr_storage sa = addr("192.0.2.1");
	struct key k = key("192.0.2.1");
	uint8_t other[FRONT_ADDR_KEY_SIZE];

	front_addr_key((const void *)&sa, other_secret, other);
	T_OK(memcmp(other, k.bytes, sizeof(other)) != 0);
}

static void
policy_decides_the_text(void)
{
	T_STR("192.0.2.7", text("192.0.2.7", CONF_IP_FULL));
	T_STR("192.0.2.0", text("192.0.2.7", CONF_IP_TRUNCATED));
	T_STR("", text("192.0.2.7", CONF_IP_NONE));
	T_STR("2001:db8:1:2::3", text("2001:db8:1:2::3", CONF_IP_FULL));
	T_STR("2001:db8:1::", text("2001:db8:1:2::3", CONF_IP_TRUNCATED));
	T_STR("", text("2001:db8:1:2::3", CONF_IP_NONE));
}

static void
the_longest_text_fits(void)
{
	T_STR("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	    text("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", CONF_IP_FULL));
}

int
main(void)
{
	TEST(an_ipv4_prefix_is_a_24);
	TEST(an_ipv6_prefix_is_a_48);
	TEST(a_mapped_address_is_its_ipv4_address);
	TEST(a_24_and_a_48_of_the_same_octets_differ);
	TEST(the_key_depends_on_the_secret);
	TEST(policy_decides_the_text);
	TEST(the_longest_text_fits);
	return tap_done();
}
