#include "directory/bucket.h"

#include "directory/directory_build.h"
#include "tap.h"

static const struct directory_shape shape = { 2048, 1 };
#define COLUMN DIRECTORY_SHAPE_BLOCK_SIZE
#define CAPACITY 80

static struct directory_item
item(uint32_t bucket, uint8_t tag, uint8_t mark)
{
	struct directory_item i = { .bucket = bucket };

	i.entry.tag[6] = tag;
	i.entry.commitment[0] = mark;
	return i;
}

static void
what_goes_in_does_not_depend_on_the_order(void)
{
	struct directory_item a[CAPACITY + 3];
	struct directory_item b[CAPACITY + 3];
	uint8_t one[COLUMN];
	uint8_t two[COLUMN];
	const size_t n = ARRAY_LEN(a);

	for (size_t i = 0; i < n; i++)
		a[i] = item(5, (uint8_t)(i + 1), (uint8_t)i);
	for (size_t i = 0; i < n; i++)
		b[i] = a[(i * 31 + 7) % n];
	T_OK(bucket_fill(&shape, a, n, one) == 3);
	T_OK(bucket_fill(&shape, b, n, two) == 3);
	T_MEM(one, two, sizeof(one));
	T_MEM(&a[CAPACITY], &b[CAPACITY], 3 * sizeof(a[0]));
	/* the last tags have no place */
	T_OK(a[CAPACITY].entry.tag[6] == CAPACITY + 1);
	T_OK(one[6] == 1 && one[40 * (CAPACITY - 1) + 6] == CAPACITY);
}

static void
an_absent_tag_is_not_found(void)
{
	static const uint8_t zero[7];
	static const uint8_t tag[7] = { 0, 0, 0, 0, 0, 0, 9 };
	struct directory_entry e = { .count = 77 };
	struct directory_item a[] = { item(5, 8, 1) };
	uint8_t column[COLUMN];

	T_OK(bucket_fill(&shape, a, 1, column) == 0);
	T_RC(RC_NOT_FOUND,
	    bucket_find(&shape, (struct rd){ column, COLUMN }, tag, &e));
	T_RC(RC_NOT_FOUND,
	    bucket_find(&shape, (struct rd){ column, COLUMN }, zero, &e));
	T_OK(e.count == 77);
	T_RC(RC_OK,
	    bucket_find(
		&shape, (struct rd){ column, COLUMN }, a[0].entry.tag, &e));
	T_OK(e.commitment[0] == 1);
}

static void
no_other_octet_is_the_bucket_of_that_root(void)
{
	struct directory_set *set = NULL;
	struct directory_build *b = NULL;
	struct directory_set_item i = { .entry = { .tag = { 1 } } };
	struct directory_shape other = { 4096, 1 };
	unsigned char *column = malloc(COLUMN);
	struct rd r = { column, COLUMN };
	const uint8_t *root;

	T_RC(RC_OK, directory_set_new(&set));
	T_RC(RC_OK, directory_set_put(set, 2048 + 11, &i));
	T_RC(RC_OK, directory_build_new(set, &b));
	root = directory_build_root(b);
	T_RC(RC_OK, directory_build_column(b, 11, column));
	T_RC(RC_OK, bucket_check(&shape, 11, r, root));
	for (size_t at = 0; at < COLUMN; at++) {
		column[at] ^= 0x80;
		T_OK(bucket_check(&shape, 11, r, root) != RC_OK);
		column[at] ^= 0x80;
	}
	T_RC(RC_MALFORMED, bucket_check(&shape, 2048, r, root));
	T_RC(RC_DENIED, bucket_check(&shape, 10, r, root));
	T_OK(bucket_check(&other, 11, r, root) != RC_OK);
	r.left--;
	T_RC(RC_MALFORMED, bucket_check(&shape, 11, r, root));
	free(column);
	directory_build_free(b);
	directory_set_free(set);
}

int
main(void)
{
	TEST(what_goes_in_does_not_depend_on_the_order);
	TEST(an_absent_tag_is_not_found);
	TEST(no_other_octet_is_the_bucket_of_that_root);
	return tap_done();
}
