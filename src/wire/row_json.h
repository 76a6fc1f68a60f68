/*
 * row_json: a row of the query log as a JSON object, in the form an authority
 * gets it and its own user sees it (design: records, section 2). Pure. It is
 * text with two numbers.
 */
#ifndef ROW_JSON_H
#define ROW_JSON_H
#include <jansson.h>

#include "wire/row.h"

/* Caller owns the value; NULL when out of memory. */
json_t *row_json(const struct row *w);
#endif
