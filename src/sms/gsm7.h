/*
 * gsm7: the GSM 7-bit default alphabet and its extension table (3GPP TS 23.038
 * section 6.2.1), one septet an octet: SMPP carries septets unpacked, the SMSC
 * packs them for the radio. Pure.
 */
#ifndef GSM7_H
#define GSM7_H
#include "base/buf.h"

/* The septets of a character: 1, 2 with the escape, or 0 when the alphabet
 * does not have it. */
size_t gsm7_of(uint32_t c, uint8_t ret_septets[static 2]);
/* Appends the text as UTF-8. Unknown extensions are shown as the character of
 * the default table, as section 6.2.1.1 asks; octets over 0x7f are "?". */
MUST_USE enum rc gsm7_text(struct rd septets, struct buf *b);
#endif
