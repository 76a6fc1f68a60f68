#include "directory/stash.h"

#include <string.h>

#include "directory/directory_shape.h"

bool
stash_is_order(const struct directory_item *a, const struct directory_item *b)
{
	return a->bucket < b->bucket ||
	    (a->bucket == b->bucket &&
		memcmp(a->entry.tag, b->entry.tag, HANDLE_KEYS_TAG_SIZE) < 0);
}

enum rc
stash_item_parse(struct rd *r, struct directory_item *ret_i)
{
	struct directory_item i;
	struct rd at = *r;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&at, &i.bucket));
	TRY(directory_entry_parse(&at, &i.entry));
	CHECK(i.bucket < DIRECTORY_SHAPE_COLUMNS_MAX &&
		!directory_entry_is_empty(&i.entry),
	    RC_MALFORMED);
	*ret_i = i;
	*r = at;
out:
	return rc;
}

enum rc
stash_item_build(const struct directory_item *i, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_u32(b, i->bucket));
	TRY(directory_entry_build(&i->entry, b));
out:
	return rc;
}

enum rc
stash_parse(struct rd octets, struct stash *ret_s)
{
	struct directory_item item;
	struct directory_item last;
	struct rd r = octets;
	size_t n = 0;
	enum rc rc = RC_OK;

	CHECK(octets.left <= STASH_SIZE_MAX, RC_LIMIT);
	for (; r.left > 0; n++) {
		TRY(stash_item_parse(&r, &item));
		CHECK(n == 0 || stash_is_order(&last, &item), RC_MALFORMED);
		last = item;
	}
	ret_s->n = n;
	ret_s->octets = octets;
out:
	return rc;
}

enum rc
stash_build(const struct directory_item *items, size_t n, struct buf *b)
{
	enum rc rc = RC_OK;

	CHECK(n <= STASH_MAX, RC_LIMIT);
	for (size_t i = 0; i < n; i++) {
		CHECK(i == 0 || stash_is_order(&items[i - 1], &items[i]),
		    RC_MALFORMED);
		TRY(stash_item_build(&items[i], b));
	}
out:
	return rc;
}

enum rc
stash_find(const struct stash *s, uint32_t bucket,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    struct directory_entry *ret_e)
{
	struct directory_item item;
	struct rd r = s->octets;
	enum rc rc = RC_NOT_FOUND;

	while (stash_item_parse(&r, &item) == RC_OK)
		if (item.bucket == bucket &&
		    memcmp(item.entry.tag, tag, HANDLE_KEYS_TAG_SIZE) == 0) {
			*ret_e = item.entry;
			rc = RC_OK;
		}
	return rc;
}
