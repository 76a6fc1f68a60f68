/*
 * What is the same in every part: dates, counts, and how a block is set.
 */
#include <stdio.h>
#include <string.h>

#include "letter/letter_internal.h"

#define LABEL_WIDTH 62.0

static const struct {
	enum letter_page_face face;
	double size;
	double leading;
	double grey;
} kinds[] = {
	[LETTER_KIND_TITLE] = { LETTER_PAGE_FACE_SERIF_BOLD, 14, 19, 0 },
	[LETTER_KIND_BODY] = { LETTER_PAGE_FACE_SERIF, 7.6, 10.2, 0 },
	[LETTER_KIND_STRONG] = { LETTER_PAGE_FACE_SERIF_BOLD, 7.6, 10.2, 0 },
	[LETTER_KIND_SECTION] = { LETTER_PAGE_FACE_SANS_BOLD, 6.8, 10.2, 0 },
	[LETTER_KIND_LABEL] = { LETTER_PAGE_FACE_SANS, 6.4, 10.2,
	    LETTER_GREY_QUIET },
	[LETTER_KIND_CODE] = { LETTER_PAGE_FACE_MONO, 6.7, 10.2, 0 },
};

struct letter_page_style
letter_style(const struct letter *l, enum letter_kind kind)
{
	return (struct letter_page_style){ .face = kinds[kind].face,
		.size = kinds[kind].size * l->scale,
		.leading = kinds[kind].leading * l->scale,
		.grey = kinds[kind].grey };
}

void
letter_put(struct letter *l, enum letter_kind kind, double x, struct rd text)
{
	struct letter_page_style s = letter_style(l, kind);
	struct letter_page_box box = { x, l->y, LETTER_RIGHT - x };

	letter_page_begin(l->page, "P");
	l->y += letter_page_text(l->page, &s, box, text);
	letter_page_end(l->page, "P");
}

void
letter_say(struct letter *l, enum letter_kind kind, const char *text)
{
	letter_put(l, kind, LETTER_COLUMN, rd_str(text));
}

void
letter_pair(
    struct letter *l, const char *label, enum letter_kind kind, struct rd text)
{
	struct letter_page_style s = letter_style(l, LETTER_KIND_LABEL);

	if (text.left == 0)
		return;
	letter_page_begin(l->page, "P");
	(void)letter_page_text(l->page, &s,
	    (struct letter_page_box){ LETTER_COLUMN, l->y, LABEL_WIDTH },
	    rd_str(label));
	letter_page_end(l->page, "P");
	letter_put(l, kind, LETTER_COLUMN + LABEL_WIDTH * l->scale, text);
}

void
letter_section(struct letter *l, const char *name)
{
	struct letter_page_style s = letter_style(l, LETTER_KIND_SECTION);
	struct letter_page_box box = { LETTER_LEFT, 0,
		LETTER_COLUMN - LETTER_LEFT - 8 };

	letter_gap(l, 4);
	box.y = l->y;
	letter_page_rule(l->page,
	    (struct letter_page_box){ LETTER_LEFT, l->y, LETTER_WIDTH }, 0.4,
	    LETTER_GREY_RULE);
	letter_gap(l, 3);
	box.y = l->y;
	letter_page_begin(l->page, "H2");
	(void)letter_page_text(l->page, &s, box, rd_str(name));
	letter_page_end(l->page, "H2");
}

void
letter_gap(struct letter *l, double points)
{
	l->y += points * l->scale;
}

enum rc
letter_period(struct buf *b, struct wall from, struct wall to)
{
	char start[MONO_RFC3339_SIZE]; /* 2026-11-01T00:00:00Z */
	char end[MONO_RFC3339_SIZE];
	enum rc rc = RC_BUG;

	TRY(mono_rfc3339(from, start));
	TRY(mono_rfc3339(to, end));
	TRY(buf_add_fmt(b, "%.10s %.8s to %.10s %.8s UTC", start, start + 11,
	    end, end + 11));
out:
	return rc;
}

enum rc
letter_date(struct buf *b, struct wall t)
{
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	char text[MONO_DATE_SIZE]; /* 2026-11-24 */
	size_t month;
	enum rc rc = RC_BUG;

	TRY(mono_date(mono_day(t), text));
	month = (size_t)(text[5] - '0') * 10 + (size_t)(text[6] - '0');
	CHECK(month >= 1 && month <= ARRAY_LEN(months), RC_BUG);
	TRY(buf_add_fmt(b, "%s %s %.4s", text[8] == '0' ? text + 9 : text + 8,
	    months[month - 1], text));
out:
	return rc;
}

enum rc
letter_count(struct buf *b, uint64_t n)
{
	char digits[24];
	enum rc rc = RC_BUG;
	int len = snprintf(
	    digits, sizeof(digits), "%llu", (unsigned long long)n);

	CHECK(len > 0, RC_BUG);
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			TRY(buf_u8(b, ','));
		TRY(buf_u8(b, (uint8_t)digits[i]));
	}
	rc = RC_OK;
out:
	return rc;
}

bool
letter_has_rows(const struct letter_doc *d)
{
	for (size_t i = 0; i < d->n_classes; i++)
		if (rd_is_eq(d->classes[i], "TRAFFIC_QUERY"))
			return true;
	return d->n_rows > 0;
}
