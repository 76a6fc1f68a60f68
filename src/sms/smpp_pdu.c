#include "sms/smpp_pdu.h"

enum rc
smpp_pdu_parse(struct rd *in, struct smpp_pdu *ret_pdu)
{
	struct smpp_pdu pdu = { 0 };
	struct rd at = *in;
	uint32_t length = 0;
	enum rc rc = RC_OK;

	CHECK(at.left >= sizeof(length), RC_AGAIN);
	TRY(rd_u32(&at, &length));
	CHECK(length >= SMPP_PDU_HEAD, RC_MALFORMED);
	CHECK(length <= SMPP_PDU_MAX, RC_MALFORMED);
	CHECK(in->left >= length, RC_AGAIN);
	TRY(rd_u32(&at, &pdu.cmd));
	TRY(rd_u32(&at, &pdu.status));
	TRY(rd_u32(&at, &pdu.seq));
	TRY(rd_take(&at, length - SMPP_PDU_HEAD, &pdu.body));
	*ret_pdu = pdu;
	*in = at;
out:
	return rc;
}

enum rc
smpp_pdu_build(const struct smpp_pdu *pdu, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_OK;

	CHECK(pdu->body.left <= SMPP_PDU_MAX - SMPP_PDU_HEAD, RC_LIMIT);
	TRY(buf_u32(b, (uint32_t)(SMPP_PDU_HEAD + pdu->body.left)));
	TRY(buf_u32(b, pdu->cmd));
	TRY(buf_u32(b, pdu->status));
	TRY(buf_u32(b, pdu->seq));
	TRY(buf_add_rd(b, pdu->body));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
