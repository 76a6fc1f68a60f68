#include "orders/csv.h"

#include <string.h>

/* OWASP, "CSV Injection": the same signs in full width are run as well. */
static bool
is_formula(struct rd text)
{
	static const char *const signs[] = { "=", "+", "-", "@", "\t", "\r",
		"\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
		"\xef\xbc\xa0" };

	while (text.left > 0 && *text.p == '\'') {
		text.p++;
		text.left--;
	}
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (text.left >= strlen(signs[i]) &&
		    memcmp(text.p, signs[i], strlen(signs[i])) == 0)
			return true;
	return false;
}

/* Section 2, rule 6; and blanks at an edge, which some readers drop. */
static bool
needs_quotes(struct rd text)
{
	for (size_t i = 0; i < text.left; i++)
		if (memchr(",\"\r\n", text.p[i], 4) != NULL)
			return true;
	return text.left > 0 &&
	    (text.p[0] == ' ' || text.p[text.left - 1] == ' ');
}

static enum rc
quoted(struct buf *b, bool has_apostrophe, struct rd text)
{
	enum rc rc = RC_BUG;

	TRY(buf_u8(b, '"'));
	if (has_apostrophe)
		TRY(buf_u8(b, '\''));
	for (size_t i = 0; i < text.left; i++) {
		if (text.p[i] == '"')
			TRY(buf_u8(b, '"')); /* rule 7: doubled */
		TRY(buf_u8(b, text.p[i]));
	}
	TRY(buf_u8(b, '"'));
out:
	return rc;
}

enum rc
csv_field(struct buf *b, struct rd text)
{
	size_t before = b->len;
	bool formula = is_formula(text);
	enum rc rc = RC_BUG;

	CHECK(text.left == 0 || memchr(text.p, 0, text.left) == NULL,
	    RC_MALFORMED);
	if (formula || needs_quotes(text))
		TRY(quoted(b, formula, text));
	else
		TRY(buf_add_rd(b, text));
	rc = RC_OK;
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
csv_line(struct buf *b, const struct rd *fields, size_t n)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			TRY(buf_u8(b, ','));
		TRY(csv_field(b, fields[i]));
	}
	/* an empty line would be no line to a reader */
	if (n == 1 && fields[0].left == 0)
		TRY(buf_add_str(b, "\"\""));
	TRY(buf_add_str(b, "\r\n"));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
