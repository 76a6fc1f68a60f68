#include "sms/smpp_submit.h"

#include <string.h>

#define ESM_UDHI 0x40 /* section 5.2.12: user data header */
#define RECEIPT 1     /* section 5.2.17: on success and on failure */

enum ton { /* section 5.2.5 */
	TON_UNKNOWN = 0,
	TON_INTERNATIONAL = 1,
	TON_NETWORK = 3, /* short codes */
	TON_NAME = 5
};
#define NPI_UNKNOWN 0 /* section 5.2.6 */
#define NPI_E164 1

static enum rc
address_put(struct buf *b, enum ton ton, struct rd text)
{
	enum rc rc = RC_OK;

	CHECK(text.left < SMPP_PDU_ADDR_MAX, RC_LIMIT);
	TRY(buf_u8(b, (uint8_t)ton));
	TRY(buf_u8(b, ton == TON_INTERNATIONAL ? NPI_E164 : NPI_UNKNOWN));
	TRY(buf_add_rd(b, text));
	TRY(buf_u8(b, 0));
out:
	return rc;
}

static enum rc
number_put(struct buf *b, const struct e164 *e)
{
	return address_put(
	    b, TON_INTERNATIONAL, (struct rd){ e->digits, e->n });
}

/* "+15550100" and "15550100" are numbers, "12345" a short code, else a name. */
static enum rc
sender_put(struct buf *b, const char *sender)
{
	struct rd text = rd_str(sender);
	struct e164 e = { 0 };
	enum rc rc = RC_OK;
	bool digits = text.left > 0;

	if (e164_parse(text, &e) == RC_OK ||
	    e164_parse_digits(text, &e) == RC_OK) {
		TRY(number_put(b, &e));
		goto out;
	}
	for (size_t i = 0; i < text.left; i++)
		digits = digits && text.p[i] >= '0' && text.p[i] <= '9';
	TRY(address_put(b,
	    text.left == 0 ? TON_UNKNOWN
		: digits   ? TON_NETWORK
			   : TON_NAME,
	    text));
out:
	return rc;
}

enum rc
smpp_submit_build(const struct smpp_submit *s, struct buf *b)
{
	enum rc rc = RC_OK;

	CHECK(s->to.n > 0, RC_MALFORMED);
	CHECK(s->text.left <= SMPP_SUBMIT_TEXT_MAX, RC_LIMIT);
	TRY(buf_u8(b, 0)); /* service_type: default */
	if (s->from.n > 0)
		TRY(number_put(b, &s->from));
	else
		TRY(sender_put(b, s->sender));
	TRY(number_put(b, &s->to));
	TRY(buf_u8(b, s->has_header ? ESM_UDHI : 0));
	TRY(buf_u8(b, 0)); /* protocol_id */
	TRY(buf_u8(b, 0)); /* priority_flag */
	TRY(buf_u8(b, 0)); /* schedule_delivery_time: now */
	TRY(buf_u8(b, 0)); /* validity_period: the SMSC's own */
	TRY(buf_u8(b, RECEIPT));
	TRY(buf_u8(b, 0)); /* replace_if_present_flag */
	TRY(buf_u8(b, s->coding));
	TRY(buf_u8(b, 0)); /* sm_default_msg_id */
	TRY(buf_u8(b, (uint8_t)s->text.left));
	TRY(buf_add_rd(b, s->text));
out:
	return rc;
}

enum rc
smpp_submit_resp_parse(struct rd body, char ret_id[static SMPP_PDU_ID_MAX])
{
	char id[SMPP_PDU_ID_MAX] = "";
	enum rc rc = RC_OK;

	if (body.left > 0) /* section 4.4.2: none when the status is an error */
		TRY(rd_cstr(&body, sizeof(id), id));
	memcpy(ret_id, id, sizeof(id));
out:
	return rc;
}
