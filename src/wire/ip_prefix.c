#include "wire/ip_prefix.h"

#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

#define KEEP_V4 3 /* octets: /24 */
#define KEEP_V6 6 /* /48 */

/* RFC 4291 section 2.5.5.2: an IPv4 client on an IPv6 socket. */
static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

struct ip_prefix
ip_prefix_of(const struct sockaddr *sa)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;
	struct ip_prefix ip = { .n = 16, .keep = KEEP_V6 };

	if (sa->sa_family == AF_INET6) {
		memcpy(ip.bytes, &v6->sin6_addr, 16);
		if (memcmp(ip.bytes, v4_mapped, sizeof(v4_mapped)) != 0)
			return ip;
		memmove(ip.bytes, ip.bytes + 12, 4);
		explicit_bzero(ip.bytes + 4, 12);
	} else if (sa->sa_family == AF_INET) {
		memcpy(ip.bytes, &v4->sin_addr, 4);
	} else {
		return ip; /* tests only: all of them are one prefix */
	}
	ip.n = 4;
	ip.keep = KEEP_V4;
	return ip;
}

void
ip_prefix_key(const struct ip_prefix *ip,
    const uint8_t secret[static IP_PREFIX_SECRET_SIZE],
    uint8_t ret_key[static IP_PREFIX_KEY_SIZE])
{
	/* the length is part of the input: 1.2.3/24 is not 102:3../48 */
	(void)crypto_generichash(ret_key, IP_PREFIX_KEY_SIZE, ip->bytes,
	    ip->keep, secret, IP_PREFIX_SECRET_SIZE);
}

void
ip_prefix_clear(struct ip_prefix *ip)
{
	explicit_bzero(ip, sizeof(*ip));
}
