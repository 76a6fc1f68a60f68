/*
 * smpp_deliver: one deliver_sm body, as received (SMPP 3.4, section 4.6.1):
 * a text for a number, or the receipt of one sent. Pure. It holds numbers and
 * borrows a text: clear it.
 */
#ifndef SMPP_DELIVER_H
#define SMPP_DELIVER_H
#include "sms/sms_text.h"
#include "sms/smpp_receipt.h"
#include "wire/e164.h"

struct smpp_deliver {
	struct e164 from; /* n = 0: from_text is the sender */
	char from_text[SMPP_PDU_ADDR_MAX];
	struct e164 to; /* n = 0: to no number */
	bool is_receipt;
	struct smpp_receipt receipt; /* state NONE: it could not be read */
	bool has_header;             /* text begins with a user data header */
	uint8_t coding;
	struct rd text;              /* borrowed from body */
	struct sms_text_place place; /* by sar_ parameters, total 0: none */
};

/* Parses body to its last byte. RC_MALFORMED. */
MUST_USE enum rc smpp_deliver_parse(struct rd body, struct smpp_deliver *ret_d);
void smpp_deliver_clear(struct smpp_deliver *d);
#endif
