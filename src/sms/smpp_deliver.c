#include "sms/smpp_deliver.h"

#include <string.h>

#define TEXT_MAX 254     /* sm_length, section 5.2.21 */
#define ESM_TYPE 0x3c    /* section 5.2.12: message type */
#define ESM_RECEIPT 0x04 /* SMSC delivery receipt */
#define ESM_UDHI 0x40    /* user data header */
#define TON_NAME 5       /* section 5.2.5 */
#define TIME_MAX 17      /* section 5.2.15 */
#define SERVICE_TYPE_MAX 6

enum tlv { /* section 5.3.2 */
	TLV_RECEIPTED_ID = 0x001e,
	TLV_SAR_REF = 0x020c,
	TLV_SAR_TOTAL = 0x020e,
	TLV_SAR_SEQ = 0x020f,
	TLV_PAYLOAD = 0x0424,
	TLV_STATE = 0x0427
};

/* A number in international form; SMSCs differ in TON and in the plus sign. */
static void
number_of(const char *text, struct e164 *ret_e)
{
	struct e164 e = { 0 };

	if (e164_parse(rd_str(text), &e) == RC_OK ||
	    e164_parse_digits(rd_str(text), &e) == RC_OK)
		*ret_e = e;
	e164_clear(&e);
}

static enum rc
from_take(struct rd *r, struct smpp_deliver *d)
{
	char text[SMPP_PDU_ADDR_MAX] = "";
	uint8_t ton = 0;
	enum rc rc = RC_OK;

	TRY(rd_u8(r, &ton));
	TRY(rd_skip(r, 1)); /* source_addr_npi */
	TRY(rd_cstr(r, sizeof(text), text));
	if (ton != TON_NAME)
		number_of(text, &d->from);
	if (d->from.n > 0)
		goto out;
	/* A name shows as printable ASCII that cannot pass for a number. */
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~' || *c == '+')
			*c = '?';
	memcpy(d->from_text, text, sizeof(text));
out:
	explicit_bzero(text, sizeof(text));
	return rc;
}

static enum rc
to_take(struct rd *r, struct smpp_deliver *d)
{
	char text[SMPP_PDU_ADDR_MAX] = "";
	enum rc rc = RC_OK;

	TRY(rd_skip(r, 2)); /* dest_addr_ton, _npi */
	TRY(rd_cstr(r, sizeof(text), text));
	number_of(text, &d->to);
out:
	explicit_bzero(text, sizeof(text));
	return rc;
}

static enum rc
state_take(struct rd v, struct smpp_deliver *d)
{
	uint8_t state = 0;
	enum rc rc = RC_OK;

	TRY(rd_u8(&v, &state));
	CHECK(state <= SMPP_RECEIPT_STATE_REJECTED, RC_MALFORMED);
	d->receipt.state = (enum smpp_receipt_state)state;
out:
	return rc;
}

static enum rc
tlv_take(struct rd *r, struct smpp_deliver *d)
{
	uint16_t tag = 0, n = 0;
	struct rd v;
	enum rc rc = RC_OK;

	TRY(rd_u16(r, &tag));
	TRY(rd_u16(r, &n));
	TRY(rd_take(r, n, &v));
	switch (tag) {
	case TLV_RECEIPTED_ID:
		TRY(rd_cstr(&v, sizeof(d->receipt.id), d->receipt.id));
		break;
	case TLV_STATE:
		TRY(state_take(v, d));
		break;
	case TLV_SAR_REF:
		TRY(rd_u16(&v, &d->place.ref));
		break;
	case TLV_SAR_TOTAL:
		TRY(rd_u8(&v, &d->place.total));
		break;
	case TLV_SAR_SEQ:
		TRY(rd_u8(&v, &d->place.seq));
		break;
	case TLV_PAYLOAD: /* instead of short_message (section 5.3.2.32) */
		CHECK(d->text.left == 0, RC_MALFORMED);
		d->text = v;
		break;
	}
out:
	return rc;
}

/* The parameters of a receipt count before its text. */
static void
receipt_fill(struct smpp_deliver *d)
{
	struct smpp_receipt said = { .id = "" };

	if (d->receipt.id[0] != '\0' &&
	    d->receipt.state != SMPP_RECEIPT_STATE_NONE)
		return;
	if (smpp_receipt_parse(d->text, &said) != RC_OK) {
		d->receipt.state = SMPP_RECEIPT_STATE_NONE;
		return;
	}
	if (d->receipt.id[0] == '\0')
		memcpy(d->receipt.id, said.id, sizeof(said.id));
	if (d->receipt.state == SMPP_RECEIPT_STATE_NONE)
		d->receipt.state = said.state;
}

enum rc
smpp_deliver_parse(struct rd body, struct smpp_deliver *ret_d)
{
	struct smpp_deliver d = { 0 };
	uint8_t esm_class = 0, n = 0;
	enum rc rc = RC_OK;

	TRY(rd_skip_cstr(&body, SERVICE_TYPE_MAX));
	TRY(from_take(&body, &d));
	TRY(to_take(&body, &d));
	TRY(rd_u8(&body, &esm_class));
	TRY(rd_skip(&body, 2));             /* protocol_id, priority_flag */
	TRY(rd_skip_cstr(&body, TIME_MAX)); /* schedule_delivery_time */
	TRY(rd_skip_cstr(&body, TIME_MAX)); /* validity_period */
	TRY(rd_skip(&body, 2)); /* registered_delivery, replace_if_present */
	TRY(rd_u8(&body, &d.coding));
	TRY(rd_skip(&body, 1)); /* sm_default_msg_id */
	TRY(rd_u8(&body, &n));
	CHECK(n <= TEXT_MAX, RC_MALFORMED);
	TRY(rd_take(&body, n, &d.text));
	while (body.left > 0)
		TRY(tlv_take(&body, &d));
	d.has_header = (esm_class & ESM_UDHI) != 0;
	d.is_receipt = (esm_class & ESM_TYPE) == ESM_RECEIPT;
	if (d.is_receipt)
		receipt_fill(&d);
	if (d.place.seq == 0 || d.place.seq > d.place.total)
		d.place = (struct sms_text_place){ 0 };
	*ret_d = d;
out:
	smpp_deliver_clear(&d);
	return rc;
}

void
smpp_deliver_clear(struct smpp_deliver *d)
{
	explicit_bzero(d, sizeof(*d));
}
