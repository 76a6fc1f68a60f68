/*
 * What becomes of a client's address: a keyed hash of its /24 or /48 for the
 * limits, the text that policy lets into a row, and a count of connections.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "front/front_internal.h"

#define PREFIXES 65536u

struct front_prefix {
	uint32_t n; /* connections whose prefix falls here */
};

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

enum rc
front_addr_start(struct front *f)
{
	f->prefixes = failmem_array(PREFIXES, sizeof(struct front_prefix));
	return f->prefixes == NULL ? RC_NOMEM : RC_OK;
}

void
front_addr_set(struct conn *c, const struct sockaddr *sa)
{
	enum conf_ip policy = child_conf(c->front->child)->client_ip;
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;
	uint8_t ip[16] = { 0 };
	size_t n = 16;
	size_t keep = 6; /* /48 */

	if (sa->sa_family == AF_INET) {
		memcpy(ip, &v4->sin_addr, 4);
		n = 4;
	} else {
		memcpy(ip, &v6->sin6_addr, 16);
		if (memcmp(ip, v4_mapped, sizeof(v4_mapped)) == 0) {
			memmove(ip, ip + 12, 4);
			n = 4;
		}
	}
	if (n == 4)
		keep = 3; /* /24 */
	(void)crypto_generichash(c->addr_key, sizeof(c->addr_key), ip, keep,
	    c->front->addr_secret, sizeof(c->front->addr_secret));
	c->addr[0] = '\0';
	if (policy == CONF_IP_TRUNCATED)
		explicit_bzero(ip + keep, sizeof(ip) - keep);
	if (policy != CONF_IP_NONE)
		(void)inet_ntop(
		    n == 4 ? AF_INET : AF_INET6, ip, c->addr, sizeof(c->addr));
	explicit_bzero(ip, sizeof(ip));
}

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
