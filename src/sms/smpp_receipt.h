/*
 * smpp_receipt: the text of an SMSC delivery receipt, "id:.. stat:.." (SMPP
 * 3.4, appendix B). Vendors differ in the rest of it, so only these two are
 * read. Pure.
 */
#ifndef SMPP_RECEIPT_H
#define SMPP_RECEIPT_H
#include "sms/smpp_pdu.h"

enum smpp_receipt_state { /* section 5.2.28 */
	SMPP_RECEIPT_STATE_NONE = 0,
	SMPP_RECEIPT_STATE_ENROUTE = 1,
	SMPP_RECEIPT_STATE_DELIVERED = 2,
	SMPP_RECEIPT_STATE_EXPIRED = 3,
	SMPP_RECEIPT_STATE_DELETED = 4,
	SMPP_RECEIPT_STATE_UNDELIVERABLE = 5,
	SMPP_RECEIPT_STATE_ACCEPTED = 6,
	SMPP_RECEIPT_STATE_UNKNOWN = 7,
	SMPP_RECEIPT_STATE_REJECTED = 8
};

struct smpp_receipt {
	char id[SMPP_PDU_ID_MAX];
	enum smpp_receipt_state state;
};

/* RC_MALFORMED: no id, or no state that we know. */
MUST_USE enum rc smpp_receipt_parse(
    struct rd text, struct smpp_receipt *ret_receipt);
/* Whether a receipt's id names what a submit_sm_resp named: the same, or the
 * same integer, which some SMSCs write in hexadecimal here and in decimal
 * there. */
bool smpp_receipt_is_for(const char *receipt_id, const char *submit_id);
#endif
