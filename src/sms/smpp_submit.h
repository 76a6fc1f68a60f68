/*
 * smpp_submit: the bodies of submit_sm and its response (SMPP 3.4, sections
 * 4.4.1 and 4.4.2). Pure. It holds a number and a text.
 */
#ifndef SMPP_SUBMIT_H
#define SMPP_SUBMIT_H
#include "sms/smpp_pdu.h"
#include "wire/e164.h"

#define SMPP_SUBMIT_TEXT_MAX 254 /* sm_length goes no higher */

struct smpp_submit {
	struct e164 from;   /* n = 0: sender says it */
	const char *sender; /* digits, or a name; borrowed */
	struct e164 to;
	bool has_header; /* text begins with a user data header */
	uint8_t coding;  /* enum sms_text_coding */
	struct rd text;
};

/* Asks for a receipt. RC_LIMIT: the text or the sender is too long;
 * RC_MALFORMED: no destination. */
MUST_USE enum rc smpp_submit_build(const struct smpp_submit *s, struct buf *b);
/* The SMSC's name for the message; "" when it gave none. */
MUST_USE enum rc smpp_submit_resp_parse(
    struct rd body, char ret_id[static SMPP_PDU_ID_MAX]);
#endif
