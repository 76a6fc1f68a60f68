#include "relay/relay_conf.h"

#include <stddef.h>
#include <string.h>

#include "proc/conf_line.h"

struct key {
	const char *name;
	size_t offset;
	size_t size;  /* of a text, NUL included; 0: a number */
	uint32_t min; /* of a number */
	uint32_t max;
};

#define TEXT(m)                                               \
	{                                                     \
#m, offsetof(struct relay_conf, m),           \
		    sizeof(((struct relay_conf *)0)->m), 0, 0 \
	}
#define NUMBER(m, min, max)                                     \
	{                                                       \
#m, offsetof(struct relay_conf, m), 0, min, max \
	}

static const struct key keys[] = {
	TEXT(listen),
	TEXT(tls_cert),
	TEXT(tls_key),
	TEXT(gateway_ca),
	NUMBER(requests_per_minute, 0, 1000000),
	NUMBER(connections, 1, 100000),
	NUMBER(connections_address, 0, 100000),
};

/* One segment of a path that needs no escape (RFC 3986 section 2.3). */
static bool
is_name(struct rd v)
{
	for (size_t i = 0; i < v.left; i++) {
		uint8_t c = v.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && (c != '.' || i == 0))
			return false;
	}
	return v.left > 0 && v.left < RELAY_CONF_NAME_SIZE;
}

static const char *
add_gateway(struct rd v, struct relay_conf *c)
{
	struct relay_conf_gateway *g = &c->gateways[c->n_gateways];
	const uint8_t *space = NULL;
	struct rd name = v;

	if (c->n_gateways == RELAY_CONF_GATEWAYS)
		return "there are too many gateways";
	if (v.left > 0)
		space = memchr(v.p, ' ', v.left);
	if (space == NULL)
		return "the value must be NAME https://HOST:PORT";
	name.left = (size_t)(space - v.p);
	if (!is_name(name))
		return "a name has a-z, 0-9, \"-\" and \".\", at most 64";
	for (size_t i = 0; i < c->n_gateways; i++)
		if (rd_is_eq(name, c->gateways[i].name))
			return "that name is there twice";
	v.p += name.left + 1;
	v.left -= name.left + 1;
	if (dial_url_parse(v, &g->url) != RC_OK)
		return "the value must be NAME https://HOST:PORT";
	memcpy(g->name, name.p, name.left);
	g->name[name.left] = '\0';
	c->n_gateways++;
	return NULL;
}

static const char *
set_text(const struct key *k, struct rd v, struct relay_conf *c)
{
	char *at = (char *)c + k->offset;

	if (v.left == 0 || v.left >= k->size)
		return "the value is empty or too long";
	for (size_t i = 0; i < v.left; i++)
		if (v.p[i] < 0x20 || v.p[i] == 0x7f)
			return "the value has a control character";
	memcpy(at, v.p, v.left);
	at[v.left] = '\0';
	return NULL;
}

static const char *
set_number(const struct key *k, struct rd v, struct relay_conf *c)
{
	uint32_t n = 0;

	if (v.left == 0 || v.left > 7)
		return "the value must be a number in its range";
	for (size_t i = 0; i < v.left; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return "the value must be a number in its range";
		n = n * 10 + (uint32_t)(v.p[i] - '0');
	}
	if (n < k->min || n > k->max)
		return "the value must be a number in its range";
	memcpy((char *)c + k->offset, &n, sizeof(n));
	return NULL;
}

static const char *
set(struct rd name, struct rd value, struct relay_conf *c)
{
	if (rd_is_eq(name, "gateway"))
		return add_gateway(value, c);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (rd_is_eq(name, keys[i].name))
			return keys[i].size > 0
			    ? set_text(&keys[i], value, c)
			    : set_number(&keys[i], value, c);
	return "unknown key (see tacet-relay(8))";
}

enum rc
relay_conf_parse(struct rd text, struct relay_conf *ret_c, uint32_t *ret_line,
    const char **ret_why)
{
	struct relay_conf c = { .listen = "127.0.0.1:8072",
		/* one file: a folder could not be read from the sandbox */
		.gateway_ca = "/etc/ssl/certs/ca-certificates.crt",
		.requests_per_minute = 120,
		.connections = 1000,
		.connections_address = 50 };
	struct rd name, value;
	uint32_t n = 0;
	const char *why = NULL;
	enum rc rc = RC_BUG;

	if (text.left > RELAY_CONF_MAX)
		why = "the file is larger than 64 KiB";
	while (why == NULL &&
	    conf_line_take(&text, &n, &name, &value, &why) == RC_OK)
		why = set(name, value, &c);
	if (why == NULL) {
		n = 0;
		if (c.n_gateways == 0)
			why = "gateway must be there";
		else if ((c.tls_cert[0] == '\0') != (c.tls_key[0] == '\0'))
			why = "tls_cert and tls_key come together";
	}
	if (why != NULL) {
		*ret_line = n;
		*ret_why = why;
	}
	CHECK(why == NULL, RC_MALFORMED);
	*ret_c = c;
	rc = RC_OK;
out:
	return rc;
}
