#include "sms/smpp_pdu.h"

#include "base/failmem.h"
#include "tap.h"

/* Section 3.2.1 writes out an enquire_link-like PDU; this is one with seq 5. */
static const uint8_t enquire[] = { 0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0,
	0, 5 };
static const uint8_t answer[] = { 0, 0, 0, 17, 0x80, 0, 0, 5, 0, 0, 0, 0x64, 0,
	0, 1, 0, 0 };

static void
a_header_is_read_and_comes_back(void)
{
	struct smpp_pdu pdu = { 0 };
	struct rd in = { answer, sizeof(answer) };
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_OK, smpp_pdu_parse(&in, &pdu));
	T_OK(in.left == 0);
	T_OK(pdu.cmd == (SMPP_PDU_RESP | SMPP_PDU_CMD_DELIVER_SM));
	T_OK(pdu.status == SMPP_PDU_STATUS_RX_T_APPN);
	T_OK(pdu.seq == 256 && pdu.body.left == 1);
	T_RC(RC_OK, smpp_pdu_build(&pdu, &b));
	T_OK(b.len == sizeof(answer));
	T_MEM(answer, b.p, sizeof(answer));
	buf_clear(&b);
}

static void
an_unfinished_pdu_waits(void)
{
	for (size_t n = 0; n < sizeof(enquire); n++) {
		unsigned char *p = tap_block(enquire, n);
		struct smpp_pdu pdu = { .seq = 99 };
		struct rd in = { p, n };

		T_RC(RC_AGAIN, smpp_pdu_parse(&in, &pdu));
		T_OK(in.left == n && pdu.seq == 99);
		free(p);
	}
}

static void
a_second_pdu_stays(void)
{
	uint8_t two[sizeof(enquire) + sizeof(answer)];
	struct smpp_pdu pdu = { 0 };
	struct rd in = { two, sizeof(two) };

	memcpy(two, enquire, sizeof(enquire));
	memcpy(two + sizeof(enquire), answer, sizeof(answer));
	T_RC(RC_OK, smpp_pdu_parse(&in, &pdu));
	T_OK(pdu.cmd == SMPP_PDU_CMD_ENQUIRE_LINK && pdu.seq == 5);
	T_OK(in.left == sizeof(answer));
	T_RC(RC_OK, smpp_pdu_parse(&in, &pdu));
	T_OK(pdu.seq == 256);
}

static void
lengths_out_of_range_are_refused(void)
{
	static const struct {
		uint32_t length;
		enum rc rc;
	} cases[] = {
		{ 0, RC_MALFORMED },
		{ 15, RC_MALFORMED },
		{ 16, RC_OK },
		{ SMPP_PDU_MAX, RC_OK },
		{ SMPP_PDU_MAX + 1, RC_MALFORMED },
		{ 0xffffffff, RC_MALFORMED },
	};
	unsigned char *p = calloc(1, SMPP_PDU_MAX + 1);

	for (size_t i = 0; p != NULL && i < ARRAY_LEN(cases); i++) {
		struct smpp_pdu pdu = { 0 };
		struct rd in = { p, SMPP_PDU_MAX + 1 };

		for (size_t k = 0; k < 4; k++)
			p[k] = (uint8_t)(cases[i].length >> (24 - 8 * k));
		T_RC(cases[i].rc, smpp_pdu_parse(&in, &pdu));
	}
	free(p);
}

static void
a_body_too_long_is_not_built(void)
{
	static const uint8_t body[SMPP_PDU_MAX];
	struct smpp_pdu pdu = { .body = {
				    body, SMPP_PDU_MAX - SMPP_PDU_HEAD + 1 } };
	struct buf b;

	buf_init(&b, 2 * SMPP_PDU_MAX);
	T_RC(RC_LIMIT, smpp_pdu_build(&pdu, &b));
	pdu.body.left--;
	T_RC(RC_OK, smpp_pdu_build(&pdu, &b));
	T_OK(b.len == SMPP_PDU_MAX);
	buf_clear(&b);
	for (long k = 0; k < 2; k++) {
		failmem_after(k);
		T_RC(RC_NOMEM, smpp_pdu_build(&pdu, &b));
		T_OK(b.len == 0);
		buf_clear(&b);
	}
	failmem_after(-1);
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_header_is_read_and_comes_back);
	TEST(an_unfinished_pdu_waits);
	TEST(a_second_pdu_stays);
	TEST(lengths_out_of_range_are_refused);
	TEST(a_body_too_long_is_not_built);
	return tap_done();
}
