#include "directory/directory_shape.h"

#include "directory/stash.h"
#include "tap.h"

static void
the_table_of_the_document_holds(void)
{
	static const struct {
		uint64_t n;
		uint32_t columns;
		uint16_t blocks;
		size_t capacity;
	} rows[] = {
		{ 0, 2048, 1, 80 },
		{ 100000, 2048, 1, 80 },
		{ 100001, 4096, 2, 169 },
		{ 500000, 4096, 2, 169 },
		{ 1000000, 8192, 2, 168 },
		{ 2400000, 8192, 4, 348 },
		{ 5000000, 16384, 4, 347 },
		{ 10000000, 32768, 4, 346 },
		{ 20000000, 65536, 4, 345 },
		{ 20000001, 131072, 4, 344 },
	};
	struct directory_shape s;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		directory_shape_first(rows[i].n, &s);
		T_OK(
		    s.columns == rows[i].columns && s.blocks == rows[i].blocks);
		T_OK(directory_shape_is_valid(&s));
		T_OK(directory_shape_capacity(&s) == rows[i].capacity);
		T_OK(directory_shape_column(&s) == 3584U * rows[i].blocks);
	}
}

static void
each_shape_after_another_holds_more_up_to_the_last(void)
{
	struct directory_shape s;
	uint64_t room = 0;
	int n = 0;

	directory_shape_first(0, &s);
	do {
		T_OK(directory_shape_is_valid(&s));
		T_OK(directory_shape_capacity(&s) * s.columns > room);
		room = directory_shape_capacity(&s) * (uint64_t)s.columns;
		n++;
	} while (directory_shape_next(&s) == RC_OK);
	T_OK(n == 12);
	s.columns = 4096;
	s.blocks = 7;
	T_RC(RC_LIMIT, directory_shape_next(&s));
}

static void
few_may_be_homeless(void)
{
	T_OK(directory_shape_is_fit(0, 0));
	T_OK(directory_shape_is_fit(100, STASH_FEW));
	T_OK(!directory_shape_is_fit(100, STASH_FEW + 1));
	T_OK(directory_shape_is_fit(4096 * 17, 17));
	T_OK(!directory_shape_is_fit(4096 * 17 - 1, 17));
	T_OK(directory_shape_is_fit(100000000, STASH_MAX));
	T_OK(!directory_shape_is_fit(100000000, STASH_MAX + 1));
}

static void
what_is_no_shape_is_told(void)
{
	static const struct directory_shape bad[] = { { 0, 1 }, { 1024, 1 },
		{ 2049, 1 }, { 1u << 20, 1 }, { 2048, 0 },
		{ 2048, DIRECTORY_SHAPE_BLOCKS_MAX + 1 } };
	const struct directory_shape last = { 1u << 19,
		DIRECTORY_SHAPE_BLOCKS_MAX };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_OK(!directory_shape_is_valid(&bad[i]));
	T_OK(directory_shape_is_valid(&last));
	T_OK(directory_shape_path(&last) == DIRECTORY_SHAPE_PATH_MAX);
}

int
main(void)
{
	TEST(the_table_of_the_document_holds);
	TEST(each_shape_after_another_holds_more_up_to_the_last);
	TEST(few_may_be_homeless);
	TEST(what_is_no_shape_is_told);
	return tap_done();
}
