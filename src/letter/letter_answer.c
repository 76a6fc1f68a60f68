/*
 * The lower half: what is given, what it means and does not mean, what is not
 * held, and by what it is authentic. Counsel reads the sentences of this file.
 */
#include <stdio.h>

#include <sodium.h>

#include "letter/letter_internal.h"

#define APOSTROPHE "\xe2\x80\x99"
#define FOOT (LETTER_PAGE_HEIGHT - 34.0)

/* "n rows", "1 row". */
static enum rc
rows(struct buf *b, uint64_t n)
{
	enum rc rc = RC_BUG;

	TRY(letter_count(b, n));
	TRY(buf_add_str(b, n == 1 ? " row" : " rows"));
out:
	return rc;
}

/* The sentence that the whole letter is about. */
static enum rc
verdict(struct letter *l, struct buf *b)
{
	const struct letter_doc *d = l->d;
	enum rc rc = RC_BUG;

	if (d->n_rows == 0)
		TRY(buf_add_str(b, "Nothing is held: no row"));
	else
		TRY(rows(b, d->n_rows));
	if (d->n_rows > 0 && d->is_complete)
		TRY(buf_add_str(b, ", complete"));
	TRY(buf_add_str(b, " for the above, "));
	TRY(letter_period(b, d->given_from, d->given_to));
	TRY(buf_u8(b, '.'));
	letter_put(l, LETTER_KIND_STRONG, LETTER_COLUMN, buf_get(b));
	b->len = 0;
out:
	return rc;
}

static enum rc
scope(struct letter *l, struct buf *b)
{
	const struct letter_doc *d = l->d;
	enum rc rc = RC_BUG;

	if (d->given_from.s != d->from.s || d->given_to.s != d->to.s)
		TRY(buf_add_str(b,
		    "The other days of the period come in packages of their "
		    "own. "));
	if (d->is_complete)
		TRY(buf_add_str(b,
		    "proof.json shows against the public log that no row of "
		    "this scope is missing and that none of another is "
		    "here. "));
	else
		TRY(buf_add_str(
		    b, "This package carries no proof that it is complete. "));
	if (d->n_parts > 0) {
		TRY(buf_add_str(b,
		    "The log is sealed in parts of at most one UTC day, and a "
		    "number" APOSTROPHE "s rows of a part open together: "));
		TRY(letter_count(b, d->n_parts));
		TRY(buf_add_str(b,
		    d->n_parts == 1 ? " part was opened; "
				    : " parts were opened; "));
		if (d->n_outside == 0)
			TRY(buf_add_str(b, "no row"));
		else
			TRY(rows(b, d->n_outside));
		TRY(buf_add_str(b, " of them outside the period "));
		TRY(buf_add_str(b,
		    d->n_outside == 0       ? "was there."
			: d->n_outside == 1 ? "is held back."
					    : "are held back."));
	}
	letter_put(l, LETTER_KIND_BODY, LETTER_COLUMN, buf_get(b));
	b->len = 0;
out:
	return rc;
}

enum rc
letter_answer(struct letter *l)
{
	const struct letter_doc *d = l->d;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 4096);
	letter_section(l, "What is given");
	if (letter_has_rows(d)) {
		TRY(verdict(l, &b));
		TRY(scope(l, &b));
	} else {
		letter_say(l, LETTER_KIND_STRONG,
		    "The order asks for no rows of the query log, and none is "
		    "given.");
	}
	for (size_t i = 0; i < d->n_held; i++) {
		TRY(buf_add_str(&b, "Held back: "));
		TRY(buf_add_rd(&b, d->held[i].what));
		if (d->held[i].why.left > 0) {
			TRY(buf_add_str(&b, ": "));
			TRY(buf_add_rd(&b, d->held[i].why));
		}
		letter_put(l, LETTER_KIND_BODY, LETTER_COLUMN, buf_get(&b));
		b.len = 0;
	}
	rc = RC_OK;
out:
	buf_clear(&b);
	return rc;
}

/* --- meaning
 * ------------------------------------------------------------------ */

static const struct {
	enum row_cause cause;
	const char *shows;
	const char *shows_not;
} causes[] = {
	{ ROW_CAUSE_TYPED, "a person entered or opened the number",
	    "that anything was written or sent" },
	{ ROW_CAUSE_BEFORE_SEND, "the program asked for a route to the number",
	    "that a message left or arrived" },
	{ ROW_CAUSE_AFTER_RECEIPT, "the program had received something",
	    "what, from whom, or who read it" },
	{ ROW_CAUSE_REFRESH, "the program renewed what it knew, by itself",
	    "that a person did anything" },
	{ ROW_CAUSE_CONTACT_SYNC,
	    "the number is in the device" APOSTROPHE "s address book",
	    "that the two people know each other" },
};

static void
meaning_line(struct letter *l, const char *name, const char *shows,
    const char *shows_not, enum letter_kind kind)
{
	const struct letter_page_style code = letter_style(
	    l, kind == LETTER_KIND_LABEL ? kind : LETTER_KIND_CODE);
	const struct letter_page_style text = letter_style(l, kind);
	const double x[] = { LETTER_COLUMN, LETTER_COLUMN + 62 * l->scale,
		LETTER_COLUMN + 250 * l->scale };
	double high;
	double low;

	letter_page_begin(l->page, "TR");
	letter_page_begin(l->page, "TD");
	high = letter_page_text(l->page, &code,
	    (struct letter_page_box){ x[0], l->y, x[1] - x[0] }, rd_str(name));
	letter_page_end(l->page, "TD");
	letter_page_begin(l->page, "TD");
	low = letter_page_text(l->page, &text,
	    (struct letter_page_box){ x[1], l->y, x[2] - x[1] - 6 },
	    rd_str(shows));
	high = low > high ? low : high;
	letter_page_end(l->page, "TD");
	letter_page_begin(l->page, "TD");
	low = letter_page_text(l->page, &text,
	    (struct letter_page_box){ x[2], l->y, LETTER_RIGHT - x[2] },
	    rd_str(shows_not));
	high = low > high ? low : high;
	letter_page_end(l->page, "TD");
	letter_page_end(l->page, "TR");
	l->y += high;
}

static enum rc
not_held(struct letter *l)
{
	const struct letter_doc *d = l->d;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 2048);
	letter_section(l, "What is not held");
	TRY(buf_add_str(&b,
	    "Texts and keys of messages: they are encrypted between the "
	    "devices, and no key is here. Who wrote to whom: no sender is "
	    "stored with a message. "));
	if (d->has_private)
		TRY(buf_add_str(&b,
		    "Private lookups: they are answered without learning the "
		    "number, and leave no row. "));
	if (d->retention_days > 0) {
		TRY(buf_add_str(&b, "Rows older than "));
		TRY(letter_count(&b, d->retention_days));
		TRY(buf_add_str(&b,
		    d->retention_days == 1
			? " day: their key is destroyed. "
			: " days: their keys are destroyed. "));
	}
	if (d->ip == LETTER_DOC_IP_TRUNCATED)
		TRY(buf_add_str(&b,
		    "Whole addresses: client_ip is kept as a /24 or a /48."));
	if (d->ip == LETTER_DOC_IP_NONE)
		TRY(buf_add_str(&b, "Addresses: client_ip is not kept."));
	letter_put(l, LETTER_KIND_BODY, LETTER_COLUMN, buf_get(&b));
out:
	buf_clear(&b);
	return rc;
}

static void
row_meaning(struct letter *l)
{
	letter_section(l, "What a row shows");
	letter_say(l, LETTER_KIND_STRONG,
	    "A query is not a message; no row proves that any communication "
	    "took place.");
	letter_say(l, LETTER_KIND_BODY,
	    "A row shows that, at query_time (the server" APOSTROPHE
	    "s clock), a device of source_handle asked the directory about "
	    "lookup_handle, and that lookup_devices devices were named in the "
	    "answer; with 0 a message would go by SMS. The cause is the "
	    "program" APOSTROPHE "s own word:");
	letter_gap(l, 1);
	letter_page_begin(l->page, "Table");
	meaning_line(
	    l, "cause", "it says that", "it does not show", LETTER_KIND_LABEL);
	for (size_t i = 0; i < ARRAY_LEN(causes); i++)
		meaning_line(l, row_cause_text(causes[i].cause),
		    causes[i].shows, causes[i].shows_not, LETTER_KIND_BODY);
	letter_page_end(l->page, "Table");
}

enum rc
letter_meaning(struct letter *l)
{
	if (letter_has_rows(l->d))
		row_meaning(l);
	return not_held(l);
}

/* --- proof
 * -------------------------------------------------------------------- */

static void
hash_line(struct letter *l, struct rd name,
    const uint8_t hash[static LETTER_DOC_HASH_SIZE])
{
	char hex[2 * LETTER_DOC_HASH_SIZE + 1];
	const struct letter_page_style code = letter_style(l, LETTER_KIND_CODE);
	const double x = LETTER_COLUMN + 96 * l->scale;
	double high;
	double low;

	(void)sodium_bin2hex(hex, sizeof(hex), hash, LETTER_DOC_HASH_SIZE);
	letter_page_begin(l->page, "P");
	high = letter_page_text(l->page, &code,
	    (struct letter_page_box){
		LETTER_COLUMN, l->y, x - LETTER_COLUMN - 4 },
	    name);
	low = letter_page_text(l->page, &code,
	    (struct letter_page_box){ x, l->y, LETTER_RIGHT - x }, rd_str(hex));
	letter_page_end(l->page, "P");
	l->y += low > high ? low : high;
}

enum rc
letter_proof(struct letter *l)
{
	const struct letter_doc *d = l->d;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 2048);
	letter_section(l, "Certificate of authenticity");
	letter_say(l, LETTER_KIND_BODY,
	    "We certify that these records were written by the server itself, "
	    "each at the time of what it records, in the regular course of "
	    "operation, and that the files below are true copies of what it "
	    "holds within the scope above. Each is known by its SHA-256:");
	letter_gap(l, 1);
	for (size_t i = 0; i < d->n_files; i++)
		hash_line(l, d->files[i].name, d->files[i].sha256);
	if (d->log_origin.left > 0) {
		TRY(buf_add_str(&b, "Public log "));
		TRY(buf_add_rd(&b, d->log_origin));
		TRY(buf_add_str(&b, ", checkpoint of "));
		TRY(letter_count(&b, d->log_size));
		TRY(buf_add_str(&b, " entries:"));
		letter_put(l, LETTER_KIND_BODY, LETTER_COLUMN, buf_get(&b));
		hash_line(l, rd_str("root"), d->log_root);
	}
	rc = RC_OK;
out:
	buf_clear(&b);
	return rc;
}

/* Lines for two pens, and below the page's end what it is a part of. */
enum rc
letter_foot(struct letter *l)
{
	const struct letter_doc *d = l->d;
	struct letter_page_style s = letter_style(l, LETTER_KIND_LABEL);
	const double half = (LETTER_RIGHT - LETTER_COLUMN - 20) / 2;
	struct letter_page_box box = { LETTER_COLUMN, 0, half };

	s.lines_max = 1;
	letter_gap(l, 22);
	letter_page_begin(l->page, "P");
	for (size_t i = 0; i < LETTER_DOC_SIGNERS_MAX; i++) {
		box.x = LETTER_COLUMN + (double)i * (half + 20);
		box.y = l->y;
		letter_page_rule(l->page, box, 0.5, 0);
		box.y += 1;
		(void)letter_page_text(l->page, &s, box,
		    i < d->n_signers ? d->signers[i] : rd_str("Name"));
		s.is_right = true;
		(void)letter_page_text(
		    l->page, &s, box, rd_str("date, signature"));
		s.is_right = false;
	}
	letter_page_end(l->page, "P");
	l->y += s.leading + 1;
	box = (struct letter_page_box){ LETTER_LEFT, FOOT, LETTER_WIDTH };
	letter_page_begin(l->page, "P");
	s.size = 5.8;
	(void)letter_page_text(l->page, &s, box,
	    rd_str("This letter is a part of its package: MANIFEST.json names "
		   "its SHA-256, and tacet-verify checks the whole."));
	s.is_right = true;
	(void)letter_page_text(l->page, &s, box, rd_str("Page 1 of 1"));
	letter_page_end(l->page, "P");
	return l->y <= FOOT - 4 ? RC_OK : RC_LIMIT;
}
