/*
 * smpp_pdu: the header of every SMPP 3.4 PDU (section 3.2), and the PDUs that
 * are nothing else. Pure.
 */
#ifndef SMPP_PDU_H
#define SMPP_PDU_H
#include "base/buf.h"

#define SMPP_PDU_HEAD 16
/* A text of ours and what SMSCs add as parameters stay far below this. */
#define SMPP_PDU_MAX 8192
#define SMPP_PDU_ID_MAX 65   /* message_id with its NUL (section 5.2.23) */
#define SMPP_PDU_ADDR_MAX 21 /* an address with its NUL (section 5.2.8) */

#define SMPP_PDU_RESP 0x80000000u /* of a command: its response */

enum smpp_pdu_cmd {                      /* section 5.1.2.1 */
	SMPP_PDU_CMD_GENERIC_NACK = 0x0, /* exists as a response only */
	SMPP_PDU_CMD_SUBMIT_SM = 0x4,
	SMPP_PDU_CMD_DELIVER_SM = 0x5,
	SMPP_PDU_CMD_UNBIND = 0x6,
	SMPP_PDU_CMD_BIND_TRANSCEIVER = 0x9,
	SMPP_PDU_CMD_ENQUIRE_LINK = 0x15
};

enum smpp_pdu_status { /* section 5.1.3 */
	SMPP_PDU_STATUS_ROK = 0x0,
	SMPP_PDU_STATUS_RINVCMDID = 0x3,
	SMPP_PDU_STATUS_RINVBNDSTS = 0x4,
	SMPP_PDU_STATUS_RINVDSTADR = 0xb,
	SMPP_PDU_STATUS_RMSGQFUL = 0x14,
	SMPP_PDU_STATUS_RTHROTTLED = 0x58,
	SMPP_PDU_STATUS_RX_T_APPN = 0x64, /* try again later */
	SMPP_PDU_STATUS_RX_P_APPN = 0x65  /* never */
};

struct smpp_pdu {
	uint32_t cmd; /* enum smpp_pdu_cmd, or one we do not know */
	uint32_t status;
	uint32_t seq;
	struct rd body; /* borrowed */
};

/* Takes one PDU off the front of in. RC_AGAIN: not all of it is there;
 * RC_MALFORMED: its length is under 16 or over SMPP_PDU_MAX, so that nothing
 * after it can be read either. */
MUST_USE enum rc smpp_pdu_parse(struct rd *in, struct smpp_pdu *ret_pdu);
MUST_USE enum rc smpp_pdu_build(const struct smpp_pdu *pdu, struct buf *b);
#endif
