#include "sms/smpp_deliver.h"

#include "tap.h"

/* Section 4.6.1, field by field. */
static const char hi[] = "\0" /* service_type */
			 "\x01\x01"
			 "15550123\0" /* source */
			 "\x01\x01"
			 "15550100\0"   /* destination */
			 "\0\0\0"       /* esm_class .. */
			 "\0\0"         /* times */
			 "\0\0\0\0\x02" /* .. sm_length */
			 "hi";
#define HI_SIZE (sizeof(hi) - 1)
#define LENGTH_AT (HI_SIZE - 3)
#define ESM_AT (LENGTH_AT - 9)

/* hi, changed at one place, with what follows it. */
static enum rc
parse_with(size_t at, uint8_t octet, const char *more, size_t n,
    struct smpp_deliver *ret_d)
{
	unsigned char *p = malloc(HI_SIZE + n);
	enum rc rc;

	if (p == NULL)
		abort();
	memcpy(p, hi, HI_SIZE);
	if (n > 0)
		memcpy(p + HI_SIZE, more, n);
	p[at] = octet;
	rc = smpp_deliver_parse((struct rd){ p, HI_SIZE + n }, ret_d);
	ret_d->text.p = NULL; /* it goes with p */
	free(p);
	return rc;
}

static void
a_minimal_message_is_read(void)
{
	struct smpp_deliver d = { .coding = 99 };

	T_RC(RC_OK,
	    smpp_deliver_parse(
		(struct rd){ (const uint8_t *)hi, HI_SIZE }, &d));
	T_OK(d.from.n == 8 && d.to.n == 8 && d.coding == 0);
	T_MEM("15550123", d.from.digits, 8);
	T_MEM("15550100", d.to.digits, 8);
	T_OK(rd_is_eq(d.text, "hi"));
	T_OK(!d.is_receipt && !d.has_header && d.place.total == 0);
	smpp_deliver_clear(&d);
	T_OK(d.from.n == 0 && d.text.p == NULL);
}

static void
every_truncation_is_refused(void)
{
	for (size_t n = 0; n < HI_SIZE; n++) {
		struct smpp_deliver d = { .coding = 99 };
		unsigned char *p = tap_block(hi, n);

		T_RC(RC_MALFORMED, smpp_deliver_parse((struct rd){ p, n }, &d));
		T_OK(d.coding == 99);
		free(p);
	}
}

static void
a_text_has_at_most_254_octets(void)
{
	static const char fill[256];
	struct smpp_deliver d = { 0 };

	T_RC(RC_OK, parse_with(LENGTH_AT, 254, fill, 252, &d));
	T_RC(RC_MALFORMED, parse_with(LENGTH_AT, 255, fill, 253, &d));
	T_RC(RC_MALFORMED, parse_with(LENGTH_AT, 254, fill, 251, &d));
}

static void
octets_after_the_text_must_be_parameters(void)
{
	static const char state[] = "\x04\x27\0\x01\x02"
				    "\0\x1e\0\x03"
				    "a1";
	struct smpp_deliver d = { 0 };

	T_RC(RC_OK, parse_with(ESM_AT, 4, state, sizeof(state), &d));
	T_OK(d.is_receipt && d.receipt.state == SMPP_RECEIPT_STATE_DELIVERED);
	T_STR("a1", d.receipt.id);
	for (size_t n = 1; n < sizeof(state); n++)
		if (n != 5)
			T_RC(RC_MALFORMED, parse_with(ESM_AT, 4, state, n, &d));
	T_RC(RC_MALFORMED, parse_with(ESM_AT, 4, "\x04\x27\0\x01\x63", 5, &d));
}

static void
a_receipt_is_read_from_its_text(void)
{
	static const char text[] = "id:77 stat:EXPIRED";
	struct smpp_deliver d = { 0 };

	/* the length covers "hi" too */
	T_RC(RC_OK, parse_with(ESM_AT, 4, "", 0, &d));
	T_OK(d.is_receipt && d.receipt.state == SMPP_RECEIPT_STATE_NONE);
	{
		unsigned char body[HI_SIZE + sizeof(text)];

		memcpy(body, hi, HI_SIZE);
		body[ESM_AT] = 4;
		body[LENGTH_AT] = sizeof(text) - 1;
		memcpy(body + HI_SIZE - 2, text, sizeof(text) - 1);
		T_RC(RC_OK,
		    smpp_deliver_parse(
			(struct rd){ body, HI_SIZE - 2 + sizeof(text) - 1 },
			&d));
		T_STR("77", d.receipt.id);
		T_OK(d.receipt.state == SMPP_RECEIPT_STATE_EXPIRED);
	}
}

static void
parts_by_parameters_have_their_place(void)
{
	static const char sar[] = "\x02\x0c\0\x02\x01\x02"
				  "\x02\x0e\0\x01\x03"
				  "\x02\x0f\0\x01\x02";
	struct smpp_deliver d = { 0 };

	T_RC(RC_OK, parse_with(ESM_AT, 0x40, sar, sizeof(sar) - 1, &d));
	T_OK(d.has_header && d.place.ref == 0x102);
	T_OK(d.place.total == 3 && d.place.seq == 2);
	T_RC(RC_OK, parse_with(ESM_AT, 0, sar, 11, &d));
	T_OK(d.place.total == 0); /* without its number it is no part */
}

static void
a_payload_is_the_text_unless_there_are_two(void)
{
	static const char payload[] = "\x04\x24\0\x03"
				      "abc";
	unsigned char body[HI_SIZE + sizeof(payload)];
	struct smpp_deliver d = { 0 };

	memcpy(body, hi, HI_SIZE - 2);
	body[LENGTH_AT] = 0;
	memcpy(body + HI_SIZE - 2, payload, sizeof(payload) - 1);
	T_RC(RC_OK,
	    smpp_deliver_parse(
		(struct rd){ body, HI_SIZE - 2 + sizeof(payload) - 1 }, &d));
	T_OK(rd_is_eq(d.text, "abc"));
	T_RC(RC_MALFORMED,
	    parse_with(ESM_AT, 0, payload, sizeof(payload) - 1, &d));
}

static void
a_sender_may_be_a_name(void)
{
	struct smpp_deliver d = { 0 };

	T_RC(RC_OK, parse_with(1, 5, "", 0, &d)); /* source TON: a name */
	T_OK(d.from.n == 0);
	T_STR("15550123", d.from_text);
	T_RC(RC_OK, parse_with(4, '+', "", 0, &d));
	T_OK(d.from.n == 0);
	T_STR("1?550123", d.from_text);
	T_RC(RC_OK, parse_with(14, 'x', "", 0, &d));
	T_OK(d.to.n == 0);
}

int
main(void)
{
	TEST(a_minimal_message_is_read);
	TEST(every_truncation_is_refused);
	TEST(a_text_has_at_most_254_octets);
	TEST(octets_after_the_text_must_be_parameters);
	TEST(a_receipt_is_read_from_its_text);
	TEST(parts_by_parameters_have_their_place);
	TEST(a_payload_is_the_text_unless_there_are_two);
	TEST(a_sender_may_be_a_name);
	return tap_done();
}
