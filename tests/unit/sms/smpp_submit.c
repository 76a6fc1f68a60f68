#include "sms/smpp_submit.h"

#include "base/failmem.h"
#include "tap.h"

static struct smpp_submit
hi(const char *sender)
{
	struct smpp_submit s = { .sender = sender, .text = rd_str("hi") };

	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &s.to));
	return s;
}

static void
the_body_follows_the_table(void)
{
	/* section 4.4.1, field by field */
	static const char want[] = "\0"               /* service_type */
				   "\x05\0Tacet\0"    /* source, a name */
				   "\x01\x01"         /* dest_addr_ton, _npi */
				   "15550100\0"       /* destination_addr */
				   "\x40\0\0"         /* esm_class .. */
				   "\0\0"             /* times */
				   "\x01\0\x08\0\x02" /* .. sm_length */
				   "hi";
	struct smpp_submit s = hi("Tacet");
	struct buf b;

	s.has_header = true;
	s.coding = 8;
	buf_init(&b, 512);
	T_RC(RC_OK, smpp_submit_build(&s, &b));
	T_OK(b.len == sizeof(want) - 1);
	T_MEM(want, b.p, sizeof(want) - 1);
	buf_clear(&b);
	failmem_after(0);
	T_RC(RC_NOMEM, smpp_submit_build(&s, &b));
	failmem_after(-1);
	buf_clear(&b);
}

static void
senders_have_their_kind(void)
{
	static const struct {
		const char *sender;
		const char *octets;
		size_t n;
	} cases[] = {
		{ "+15550199",
		    "\0\x01\x01"
		    "15550199",
		    12 },
		{ "15550199",
		    "\0\x01\x01"
		    "15550199",
		    12 },
		{ "12345",
		    "\0\x03\0"
		    "12345",
		    9 },
		{ "Tacet", "\0\x05\0Tacet", 9 },
		{ "", "\0\0\0", 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smpp_submit s = hi(cases[i].sender);
		struct buf b;

		buf_init(&b, 512);
		T_RC(RC_OK, smpp_submit_build(&s, &b));
		T_OK(b.len > cases[i].n);
		T_MEM(cases[i].octets, b.p, cases[i].n);
		buf_clear(&b);
	}
}

static void
a_number_of_ones_own_is_the_source(void)
{
	struct smpp_submit s = hi("Tacet");
	struct buf b;

	T_RC(RC_OK, e164_parse(rd_str("+15550123"), &s.from));
	buf_init(&b, 512);
	T_RC(RC_OK, smpp_submit_build(&s, &b));
	T_MEM("\0\x01\x01"
	      "15550123",
	    b.p, 12);
	buf_clear(&b);
}

static void
what_does_not_fit_is_refused(void)
{
	static const uint8_t text[SMPP_SUBMIT_TEXT_MAX + 1];
	struct smpp_submit s = hi("123456789012345678901");
	struct buf b;

	buf_init(&b, 512);
	T_RC(RC_LIMIT, smpp_submit_build(&s, &b));
	s.sender = "a2345678901234567890";
	buf_clear(&b);
	T_RC(RC_OK, smpp_submit_build(&s, &b));
	s.text = (struct rd){ text, sizeof(text) };
	T_RC(RC_LIMIT, smpp_submit_build(&s, &b));
	s.text.left--;
	buf_clear(&b);
	T_RC(RC_OK, smpp_submit_build(&s, &b));
	e164_clear(&s.to);
	T_RC(RC_MALFORMED, smpp_submit_build(&s, &b));
	buf_clear(&b);
}

static void
the_answer_names_the_message(void)
{
	static const char whole[] = "8a1f";
	char id[SMPP_PDU_ID_MAX] = "x", longest[SMPP_PDU_ID_MAX + 1];

	for (size_t n = 1; n < sizeof(whole); n++) {
		unsigned char *p = tap_block(whole, n);

		T_RC(RC_MALFORMED,
		    smpp_submit_resp_parse((struct rd){ p, n }, id));
		T_STR("x", id);
		free(p);
	}
	T_RC(RC_OK,
	    smpp_submit_resp_parse(
		(struct rd){ (const uint8_t *)whole, sizeof(whole) }, id));
	T_STR("8a1f", id);
	T_RC(RC_OK, smpp_submit_resp_parse((struct rd){ NULL, 0 }, id));
	T_STR("", id);
	memset(longest, 'a', sizeof(longest));
	longest[SMPP_PDU_ID_MAX] = '\0';
	T_RC(RC_MALFORMED,
	    smpp_submit_resp_parse(
		(struct rd){ (const uint8_t *)longest, sizeof(longest) }, id));
	T_RC(RC_OK,
	    smpp_submit_resp_parse((struct rd){ (const uint8_t *)longest + 1,
				       sizeof(longest) - 1 },
		id));
	T_OK(strlen(id) == SMPP_PDU_ID_MAX - 1);
}

int
main(void)
{
	TEST(the_body_follows_the_table);
	TEST(senders_have_their_kind);
	TEST(a_number_of_ones_own_is_the_source);
	TEST(what_does_not_fit_is_refused);
	TEST(the_answer_names_the_message);
	return tap_done();
}
