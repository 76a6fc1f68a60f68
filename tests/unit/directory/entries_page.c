#include "directory/entries_page.h"

#include "directory/directory_shape.h"
#include "tap.h"

static void
a_page_is_built_as_it_was_read(void)
{
	static const uint8_t items[2 * STASH_ITEM_SIZE] = { 0, 0, 0, 7 };
	struct entries_page p = { 8, 2, { items, sizeof(items) } };
	struct entries_page again;
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	T_RC(RC_OK, entries_page_build(&p, &b));
	T_OK(b.len == 8 + sizeof(items) && b.p[3] == 8 && b.p[7] == 2);
	T_RC(RC_OK, entries_page_parse(buf_get(&b), &again));
	T_OK(again.next == 8 && again.n == 2);
	T_MEM(items, again.items.p, sizeof(items));
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *o = tap_block(b.p, n);

		T_RC(RC_MALFORMED,
		    entries_page_parse((struct rd){ o, n }, &again));
		free(o);
	}
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, entries_page_parse(buf_get(&b), &again));
	buf_clear(&b);
}

static void
next_goes_forward_and_ends(void)
{
	struct entries_page p = { 0, 0, { NULL, 0 } };
	struct buf b;

	buf_init(&b, 100);
	T_RC(RC_MALFORMED, entries_page_build(&p, &b));
	p.next = DIRECTORY_SHAPE_COLUMNS_MAX;
	T_RC(RC_OK, entries_page_build(&p, &b));
	T_RC(RC_OK, entries_page_parse(buf_get(&b), &p));
	p.next = DIRECTORY_SHAPE_COLUMNS_MAX + 1;
	T_RC(RC_MALFORMED, entries_page_build(&p, &b));
	b.p[3] = 1;
	T_RC(RC_MALFORMED, entries_page_parse(buf_get(&b), &p));
	buf_clear(&b);
}

static void
a_page_has_its_maximum(void)
{
	static uint8_t items[(ENTRIES_PAGE_ITEMS + 1) * STASH_ITEM_SIZE];
	struct entries_page p = { 1, ENTRIES_PAGE_ITEMS,
		{ items, sizeof(items) - STASH_ITEM_SIZE } };
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX + STASH_ITEM_SIZE);
	T_RC(RC_OK, entries_page_build(&p, &b));
	T_OK(b.len == ENTRIES_PAGE_MAX);
	T_RC(RC_OK, entries_page_parse(buf_get(&b), &p));
	p.n++;
	p.items.left += STASH_ITEM_SIZE;
	T_RC(RC_MALFORMED, entries_page_build(&p, &b));
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_page_is_built_as_it_was_read);
	TEST(next_goes_forward_and_ends);
	TEST(a_page_has_its_maximum);
	return tap_done();
}
