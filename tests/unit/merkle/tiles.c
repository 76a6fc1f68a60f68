#include "merkle/tiles.h"

#include "tap.h"

static enum rc
parse(const char *text, struct tiles_id *ret_id)
{
	size_t n = strlen(text);
	unsigned char *p = tap_block(text, n);
	enum rc rc = tiles_path_parse((struct rd){ p, n }, ret_id);

	free(p);
	return rc;
}

static void
a_path_is_read_and_built_again(void)
{
	static const struct {
		const char *path;
		struct tiles_id id;
	} good[] = {
		{ "tile/0/000", { false, 0, 0, 256 } },
		{ "tile/7/999", { false, 7, 999, 256 } },
		/* the example of tlog-tiles, Merkle Tree */
		{ "tile/3/x001/x234/067", { false, 3, 1234067, 256 } },
		{ "tile/entries/000.p/1", { true, 0, 0, 1 } },
		{ "tile/entries/x001/000.p/255", { true, 0, 1000, 255 } },
		{ "tile/0/x036/x028/x797/x018/x963/967",
		    { false, 0, UINT64_MAX >> 9, 256 } },
	};
	struct tiles_id id;
	struct buf b;

	buf_init(&b, TILES_PATH_MAX);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		T_RC(RC_OK, parse(good[i].path, &id));
		T_OK(id.is_entries == good[i].id.is_entries &&
		    id.level == good[i].id.level &&
		    id.index == good[i].id.index &&
		    id.width == good[i].id.width);
		b.len = 0;
		T_RC(RC_OK, tiles_path_build(&id, &b));
		T_OK(rd_is_eq(buf_get(&b), good[i].path));
	}
	b.len = 0;
	T_RC(RC_OK, tiles_partials_build(&id, &b));
	T_OK(rd_is_eq(buf_get(&b), "tile/0/x036/x028/x797/x018/x963/967.p"));
	buf_clear(&b);
}

static void
any_other_text_is_refused(void)
{
	static const char *const bad[] = { "", "tile", "tile/", "tile/0",
		"tile/0/", "tile/0/00", "tile/0/0000", "tile/0/1", "tile/8/000",
		"tile/00/000", "tile/-1/000", "tile/entries", "tile/entries/",
		"tile/entries/0/000", "tile/0/x000/000", "tile/0/x001",
		"tile/0/x001/", "tile/0/001/000", "tile/0/x1/000",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
		"tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/",
		"tile/0/000.p/+1", "tile/0/000/1", "tile/0/../../x",
		"/tile/0/000", "tile/0/000 ", "checkpoint",
		"tile/0/x036/x028/x797/x018/x963/968",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999" };
	struct tiles_id id = { .index = 77 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!T_OK(parse(bad[i], &id) == RC_MALFORMED))
			printf("# %zu\n", i);
	T_OK(id.index == 77);
}

static void
an_entry_is_its_length_and_its_octets(void)
{
	static const uint8_t want[] = { 0, 2, 'h', 'i', 0, 0 };
	struct rd r;
	struct rd e = { 0 };
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_OK, tiles_entry_build(rd_str("hi"), &b));
	T_RC(RC_OK, tiles_entry_build(rd_str(""), &b));
	T_OK(b.len == sizeof(want));
	T_MEM(want, b.p, sizeof(want));
	r = buf_get(&b);
	T_RC(RC_OK, tiles_entry_parse(&r, &e));
	T_OK(rd_is_eq(e, "hi"));
	T_RC(RC_OK, tiles_entry_parse(&r, &e));
	T_OK(e.left == 0 && r.left == 0);
	T_RC(RC_MALFORMED, tiles_entry_parse(&r, &e));
	for (size_t n = 0; n < 4; n++) {
		unsigned char *p = tap_block(want, n);

		r = (struct rd){ p, n };
		T_RC(RC_MALFORMED, tiles_entry_parse(&r, &e));
		T_OK(r.left == n);
		free(p);
	}
	buf_clear(&b);
}

static void
an_entry_has_its_longest(void)
{
	static uint8_t big[2 + TILES_ENTRY_MAX + 1];
	struct rd r = { big, sizeof(big) };
	struct rd e;
	struct buf b;

	buf_init(&b, 2 * sizeof(big));
	T_RC(RC_OK, tiles_entry_build((struct rd){ big, TILES_ENTRY_MAX }, &b));
	T_RC(RC_LIMIT,
	    tiles_entry_build((struct rd){ big, TILES_ENTRY_MAX + 1 }, &b));
	T_OK(b.len == 2 + TILES_ENTRY_MAX);
	big[0] = (TILES_ENTRY_MAX + 1) >> 8;
	big[1] = (TILES_ENTRY_MAX + 1) & 0xff;
	T_RC(RC_LIMIT, tiles_entry_parse(&r, &e));
	big[1]--;
	T_RC(RC_OK, tiles_entry_parse(&r, &e));
	T_OK(e.left == TILES_ENTRY_MAX);
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_path_is_read_and_built_again);
	TEST(any_other_text_is_refused);
	TEST(an_entry_is_its_length_and_its_octets);
	TEST(an_entry_has_its_longest);
	return tap_done();
}
