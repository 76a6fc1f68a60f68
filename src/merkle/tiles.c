#include "merkle/tiles.h"

#include <string.h>

#define INDEX_MAX (UINT64_MAX >> 9) /* of 2^63 - 1 leaves, 256 a tile */

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Skips text when it is next. */
static bool
skip_text(struct rd *r, const char *text)
{
	size_t n = strlen(text);

	if (r->left < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	r->left -= n;
	return true;
}

/* Three digits at a time, an x before each group but the last: "x001/067". */
static enum rc
index_take(struct rd *r, uint64_t *ret_index)
{
	uint64_t v = 0;
	bool more = true;
	bool is_first = true;
	enum rc rc = RC_BUG;

	while (more) {
		more = skip_text(r, "x");
		CHECK(r->left >= 3 && is_digit(r->p[0]) && is_digit(r->p[1]) &&
			is_digit(r->p[2]),
		    RC_MALFORMED);
		/* one text for one index: no group of zeros in front */
		CHECK(!more || !is_first || memcmp(r->p, "000", 3) != 0,
		    RC_MALFORMED);
		v = v * 1000 + (uint64_t)(r->p[0] - '0') * 100 +
		    (uint64_t)(r->p[1] - '0') * 10 + (uint64_t)(r->p[2] - '0');
		CHECK(v <= INDEX_MAX, RC_MALFORMED);
		TRY(rd_skip(r, 3));
		CHECK(!more || skip_text(r, "/"), RC_MALFORMED);
		is_first = false;
	}
	*ret_index = v;
	rc = RC_OK;
out:
	return rc;
}

/* 1 to 255 without a leading zero. */
static enum rc
width_take(struct rd *r, unsigned *ret_width)
{
	unsigned v = 0;
	enum rc rc = RC_BUG;

	CHECK(r->left > 0 && r->left <= 3 && r->p[0] != '0', RC_MALFORMED);
	while (r->left > 0) {
		CHECK(is_digit(r->p[0]), RC_MALFORMED);
		v = v * 10 + (unsigned)(r->p[0] - '0');
		TRY(rd_skip(r, 1));
	}
	CHECK(v >= 1 && v < TILES_WIDTH, RC_MALFORMED);
	*ret_width = v;
	rc = RC_OK;
out:
	return rc;
}

enum rc
tiles_path_parse(struct rd path, struct tiles_id *ret_id)
{
	struct tiles_id id = { .width = TILES_WIDTH };
	enum rc rc = RC_BUG;

	CHECK(path.left <= TILES_PATH_MAX && skip_text(&path, "tile/"),
	    RC_MALFORMED);
	id.is_entries = skip_text(&path, "entries/");
	if (!id.is_entries) {
		CHECK(path.left > 0 && path.p[0] >= '0' &&
			path.p[0] <= '0' + TILES_LEVEL_MAX,
		    RC_MALFORMED);
		id.level = (unsigned)(path.p[0] - '0');
		TRY(rd_skip(&path, 1));
		CHECK(skip_text(&path, "/"), RC_MALFORMED);
	}
	TRY(index_take(&path, &id.index));
	if (path.left > 0) {
		CHECK(skip_text(&path, ".p/"), RC_MALFORMED);
		TRY(width_take(&path, &id.width));
	}
	*ret_id = id;
	rc = RC_OK;
out:
	return rc;
}

static enum rc
stem_build(const struct tiles_id *id, struct buf *b)
{
	uint16_t groups[8];
	uint64_t v = id->index;
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(id->level <= TILES_LEVEL_MAX && id->index <= INDEX_MAX &&
		id->width >= 1 && id->width <= TILES_WIDTH,
	    RC_BUG);
	do {
		groups[n++] = (uint16_t)(v % 1000);
		v /= 1000;
	} while (v > 0);
	if (id->is_entries)
		TRY(buf_add_str(b, "tile/entries"));
	else
		TRY(buf_add_fmt(b, "tile/%u", id->level));
	while (n-- > 0)
		TRY(buf_add_fmt(b, "/%s%03u", n > 0 ? "x" : "", groups[n]));
out:
	return rc;
}

enum rc
tiles_partials_build(const struct tiles_id *id, struct buf *b)
{
	enum rc rc = stem_build(id, b);

	return rc == RC_OK ? buf_add_str(b, ".p") : rc;
}

enum rc
tiles_path_build(const struct tiles_id *id, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(stem_build(id, b));
	if (id->width < TILES_WIDTH)
		TRY(buf_add_fmt(b, ".p/%u", id->width));
out:
	return rc;
}

enum rc
tiles_entry_parse(struct rd *r, struct rd *ret_entry)
{
	struct rd at = *r;
	uint16_t n = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u16(&at, &n));
	CHECK(n <= TILES_ENTRY_MAX, RC_LIMIT);
	TRY(rd_take(&at, n, ret_entry));
	*r = at;
out:
	return rc;
}

enum rc
tiles_entry_build(struct rd entry, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(entry.left <= TILES_ENTRY_MAX, RC_LIMIT);
	TRY(buf_u16(b, (uint16_t)entry.left));
	TRY(buf_add_rd(b, entry));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
