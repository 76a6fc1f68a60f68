/*
 * letter: the one-page letter of a package as PDF (design: records, section
 * 5). The same document gives the same octets: fonts, dates and names come
 * from the document and this program alone, never from the machine. Tagged for
 * screen readers. Pure but for the fonts' files (letter_fonts.h).
 */
#ifndef LETTER_H
#define LETTER_H
#include <pango/pango-fontmap.h>

#include "wire/letter_doc.h"

/* Appends the PDF. Shows as many rows as the page has room for and says how
 * many are in rows.csv. RC_LIMIT: texts so long that the page has no room for
 * the rest; RC_NOMEM. */
MUST_USE enum rc letter_draw(
    const struct letter_doc *d, PangoFontMap *fonts, struct buf *ret_pdf);
/* A document with letters of every script that the fonts have, so that drawing
 * it opens every file that any other will need. Borrows nothing. */
void letter_specimen(struct letter_doc *ret_d);
#endif
