#include "letter/letter.h"

#include "letter/letter_fonts.h"
#include "tap.h"

#define PDF_MAX (4u << 20)

static PangoFontMap *fonts;

/* cairo and fontconfig keep their caches to the end of the process; the leak
 * check is for what is ours. The sanitizer's run-time reads this name. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
    void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig.so\n";
}

static struct letter_doc
example(void)
{
	struct letter_doc d = { .operator_name = rd_str("Operator") };

	d.agency = rd_str("Agency");
	d.our_ref = rd_str("ord-20261124-0123abcd");
	d.date.s = 1795514400;
	d.process = rd_str("Order");
	d.n_handles = 1;
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &d.handles[0]));
	d.n_classes = 1;
	d.classes[0] = rd_str("TRAFFIC_QUERY");
	d.n_rows = d.n_shown = 1;
	d.rows[0].source = d.rows[0].lookup = d.handles[0];
	d.rows[0].cause = ROW_CAUSE_TYPED;
	d.ip = LETTER_DOC_IP_FULL;
	return d;
}

/* Whether both are drawn, and as the same octets. */
static bool
is_same(const struct letter_doc *a, const struct letter_doc *b)
{
	struct buf x;
	struct buf y;
	bool same;

	buf_init(&x, PDF_MAX);
	buf_init(&y, PDF_MAX);
	T_RC(RC_OK, letter_draw(a, fonts, &x));
	T_RC(RC_OK, letter_draw(b, fonts, &y));
	same = x.len > 0 && x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
	buf_clear(&x);
	buf_clear(&y);
	return same;
}

static void
one_document_gives_the_same_octets_each_time(void)
{
	struct letter_doc d = example();
	struct letter_doc s;

	T_OK(is_same(&d, &d));
	letter_specimen(&s);
	T_OK(is_same(&s, &s));
	T_OK(is_same(&d, &d)); /* whatever was drawn between */
}

static void
every_field_of_a_document_is_on_the_page(void)
{
	const struct letter_doc d = example();
	struct letter_doc e = d;

	e.date.s += 86400;
	T_OK(!is_same(&d, &e));
	e = d;
	e.rows[0].devices = 1;
	T_OK(!is_same(&d, &e));
	e = d;
	e.n_rows = 2;
	T_OK(!is_same(&d, &e));
	e = d;
	e.is_complete = true;
	T_OK(!is_same(&d, &e));
	e = d;
	e.n_signers = 1;
	e.signers[0] = rd_str("Anna");
	T_OK(!is_same(&d, &e));
	e = d;
	e.log_origin = rd_str("log");
	T_OK(!is_same(&d, &e));
	e.log_root[31] = 1;
	T_OK(!is_same(&d, &e));
}

static void
it_is_one_page_of_pdf(void)
{
	struct letter_doc d = example();
	struct buf b;

	buf_init(&b, PDF_MAX);
	T_RC(RC_OK, letter_draw(&d, fonts, &b));
	T_OK(b.len > 100 && memcmp(b.p, "%PDF-1.4", 8) == 0);
	T_OK(memmem(b.p, b.len, "%%EOF", 5) != NULL);
	T_OK(memmem(b.p, b.len, "/Count 1\n", 9) != NULL);
	buf_clear(&b);
}

/* Texts at their longest leave no room; that is said, and nothing is drawn. */
static void
texts_too_long_for_one_page_are_refused(void)
{
	static char text[LETTER_DOC_TEXT_MAX];
	struct letter_doc d = example();
	struct buf b;

	memset(text, 'W', sizeof(text));
	d.operator_name = (struct rd){ (uint8_t *)text, sizeof(text) };
	d.agency = d.country = d.their_ref = d.authority = d.operator_name;
	d.process = d.paragraph = d.operator_name;
	d.n_held = LETTER_DOC_HELD_MAX;
	d.n_files = LETTER_DOC_FILES_MAX;
	for (size_t i = 0; i < LETTER_DOC_HELD_MAX; i++)
		d.held[i].what = d.held[i].why = d.operator_name;
	for (size_t i = 0; i < LETTER_DOC_FILES_MAX; i++)
		d.files[i].name = d.operator_name;
	buf_init(&b, PDF_MAX);
	T_RC(RC_LIMIT, letter_draw(&d, fonts, &b));
	T_OK(b.len == 0);
	/* one long text, and as many rows as there may be, have room */
	d = example();
	d.operator_name = (struct rd){ (uint8_t *)text, sizeof(text) };
	d.n_rows = UINT64_MAX;
	d.n_shown = LETTER_DOC_ROWS_MAX;
	for (size_t i = 1; i < LETTER_DOC_ROWS_MAX; i++)
		d.rows[i] = d.rows[0];
	T_RC(RC_OK, letter_draw(&d, fonts, &b));
	buf_clear(&b);
}

static void
a_pdf_that_has_no_room_is_refused(void)
{
	struct letter_doc d = example();
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_LIMIT, letter_draw(&d, fonts, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

int
main(void)
{
	if (letter_fonts_open(&fonts) != RC_OK) {
		printf("1..0 # SKIP fonts-dejavu-core is not installed\n");
		return 0;
	}
	TEST(one_document_gives_the_same_octets_each_time);
	TEST(every_field_of_a_document_is_on_the_page);
	TEST(it_is_one_page_of_pdf);
	TEST(texts_too_long_for_one_page_are_refused);
	TEST(a_pdf_that_has_no_room_is_refused);
	g_object_unref(fonts);
	return tap_done();
}
