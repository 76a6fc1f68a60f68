/*
 * ip_prefix: the part of an address that limits go by: /24 of IPv4, /48 of
 * IPv6. Pure. What it holds names a person: ip_prefix_clear.
 */
#ifndef IP_PREFIX_H
#define IP_PREFIX_H
#include <sys/socket.h>

#include "base/rd.h"

#define IP_PREFIX_KEY_SIZE 16
#define IP_PREFIX_SECRET_SIZE 32

struct ip_prefix {
	uint8_t bytes[16]; /* of the whole address */
	size_t n;          /* 4 or 16 */
	size_t keep;       /* octets of the prefix */
};

/* An IPv4 client of an IPv6 socket is one of IPv4; a socket that is neither has
 * one prefix for all. */
struct ip_prefix ip_prefix_of(const struct sockaddr *sa);
/* Keyed hash of the prefix: it names nobody to who has not the secret. */
void ip_prefix_key(const struct ip_prefix *ip,
    const uint8_t secret[static IP_PREFIX_SECRET_SIZE],
    uint8_t ret_key[static IP_PREFIX_KEY_SIZE]);
void ip_prefix_clear(struct ip_prefix *ip);
#endif
