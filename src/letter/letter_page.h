/*
 * letter_page: lines of text and rules on one page of A4, as PDF. Measures in
 * points from the top left corner. Without a place to draw it only measures,
 * by the same code, so that a layout can be tried.
 *
 * Every line stands on a grid: its baseline follows from the block's top and
 * the leading alone, and no font or letter moves its neighbours.
 */
#ifndef LETTER_PAGE_H
#define LETTER_PAGE_H
#include <pango/pangocairo.h>

#include "base/buf.h"

#define LETTER_PAGE_WIDTH 595.276 /* A4, ISO 216: 210 mm */
#define LETTER_PAGE_HEIGHT 841.89 /* 297 mm */

enum letter_page_face {
	LETTER_PAGE_FACE_SERIF,
	LETTER_PAGE_FACE_SERIF_BOLD,
	LETTER_PAGE_FACE_SANS,
	LETTER_PAGE_FACE_SANS_BOLD,
	LETTER_PAGE_FACE_MONO
};

struct letter_page_style {
	enum letter_page_face face;
	double size;
	double leading;
	double grey;   /* 0 black, 1 white */
	bool is_right; /* set against the right edge */
	int lines_max; /* the last ends with an ellipsis; 0: no limit */
};

struct letter_page_box {
	double x;
	double y;
	double width;
};

struct letter_page; /* borrows the font map, and the cairo context */

/* cr NULL: measure only. Caller owns the page. RC_NOMEM. */
MUST_USE enum rc letter_page_new(
    PangoFontMap *fonts, cairo_t *cr, struct letter_page **ret_p);
void letter_page_free(struct letter_page *p);
/* Sets text from box.y downwards; returns the height it took. */
double letter_page_text(struct letter_page *p,
    const struct letter_page_style *s, struct letter_page_box box,
    struct rd text);
/* The width of one line of text. */
double letter_page_width(
    struct letter_page *p, const struct letter_page_style *s, struct rd text);
void letter_page_rule(struct letter_page *p, struct letter_page_box at,
    double thickness, double grey);
/* What the next lines are to a screen reader (PDF 1.7, section 14.8.4): "H1",
 * "P", "Table", "TR", "TD"; closed by the same name. */
void letter_page_begin(struct letter_page *p, const char *tag);
void letter_page_end(struct letter_page *p, const char *tag);
#endif
