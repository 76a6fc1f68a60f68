/*
 * sms_text: a text as short messages and back: GSM 7-bit where every character
 * allows, else UTF-16; more than one part is joined by a user data header
 * (3GPP TS 23.040 section 9.2.3.24.1). Pure. It holds texts: clear it.
 */
#ifndef SMS_TEXT_H
#define SMS_TEXT_H
#include "base/buf.h"

/* 1600 octets of UTF-8 are at most 25 parts: 1600 units of UTF-16, 66 a part
 * when each ends before a surrogate pair. */
#define SMS_TEXT_PARTS_MAX 32
#define SMS_TEXT_PART_MAX 160 /* octets: 160 septets, one an octet */

enum sms_text_coding { /* SMPP 3.4 section 5.2.19 */
	SMS_TEXT_CODING_GSM7 = 0,
	SMS_TEXT_CODING_ASCII = 1,
	SMS_TEXT_CODING_LATIN1 = 3,
	SMS_TEXT_CODING_UCS2 = 8
};

struct sms_text_part {
	uint8_t len;
	uint8_t octets[SMS_TEXT_PART_MAX]; /* header included */
};

struct sms_text {
	enum sms_text_coding coding;
	size_t n; /* parts; more than 1: each begins with a header */
	struct sms_text_part part[SMS_TEXT_PARTS_MAX];
};

struct sms_text_place { /* of a part in its message */
	uint16_t ref;
	uint8_t total; /* 0: not a part of several */
	uint8_t seq;   /* 1 to total */
};

/* Splits UTF-8; ref names the message among those to one number. No
 * character is cut. RC_MALFORMED: no UTF-8, or empty; RC_LIMIT: too long. */
MUST_USE enum rc sms_text_build(
    struct rd utf8, uint8_t ref, struct sms_text *ret_t);
/* One received part: appends its text to b. has_header: esm_class said so.
 * RC_MALFORMED: a broken header or an unknown or binary coding. */
MUST_USE enum rc sms_text_parse(struct rd octets, uint8_t coding,
    bool has_header, struct buf *b, struct sms_text_place *ret_place);
void sms_text_clear(struct sms_text *t);
#endif
