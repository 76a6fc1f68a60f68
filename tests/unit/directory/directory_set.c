#include "directory/directory_set.h"

#include "base/failmem.h"
#include "directory/place.h"
#include "tap.h"

static struct directory_set_item
item(unsigned tag, uint32_t record)
{
	struct directory_set_item i = { .record = record };

	i.entry.tag[0] = (uint8_t)(tag >> 8);
	i.entry.tag[1] = (uint8_t)tag;
	return i;
}

static void
entries_are_found_replaced_and_removed(void)
{
	struct directory_set *s = NULL;
	const struct directory_set_item *got = NULL;
	struct directory_set_item i = item(3, 1);

	T_RC(RC_OK, directory_set_new(&s));
	T_RC(RC_NOT_FOUND, directory_set_find(s, 0, i.entry.tag, &got));
	T_RC(RC_OK, directory_set_put(s, 0, &i));
	T_RC(RC_OK, directory_set_put(s, PLACE_COUNT - 1, &i));
	i.record = 9;
	T_RC(RC_OK, directory_set_put(s, 0, &i));
	T_OK(directory_set_size(s) == 2);
	T_RC(RC_OK, directory_set_find(s, 0, i.entry.tag, &got));
	T_OK(got->record == 9);
	T_RC(RC_OK, directory_set_find(s, PLACE_COUNT - 1, i.entry.tag, &got));
	T_OK(got->record == 1);
	T_RC(RC_OK, directory_set_remove(s, 0, i.entry.tag));
	T_RC(RC_NOT_FOUND, directory_set_remove(s, 0, i.entry.tag));
	T_OK(directory_set_size(s) == 1);
	directory_set_free(s);
}

static void
a_place_is_in_order_of_tags(void)
{
	enum { N = 1000 };
	struct directory_set *s = NULL;
	const struct directory_set_item *at;
	size_t n;

	T_RC(RC_OK, directory_set_new(&s));
	for (unsigned k = 0; k < N; k++) {
		struct directory_set_item i = item(k * 7 % N, k);

		T_RC(RC_OK, directory_set_put(s, 5, &i));
	}
	for (unsigned k = 0; k < N; k += 2) {
		struct directory_set_item i = item(k, 0);

		T_RC(RC_OK, directory_set_remove(s, 5, i.entry.tag));
	}
	at = directory_set_at(s, 5, &n);
	T_OK(n == N / 2 && directory_set_size(s) == N / 2);
	for (unsigned k = 0; k < n; k++) {
		struct directory_set_item i = item(2 * k + 1, 0);

		T_MEM(i.entry.tag, at[k].entry.tag, HANDLE_KEYS_TAG_SIZE);
	}
	(void)directory_set_at(s, 6, &n);
	T_OK(n == 0);
	directory_set_free(s);
}

static void
a_failed_allocation_changes_nothing(void)
{
	struct directory_set *s = NULL;
	struct directory_set_item i = item(1, 1);

	for (int k = 0; k < 2; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, directory_set_new(&s));
	}
	(void)failmem_after(-1);
	T_RC(RC_OK, directory_set_new(&s));
	(void)failmem_after(0);
	T_RC(RC_NOMEM, directory_set_put(s, 1, &i));
	(void)failmem_after(-1);
	T_OK(directory_set_size(s) == 0);
	directory_set_free(s);
}

int
main(void)
{
	TEST(entries_are_found_replaced_and_removed);
	TEST(a_place_is_in_order_of_tags);
	TEST(a_failed_allocation_changes_nothing);
	return tap_done();
}
