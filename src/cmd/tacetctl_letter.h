/*
 * tacetctl_letter: response.pdf of a package, drawn by tacet-letter in a
 * process of its own that sees this one document and nothing else of the
 * machine (man/tacet-letter.8). Blocks for at most TACETCTL_LETTER_TIMEOUT_S.
 */
#ifndef TACETCTL_LETTER_H
#define TACETCTL_LETTER_H
#include "wire/letter_doc.h"

#define TACETCTL_LETTER_TIMEOUT_S 30
#define TACETCTL_LETTER_PDF_MAX (4u << 20)

/* Appends the PDF: the same octets for the same document, always. helper: the
 * program's path; NULL: tacet-letter beside this program. RC_NOT_FOUND: there
 * is no such program; RC_MALFORMED: the document was refused (its reason is
 * on stderr); RC_LIMIT: no answer in time, or a PDF too large; RC_IO. */
MUST_USE enum rc tacetctl_letter_render(
    const struct letter_doc *d, const char *helper, struct buf *ret_pdf);
#endif
