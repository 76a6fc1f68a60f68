/*
 * e164_match: matches digits against a pattern of wire/e164_table.h. Walks
 * the pattern once with the set of positions it can have reached, so the time
 * is bounded by the pattern, whatever the digits. Pure.
 */
#ifndef E164_MATCH_H
#define E164_MATCH_H
#include <stdbool.h>

#include "base/rd.h"

#define E164_MATCH_DIGITS_MAX 31 /* a set of positions is 32 bits */

/* Every position that pattern can end at when it starts at any of from: bit n
 * is "after n digits". No digits, or too many: the empty set. */
uint32_t e164_match(const char *pattern, struct rd digits, uint32_t from);
/* The whole of digits. */
bool e164_match_is_whole(const char *pattern, struct rd digits);
/* Length of the longest match at the start; RC_NOT_FOUND. */
MUST_USE enum rc e164_match_start(
    const char *pattern, struct rd digits, size_t *ret_n);
/* The first group or atom of *pattern, moving past it: as e164_match. */
uint32_t e164_match_item(const char **pattern, struct rd digits, uint32_t from);
#endif
