/*
 * e164: a phone number as E.164 has it: a country code and a national number,
 * 7 to 15 digits in all, without the "+". Pure. It holds a number: wipe it.
 *
 * There is no text form here on purpose: see wire/e164_text.h and who may
 * include it.
 */
#ifndef E164_H
#define E164_H
#include "base/buf.h"

#define E164_DIGITS_MAX 15

struct e164 {
	uint8_t n;                       /* digits, 7 to 15; 0 when empty */
	uint8_t digits[E164_DIGITS_MAX]; /* ASCII '0'..'9', then zero bytes */
};

/* Reads "+15550100" exactly: plus sign, digits, end. Checks length and first
 * digit only (E.164 section 6). RC_MALFORMED. */
MUST_USE enum rc e164_parse(struct rd text, struct e164 *ret_e);
/* The same for digits without the plus sign (SMPP addresses, TON 1). */
MUST_USE enum rc e164_parse_digits(struct rd digits, struct e164 *ret_e);
/* Binary form: one length octet, then the digits. */
MUST_USE enum rc e164_take(struct rd *r, struct e164 *ret_e);
MUST_USE enum rc e164_build(const struct e164 *e, struct buf *b);
bool e164_is_eq(const struct e164 *a, const struct e164 *b);
/* First digits that name a rate-limit prefix: 7 digits, or 6 when the number
 * has fewer than 10 (budgets: "per 6-7 digit prefix"). Returns the value of
 * those digits as a number; no secret-free claim. */
uint32_t e164_prefix(const struct e164 *e);
/* Its digits as an integer: no two numbers have the same, since none begins
 * with 0. Less than 10^15; 0 when empty. */
uint64_t e164_value(const struct e164 *e);
void e164_clear(struct e164 *e);
#endif
