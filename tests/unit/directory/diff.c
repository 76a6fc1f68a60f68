#include "directory/diff.h"

#include <sodium.h>

#include "tap.h"

static const uint8_t y[HANDLE_KEYS_Y_SIZE] = { 1 };

static void
side(uint32_t version, uint32_t epoch, const uint8_t *prev, struct diff_side *s)
{
	struct slot slot = { .version = version, .epoch_changed = epoch };

	if (prev != NULL)
		memcpy(slot.hist_prev, prev, sizeof(slot.hist_prev));
	directory_entry_make(y, &slot, 1, &s->entry);
	slot_head_of(&slot, &s->head);
}

static struct diff_row
changed(void)
{
	struct diff_row w = { .bucket = 7 };

	side(1, 3, NULL, &w.before);
	side(2, 5, w.before.entry.commitment, &w.after);
	return w;
}

static void
a_row_is_built_as_it_was_read_and_no_truncation_is_read(void)
{
	struct diff_row w = changed();
	struct diff_row again;
	struct buf b;
	struct rd r;

	for (int is_new = 0; is_new < 2; is_new++) {
		w.is_new = is_new;
		buf_init(&b, DIFF_ROW_SIZE);
		T_RC(RC_OK, diff_row_build(&w, &b));
		T_OK(b.len == DIFF_ROW_SIZE);
		r = buf_get(&b);
		T_RC(RC_OK, diff_row_parse(&r, &again));
		T_OK(r.left == 0 && again.is_new == w.is_new &&
		    again.bucket == 7 && diff_row_compare(&w, &again) == 0);
		T_MEM(&w.after, &again.after, sizeof(w.after));
		for (size_t n = 0; n < DIFF_ROW_SIZE; n++) {
			unsigned char *p = tap_block(b.p, n);

			r = (struct rd){ p, n };
			T_RC(RC_MALFORMED, diff_row_parse(&r, &again));
			T_OK(r.left == n);
			free(p);
		}
		buf_clear(&b);
	}
}

static void
what_is_no_row_is_refused(void)
{
	struct diff_row w = changed();
	struct buf b;
	struct rd r;

	buf_init(&b, DIFF_ROW_SIZE);
	T_RC(RC_OK, diff_row_build(&w, &b));
	r = buf_get(&b);
	b.p[1] = 0x08; /* DIRECTORY_SHAPE_COLUMNS_MAX and 7 */
	T_RC(RC_MALFORMED, diff_row_parse(&r, &w));
	b.p[1] = 0;
	memset(b.p + 4, 0, 40); /* a head without an entry */
	T_RC(RC_MALFORMED, diff_row_parse(&r, &w));
	memset(b.p + 4, 0, 116);
	T_RC(RC_OK, diff_row_parse(&r, &w));
	T_OK(w.is_new);
	r = buf_get(&b);
	memset(b.p + 120, 0, 40); /* nothing came of it */
	T_RC(RC_MALFORMED, diff_row_parse(&r, &w));
	buf_clear(&b);
}

static void
each_thing_that_is_wrong_with_a_row_has_its_name(void)
{
	const struct diff_row good = changed();
	const char *seen[5] = { NULL };
	struct diff_row w[5];
	struct diff_row first = { .is_new = true };
	const char *why = NULL;

	T_RC(RC_OK, diff_row_check(&good, 5, &why));
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		w[i] = good;
	w[0].after.entry.commitment[0] ^= 1;
	w[1].before.head.number_epoch ^= 1;
	w[2].after.entry.tag[6] ^= 1;
	side(2, 6, good.before.entry.commitment, &w[3].after);
	side(3, 5, good.before.entry.commitment, &w[4].after);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		T_RC(RC_DENIED, diff_row_check(&w[i], 5, &seen[i]));
		for (size_t k = 0; k < i; k++)
			T_OK(strcmp(seen[i], seen[k]) != 0);
	}
	/* the chain is broken: by another predecessor; a new one at 2 */
	side(2, 5, good.after.entry.commitment, &w[4].after);
	T_RC(RC_DENIED, diff_row_check(&w[4], 5, &why));
	T_STR(seen[4], why);
	first.after = good.after;
	T_RC(RC_DENIED, diff_row_check(&first, 5, &why));
	T_STR(seen[4], why);
	side(1, 5, NULL, &first.after);
	T_RC(RC_OK, diff_row_check(&first, 5, &why));
}

static void
rows_are_ordered_by_bucket_tag_and_version(void)
{
	struct diff_row a = changed();
	struct diff_row b = a;

	b.bucket++;
	T_OK(diff_row_compare(&a, &b) < 0 && diff_row_compare(&b, &a) > 0);
	b = a;
	memset(a.after.entry.tag, 1, HANDLE_KEYS_TAG_SIZE);
	memset(b.after.entry.tag, 2, HANDLE_KEYS_TAG_SIZE);
	T_OK(diff_row_compare(&a, &b) < 0 && diff_row_compare(&b, &a) > 0);
	b = a;
	b.after.head.version++;
	T_OK(diff_row_compare(&a, &b) < 0 && diff_row_compare(&b, &a) > 0);
}

static void
a_page_is_built_as_it_was_read(void)
{
	static uint8_t rows[(DIFF_PAGE_ROWS + 1) * DIFF_ROW_SIZE];
	struct diff_page p = { 3, 2, { rows, 2 * DIFF_ROW_SIZE } };
	struct diff_page again;
	struct buf b;

	buf_init(&b, DIFF_PAGE_MAX + DIFF_ROW_SIZE);
	T_RC(RC_OK, diff_page_build(&p, &b));
	T_RC(RC_OK, diff_page_parse(buf_get(&b), &again));
	T_OK(
	    again.total == 3 && again.n == 2 && again.rows.left == p.rows.left);
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *o = tap_block(b.p, n);

		T_RC(
		    RC_MALFORMED, diff_page_parse((struct rd){ o, n }, &again));
		free(o);
	}
	p.total = 1;
	T_RC(RC_MALFORMED, diff_page_build(&p, &b));
	b.p[3] = 1;
	T_RC(RC_MALFORMED, diff_page_parse(buf_get(&b), &again));
	b.len = 0;
	p = (struct diff_page){ DIFF_PAGE_ROWS + 1, DIFF_PAGE_ROWS,
		{ rows, sizeof(rows) - DIFF_ROW_SIZE } };
	T_RC(RC_OK, diff_page_build(&p, &b));
	T_OK(b.len == DIFF_PAGE_MAX);
	T_RC(RC_OK, diff_page_parse(buf_get(&b), &again));
	p.n++;
	p.rows.left += DIFF_ROW_SIZE;
	T_RC(RC_MALFORMED, diff_page_build(&p, &b));
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_row_is_built_as_it_was_read_and_no_truncation_is_read);
	TEST(what_is_no_row_is_refused);
	TEST(each_thing_that_is_wrong_with_a_row_has_its_name);
	TEST(rows_are_ordered_by_bucket_tag_and_version);
	TEST(a_page_is_built_as_it_was_read);
	return tap_done();
}
