/*
 * What becomes of a client's address: a keyed hash of its /24 or /48 for the
 * limits, the text that policy lets into a row, and a count of connections.
 * The address itself is not kept.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/failmem.h"
#include "front/front_internal.h"
#include "wire/ip_prefix.h"

#define PREFIXES 65536u

struct front_prefix {
	uint32_t n; /* connections whose prefix falls here */
};

void
front_addr_key(const struct sockaddr *sa,
    const uint8_t secret[static FRONT_ADDR_SECRET_SIZE],
    uint8_t ret_key[static FRONT_ADDR_KEY_SIZE])
{
	struct ip_prefix ip = ip_prefix_of(sa);

	ip_prefix_key(&ip, secret, ret_key);
	ip_prefix_clear(&ip);
}

void
front_addr_text(
    const struct sockaddr *sa, enum conf_ip policy, char ret_text[static 46])
{
	struct ip_prefix ip = ip_prefix_of(sa);

	ret_text[0] = '\0';
	if (policy == CONF_IP_TRUNCATED)
		explicit_bzero(ip.bytes + ip.keep, sizeof(ip.bytes) - ip.keep);
	if (policy != CONF_IP_NONE)
		(void)inet_ntop(ip.n == 4 ? AF_INET : AF_INET6, ip.bytes,
		    ret_text, INET6_ADDRSTRLEN);
	ip_prefix_clear(&ip);
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
