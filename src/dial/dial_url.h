/*
 * dial_url: "https://HOST[:PORT]" as a person types it for --server (RFC 3986
 * section 3.2; HOST may be a bracketed IPv6 address). No path, user or query:
 * the API has fixed paths. Pure.
 */
#ifndef DIAL_URL_H
#define DIAL_URL_H
#include "base/rd.h"

#define DIAL_URL_HOST_SIZE 254 /* RFC 1035 section 2.3.4, and NUL */
#define DIAL_URL_PORT_SIZE 6
#define DIAL_URL_AUTHORITY_SIZE (DIAL_URL_HOST_SIZE + DIAL_URL_PORT_SIZE + 3)

struct dial_url {
	char host[DIAL_URL_HOST_SIZE];           /* without brackets */
	char port[DIAL_URL_PORT_SIZE];           /* "443" when not given */
	bool is_ip;                              /* an address, not a name */
	char authority[DIAL_URL_AUTHORITY_SIZE]; /* for the Host field */
};

/* RC_MALFORMED; then *ret_u is untouched. One "/" at the end is accepted. */
MUST_USE enum rc dial_url_parse(struct rd text, struct dial_url *ret_u);
#endif
