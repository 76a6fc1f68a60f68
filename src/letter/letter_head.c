/*
 * The upper half: who writes to whom, what was served, what was asked.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "letter/letter_internal.h"
#include "wire/e164_text.h"

#define TOP 40.0
#define SPLIT (LETTER_LEFT + 290.0)
#define HANDLES_A_LINE 4

/* Name on the left, address on the right, one rule below both. */
static void
letterhead(struct letter *l)
{
	const struct letter_doc *d = l->d;
	struct letter_page_style name = letter_style(l, LETTER_KIND_TITLE);
	struct letter_page_style line = letter_style(l, LETTER_KIND_LABEL);
	struct letter_page_box left = { LETTER_LEFT, TOP,
		SPLIT - LETTER_LEFT - 12 };
	struct letter_page_box right = { SPLIT, TOP, LETTER_RIGHT - SPLIT };
	double height;

	/* a firm's name is set smaller before it is cut */
	if (letter_page_width(l->page, &name, d->operator_name) >
	    1.7 * left.width) {
		name.size *= 0.64;
		name.leading *= 0.64;
	}
	name.lines_max = 3;
	line.is_right = true;
	line.lines_max = 1;
	line.leading = 8.8 * l->scale;
	letter_page_begin(l->page, "H1");
	height = letter_page_text(l->page, &name, left, d->operator_name);
	letter_page_end(l->page, "H1");
	letter_page_begin(l->page, "P");
	for (size_t i = 0; i < d->operator_lines.n; i++)
		right.y += letter_page_text(
		    l->page, &line, right, d->operator_lines.line[i]);
	letter_page_end(l->page, "P");
	l->y = TOP + height;
	if (right.y > l->y)
		l->y = right.y;
	letter_gap(l, 4);
	letter_page_rule(l->page,
	    (struct letter_page_box){ LETTER_LEFT, l->y, LETTER_WIDTH }, 1.4,
	    0);
}

static double
addressee(struct letter *l, double y)
{
	const struct letter_doc *d = l->d;
	struct letter_page_style strong = letter_style(l, LETTER_KIND_STRONG);
	struct letter_page_style body = letter_style(l, LETTER_KIND_BODY);
	struct letter_page_box box = { LETTER_LEFT, y,
		SPLIT - LETTER_LEFT - 12 };

	strong.lines_max = 4;
	body.lines_max = 2;
	letter_page_begin(l->page, "P");
	box.y += letter_page_text(l->page, &strong, box, d->agency);
	for (size_t i = 0; i < d->agency_lines.n; i++)
		box.y += letter_page_text(
		    l->page, &body, box, d->agency_lines.line[i]);
	box.y += letter_page_text(l->page, &body, box, d->country);
	letter_page_end(l->page, "P");
	return box.y;
}

static double
reference(struct letter *l, double y, const char *label, enum letter_kind kind,
    struct rd text)
{
	struct letter_page_style name = letter_style(l, LETTER_KIND_LABEL);
	struct letter_page_style value = letter_style(l, kind);
	const struct letter_page_box left = { SPLIT, y, 70 };
	const struct letter_page_box right = { SPLIT + 64, y,
		LETTER_RIGHT - SPLIT - 64 };

	if (text.left == 0)
		return y;
	value.lines_max = 2;
	letter_page_begin(l->page, "P");
	(void)letter_page_text(l->page, &name, left, rd_str(label));
	y += letter_page_text(l->page, &value, right, text);
	letter_page_end(l->page, "P");
	return y;
}

enum rc
letter_head(struct letter *l)
{
	struct buf date;
	double left;
	double right;
	enum rc rc = RC_BUG;

	buf_init(&date, 64);
	letterhead(l);
	letter_gap(l, 12);
	left = addressee(l, l->y);
	right = reference(
	    l, l->y, "Our reference", LETTER_KIND_CODE, l->d->our_ref);
	right = reference(
	    l, right, "Your reference", LETTER_KIND_BODY, l->d->their_ref);
	TRY(letter_date(&date, l->d->date));
	right = reference(l, right, "Date", LETTER_KIND_BODY, buf_get(&date));
	l->y = left > right ? left : right;
	letter_gap(l, 7);
	letter_page_begin(l->page, "H1");
	letter_put(l, LETTER_KIND_TITLE, LETTER_LEFT,
	    rd_str("Response to legal process"));
	letter_page_end(l->page, "H1");
out:
	buf_clear(&date);
	return rc;
}

/* --- what was served, what was asked
 * ------------------------------------------ */

static enum rc
process(struct letter *l)
{
	const struct letter_doc *d = l->d;
	char hash[2 * LETTER_DOC_HASH_SIZE + 1] = "";
	enum rc rc = RC_OK;

	letter_section(l, "Process served");
	letter_put(l, LETTER_KIND_STRONG, LETTER_COLUMN, d->process);
	letter_pair(l, "Issued by", LETTER_KIND_BODY, d->authority);
	letter_pair(l, "Paragraph", LETTER_KIND_BODY, d->paragraph);
	if (d->document_sha256.left > 0) {
		(void)sodium_bin2hex(hash, sizeof(hash), d->document_sha256.p,
		    d->document_sha256.left);
		letter_pair(l, "Its SHA-256", LETTER_KIND_CODE, rd_str(hash));
	}
	return rc;
}

/* In columns, so that one number more or less shows at a glance. */
static enum rc
handles(struct letter *l, struct buf *b)
{
	char text[E164_TEXT_SIZE];
	enum rc rc = RC_OK;

	for (size_t i = 0; i < l->d->n_handles; i++) {
		e164_text(&l->d->handles[i], text);
		TRY(buf_add_fmt(b, "%-16s%s", text,
		    i % HANDLES_A_LINE == HANDLES_A_LINE - 1 ? "" : "  "));
		if (i % HANDLES_A_LINE != HANDLES_A_LINE - 1 &&
		    i + 1 < l->d->n_handles)
			continue;
		letter_pair(l,
		    i >= HANDLES_A_LINE       ? ""
			: l->d->n_handles > 1 ? "Numbers"
					      : "Number",
		    LETTER_KIND_CODE, buf_get(b));
		b->len = 0;
	}
out:
	explicit_bzero(text, sizeof(text));
	return rc;
}

static const char *
direction(unsigned int bits)
{
	switch (bits) {
	case LETTER_DOC_DIRECTION_SOURCE:
		return "queries that the above asked (source)";
	case LETTER_DOC_DIRECTION_LOOKUP:
		return "queries that others asked about the above (lookup)";
	case LETTER_DOC_DIRECTION_SOURCE | LETTER_DOC_DIRECTION_LOOKUP:
		return "queries that the above asked (source), and that others "
		       "asked about them (lookup)";
	default:
		return "";
	}
}

enum rc
letter_question(struct letter *l)
{
	const struct letter_doc *d = l->d;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 4096);
	TRY(process(l));
	letter_section(l, "What was asked");
	TRY(handles(l, &b));
	TRY(letter_period(&b, d->from, d->to));
	TRY(buf_add_str(&b, " (the end is not in it)"));
	letter_pair(l, "Period", LETTER_KIND_BODY, buf_get(&b));
	b.len = 0;
	if (letter_has_rows(d))
		letter_pair(l, "Direction", LETTER_KIND_BODY,
		    rd_str(direction(d->direction)));
	for (size_t i = 0; i < d->n_classes; i++) {
		TRY(buf_add_str(&b, i == 0 ? "" : ", "));
		TRY(buf_add_rd(&b, d->classes[i]));
	}
	letter_pair(l, d->n_classes > 1 ? "Classes" : "Class", LETTER_KIND_BODY,
	    buf_get(&b));
out:
	buf_clear(&b);
	return rc;
}
