/*
 * csv: lines of comma-separated values (RFC 4180, UTF-8, CRLF). Pure.
 *
 * Clerks open them in a spreadsheet, and a spreadsheet runs a field that begins
 * with = + - @, a tab or a CR as a formula, which can read other cells, send
 * them away or start a program; quotes do not stop it. Whoever chose the text
 * (an agency, a client) would run it on the reader's machine. So such a field
 * is written in quotes with one apostrophe in front, which a spreadsheet shows
 * as the text and does not run. A program that reads the file takes the
 * apostrophe away again when, behind it and any more of them, one of these
 * characters stands: nothing is lost, since a text that begins so by itself
 * gets one more.
 */
#ifndef CSV_H
#define CSV_H
#include "base/buf.h"

/* One field. RC_MALFORMED: it has a NUL, which readers cut at; RC_LIMIT,
 * RC_NOMEM. On failure b is as before. */
MUST_USE enum rc csv_field(struct buf *b, struct rd text);
/* n fields and the line's end. The same codes; on failure b is as before. */
MUST_USE enum rc csv_line(struct buf *b, const struct rd *fields, size_t n);
#endif
