/*
 * conf_line: the lines of configuration files: "key = value", comments that
 * begin with a number sign, blank lines. Pure.
 */
#ifndef CONF_LINE_H
#define CONF_LINE_H
#include "base/rd.h"

#define CONF_LINE_MAX 2048 /* octets, without blanks around */

/* Takes lines off *text up to the next that says something; borrows from it.
 * *line is the number of the last one taken and begins at 0. RC_NOT_FOUND: none
 * is left; RC_MALFORMED: *ret_why says what is wrong with that line. */
MUST_USE enum rc conf_line_take(struct rd *text, uint32_t *line,
    struct rd *ret_key, struct rd *ret_value, const char **ret_why);
#endif
