/*
 * letter_internal: what the files of the letter share. The page has two
 * columns, names of sections on the left and their text on the right; the
 * table of rows has both.
 */
#ifndef LETTER_INTERNAL_H
#define LETTER_INTERNAL_H
#include "letter/letter_page.h"
#include "wire/letter_doc.h"

#define LETTER_LEFT 56.0
#define LETTER_RIGHT (LETTER_PAGE_WIDTH - 56.0)
#define LETTER_WIDTH (LETTER_RIGHT - LETTER_LEFT)
#define LETTER_COLUMN (LETTER_LEFT + 88.0)

#define LETTER_GREY_QUIET 0.35
#define LETTER_GREY_RULE 0.65

struct letter {
	const struct letter_doc *d;
	struct letter_page *page;
	double y;     /* where the next block begins */
	double scale; /* of all sizes: 1 or a little less */
	size_t rows;  /* how many the table shows */
};

/* What a text is; its size and leading follow (letter.c). */
enum letter_kind {
	LETTER_KIND_TITLE,   /* serif, large */
	LETTER_KIND_BODY,    /* serif */
	LETTER_KIND_STRONG,  /* serif, bold */
	LETTER_KIND_SECTION, /* sans, bold: the left column */
	LETTER_KIND_LABEL,   /* sans, small, grey */
	LETTER_KIND_CODE     /* mono: what is compared letter by letter */
};

struct letter_page_style letter_style(
    const struct letter *l, enum letter_kind kind);
/* Sets text below what there is, at x, and goes on below it. */
void letter_put(
    struct letter *l, enum letter_kind kind, double x, struct rd text);
/* The same in the right column. */
void letter_say(struct letter *l, enum letter_kind kind, const char *text);
/* A label and what it labels on one line of the right column. */
void letter_pair(
    struct letter *l, const char *label, enum letter_kind kind, struct rd text);
/* A thin rule, the section's name on the left; ends the one before. */
void letter_section(struct letter *l, const char *name);
void letter_gap(struct letter *l, double points);

/* "2026-11-01 00:00:00 to 2026-11-24 00:00:00 UTC", and "24 November 2026"
 * appended. RC_NOMEM. */
MUST_USE enum rc letter_period(struct buf *b, struct wall from, struct wall to);
MUST_USE enum rc letter_date(struct buf *b, struct wall t);
/* 1,234,567 appended. */
MUST_USE enum rc letter_count(struct buf *b, uint64_t n);
bool letter_has_rows(const struct letter_doc *d); /* the order asks for them */

/* The parts of the page, from top to bottom. */
MUST_USE enum rc letter_head(struct letter *l);
MUST_USE enum rc letter_question(struct letter *l);
MUST_USE enum rc letter_answer(struct letter *l);
MUST_USE enum rc letter_table(struct letter *l);
MUST_USE enum rc letter_meaning(struct letter *l);
MUST_USE enum rc letter_proof(struct letter *l);
MUST_USE enum rc letter_foot(struct letter *l);
#endif
