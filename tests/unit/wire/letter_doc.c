#include "wire/letter_doc.h"

#include "tap.h"

static struct e164
number(const char *text)
{
	struct e164 e = { 0 };

	T_RC(RC_OK, e164_parse(rd_str(text), &e));
	return e;
}

static struct row
row(int64_t s)
{
	struct row w = { .query_time.s = s,
		.ip_version = ROW_IP_V4,
		.ip = { 192, 0, 2, 7 } };

	w.source = number("+15550100");
	w.lookup = number("+15550101");
	w.devices = 1;
	w.cause = ROW_CAUSE_TYPED;
	w.source_epoch = 1;
	return w;
}

static struct letter_doc
example(void)
{
	static const uint8_t hash[LETTER_DOC_HASH_SIZE] = { 1, 2 };
	struct letter_doc d = { .operator_name = rd_str("Tacet \xc3\x89tat") };

	d.operator_lines.n = 1;
	d.operator_lines.line[0] = rd_str("1 Example Street");
	d.agency = rd_str("Examples Police");
	d.agency_lines.n = 1;
	d.agency_lines.line[0] = rd_str("Officer");
	d.country = rd_str("XX");
	d.our_ref = rd_str("ord-20261124-0123abcd");
	d.their_ref = rd_str("A 1");
	d.date.s = 1795514400;
	d.process = rd_str("Order");
	d.paragraph = rd_str("18 USC 2703(d)");
	d.authority = rd_str("Court");
	d.document_sha256 = (struct rd){ hash, sizeof(hash) };
	d.n_handles = 1;
	d.handles[0] = number("+15550100");
	d.from.s = d.given_from.s = 1795000000;
	d.to.s = d.given_to.s = 1795500000;
	d.direction = LETTER_DOC_DIRECTION_SOURCE;
	d.n_classes = 1;
	d.classes[0] = rd_str("TRAFFIC_QUERY");
	d.n_rows = 7;
	d.n_parts = 3;
	d.n_outside = 1;
	d.is_complete = true;
	d.n_shown = 2;
	d.rows[0] = row(1795000001);
	d.rows[1] = row(1795000002);
	d.n_held = 1;
	d.held[0] = (struct letter_doc_held){ rd_str("CONTENT"),
		rd_str("refused") };
	d.retention_days = 25;
	d.ip = LETTER_DOC_IP_TRUNCATED;
	d.has_private = true;
	d.n_files = 1;
	d.files[0].name = rd_str("rows.csv");
	memcpy(d.files[0].sha256, hash, sizeof(hash));
	d.log_origin = rd_str("tacet.example/log");
	d.log_size = 100;
	memcpy(d.log_root, hash, sizeof(hash));
	d.n_signers = 1;
	d.signers[0] = rd_str("Anna");
	return d;
}

static enum rc
parse(const struct buf *b, size_t n, struct letter_doc *ret_d)
{
	unsigned char *p = tap_block(b->p, n);
	enum rc rc = letter_doc_parse((struct rd){ p, n }, ret_d);

	/* what was read is used while the block still lives */
	if (rc == RC_OK) {
		struct buf again;

		buf_init(&again, LETTER_DOC_MAX);
		T_RC(RC_OK, letter_doc_build(ret_d, &again));
		T_OK(again.len == n && memcmp(again.p, p, n) == 0);
		buf_clear(&again);
	}
	free(p);
	return rc;
}

/* Whether d is built, and read back to the same octets. */
static enum rc
round_trip(const struct letter_doc *d)
{
	struct letter_doc e;
	struct buf b;
	enum rc rc;

	buf_init(&b, LETTER_DOC_MAX);
	rc = letter_doc_build(d, &b);
	if (rc == RC_OK)
		T_RC(RC_OK, parse(&b, b.len, &e));
	else
		T_OK(b.len == 0);
	buf_clear(&b);
	return rc;
}

static void
a_document_is_read_as_it_was_built(void)
{
	struct letter_doc d = example();
	struct letter_doc e;
	struct buf b;

	buf_init(&b, LETTER_DOC_MAX);
	T_RC(RC_OK, letter_doc_build(&d, &b));
	/* array of 34, version 1, a text of 11 octets */
	T_MEM("\x98\x22\x01\x6bTacet", b.p, 9);
	T_RC(RC_OK, letter_doc_parse(buf_get(&b), &e));
	T_OK(rd_is_eq(e.agency, "Examples Police") && e.n_handles == 1);
	T_OK(e164_is_eq(&e.handles[0], &d.handles[0]));
	T_OK(e.n_rows == 7 && e.n_shown == 2 && e.n_parts == 3);
	T_OK(e.n_outside == 1 && e.is_complete && e.has_private);
	T_OK(e.rows[1].query_time.s == 1795000002);
	T_OK(e.ip == LETTER_DOC_IP_TRUNCATED && e.retention_days == 25);
	T_OK(rd_is_eq(e.files[0].name, "rows.csv") && e.log_size == 100);
	T_OK(rd_is_eq(e.signers[0], "Anna") && e.n_signers == 1);
	T_RC(RC_OK, parse(&b, b.len, &e));
	buf_clear(&b);
}

static void
an_empty_letter_is_a_document(void)
{
	struct letter_doc d = { .ip = LETTER_DOC_IP_FULL };

	T_RC(RC_OK, round_trip(&d));
}

static void
every_truncation_and_every_trailing_octet_is_refused(void)
{
	struct letter_doc d = example();
	struct letter_doc e = { .n_rows = 99 };
	struct buf b;

	buf_init(&b, LETTER_DOC_MAX);
	T_RC(RC_OK, letter_doc_build(&d, &b));
	for (size_t n = 0; n < b.len; n++)
		T_RC(RC_MALFORMED, parse(&b, n, &e));
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parse(&b, b.len, &e));
	T_OK(e.n_rows == 99);
	buf_clear(&b);
}

static void
a_text_of_256_octets_is_read_and_of_257_refused(void)
{
	struct letter_doc d = example();
	char text[LETTER_DOC_TEXT_MAX + 1];

	memset(text, 'a', sizeof(text));
	d.agency = (struct rd){ (uint8_t *)text, LETTER_DOC_TEXT_MAX };
	T_RC(RC_OK, round_trip(&d));
	T_OK(letter_doc_is_text(d.agency));
	d.agency.left++;
	T_RC(RC_MALFORMED, round_trip(&d));
	T_OK(!letter_doc_is_text(d.agency));
}

static void
a_text_that_would_move_what_stands_around_it_is_refused(void)
{
	static const struct {
		const char *text;
		bool ok;
		const char *why;
	} cases[] = {
		{ "a\x1f", false, "C0" },
		{ "a ", true, "a blank is none" },
		{ "a~", true, "the last of ASCII" },
		{ "a\x7f", false, "DEL" },
		{ "a\xc2\x80", false, "C1, first" },
		{ "a\xc2\x9f", false, "C1, last" },
		{ "a\xc2\xa0", true, "a blank that does not break" },
		{ "\xe2\x80\xa7", true, "before the line separator" },
		{ "\xe2\x80\xa8", false, "line separator" },
		{ "\xe2\x80\xae", false, "right-to-left override" },
		{ "\xe2\x80\xaf", true, "a narrow blank" },
		{ "\xe2\x81\xa5", true, "before the isolates" },
		{ "\xe2\x81\xa6", false, "an isolate" },
		{ "\xe2\x81\xa9", false, "its end" },
		{ "\xd0\x96\xce\xa9", true, "Cyrillic and Greek" },
		{ "\xf0\x9f\x98\x80", true, "four octets" },
		{ "\xef\xb7\x8f", true, "before the noncharacters" },
		{ "\xef\xb7\x90", false, "U+FDD0" },
		{ "\xef\xb7\xaf", false, "U+FDEF" },
		{ "\xef\xb7\xb0", true, "behind them" },
		{ "\xef\xbf\xbd", true, "U+FFFD" },
		{ "\xef\xbf\xbe", false, "U+FFFE" },
		{ "\xef\xbf\xbf", false, "U+FFFF" },
		{ "\xf0\x9f\xbf\xbd", true, "U+1FFFD" },
		{ "\xf0\x9f\xbf\xbe", false, "U+1FFFE" },
		{ "\xf4\x8f\xbf\xbf", false, "U+10FFFF" },
		{ "\xff", false, "no UTF-8" },
		{ "\xc3", false, "half a letter" },
		{ "\xed\xa0\x80", false, "a surrogate" },
	};
	struct letter_doc d = example();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		d.signers[0] = rd_str(cases[i].text);
		if (!T_OK((round_trip(&d) == RC_OK) == cases[i].ok) ||
		    !T_OK(letter_doc_is_text(d.signers[0]) == cases[i].ok))
			printf("# %s\n", cases[i].why);
	}
}

/* The same text by a parser that no builder has seen. */
static void
a_control_character_in_the_octets_is_refused(void)
{
	struct letter_doc d = example();
	struct letter_doc e;
	struct buf b;

	buf_init(&b, LETTER_DOC_MAX);
	T_RC(RC_OK, letter_doc_build(&d, &b));
	T_MEM("T", b.p + 4, 1);
	b.p[4] = '\n';
	T_RC(RC_MALFORMED, parse(&b, b.len, &e));
	b.p[4] = 'T';
	b.p[2] = 2; /* version */
	T_RC(RC_MALFORMED, parse(&b, b.len, &e));
	b.p[2] = 1;
	T_RC(RC_OK, parse(&b, b.len, &e));
	buf_clear(&b);
}

/* The octets of a document whose operator's name is n times "a", written by
 * hand as the builder would not. */
static enum rc
parse_with_name(size_t n)
{
	struct letter_doc d = example();
	struct letter_doc e;
	const uint8_t head[] = { 0x98, 34, 1, 0x79, (uint8_t)(n >> 8),
		(uint8_t)n };
	struct buf b;
	struct buf c;
	enum rc rc;

	buf_init(&b, LETTER_DOC_MAX);
	buf_init(&c, LETTER_DOC_MAX);
	d.operator_name = rd_str("");
	T_RC(RC_OK, letter_doc_build(&d, &b));
	T_RC(RC_OK, buf_add(&c, head, sizeof(head)));
	for (size_t i = 0; i < n; i++)
		T_RC(RC_OK, buf_u8(&c, 'a'));
	T_RC(RC_OK, buf_add(&c, b.p + 4, b.len - 4));
	rc = parse(&c, c.len, &e);
	buf_clear(&b);
	buf_clear(&c);
	return rc;
}

static void
a_text_of_257_octets_is_refused_with_all_its_octets_there(void)
{
	T_RC(RC_OK, parse_with_name(256));
	T_RC(RC_MALFORMED, parse_with_name(257));
	T_RC(RC_MALFORMED, parse_with_name(60000));
}

static void
every_list_has_its_maximum(void)
{
	struct letter_doc d = example();
	struct letter_doc full = example();

	full.operator_lines.n = full.agency_lines.n = LETTER_DOC_LINES_MAX;
	for (size_t i = 0; i < LETTER_DOC_LINES_MAX; i++)
		full.operator_lines.line[i] = full.agency_lines.line[i] =
		    rd_str("line");
	full.n_handles = LETTER_DOC_HANDLES_MAX;
	for (size_t i = 0; i < LETTER_DOC_HANDLES_MAX; i++)
		full.handles[i] = full.handles[0];
	full.n_classes = LETTER_DOC_CLASSES_MAX;
	for (size_t i = 0; i < LETTER_DOC_CLASSES_MAX; i++)
		full.classes[i] = rd_str("CLASS");
	full.n_rows = full.n_shown = LETTER_DOC_ROWS_MAX;
	for (size_t i = 0; i < LETTER_DOC_ROWS_MAX; i++)
		full.rows[i] = full.rows[0];
	full.n_held = LETTER_DOC_HELD_MAX;
	full.n_files = LETTER_DOC_FILES_MAX;
	for (size_t i = 0; i < LETTER_DOC_FILES_MAX; i++)
		full.files[i] = full.files[0];
	full.n_signers = LETTER_DOC_SIGNERS_MAX;
	T_RC(RC_OK, round_trip(&full));

	d.operator_lines.n = LETTER_DOC_LINES_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.agency_lines.n = LETTER_DOC_LINES_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.n_handles = LETTER_DOC_HANDLES_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.n_classes = LETTER_DOC_CLASSES_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.n_rows = d.n_shown = LETTER_DOC_ROWS_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.n_held = LETTER_DOC_HELD_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.n_files = LETTER_DOC_FILES_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.n_signers = LETTER_DOC_SIGNERS_MAX + 1;
	T_RC(RC_MALFORMED, round_trip(&d));
}

static void
a_value_out_of_range_is_not_built(void)
{
	struct letter_doc d = example();

	d.n_rows = 1; /* two are shown */
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.direction = 4;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.ip = (enum letter_doc_ip)0;
	T_RC(RC_MALFORMED, round_trip(&d));
	d.ip = (enum letter_doc_ip)4;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.document_sha256.left = 31;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.date.s = 253402300799;
	T_RC(RC_OK, round_trip(&d));
	d.date.s++;
	T_RC(RC_MALFORMED, round_trip(&d));
	d.date.s = -1;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.handles[0].n = 0;
	T_RC(RC_MALFORMED, round_trip(&d));
	d = example();
	d.rows[0].cause = (enum row_cause)0;
	T_RC(RC_MALFORMED, round_trip(&d));
}

int
main(void)
{
	TEST(a_document_is_read_as_it_was_built);
	TEST(an_empty_letter_is_a_document);
	TEST(every_truncation_and_every_trailing_octet_is_refused);
	TEST(a_text_of_256_octets_is_read_and_of_257_refused);
	TEST(a_text_that_would_move_what_stands_around_it_is_refused);
	TEST(a_control_character_in_the_octets_is_refused);
	TEST(a_text_of_257_octets_is_refused_with_all_its_octets_there);
	TEST(every_list_has_its_maximum);
	TEST(a_value_out_of_range_is_not_built);
	return tap_done();
}
