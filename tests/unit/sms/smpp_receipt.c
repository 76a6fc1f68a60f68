#include "sms/smpp_receipt.h"

#include "tap.h"

/* Appendix B. */
static const char example[] =
    "id:0123456789 sub:001 dlvrd:001 submit date:0809011130 "
    "done date:0809011131 stat:DELIVRD err:000 text:hi stat:EXPIRED id:9";

static void
the_example_is_read(void)
{
	struct smpp_receipt r = { .id = "" };

	T_RC(RC_OK, smpp_receipt_parse(rd_str(example), &r));
	T_STR("0123456789", r.id);
	T_OK(r.state == SMPP_RECEIPT_STATE_DELIVERED);
}

static void
a_cut_receipt_is_refused(void)
{
	size_t whole = (size_t)(strstr(example, "RD err") - example) + 2;

	for (size_t n = 0; n < whole; n++) {
		struct smpp_receipt r = { .id = "x" };
		unsigned char *p = tap_block(example, n);

		T_RC(RC_MALFORMED, smpp_receipt_parse((struct rd){ p, n }, &r));
		T_STR("x", r.id);
		free(p);
	}
}

static void
vendors_differ(void)
{
	static const struct {
		const char *text;
		enum rc rc;
		enum smpp_receipt_state state;
	} cases[] = {
		{ "ID:a1 Stat:UNDELIV", RC_OK,
		    SMPP_RECEIPT_STATE_UNDELIVERABLE },
		{ "id:a1 stat:REJECTD", RC_OK, SMPP_RECEIPT_STATE_REJECTED },
		{ "id:a1 stat:EXPIRED\n", RC_OK, SMPP_RECEIPT_STATE_EXPIRED },
		{ "id:a1 stat:ACCEPTD err:0", RC_OK,
		    SMPP_RECEIPT_STATE_ACCEPTED },
		{ "stat:DELETED id:a1", RC_OK, SMPP_RECEIPT_STATE_DELETED },
		{ "id:a1\nstat:ENROUTE", RC_OK, SMPP_RECEIPT_STATE_ENROUTE },
		{ "id:a1 stat:WHATEVER", RC_MALFORMED, 0 },
		{ "id: stat:DELIVRD", RC_MALFORMED, 0 },
		{ "grid:a1 stat:DELIVRD", RC_MALFORMED, 0 },
		{ "id:a1 substat:DELIVRD", RC_MALFORMED, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smpp_receipt r = { .id = "" };

		T_RC(
		    cases[i].rc, smpp_receipt_parse(rd_str(cases[i].text), &r));
		if (!T_OK(r.state == cases[i].state))
			printf("# case %zu\n", i);
	}
}

static void
an_id_has_at_most_64_octets(void)
{
	char text[128] = "id:";
	struct smpp_receipt r = { .id = "" };

	memset(text + 3, 'a', 64);
	memcpy(text + 67, " stat:DELIVRD", 14);
	T_RC(RC_OK, smpp_receipt_parse(rd_str(text), &r));
	T_OK(strlen(r.id) == 64);
	memset(text + 3, 'a', 65);
	memcpy(text + 68, " stat:DELIVRD", 14);
	T_RC(RC_MALFORMED, smpp_receipt_parse(rd_str(text), &r));
}

static void
an_id_matches_in_both_bases(void)
{
	T_OK(smpp_receipt_is_for("a1", "A1"));
	T_OK(smpp_receipt_is_for("255", "ff"));
	T_OK(smpp_receipt_is_for("0000000255", "FF"));
	T_OK(smpp_receipt_is_for("ff", "255"));
	T_OK(!smpp_receipt_is_for("254", "ff"));
	T_OK(!smpp_receipt_is_for("", ""));
	T_OK(!smpp_receipt_is_for("x", "y"));
	T_OK(!smpp_receipt_is_for("99999999999999999999", "ff"));
}

int
main(void)
{
	TEST(the_example_is_read);
	TEST(a_cut_receipt_is_refused);
	TEST(vendors_differ);
	TEST(an_id_has_at_most_64_octets);
	TEST(an_id_matches_in_both_bases);
	return tap_done();
}
