#include "wire/letter_doc.h"

#include <string.h>

#include "wire/cbor.h"
#include "wire/e164_text.h"

#define FIELDS 34
#define VERSION 1
#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z */
#define BOTH (LETTER_DOC_DIRECTION_SOURCE | LETTER_DOC_DIRECTION_LOOKUP)

/* The code point at the front of valid UTF-8. */
static uint32_t
next_char(struct rd *r)
{
	uint32_t c = *r->p++;
	size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

	r->left--;
	if (more > 0)
		c &= 0x3fu >> more;
	for (; more > 0 && r->left > 0; more--, r->left--)
		c = c << 6 | (*r->p++ & 0x3fu);
	return c;
}

/* Unicode 15, chapter 23: what moves, breaks or turns the text around it, and
 * what is no character and never will be, which no font draws. */
static bool
is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

/* text is valid UTF-8: cbor has seen to it. */
static bool
is_clean(struct rd text)
{
	if (text.left > LETTER_DOC_TEXT_MAX)
		return false;
	while (text.left > 0)
		if (is_control(next_char(&text)))
			return false;
	return true;
}

bool
letter_doc_is_text(struct rd text)
{
	struct buf b;
	bool ok;

	buf_init(&b, LETTER_DOC_TEXT_MAX + 8);
	ok = text.left <= LETTER_DOC_TEXT_MAX &&
	    cbor_put_text(&b, text) == RC_OK && is_clean(text);
	buf_clear(&b);
	return ok;
}

/* --- items -------------------------------------------------------------------
 */

static enum rc
text_get(struct rd *r, struct rd *ret_t)
{
	enum rc rc = RC_BUG;

	TRY(cbor_get_text(r, LETTER_DOC_TEXT_MAX, ret_t));
	CHECK(is_clean(*ret_t), RC_MALFORMED);
out:
	return rc;
}

/* The check of UTF-8 is cbor's, so it comes first. */
static enum rc
text_put(struct buf *b, struct rd t)
{
	enum rc rc = RC_BUG;

	CHECK(t.left <= LETTER_DOC_TEXT_MAX, RC_MALFORMED);
	TRY(cbor_put_text(b, t));
	CHECK(is_clean(t), RC_MALFORMED);
out:
	return rc;
}

static enum rc
texts_get(struct rd *r, size_t max, struct rd *texts, size_t *ret_n)
{
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, max, ret_n));
	for (size_t i = 0; i < *ret_n; i++)
		TRY(text_get(r, &texts[i]));
out:
	return rc;
}

static enum rc
texts_put(struct buf *b, size_t max, const struct rd *texts, size_t n)
{
	enum rc rc = RC_BUG;

	CHECK(n <= max, RC_MALFORMED);
	TRY(cbor_put_array(b, n));
	for (size_t i = 0; i < n; i++)
		TRY(text_put(b, texts[i]));
out:
	return rc;
}

static enum rc
time_get(struct rd *r, struct wall *ret_t)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, TIME_MAX, &v));
	ret_t->s = (int64_t)v;
out:
	return rc;
}

static enum rc
time_put(struct buf *b, struct wall t)
{
	return t.s < 0 || t.s > TIME_MAX ? RC_MALFORMED
					 : cbor_put_u64(b, (uint64_t)t.s);
}

static enum rc
hash_put(struct buf *b, const uint8_t hash[static LETTER_DOC_HASH_SIZE])
{
	return cbor_put_bytes(b, (struct rd){ hash, LETTER_DOC_HASH_SIZE });
}

/* The head of a pair within a list. */
static enum rc
pair_get(struct rd *r)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, 2, &n));
	CHECK(n == 2, RC_MALFORMED);
out:
	return rc;
}

/* --- groups of fields
 * --------------------------------------------------------- */

static enum rc
heads_get(struct rd *r, struct letter_doc *d)
{
	enum rc rc = RC_BUG;

	TRY(text_get(r, &d->operator_name));
	TRY(texts_get(r, LETTER_DOC_LINES_MAX, d->operator_lines.line,
	    &d->operator_lines.n));
	TRY(text_get(r, &d->agency));
	TRY(texts_get(
	    r, LETTER_DOC_LINES_MAX, d->agency_lines.line, &d->agency_lines.n));
	TRY(text_get(r, &d->country));
	TRY(text_get(r, &d->our_ref));
	TRY(text_get(r, &d->their_ref));
	TRY(time_get(r, &d->date));
	TRY(text_get(r, &d->process));
	TRY(text_get(r, &d->paragraph));
	TRY(text_get(r, &d->authority));
	TRY(cbor_get_bytes(r, LETTER_DOC_HASH_SIZE, &d->document_sha256));
	CHECK(d->document_sha256.left == 0 ||
		d->document_sha256.left == LETTER_DOC_HASH_SIZE,
	    RC_MALFORMED);
out:
	return rc;
}

static enum rc
heads_put(struct buf *b, const struct letter_doc *d)
{
	enum rc rc = RC_BUG;

	TRY(text_put(b, d->operator_name));
	TRY(texts_put(b, LETTER_DOC_LINES_MAX, d->operator_lines.line,
	    d->operator_lines.n));
	TRY(text_put(b, d->agency));
	TRY(texts_put(
	    b, LETTER_DOC_LINES_MAX, d->agency_lines.line, d->agency_lines.n));
	TRY(text_put(b, d->country));
	TRY(text_put(b, d->our_ref));
	TRY(text_put(b, d->their_ref));
	TRY(time_put(b, d->date));
	TRY(text_put(b, d->process));
	TRY(text_put(b, d->paragraph));
	TRY(text_put(b, d->authority));
	CHECK(d->document_sha256.left == 0 ||
		d->document_sha256.left == LETTER_DOC_HASH_SIZE,
	    RC_MALFORMED);
	TRY(cbor_put_bytes(b, d->document_sha256));
out:
	return rc;
}

static enum rc
question_get(struct rd *r, struct letter_doc *d)
{
	struct rd text = { 0 };
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, LETTER_DOC_HANDLES_MAX, &d->n_handles));
	for (size_t i = 0; i < d->n_handles; i++) {
		TRY(cbor_get_text(r, E164_TEXT_SIZE - 1, &text));
		TRY(e164_parse(text, &d->handles[i]));
	}
	TRY(time_get(r, &d->from));
	TRY(time_get(r, &d->to));
	TRY(cbor_get_uint(r, BOTH, &v));
	d->direction = (unsigned int)v;
	TRY(texts_get(r, LETTER_DOC_CLASSES_MAX, d->classes, &d->n_classes));
out:
	return rc;
}

static enum rc
question_put(struct buf *b, const struct letter_doc *d)
{
	char text[E164_TEXT_SIZE] = "";
	enum rc rc = RC_BUG;

	CHECK(d->n_handles <= LETTER_DOC_HANDLES_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, d->n_handles));
	for (size_t i = 0; i < d->n_handles; i++) {
		CHECK(d->handles[i].n > 0, RC_MALFORMED);
		e164_text(&d->handles[i], text);
		TRY(cbor_put_text(b, rd_str(text)));
	}
	TRY(time_put(b, d->from));
	TRY(time_put(b, d->to));
	CHECK(d->direction <= BOTH, RC_MALFORMED);
	TRY(cbor_put_u64(b, d->direction));
	TRY(texts_put(b, LETTER_DOC_CLASSES_MAX, d->classes, d->n_classes));
out:
	explicit_bzero(text, sizeof(text));
	return rc;
}

static enum rc
rows_get(struct rd *r, struct letter_doc *d)
{
	struct rd octets = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_u64(r, &d->n_rows));
	TRY(cbor_get_u64(r, &d->n_parts));
	TRY(cbor_get_u64(r, &d->n_outside));
	TRY(cbor_get_bool(r, &d->is_complete));
	TRY(cbor_get_array(r, LETTER_DOC_ROWS_MAX, &d->n_shown));
	CHECK(d->n_shown <= d->n_rows, RC_MALFORMED);
	for (size_t i = 0; i < d->n_shown; i++) {
		TRY(cbor_get_bytes(r, ROW_SIZE, &octets));
		TRY(row_parse(octets, &d->rows[i]));
	}
out:
	return rc;
}

static enum rc
rows_put(struct buf *b, const struct letter_doc *d)
{
	uint8_t octets[ROW_SIZE];
	enum rc rc = RC_BUG;

	CHECK(d->n_shown <= LETTER_DOC_ROWS_MAX && d->n_shown <= d->n_rows,
	    RC_MALFORMED);
	TRY(cbor_put_u64(b, d->n_rows));
	TRY(cbor_put_u64(b, d->n_parts));
	TRY(cbor_put_u64(b, d->n_outside));
	TRY(cbor_put_bool(b, d->is_complete));
	TRY(cbor_put_array(b, d->n_shown));
	for (size_t i = 0; i < d->n_shown; i++) {
		TRY(row_build(&d->rows[i], octets));
		TRY(cbor_put_bytes(b, (struct rd){ octets, ROW_SIZE }));
	}
out:
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

static enum rc
given_get(struct rd *r, struct letter_doc *d)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(time_get(r, &d->given_from));
	TRY(time_get(r, &d->given_to));
	TRY(rows_get(r, d));
	TRY(cbor_get_array(r, LETTER_DOC_HELD_MAX, &d->n_held));
	for (size_t i = 0; i < d->n_held; i++) {
		TRY(pair_get(r));
		TRY(text_get(r, &d->held[i].what));
		TRY(text_get(r, &d->held[i].why));
	}
	TRY(cbor_get_uint(r, UINT32_MAX, &v));
	d->retention_days = (uint32_t)v;
	TRY(cbor_get_uint(r, LETTER_DOC_IP_NONE, &v));
	CHECK(v >= LETTER_DOC_IP_FULL, RC_MALFORMED);
	d->ip = (enum letter_doc_ip)v;
	TRY(cbor_get_bool(r, &d->has_private));
out:
	return rc;
}

static enum rc
given_put(struct buf *b, const struct letter_doc *d)
{
	enum rc rc = RC_BUG;

	TRY(time_put(b, d->given_from));
	TRY(time_put(b, d->given_to));
	TRY(rows_put(b, d));
	CHECK(d->n_held <= LETTER_DOC_HELD_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, d->n_held));
	for (size_t i = 0; i < d->n_held; i++) {
		TRY(cbor_put_array(b, 2));
		TRY(text_put(b, d->held[i].what));
		TRY(text_put(b, d->held[i].why));
	}
	TRY(cbor_put_u64(b, d->retention_days));
	CHECK(d->ip >= LETTER_DOC_IP_FULL && d->ip <= LETTER_DOC_IP_NONE,
	    RC_MALFORMED);
	TRY(cbor_put_u64(b, (uint64_t)d->ip));
	TRY(cbor_put_bool(b, d->has_private));
out:
	return rc;
}

static enum rc
seals_get(struct rd *r, struct letter_doc *d)
{
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, LETTER_DOC_FILES_MAX, &d->n_files));
	for (size_t i = 0; i < d->n_files; i++) {
		TRY(pair_get(r));
		TRY(text_get(r, &d->files[i].name));
		TRY(cbor_get_fixed(
		    r, LETTER_DOC_HASH_SIZE, d->files[i].sha256));
	}
	TRY(text_get(r, &d->log_origin));
	TRY(cbor_get_u64(r, &d->log_size));
	TRY(cbor_get_fixed(r, LETTER_DOC_HASH_SIZE, d->log_root));
	TRY(texts_get(r, LETTER_DOC_SIGNERS_MAX, d->signers, &d->n_signers));
out:
	return rc;
}

static enum rc
seals_put(struct buf *b, const struct letter_doc *d)
{
	enum rc rc = RC_BUG;

	CHECK(d->n_files <= LETTER_DOC_FILES_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, d->n_files));
	for (size_t i = 0; i < d->n_files; i++) {
		TRY(cbor_put_array(b, 2));
		TRY(text_put(b, d->files[i].name));
		TRY(hash_put(b, d->files[i].sha256));
	}
	TRY(text_put(b, d->log_origin));
	TRY(cbor_put_u64(b, d->log_size));
	TRY(hash_put(b, d->log_root));
	TRY(texts_put(b, LETTER_DOC_SIGNERS_MAX, d->signers, d->n_signers));
out:
	return rc;
}

/* --- the document ------------------------------------------------------------
 */

enum rc
letter_doc_parse(struct rd octets, struct letter_doc *ret_d)
{
	struct letter_doc d = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(octets.left <= LETTER_DOC_MAX, RC_MALFORMED);
	TRY(cbor_get_array(&octets, FIELDS, &n));
	CHECK(n == FIELDS, RC_MALFORMED);
	TRY(cbor_get_key(&octets, VERSION));
	TRY(heads_get(&octets, &d));
	TRY(question_get(&octets, &d));
	TRY(given_get(&octets, &d));
	TRY(seals_get(&octets, &d));
	TRY(rd_end(&octets));
	*ret_d = d;
out:
	letter_doc_clear(&d);
	return rc;
}

enum rc
letter_doc_build(const struct letter_doc *d, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, FIELDS));
	TRY(cbor_put_u64(b, VERSION));
	TRY(heads_put(b, d));
	TRY(question_put(b, d));
	TRY(given_put(b, d));
	TRY(seals_put(b, d));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

void
letter_doc_clear(struct letter_doc *d)
{
	explicit_bzero(d, sizeof(*d));
}
