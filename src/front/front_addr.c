/*
 * What becomes of a client's address: a keyed hash of its /24 or /48 for the
 * limits, the text that policy lets into a row, and a count of connections.
 * The address itself is not kept.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "front/front_internal.h"

#define PREFIXES 65536u
#define KEEP_V4 3 /* octets: /24 */
#define KEEP_V6 6 /* /48 */

struct front_prefix {
	uint32_t n; /* connections whose prefix falls here */
};

struct ip {
	uint8_t bytes[16];
	size_t n; /* 4 or 16 */
	size_t keep;
};

/* RFC 4291 section 2.5.5.2: an IPv4 client on an IPv6 socket. */
static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static struct ip
ip_of(const struct sockaddr *sa)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;
	struct ip ip = { .n = 16, .keep = KEEP_V6 };

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
front_addr_key(const struct sockaddr *sa,
    const uint8_t secret[static FRONT_ADDR_SECRET_SIZE],
    uint8_t ret_key[static FRONT_ADDR_KEY_SIZE])
{
	struct ip ip = ip_of(sa);

	/* the length is part of the input: 1.2.3/24 is not 102:3../48 */
	(void)crypto_generichash(ret_key, FRONT_ADDR_KEY_SIZE, ip.bytes,
	    ip.keep, secret, FRONT_ADDR_SECRET_SIZE);
	explicit_bzero(&ip, sizeof(ip));
}

void
front_addr_text(
    const struct sockaddr *sa, enum conf_ip policy, char ret_text[static 46])
{
	struct ip ip = ip_of(sa);

	ret_text[0] = '\0';
	if (policy == CONF_IP_TRUNCATED)
		explicit_bzero(ip.bytes + ip.keep, sizeof(ip.bytes) - ip.keep);
	if (policy != CONF_IP_NONE)
		(void)inet_ntop(ip.n == 4 ? AF_INET : AF_INET6, ip.bytes,
		    ret_text, INET6_ADDRSTRLEN);
	explicit_bzero(&ip, sizeof(ip));
}

enum rc
front_addr_start(struct front *f)
{
	f->prefixes = failmem_array(PREFIXES, sizeof(struct front_prefix));
	return f->prefixes == NULL ? RC_NOMEM : RC_OK;
}

/* Two prefixes may share a place; who shares it changes with each start, and
 * nobody can choose it. */
static struct front_prefix *
prefix(struct conn *c)
{
	uint32_t h;

	memcpy(&h, c->addr_key, sizeof(h));
	return &c->front->prefixes[h % PREFIXES];
}

bool
front_addr_take(struct conn *c)
{
	if (prefix(c)->n >= child_conf(c->front->child)->connections_address)
		return false;
	prefix(c)->n++;
	return true;
}

void
front_addr_release(struct conn *c)
{
	prefix(c)->n--;
}
