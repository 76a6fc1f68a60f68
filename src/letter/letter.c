#include "letter/letter.h"

#include <string.h>

#include <cairo-pdf.h>

#include "letter/letter_internal.h"

#define PDF_MAX (4u << 20)
#define CREATOR "tacet-letter " TACET_VERSION

/* --- what fits ---------------------------------------------------------------
 */

typedef enum rc (*part_fn)(struct letter *l);

static const part_fn parts[] = { letter_head, letter_question, letter_answer,
	letter_table, letter_meaning, letter_proof, letter_foot };

static enum rc
set(struct letter *l)
{
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		TRY(parts[i](l));
out:
	return rc;
}

/* Large letters before many rows, but eight rows before large letters: in this
 * order the first that has room. */
static const struct {
	double scale;
	size_t rows_min;
} tries[] = { { 1, 8 }, { 0.95, 8 }, { 0.9, 8 }, { 0.9, 0 }, { 0.82, 0 } };

static enum rc
fit(struct letter *l)
{
	enum rc rc = RC_LIMIT;

	for (size_t t = 0; t < ARRAY_LEN(tries); t++) {
		size_t rows = l->d->n_shown;
		size_t min = tries[t].rows_min < rows ? tries[t].rows_min
						      : rows;

		l->scale = tries[t].scale;
		for (;; rows--) {
			l->rows = rows;
			rc = set(l);
			if (rc != RC_LIMIT)
				return rc;
			if (rows == min)
				break;
		}
	}
	return rc;
}

/* --- PDF -------------------------------------------------------------------
 */

struct sink {
	struct buf *pdf;
	enum rc rc;
};

static cairo_status_t
on_octets(void *arg, const unsigned char *p, unsigned int n)
{
	struct sink *s = arg;

	if (s->rc == RC_OK)
		s->rc = buf_add(s->pdf, p, n);
	return s->rc == RC_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* A text of the document as C string; cairo copies it. */
static enum rc
metadata(cairo_surface_t *s, cairo_pdf_metadata_t what, struct rd text)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 1024);
	TRY(buf_add_rd(&b, text));
	TRY(buf_u8(&b, 0));
	cairo_pdf_surface_set_metadata(s, what, (const char *)b.p);
out:
	buf_clear(&b);
	return rc;
}

/* The document's own date, never the clock's. */
static enum rc
describe(cairo_surface_t *s, const struct letter_doc *d)
{
	char date[MONO_RFC3339_SIZE];
	struct buf title;
	enum rc rc = RC_BUG;

	buf_init(&title, 1024);
	TRY(mono_rfc3339(d->date, date));
	TRY(buf_add_str(&title, "Response to legal process, "));
	TRY(buf_add_rd(&title, d->our_ref));
	TRY(metadata(s, CAIRO_PDF_METADATA_TITLE, buf_get(&title)));
	TRY(metadata(s, CAIRO_PDF_METADATA_AUTHOR, d->operator_name));
	TRY(metadata(s, CAIRO_PDF_METADATA_SUBJECT, d->process));
	TRY(metadata(s, CAIRO_PDF_METADATA_CREATOR, rd_str(CREATOR)));
	TRY(metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, rd_str(date)));
	TRY(metadata(s, CAIRO_PDF_METADATA_MOD_DATE, rd_str(date)));
out:
	buf_clear(&title);
	return rc;
}

static enum rc
draw(const struct letter_doc *d, const struct letter *fitted,
    PangoFontMap *fonts, struct buf *ret_pdf)
{
	struct sink sink = { ret_pdf, RC_OK };
	struct letter l = *fitted;
	cairo_surface_t *s = cairo_pdf_surface_create_for_stream(
	    on_octets, &sink, LETTER_PAGE_WIDTH, LETTER_PAGE_HEIGHT);
	cairo_t *cr = NULL;
	enum rc rc = RC_BUG;

	l.page = NULL;
	cairo_pdf_surface_restrict_to_version(s, CAIRO_PDF_VERSION_1_4);
	TRY(describe(s, d));
	cr = cairo_create(s);
	TRY(letter_page_new(fonts, cr, &l.page));
	letter_page_begin(l.page, "Document");
	TRY(set(&l));
	letter_page_end(l.page, "Document");
	cairo_show_page(cr);
	cairo_surface_finish(s);
	CHECK(sink.rc == RC_OK, sink.rc);
	CHECK(cairo_status(cr) == CAIRO_STATUS_SUCCESS &&
		cairo_surface_status(s) == CAIRO_STATUS_SUCCESS,
	    cairo_surface_status(s) == CAIRO_STATUS_NO_MEMORY ? RC_NOMEM
							      : RC_BUG);
out:
	letter_page_free(l.page);
	if (cr != NULL)
		cairo_destroy(cr);
	cairo_surface_destroy(s);
	return rc;
}

enum rc
letter_draw(
    const struct letter_doc *d, PangoFontMap *fonts, struct buf *ret_pdf)
{
	struct letter l = { .d = d };
	struct buf pdf;
	enum rc rc = RC_BUG;

	buf_init(&pdf, PDF_MAX);
	TRY(letter_page_new(fonts, NULL, &l.page));
	TRY(fit(&l));
	TRY(draw(d, &l, fonts, &pdf));
	TRY(buf_add_rd(ret_pdf, buf_get(&pdf)));
out:
	letter_page_free(l.page);
	buf_clear(&pdf);
	return rc;
}

/* Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic, and one that the
 * fonts do not have. */
#define SCRIPTS                                                             \
	"A\xc3\x89\xce\xa9\xd0\x96 \xd4\xb1 \xe1\x83\x90 \xd7\x90 \xd8\xa7" \
	" \xe6\xbc\xa2 \xf0\x9f\x98\x80"

void
letter_specimen(struct letter_doc *ret_d)
{
	const struct rd text = rd_str(SCRIPTS);
	struct letter_doc d = { .ip = LETTER_DOC_IP_NONE,
		.n_rows = LETTER_DOC_ROWS_MAX + 1,
		.n_shown = 1,
		.n_files = 1,
		.n_handles = 1 };

	d.operator_name = d.agency = d.country = d.our_ref = text;
	d.process = d.paragraph = d.their_ref = text;
	d.operator_lines.n = d.n_signers = 1;
	d.operator_lines.line[0] = d.signers[0] = text;
	d.files[0].name = text;
	d.handles[0].n = 7;
	memset(d.handles[0].digits, '1', 7);
	d.rows[0].cause = ROW_CAUSE_TYPED;
	d.rows[0].source = d.rows[0].lookup = d.handles[0];
	*ret_d = d;
}
