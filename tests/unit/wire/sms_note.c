#include "wire/sms_note.h"

#include "octets.h"

/* By hand from the header. */
static const uint8_t in[] = { 0x84, 0x01, 0x69, '+', '1', '5', '5', '5', '0',
	'1', '0', '0', 0x1a, 0x3b, 0x9a, 0xca, 0x00, 0x64, 'h', 'i', 0xc3,
	0xbc };
static const uint8_t named[] = { 0x84, 0x01, 0x64, 'B', 'a', 'n', 'k', 0x00,
	0x60 };
static const uint8_t out[] = { 0x83, 0x02, 0x50, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	10, 11, 12, 13, 14, 15, 0x03 };

static enum rc
parse_in(struct rd r)
{
	struct sms_note_in n;

	return sms_note_in_parse(r, &n);
}

static enum rc
parse_out(struct rd r)
{
	struct sms_note_out n;

	return sms_note_out_parse(r, &n);
}

static void
an_incoming_note_written_by_hand_comes_back(void)
{
	struct sms_note_in n = { 0 };
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_OK, sms_note_in_parse(OCTETS(in), &n));
	T_OK(n.from.n == 8 && n.from_text[0] == '\0');
	T_OK(n.time.s == 1000000000 && rd_is_eq(n.text, "hi\xc3\xbc"));
	T_RC(RC_OK, sms_note_in_build(&n, &b));
	T_OK(octets_is_eq(&b, OCTETS(in)));
	buf_clear(&b);
	T_RC(RC_OK, sms_note_in_parse(OCTETS(named), &n));
	T_OK(n.from.n == 0 && n.text.left == 0);
	T_STR("Bank", n.from_text);
	T_RC(RC_OK, sms_note_in_build(&n, &b));
	T_OK(octets_is_eq(&b, OCTETS(named)));
	buf_clear(&b);
}

static void
a_state_note_written_by_hand_comes_back(void)
{
	struct sms_note_out n = { 0 };
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_OK, sms_note_out_parse(OCTETS(out), &n));
	T_OK(n.state == SMS_NOTE_STATE_FAILED && n.id[15] == 15);
	T_RC(RC_OK, sms_note_out_build(&n, &b));
	T_OK(octets_is_eq(&b, OCTETS(out)));
	buf_clear(&b);
	for (unsigned int s = 0; s < 5; s++) {
		unsigned char *p = tap_block(out, sizeof(out));

		p[sizeof(out) - 1] = (unsigned char)s;
		T_RC(s >= 1 && s <= 3 ? RC_OK : RC_MALFORMED,
		    parse_out((struct rd){ p, sizeof(out) }));
		free(p);
		n.state = (enum sms_note_state)s;
		T_RC(s >= 1 && s <= 3 ? RC_OK : RC_MALFORMED,
		    sms_note_out_build(&n, &b));
		buf_clear(&b);
	}
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	octets_cut(OCTETS(in), parse_in);
	octets_cut(OCTETS(named), parse_in);
	octets_cut(OCTETS(out), parse_out);
	T_RC(RC_MALFORMED, parse_in(OCTETS(out)));
	T_RC(RC_MALFORMED, parse_out(OCTETS(in)));
}

static void
a_sender_that_is_no_number_is_printable_and_short(void)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{ "", true },
		{ "+12", true },
		{ "12345", true },
		{ "abcdefghijklmnopqrstuvwxyz12345", true },
		{ "+15550100", false },
		{ "a\x1b[0m", false },
		{ "a\n", false },
		{ "\xc3\xbc", false },
	};
	struct sms_note_in n = { 0 };
	struct buf b;

	buf_init(&b, 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memset(n.from_text, 0, sizeof(n.from_text));
		memcpy(n.from_text, rows[i].name, strlen(rows[i].name));
		T_RC(rows[i].good ? RC_OK : RC_MALFORMED,
		    sms_note_in_build(&n, &b));
		T_OK(rows[i].good || b.len == 0);
		if (rows[i].good)
			T_RC(RC_OK, parse_in(buf_get(&b)));
		buf_clear(&b);
	}
	/* 32 characters, with the octets present */
	T_RC(RC_OK, buf_add(&b, "\x84\x01\x78\x20", 4));
	for (size_t i = 0; i < 32; i++)
		T_RC(RC_OK, buf_u8(&b, 'a'));
	T_RC(RC_OK, buf_add(&b, "\x00\x60", 2));
	T_RC(RC_MALFORMED, parse_in(buf_get(&b)));
	buf_clear(&b);
	/* a control character in what is received */
	T_RC(RC_MALFORMED,
	    parse_in(OCTETS_STR("\x84\x01\x62"
				"a\x1b"
				"\x00\x60")));
}

static void
a_text_is_read_at_its_maximum_and_not_beyond(void)
{
	static uint8_t text[SMS_NOTE_TEXT_MAX + 1];
	struct sms_note_in n = { .from_text = "x" };
	struct buf b;

	memset(text, 'a', sizeof(text));
	buf_init(&b, SMS_NOTE_TEXT_MAX + 64);
	n.text = (struct rd){ text, SMS_NOTE_TEXT_MAX };
	T_RC(RC_OK, sms_note_in_build(&n, &b));
	T_RC(RC_OK, parse_in(buf_get(&b)));
	/* one more, head and octet: 84 01 61 78 00 79 HI LO */
	b.p[7]++;
	T_RC(RC_OK, buf_u8(&b, 'a'));
	T_RC(RC_MALFORMED, parse_in(buf_get(&b)));
	buf_clear(&b);
	n.text.left++;
	T_RC(RC_MALFORMED, sms_note_in_build(&n, &b));
	n.text.left = 1;
	n.time.s = 253402300800;
	T_RC(RC_MALFORMED, sms_note_in_build(&n, &b));
	buf_clear(&b);
}

static enum rc
build_in(struct buf *b)
{
	struct sms_note_in n = { 0 };
	enum rc rc = sms_note_in_parse(OCTETS(in), &n);

	return rc == RC_OK ? sms_note_in_build(&n, b) : rc;
}

static enum rc
build_out(struct buf *b)
{
	struct sms_note_out n = { .state = SMS_NOTE_STATE_SENT };

	return sms_note_out_build(&n, b);
}

static void
a_build_that_fails_appends_nothing(void)
{
	octets_starve(build_in);
	octets_starve(build_out);
}

int
main(void)
{
	TEST(an_incoming_note_written_by_hand_comes_back);
	TEST(a_state_note_written_by_hand_comes_back);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(a_sender_that_is_no_number_is_printable_and_short);
	TEST(a_text_is_read_at_its_maximum_and_not_beyond);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
