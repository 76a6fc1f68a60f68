#include "directory/entries_page.h"

#include "directory/directory_shape.h"

static bool
is_right(const struct entries_page *p)
{
	return p->next <= DIRECTORY_SHAPE_COLUMNS_MAX && p->next > 0 &&
	    p->n <= ENTRIES_PAGE_ITEMS &&
	    p->items.left == (size_t)p->n * STASH_ITEM_SIZE;
}

enum rc
entries_page_parse(struct rd octets, struct entries_page *ret_p)
{
	struct entries_page p;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&octets, &p.next));
	TRY(rd_u32(&octets, &p.n));
	p.items = octets;
	CHECK(is_right(&p), RC_MALFORMED);
	*ret_p = p;
out:
	return rc;
}

enum rc
entries_page_build(const struct entries_page *p, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(is_right(p), RC_MALFORMED);
	TRY(buf_u32(b, p->next));
	TRY(buf_u32(b, p->n));
	TRY(buf_add_rd(b, p->items));
out:
	return rc;
}
