#include "dial/dial_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SCHEME "https://"

static bool
is_host(const char *host, bool *ret_is_ip)
{
	uint8_t address[16];

	*ret_is_ip = inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1;
	if (*ret_is_ip)
		return true;
	if (host[0] == '-' || host[0] == '.')
		return false;
	for (const char *p = host; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	return host[0] != '\0';
}

static enum rc
port_take(struct rd text, char ret_port[static DIAL_URL_PORT_SIZE])
{
	unsigned value = 0;
	enum rc rc = RC_BUG;

	CHECK(text.left > 0 && text.left < DIAL_URL_PORT_SIZE, RC_MALFORMED);
	for (size_t i = 0; i < text.left; i++) {
		CHECK(text.p[i] >= '0' && text.p[i] <= '9', RC_MALFORMED);
		value = value * 10 + (unsigned)(text.p[i] - '0');
	}
	CHECK(value >= 1 && value <= 65535, RC_MALFORMED);
	(void)snprintf(ret_port, DIAL_URL_PORT_SIZE, "%u", value);
	rc = RC_OK;
out:
	return rc;
}

/* Splits HOST[:PORT]; brackets are for IPv6 only (RFC 3986 section 3.2.2). */
static enum rc
authority_split(struct rd text, struct rd *ret_host, struct rd *ret_port)
{
	const uint8_t *end = NULL;
	struct rd host = text;
	enum rc rc = RC_BUG;

	CHECK(text.left > 0, RC_MALFORMED);
	if (text.p[0] == '[') {
		end = memchr(text.p, ']', text.left);
		CHECK(end != NULL, RC_MALFORMED);
		host.p++;
		host.left = (size_t)(end - host.p);
		CHECK(memchr(host.p, ':', host.left) != NULL, RC_MALFORMED);
		end++;
	} else {
		end = memchr(text.p, ':', text.left);
		if (end == NULL)
			end = text.p + text.left;
		host.left = (size_t)(end - host.p);
	}
	text.left -= (size_t)(end - text.p);
	text.p = end;
	*ret_host = host;
	*ret_port = rd_str("443");
	rc = RC_OK;
	if (text.left > 0) {
		CHECK(text.p[0] == ':', RC_MALFORMED);
		*ret_port = (struct rd){ text.p + 1, text.left - 1 };
	}
out:
	return rc;
}

enum rc
dial_url_parse(struct rd text, struct dial_url *ret_u)
{
	struct dial_url u = { 0 };
	struct rd host = { 0 }, port = { 0 }, scheme = { 0 };
	bool v6 = false;
	enum rc rc = RC_BUG;

	TRY(rd_take(&text, strlen(SCHEME), &scheme));
	CHECK(rd_is_eq(scheme, SCHEME), RC_MALFORMED);
	if (text.left > 0 && text.p[text.left - 1] == '/')
		text.left--;
	TRY(authority_split(text, &host, &port));
	CHECK(host.left > 0 && host.left < sizeof(u.host), RC_MALFORMED);
	CHECK(memchr(host.p, 0, host.left) == NULL, RC_MALFORMED);
	memcpy(u.host, host.p, host.left);
	TRY(port_take(port, u.port));
	CHECK(is_host(u.host, &u.is_ip), RC_MALFORMED);
	v6 = strchr(u.host, ':') != NULL;
	(void)snprintf(u.authority, sizeof(u.authority), "%s%s%s:%s",
	    v6 ? "[" : "", u.host, v6 ? "]" : "", u.port);
	*ret_u = u;
	rc = RC_OK;
out:
	return rc;
}
