/*
 * e164_plan: numbering plans of the world, from libphonenumber's metadata:
 * possible lengths and patterns by calling code. The table is generated
 * (tools/e164-table), compiled in, and the same in server and terminal. Pure.
 */
#ifndef E164_PLAN_H
#define E164_PLAN_H
#include "wire/e164.h"

/* RC_OK when the number matches a pattern of its calling code; RC_MALFORMED
 * when its calling code, length or pattern is not in use. Numbers +1 555 01xx
 * (7 digits after 1, fiction) are valid only after e164_plan_test_numbers. */
MUST_USE enum rc e164_plan_check(const struct e164 *e);
/* Normalises what a person typed: "+1 (555) 010-0" or, with a region such as
 * "US" (may be NULL), national form. RC_MALFORMED. */
MUST_USE enum rc e164_plan_normalise(
    struct rd typed, const char *region, struct e164 *ret_e);
/* Lets the short fiction numbers +15550100 .. +15550199 and +1555xxxxxxx
 * pass e164_plan_check: --demo and the tests. */
void e164_plan_test_numbers(bool on);
/* ISO 3166 region of the number, or "001" (non-geographic), "ZZ" unknown. */
const char *e164_plan_region(const struct e164 *e);
/* "libphonenumber metadata 1.13.16" */
const char *e164_plan_version(void);
#endif
