/*
 * e164_text: the text forms of a number. Only sms, orders, records, client,
 * cmd and tests may include this file; tools/lint enforces it. (records and
 * client: a row and a contact are text by their formats.)
 */
#ifndef E164_TEXT_H
#define E164_TEXT_H
#include "wire/e164.h"

#define E164_TEXT_SIZE 17     /* "+" 15 digits NUL */
#define E164_NATIONAL_SIZE 48 /* national form, spaces and brackets, NUL */

/* "+15550100". */
void e164_text(const struct e164 *e, char ret_text[static E164_TEXT_SIZE]);
/* As people of its country write it, from the table of wire/e164_plan.h;
 * the international form where the table knows no format. */
void e164_text_national(
    const struct e164 *e, char ret_text[static E164_NATIONAL_SIZE]);
#endif
