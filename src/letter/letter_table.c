/*
 * The table of rows: the columns of rows.csv, in its order, as wide as the
 * page; as large as the longest row allows.
 */
#include <stdio.h>
#include <string.h>

#include "letter/letter_internal.h"
#include "wire/e164_text.h"

#define COLUMNS 8
#define CELL_SIZE 48
#define SIZE_MAX_PT 6.7
#define GAP_CHARS 1.5

struct table {
	char cell[LETTER_DOC_ROWS_MAX][COLUMNS][CELL_SIZE];
	double x[COLUMNS + 1];
	double size;
};

/* Two lines each, so that a column is no wider than what stands in it. */
static const char *const names[COLUMNS][2] = { { "", "query_time" },
	{ "", "client_ip" }, { "", "source_handle" }, { "", "lookup_handle" },
	{ "lookup_", "devices" }, { "", "cause" }, { "source_", "epoch" },
	{ "lookup_", "epoch" } };

static enum rc
fill_row(const struct row *w, char cell[COLUMNS][CELL_SIZE])
{
	char number[E164_TEXT_SIZE];
	enum rc rc = RC_BUG;

	TRY(mono_rfc3339(w->query_time, cell[0]));
	row_ip_text(w, cell[1]);
	e164_text(&w->source, number);
	(void)snprintf(cell[2], CELL_SIZE, "tel:%s", number);
	e164_text(&w->lookup, number);
	(void)snprintf(cell[3], CELL_SIZE, "tel:%s", number);
	(void)snprintf(cell[4], CELL_SIZE, "%u", w->devices);
	(void)snprintf(cell[5], CELL_SIZE, "%s", row_cause_text(w->cause));
	(void)snprintf(cell[6], CELL_SIZE, "%u", w->source_epoch);
	(void)snprintf(cell[7], CELL_SIZE, "%u", w->lookup_epoch);
out:
	explicit_bzero(number, sizeof(number));
	return rc;
}

/* Columns as wide as their longest cell; the size follows from their sum. */
static void
fit(struct letter *l, struct table *t, size_t n)
{
	struct letter_page_style s = letter_style(l, LETTER_KIND_CODE);
	double chars[COLUMNS];
	double sum = 0;
	double one;

	one = letter_page_width(l->page, &s, rd_str("0")) / s.size;
	for (size_t c = 0; c < COLUMNS; c++) {
		chars[c] = 8; /* a header's line, in its smaller letters */
		for (size_t i = 0; i < n; i++)
			if ((double)strlen(t->cell[i][c]) > chars[c])
				chars[c] = (double)strlen(t->cell[i][c]);
		sum += chars[c] + GAP_CHARS;
	}
	t->size = LETTER_WIDTH / ((sum - GAP_CHARS) * one);
	if (t->size > SIZE_MAX_PT * l->scale)
		t->size = SIZE_MAX_PT * l->scale;
	/* what is left over goes between the columns */
	one = (LETTER_WIDTH - (sum - GAP_CHARS) * one * t->size) /
		(COLUMNS - 1) +
	    GAP_CHARS * one * t->size;
	s.size = t->size;
	t->x[0] = LETTER_LEFT;
	for (size_t c = 0; c < COLUMNS; c++)
		t->x[c + 1] = t->x[c] + one +
		    chars[c] * letter_page_width(l->page, &s, rd_str("0"));
}

static void
header(struct letter *l, const struct table *t)
{
	struct letter_page_style s = letter_style(l, LETTER_KIND_SECTION);

	s.size = 5.8 * l->scale;
	s.leading = 7.4 * l->scale;
	letter_page_begin(l->page, "TR");
	for (size_t c = 0; c < COLUMNS; c++) {
		struct letter_page_box box = { t->x[c], l->y, 90 };

		letter_page_begin(l->page, "TH");
		(void)letter_page_text(l->page, &s, box, rd_str(names[c][0]));
		box.y += s.leading;
		(void)letter_page_text(l->page, &s, box, rd_str(names[c][1]));
		letter_page_end(l->page, "TH");
	}
	letter_page_end(l->page, "TR");
	l->y += 2 * s.leading;
	letter_gap(l, 1.5);
	letter_page_rule(l->page,
	    (struct letter_page_box){ LETTER_LEFT, l->y, LETTER_WIDTH }, 0.6,
	    0);
	letter_gap(l, 1);
}

static void
body(struct letter *l, const struct table *t, size_t n)
{
	struct letter_page_style s = letter_style(l, LETTER_KIND_CODE);

	s.size = t->size;
	s.leading = 9.2 * l->scale;
	for (size_t i = 0; i < n; i++) {
		letter_page_begin(l->page, "TR");
		for (size_t c = 0; c < COLUMNS; c++) {
			letter_page_begin(l->page, "TD");
			(void)letter_page_text(l->page, &s,
			    (struct letter_page_box){
				t->x[c], l->y, t->x[c + 1] - t->x[c] + 20 },
			    rd_str(t->cell[i][c]));
			letter_page_end(l->page, "TD");
		}
		letter_page_end(l->page, "TR");
		l->y += s.leading;
	}
}

/* How many stand here, and where the others are. */
static enum rc
rest(struct letter *l)
{
	const struct letter_page_style s = letter_style(l, LETTER_KIND_LABEL);
	const struct letter_page_box box = { LETTER_LEFT, l->y, LETTER_WIDTH };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 256);
	if (l->rows > 0) {
		TRY(buf_add_str(&b, "The first "));
		TRY(letter_count(&b, l->rows));
		TRY(buf_add_str(&b, " of "));
		TRY(letter_count(&b, l->d->n_rows));
		TRY(buf_add_str(&b, " rows; the other "));
		TRY(letter_count(&b, l->d->n_rows - l->rows));
		TRY(buf_add_str(&b,
		    l->d->n_rows - l->rows == 1 ? " is in rows.csv."
						: " are in rows.csv."));
	} else {
		TRY(letter_count(&b, l->d->n_rows));
		TRY(buf_add_str(&b,
		    l->d->n_rows == 1 ? " row is in rows.csv."
				      : " rows are in rows.csv."));
	}
	letter_page_begin(l->page, "P");
	l->y += letter_page_text(l->page, &s, box, buf_get(&b));
	letter_page_end(l->page, "P");
out:
	buf_clear(&b);
	return rc;
}

enum rc
letter_table(struct letter *l)
{
	struct table *t = NULL;
	enum rc rc = RC_OK;

	if (l->d->n_rows == 0)
		return RC_OK;
	letter_gap(l, 3);
	t = calloc(1, sizeof(*t));
	CHECK(t != NULL, RC_NOMEM);
	for (size_t i = 0; i < l->rows; i++)
		TRY(fill_row(&l->d->rows[i], t->cell[i]));
	if (l->rows > 0) {
		fit(l, t, l->rows);
		letter_page_begin(l->page, "Table");
		header(l, t);
		body(l, t, l->rows);
		letter_page_end(l->page, "Table");
	}
	if (l->rows < l->d->n_rows)
		TRY(rest(l));
out:
	if (t != NULL)
		explicit_bzero(t, sizeof(*t));
	free(t);
	return rc;
}
