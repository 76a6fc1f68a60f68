#include "directory/diff.h"

#include <sodium.h>
#include <string.h>

#include "directory/directory_shape.h"

#define SIDE_SIZE (DIRECTORY_ENTRY_SIZE + SLOT_HEAD_SIZE)

static enum rc
side_parse(struct rd *r, struct diff_side *s)
{
	enum rc rc = RC_BUG;

	TRY(directory_entry_parse(r, &s->entry));
	TRY(slot_head_parse(r, &s->head));
	CHECK(!directory_entry_is_empty(&s->entry), RC_MALFORMED);
out:
	return rc;
}

static enum rc
side_build(const struct diff_side *s, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(directory_entry_build(&s->entry, b));
	TRY(slot_head_build(&s->head, b));
out:
	return rc;
}

enum rc
diff_row_parse(struct rd *r, struct diff_row *ret_w)
{
	struct diff_row w = { 0 };
	struct rd at = *r;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&at, &w.bucket));
	CHECK(w.bucket < DIRECTORY_SHAPE_COLUMNS_MAX && at.left >= SIDE_SIZE,
	    RC_MALFORMED);
	w.is_new = sodium_is_zero(at.p, SIDE_SIZE) == 1;
	TRY(w.is_new ? rd_skip(&at, SIDE_SIZE) : side_parse(&at, &w.before));
	TRY(side_parse(&at, &w.after));
	*ret_w = w;
	*r = at;
out:
	return rc;
}

enum rc
diff_row_build(const struct diff_row *w, struct buf *b)
{
	static const uint8_t nothing[SIDE_SIZE];
	enum rc rc = RC_BUG;

	TRY(buf_u32(b, w->bucket));
	TRY(w->is_new ? buf_add(b, nothing, sizeof(nothing))
		      : side_build(&w->before, b));
	TRY(side_build(&w->after, b));
out:
	return rc;
}

static bool
is_of_its_head(const struct diff_side *s)
{
	uint8_t commitment[SLOT_HASH_SIZE];

	slot_head_commitment(&s->head, commitment);
	return memcmp(commitment, s->entry.commitment, sizeof(commitment)) == 0;
}

static bool
is_same_tag(const struct diff_row *w)
{
	return memcmp(w->before.entry.tag, w->after.entry.tag,
		   HANDLE_KEYS_TAG_SIZE) == 0;
}

enum rc
diff_row_check(const struct diff_row *w, uint32_t epoch, const char **ret_why)
{
	static const uint8_t none[SLOT_HASH_SIZE];
	uint32_t version = w->is_new ? 0 : w->before.head.version;
	const uint8_t *before = w->is_new ? none : w->before.entry.commitment;
	const char *why = NULL;

	if (!is_of_its_head(&w->after))
		why = "a new entry's commitment is not of its slot";
	else if (!w->is_new && !is_of_its_head(&w->before))
		why = "an old entry's commitment is not of its slot";
	else if (!w->is_new && !is_same_tag(w))
		why = "a tag changed";
	else if (w->after.head.epoch_changed != epoch)
		why = "a slot is not of the epoch that it came in";
	else if (!slot_head_follows(&w->after.head, version, before))
		why = "a slot does not follow the version before it";
	if (why == NULL)
		return RC_OK;
	*ret_why = why;
	return RC_DENIED;
}

int
diff_row_compare(const struct diff_row *a, const struct diff_row *b)
{
	int order = memcmp(
	    a->after.entry.tag, b->after.entry.tag, HANDLE_KEYS_TAG_SIZE);

	if (a->bucket != b->bucket)
		return a->bucket < b->bucket ? -1 : 1;
	if (order != 0)
		return order;
	return a->after.head.version < b->after.head.version ? -1
	    : a->after.head.version > b->after.head.version  ? 1
							     : 0;
}

enum rc
diff_page_parse(struct rd octets, struct diff_page *ret_p)
{
	struct diff_page p;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&octets, &p.total));
	TRY(rd_u32(&octets, &p.n));
	CHECK(p.n <= p.total && p.n <= DIFF_PAGE_ROWS &&
		octets.left == (size_t)p.n * DIFF_ROW_SIZE,
	    RC_MALFORMED);
	p.rows = octets;
	*ret_p = p;
out:
	return rc;
}

enum rc
diff_page_build(const struct diff_page *p, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(p->n <= p->total && p->n <= DIFF_PAGE_ROWS &&
		p->rows.left == (size_t)p->n * DIFF_ROW_SIZE,
	    RC_MALFORMED);
	TRY(buf_u32(b, p->total));
	TRY(buf_u32(b, p->n));
	TRY(buf_add_rd(b, p->rows));
out:
	return rc;
}
