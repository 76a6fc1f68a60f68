#include "merkle/witness_line.h"

#include <string.h>

#define SCHEME "http://"
#define VERB "add-checkpoint" /* c2sp.org/tlog-witness */

/* Letters, digits, "-" and "." of a name or an IPv4 address; in brackets
 * hexadecimal digits, ":" and "." of an IPv6 address. */
static bool
is_host(struct rd host, bool is_v6)
{
	for (size_t i = 0; i < host.left; i++) {
		uint8_t c = host.p[i];
		bool digit = c >= '0' && c <= '9';
		bool hex = digit || (c >= 'a' && c <= 'f') ||
		    (c >= 'A' && c <= 'F');
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (is_v6 ? !(hex || c == ':' || c == '.')
			  : !(digit || letter || c == '-' || c == '.'))
			return false;
	}
	return host.left > 0;
}

/* Letters, digits and "-._~/" (RFC 3986 section 2.3 and 3.3). */
static bool
is_path(struct rd path)
{
	for (size_t i = 0; i < path.left; i++) {
		uint8_t c = path.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || strchr("-._~/", c) != NULL) ||
		    c == '\0')
			return false;
	}
	return true;
}

static enum rc
port_take(struct rd r, char ret_port[static 6])
{
	unsigned v = 0;
	enum rc rc = RC_BUG;

	CHECK(r.left >= 1 && r.left <= 5 && r.p[0] != '0', RC_MALFORMED);
	for (size_t i = 0; i < r.left; i++) {
		CHECK(r.p[i] >= '0' && r.p[i] <= '9', RC_MALFORMED);
		v = v * 10 + (unsigned)(r.p[i] - '0');
	}
	CHECK(v <= 65535, RC_MALFORMED);
	memcpy(ret_port, r.p, r.left);
	ret_port[r.left] = '\0';
	rc = RC_OK;
out:
	return rc;
}

static size_t
length_to(struct rd r, char c)
{
	const uint8_t *at = r.left == 0 ? NULL : memchr(r.p, c, r.left);

	return at == NULL ? r.left : (size_t)(at - r.p);
}

static enum rc
authority_take(struct rd r, struct witness_line *w)
{
	struct rd host = { 0 };
	bool is_v6 = r.left > 0 && r.p[0] == '[';
	enum rc rc = RC_BUG;

	CHECK(r.left > 0 && r.left < sizeof(w->authority), RC_MALFORMED);
	memcpy(w->authority, r.p, r.left);
	if (is_v6) {
		TRY(rd_skip(&r, 1));
		TRY(rd_take(&r, length_to(r, ']'), &host));
		TRY(rd_skip(&r, 1)); /* the bracket, which must be there */
	} else {
		TRY(rd_take(&r, length_to(r, ':'), &host));
	}
	CHECK(
	    is_host(host, is_v6) && host.left < sizeof(w->host), RC_MALFORMED);
	memcpy(w->host, host.p, host.left);
	memcpy(w->port, "80", 3);
	if (r.left > 0) {
		CHECK(r.p[0] == ':', RC_MALFORMED);
		TRY(rd_skip(&r, 1));
		TRY(port_take(r, w->port));
	}
	rc = RC_OK;
out:
	return rc;
}

enum rc
witness_line_parse(struct rd text, struct witness_line *ret_w)
{
	struct witness_line w = { .port = "" };
	struct rd part = { 0 };
	enum rc rc = RC_BUG;

	CHECK(text.left <= WITNESS_LINE_MAX, RC_MALFORMED);
	TRY(rd_take(&text, sizeof(SCHEME) - 1, &part));
	CHECK(rd_is_eq(part, SCHEME), RC_MALFORMED);
	TRY(rd_take(&text, length_to(text, '/'), &part));
	TRY(authority_take(part, &w));
	/* the path begins and ends with a slash */
	TRY(rd_take(&text, length_to(text, ' '), &part));
	CHECK(part.left > 0 && part.p[part.left - 1] == '/' && is_path(part) &&
		part.left + sizeof(VERB) <= sizeof(w.target),
	    RC_MALFORMED);
	memcpy(w.target, part.p, part.left);
	memcpy(w.target + part.left, VERB, sizeof(VERB));
	TRY(rd_skip(&text, 1));
	TRY(vkey_parse(text, &w.key));
	CHECK(w.key.type == VKEY_TYPE_COSIGNATURE, RC_MALFORMED);
	*ret_w = w;
out:
	return rc;
}
