#include "directory/stash.h"

#include "directory/directory_shape.h"
#include "tap.h"

static struct directory_item
item(uint32_t bucket, uint32_t tag)
{
	struct directory_item i = { .bucket = bucket };

	i.entry.tag[5] = (uint8_t)(tag >> 8);
	i.entry.tag[6] = (uint8_t)tag;
	i.entry.commitment[0] = 1;
	return i;
}

static void
a_stash_is_built_as_it_was_read(void)
{
	const struct directory_item items[] = { item(1, 2), item(1, 3),
		item(2, 1) };
	struct directory_entry e;
	struct stash s;
	struct buf b;
	static const uint8_t tag[7] = { 0, 0, 0, 0, 0, 0, 3 };

	buf_init(&b, STASH_SIZE_MAX);
	T_RC(RC_OK, stash_parse(buf_get(&b), &s));
	T_OK(s.n == 0);
	T_RC(RC_OK, stash_build(items, 3, &b));
	T_OK(b.len == 3 * STASH_ITEM_SIZE && b.p[3] == 1);
	T_RC(RC_OK, stash_parse(buf_get(&b), &s));
	T_OK(s.n == 3);
	T_RC(RC_OK, stash_find(&s, 1, tag, &e));
	T_MEM(&items[1].entry, &e, sizeof(e));
	T_RC(RC_NOT_FOUND, stash_find(&s, 2, tag, &e));
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *p = tap_block(b.p, n);

		T_RC(n % STASH_ITEM_SIZE == 0 ? RC_OK : RC_MALFORMED,
		    stash_parse((struct rd){ p, n }, &s));
		free(p);
	}
	buf_clear(&b);
}

static void
order_and_kind_of_entries_are_checked(void)
{
	struct directory_item a[] = { item(1, 2), item(1, 2), item(1, 1),
		item(0, 9), item(DIRECTORY_SHAPE_COLUMNS_MAX - 1, 0),
		item(DIRECTORY_SHAPE_COLUMNS_MAX, 0) };
	struct stash s;
	struct buf b;

	buf_init(&b, STASH_SIZE_MAX);
	for (size_t i = 1; i < ARRAY_LEN(a); i++) {
		const struct directory_item two[] = { a[0], a[i] };
		bool good = i == 4;

		b.len = 0;
		if (i < 5)
			T_RC(good ? RC_OK : RC_MALFORMED,
			    stash_build(two, 2, &b));
		b.len = 0;
		T_RC(RC_OK, stash_item_build(&two[0], &b));
		T_RC(RC_OK, stash_item_build(&two[1], &b));
		T_RC(good ? RC_OK : RC_MALFORMED, stash_parse(buf_get(&b), &s));
	}
	memset(b.p, 0, STASH_ITEM_SIZE); /* an empty entry */
	T_RC(RC_MALFORMED, stash_parse(buf_get(&b), &s));
	buf_clear(&b);
}

static void
the_stash_has_its_maximum(void)
{
	static struct directory_item items[STASH_MAX + 1];
	struct stash s;
	struct buf b;

	for (uint32_t i = 0; i < ARRAY_LEN(items); i++)
		items[i] = item(7, i);
	buf_init(&b, STASH_SIZE_MAX + STASH_ITEM_SIZE);
	T_RC(RC_LIMIT, stash_build(items, STASH_MAX + 1, &b));
	T_RC(RC_OK, stash_build(items, STASH_MAX, &b));
	T_RC(RC_OK, stash_parse(buf_get(&b), &s));
	T_OK(s.n == STASH_MAX);
	T_RC(RC_OK, stash_item_build(&items[STASH_MAX], &b));
	T_RC(RC_LIMIT, stash_parse(buf_get(&b), &s));
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_stash_is_built_as_it_was_read);
	TEST(order_and_kind_of_entries_are_checked);
	TEST(the_stash_has_its_maximum);
	return tap_done();
}
