#include "crypto/age_header.h"

#include <string.h>

#include <sodium.h>

#define VERSION "age-encryption.org/v1"
#define COLUMNS 64     /* of a stanza's body; the last line has fewer */
#define BASE64_SIZE 44 /* 32 octets without padding, and NUL */

/* --- base64, standard and without padding (RFC 4648, section 4)
 * ------------------------------------------------------------- */

/* libsodium reads octets from 0x80 on as digits. */
static bool
is_base64(struct rd text)
{
	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '+' && c != '/')
			return false;
	}
	return true;
}

/* Exactly n octets, and their one text. */
static enum rc
base64_get(struct rd text, size_t n, uint8_t *ret_octets)
{
	size_t got = 0;
	enum rc rc = RC_BUG;

	CHECK(is_base64(text), RC_MALFORMED);
	CHECK(sodium_base642bin(ret_octets, n, (const char *)text.p, text.left,
		  NULL, &got, NULL,
		  sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
		got == n,
	    RC_MALFORMED);
	rc = RC_OK;
out:
	return rc;
}

/* Any number of octets, of which nothing is kept. */
static enum rc
line_check(struct rd line)
{
	uint8_t octets[COLUMNS];
	size_t got = 0;
	enum rc rc = RC_BUG;

	CHECK(is_base64(line), RC_MALFORMED);
	CHECK(sodium_base642bin(octets, sizeof(octets), (const char *)line.p,
		  line.left, NULL, &got, NULL,
		  sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0,
	    RC_MALFORMED);
	rc = RC_OK;
out:
	return rc;
}

static enum rc
base64_put(struct buf *b, const uint8_t octets[static 32])
{
	char text[BASE64_SIZE];

	(void)sodium_bin2base64(text, sizeof(text), octets, 32,
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	return buf_add_str(b, text);
}

/* --- reading
 * ------------------------------------------------------------------ */

/* A line without its end, of printable ASCII. RC_AGAIN: its end is not there
 * yet. */
static enum rc
line_get(struct rd *r, struct rd *ret_line)
{
	const uint8_t *end = memchr(r->p, '\n', r->left);
	struct rd line;
	enum rc rc = RC_BUG;

	CHECK(end != NULL, RC_AGAIN);
	line = (struct rd){ r->p, (size_t)(end - r->p) };
	for (size_t i = 0; i < line.left; i++)
		CHECK(line.p[i] >= ' ' && line.p[i] < 0x7f, RC_MALFORMED);
	r->p = end + 1;
	r->left -= line.left + 1;
	*ret_line = line;
	rc = RC_OK;
out:
	return rc;
}

/* The next argument of a stanza's line: one or more characters, one blank
 * before the next. */
static enum rc
argument_get(struct rd *line, struct rd *ret_a)
{
	const uint8_t *end = memchr(line->p, ' ', line->left);
	size_t n = end != NULL ? (size_t)(end - line->p) : line->left;
	enum rc rc = RC_BUG;

	CHECK(n > 0, RC_MALFORMED);
	/* a blank at the end has no argument behind it */
	CHECK(end == NULL || n + 1 < line->left, RC_MALFORMED);
	*ret_a = (struct rd){ line->p, n };
	line->p += end != NULL ? n + 1 : n;
	line->left -= end != NULL ? n + 1 : n;
	rc = RC_OK;
out:
	return rc;
}

/* Lines of 64, then one of fewer; *ret_first is the first, and *ret_only
 * whether it is the only one. */
static enum rc
body_get(struct rd *r, struct rd *ret_first, bool *ret_only)
{
	struct rd line = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	do {
		TRY(line_get(r, &line));
		CHECK(line.left <= COLUMNS, RC_MALFORMED);
		TRY(line_check(line));
		if (n++ == 0)
			*ret_first = line;
	} while (line.left == COLUMNS);
	*ret_only = n == 1;
out:
	return rc;
}

/* line: what stands after "-> ". */
static enum rc
stanza_get(struct rd *r, struct rd line, struct age_header *h)
{
	struct age_header_stanza *s = &h->stanzas[h->n];
	struct rd type = { 0 };
	struct rd share = { 0 };
	struct rd other = { 0 };
	struct rd body = { 0 };
	size_t n = 0;
	bool only = false;
	enum rc rc = RC_BUG;

	TRY(argument_get(&line, &type));
	for (; line.left > 0; n++)
		TRY(argument_get(&line, n == 0 ? &share : &other));
	TRY(body_get(r, &body, &only));
	if (!rd_is_eq(type, "X25519"))
		return RC_OK;
	CHECK(n == 1 && only, RC_MALFORMED);
	CHECK(h->n < AGE_HEADER_STANZAS_MAX, RC_MALFORMED);
	TRY(base64_get(share, sizeof(s->share), s->share));
	TRY(base64_get(body, sizeof(s->body), s->body));
	h->n++;
out:
	return rc;
}

enum rc
age_header_parse(struct rd *r, struct age_header *ret_h, struct rd *ret_covered)
{
	struct age_header h = { 0 };
	const bool is_long = r->left > AGE_HEADER_MAX;
	struct rd at = { r->p, is_long ? AGE_HEADER_MAX : r->left };
	struct rd line = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(line_get(&at, &line));
	CHECK(rd_is_eq(line, VERSION), RC_MALFORMED);
	for (;; n++) {
		TRY(line_get(&at, &line));
		CHECK(line.left > 3, RC_MALFORMED);
		if (memcmp(line.p, "---", 3) == 0)
			break;
		CHECK(memcmp(line.p, "-> ", 3) == 0, RC_MALFORMED);
		TRY(rd_skip(&line, 3));
		TRY(stanza_get(&at, line, &h));
	}
	CHECK(n > 0 && line.p[3] == ' ', RC_MALFORMED);
	*ret_covered = (struct rd){ r->p, (size_t)(line.p + 3 - r->p) };
	TRY(rd_skip(&line, 4));
	TRY(base64_get(line, sizeof(h.mac), h.mac));
	r->left -= (size_t)(at.p - r->p);
	r->p = at.p;
	*ret_h = h;
out:
	return rc == RC_AGAIN && is_long ? RC_MALFORMED : rc;
}

/* --- writing
 * ------------------------------------------------------------------ */

enum rc
age_header_covered(const struct age_header *h, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(h->n > 0 && h->n <= AGE_HEADER_STANZAS_MAX, RC_LIMIT);
	TRY(buf_add_str(b, VERSION "\n"));
	for (size_t i = 0; i < h->n; i++) {
		TRY(buf_add_str(b, "-> X25519 "));
		TRY(base64_put(b, h->stanzas[i].share));
		TRY(buf_u8(b, '\n'));
		TRY(base64_put(b, h->stanzas[i].body));
		TRY(buf_u8(b, '\n'));
	}
	TRY(buf_add_str(b, "---"));
out:
	return rc;
}

enum rc
age_header_build(const struct age_header *h, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(age_header_covered(h, b));
	TRY(buf_u8(b, ' '));
	TRY(base64_put(b, h->mac));
	TRY(buf_u8(b, '\n'));
out:
	return rc;
}
