#include "ktlog/changes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/entries_page.h"
#include "directory/place.h"
#include "unit/ktlog/numbers.h"

static char top[] = "/tmp/tacet-changes-XXXXXX";
static int dir;

static struct changes *
reopen(struct changes *c, uint32_t made, uint32_t records)
{
	struct changes *again = NULL;

	changes_close(c);
	T_RC(RC_OK, changes_open(dir, made, records, &again));
	return again;
}

static void
begin_anew(void)
{
	(void)unlinkat(dir, "changes", 0);
}

/* Puts the next version of a number. */
static enum rc
put(struct changes *c, unsigned number, struct changes_state *ret_s)
{
	struct change change = numbers_change(number, 0, 0, NULL);
	enum rc rc;

	rc = changes_put(c, &change, ret_s); /* to hear of what is there */
	if (rc != RC_STATE)
		return rc;
	change = numbers_change(
	    number, ret_s->epoch, ret_s->version, ret_s->commitment);
	return changes_put(c, &change, ret_s);
}

static bool
has(const struct changes *c, unsigned number)
{
	const struct change like = numbers_change(number, 1, 0, NULL);
	const struct directory_set_item *i;

	return directory_set_find(
		   changes_set(c), like.place, like.entry.tag, &i) == RC_OK;
}

static void
a_change_must_follow_what_is_there(void)
{
	struct changes_state s = { 0 };
	struct changes *c = reopen(NULL, 0, 0);
	struct change v1 = numbers_change(1, 1, 0, NULL);
	struct change v2;
	struct change bad;

	bad = numbers_change(1, 2, 0, NULL);
	T_RC(RC_STATE, changes_put(c, &bad, &s));
	T_OK(s.epoch == 1 && s.version == 0);
	T_RC(RC_OK, changes_put(c, &v1, &s));
	T_OK(s.version == 1);
	T_RC(RC_AGAIN, changes_put(c, &v1, &s));
	T_OK(!has(c, 1)); /* not before it is durable */
	T_RC(RC_OK, changes_sync(c));
	T_OK(has(c, 1) && changes_count(c) == 1);
	T_RC(RC_EXISTS, changes_put(c, &v1, &s));
	T_OK(s.version == 1);
	T_MEM(v1.entry.commitment, s.commitment, 32);
	v2 = numbers_change(1, 1, 1, s.commitment);
	bad = numbers_change(1, 1, 2, s.commitment);
	T_RC(RC_STATE, changes_put(c, &bad, &s));
	bad = numbers_change(1, 1, 1, v2.entry.commitment);
	T_RC(RC_STATE, changes_put(c, &bad, &s));
	T_OK(s.version == 1 && s.epoch == 1);
	T_RC(RC_OK, changes_put(c, &v2, &s));
	T_RC(RC_OK, changes_sync(c));
	T_RC(RC_STATE, changes_put(c, &v1, &s)); /* an old one */
	T_OK(s.version == 2);
	changes_close(c);
	begin_anew();
}

static void
what_was_synced_is_there_after_a_start(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	struct change v1;
	struct change v2;
	struct buf b;

	for (unsigned i = 0; i < 600; i++) {
		enum rc rc = put(c, i % 500, &s);

		if (rc == RC_AGAIN) {
			T_RC(RC_OK, changes_sync(c));
			rc = put(c, i % 500, &s);
		}
		T_RC(RC_OK, rc);
	}
	T_RC(RC_OK, put(c, 1000, &s));
	T_RC(RC_OK, changes_sync(c));
	T_RC(RC_OK, put(c, 1001, &s)); /* never synced */
	c = reopen(c, 0, 0);
	T_OK(changes_count(c) == 601 && changes_torn(c) == 0);
	T_OK(directory_set_size(changes_set(c)) == 501);
	T_OK(has(c, 1000) && !has(c, 1001));
	/* both versions of the first can be fetched */
	buf_init(&b, SLOT_SIZE);
	v1 = numbers_change(0, 1, 0, NULL);
	v2 = numbers_change(0, 1, 1, v1.entry.commitment);
	T_RC(RC_OK, changes_slot(c, v1.entry.commitment, &b));
	T_OK(b.len == SLOT_SIZE && b.p[3] == 1);
	b.len = 0;
	T_RC(RC_OK, changes_slot(c, v2.entry.commitment, &b));
	T_OK(b.p[3] == 2);
	v2.entry.commitment[31] ^= 1;
	T_RC(RC_NOT_FOUND, changes_slot(c, v2.entry.commitment, &b));
	buf_clear(&b);
	changes_close(c);
	begin_anew();
}

/* The file cut off at each octet of its last two records: those that are whole
 * are there, and it goes on. */
static void
a_torn_end_is_cut_off_at_every_octet(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	struct stat st;
	int fd;

	for (unsigned i = 0; i < 3; i++)
		T_RC(RC_OK, put(c, i, &s));
	T_RC(RC_OK, changes_sync(c));
	fd = openat(dir, "changes", O_RDWR);
	T_OK(fstat(fd, &st) == 0);
	changes_close(c);
	for (off_t n = st.st_size - 1; n >= st.st_size - 2 * CHANGE_SIZE; n--) {
		uint32_t whole = 3 -
		    (uint32_t)((st.st_size - n + CHANGE_SIZE - 1) /
			CHANGE_SIZE);

		T_OK(ftruncate(fd, n) == 0);
		c = reopen(NULL, 0, 0);
		T_OK(changes_count(c) == whole);
		for (unsigned i = whole; i < 3; i++)
			T_RC(RC_OK, put(c, i, &s));
		T_RC(RC_OK, changes_sync(c));
		c = reopen(c, 0, 0);
		T_OK(changes_count(c) == 3 && changes_torn(c) == 0);
		changes_close(c);
	}
	(void)close(fd);
	begin_anew();
}

static void
damage_in_a_made_epoch_is_no_start_and_behind_it_is_cut_off(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	int fd = openat(dir, "changes", O_RDWR);

	T_RC(RC_OK, put(c, 0, &s));
	T_RC(RC_OK, put(c, 1, &s));
	T_RC(RC_OK, changes_sync(c));
	changes_cut(c);
	T_OK(changes_epoch(c) == 2);
	T_RC(RC_OK, put(c, 2, &s));
	T_RC(RC_OK, changes_sync(c));
	changes_close(c);
	T_OK(pwrite(fd, "x", 1, 16 + 2 * CHANGE_SIZE + 99) == 1);
	c = reopen(NULL, 1, 2);
	T_OK(changes_count(c) == 2 && changes_torn(c) == CHANGE_SIZE);
	T_OK(changes_epoch(c) == 2);
	changes_close(c);
	c = NULL;
	T_RC(RC_CORRUPT, changes_open(dir, 1, 3, &c));
	T_RC(RC_CORRUPT, changes_open(dir, 1, 1, &c));
	T_OK(pwrite(fd, "x", 1, 16 + CHANGE_SIZE + 99) == 1);
	T_RC(RC_CORRUPT, changes_open(dir, 1, 2, &c));
	T_OK(pwrite(fd, "x", 1, 3) == 1);
	T_RC(RC_CORRUPT, changes_open(dir, 0, 0, &c));
	(void)close(fd);
	begin_anew();
}

static void
a_closed_epoch_that_was_not_made_is_known_by_the_next(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	uint32_t n = 9;

	T_RC(RC_OK, put(c, 0, &s));
	T_RC(RC_OK, changes_sync(c));
	changes_cut(c);
	c = reopen(c, 0, 0);
	T_OK(changes_epoch(c) == 1); /* nobody saw it closed */
	changes_cut(c);
	T_RC(RC_OK, put(c, 1, &s));
	T_RC(RC_OK, put(c, 0, &s));
	T_RC(RC_OK, changes_sync(c));
	c = reopen(c, 0, 0);
	T_OK(changes_epoch(c) == 2);
	T_RC(RC_OK, changes_until(c, 0, &n));
	T_OK(n == 0);
	T_RC(RC_OK, changes_until(c, 1, &n));
	T_OK(n == 1);
	T_RC(RC_OK, changes_until(c, 2, &n));
	T_OK(n == 3);
	/* two epochs that nobody made: the memory of them is gone */
	changes_cut(c);
	T_RC(RC_OK, put(c, 2, &s));
	T_RC(RC_OK, changes_sync(c));
	changes_close(c);
	c = NULL;
	T_RC(RC_CORRUPT, changes_open(dir, 0, 0, &c));
	begin_anew();
}

/* The entry with that tag at a place of that bucket. */
static const struct directory_set_item *
in_bucket(const struct changes *c, const struct directory_item *item)
{
	const struct directory_set_item *i = NULL;

	for (uint32_t p = item->bucket; p < PLACE_COUNT; p += 2048)
		if (directory_set_find(
			changes_set(c), p, item->entry.tag, &i) == RC_OK)
			return i;
	return NULL;
}

/* Pages of an epoch, one after the other, are the set as it was rewound. */
static void
pages_and_rewinding_agree_for_every_epoch(void)
{
	enum { EPOCHS = 5 };
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	uint32_t until[EPOCHS + 1] = { 0 };
	struct buf b;

	for (unsigned e = 1; e <= EPOCHS; e++) {
		for (unsigned i = 0; i < 40; i++) {
			T_RC(RC_OK, put(c, (e * 7 + i * 3) % 97, &s));
			if (i % 8 == 0)
				T_RC(RC_OK, changes_sync(c));
		}
		T_RC(RC_OK, changes_sync(c));
		until[e] = changes_count(c);
		changes_cut(c);
	}
	buf_init(&b, ENTRIES_PAGE_MAX);
	for (unsigned e = EPOCHS + 1; e > 0; e--) {
		struct entries_page page = { .next = 0 };
		struct directory_item item;
		const struct directory_set_item *i;
		uint64_t n = 0;

		T_RC(RC_OK, changes_entries(c, until[e - 1], 2048, 0, &b));
		T_RC(RC_OK, changes_rewind(c, until[e - 1]));
		T_RC(RC_OK, entries_page_parse(buf_get(&b), &page));
		T_OK(page.next == 2048);
		for (; page.items.left > 0; n++) {
			T_RC(RC_OK, stash_item_parse(&page.items, &item));
			i = in_bucket(c, &item);
			if (!T_OK(i != NULL))
				break;
			T_MEM(&item.entry, &i->entry, sizeof(item.entry));
			T_OK(i->record < until[e - 1]);
		}
		T_OK(n == directory_set_size(changes_set(c)));
		b.len = 0;
	}
	T_OK(directory_set_size(changes_set(c)) == 0);
	buf_clear(&b);
	changes_close(c);
	begin_anew();
}

/* Nobody will live to see it but who breaks the tags. */
static void
two_numbers_of_one_tag_share_no_bucket(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	struct change one = numbers_change(1, 1, 0, NULL);
	struct change two = one;

	T_RC(RC_OK, changes_put(c, &one, &s));
	two.place = (one.place + 2048 * 7) % PLACE_COUNT;
	T_RC(RC_AGAIN, changes_put(c, &two, &s));
	T_RC(RC_OK, changes_sync(c));
	T_RC(RC_LIMIT, changes_put(c, &two, &s));
	two.place = (one.place + 1) % PLACE_COUNT;
	T_RC(RC_OK, changes_put(c, &two, &s));
	T_RC(RC_OK, changes_sync(c));
	T_OK(directory_set_size(changes_set(c)) == 2);
	changes_close(c);
	begin_anew();
}

/* More than fits a page goes on with the bucket that did not fit. */
static void
a_page_ends_with_a_whole_bucket(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	struct entries_page page = { .next = 0 };
	uint32_t n = 0;
	struct buf b;

	for (unsigned i = 0; i < ENTRIES_PAGE_ITEMS + 500; i++) {
		struct change change = numbers_change(i, 1, 0, NULL);
		enum rc rc;

		change.place = i % 50 * 20000;
		rc = changes_put(c, &change, &s);
		if (rc == RC_AGAIN) {
			T_RC(RC_OK, changes_sync(c));
			rc = changes_put(c, &change, &s);
		}
		T_RC(RC_OK, rc);
	}
	T_RC(RC_OK, changes_sync(c));
	buf_init(&b, ENTRIES_PAGE_MAX);
	while (page.next < 2048) {
		b.len = 0;
		T_RC(RC_OK,
		    changes_entries(c, changes_count(c), 2048, page.next, &b));
		if (!T_OK(entries_page_parse(buf_get(&b), &page) == RC_OK))
			break;
		n += page.n;
	}
	T_OK(n == ENTRIES_PAGE_ITEMS + 500);
	T_RC(RC_NOT_FOUND, changes_entries(c, 1, 2048, 2048, &b));
	buf_clear(&b);
	changes_close(c);
	begin_anew();
}

static void
a_diff_is_in_order_and_its_rows_are_right(void)
{
	struct changes_state s;
	struct changes *c = reopen(NULL, 0, 0);
	struct changes_diff *d = NULL;
	struct diff_page page = { 0 };
	struct diff_row row = { 0 };
	struct diff_row last = { 0 };
	const char *why = NULL;
	uint8_t hash[32];
	uint8_t again[32];
	crypto_hash_sha256_state st;
	struct buf b;

	for (unsigned i = 0; i < 50; i++)
		T_RC(RC_OK, put(c, i, &s));
	T_RC(RC_OK, changes_sync(c));
	changes_cut(c);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned i = 40; i < 60; i++)
			T_RC(RC_OK, put(c, i, &s));
		T_RC(RC_OK, changes_sync(c));
	}
	T_RC(RC_OK, changes_diff_new(c, 50, 110, 2048, &d));
	buf_init(&b, DIFF_PAGE_MAX);
	T_RC(RC_OK, changes_diff_page(d, 0, &b));
	T_RC(RC_OK, diff_page_parse(buf_get(&b), &page));
	T_OK(page.total == 60 && page.n == 60);
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, b.p, 4);
	crypto_hash_sha256_update(&st, page.rows.p, page.rows.left);
	crypto_hash_sha256_final(&st, hash);
	T_RC(RC_OK, changes_diff_hash(d, again));
	T_MEM(hash, again, sizeof(hash));
	for (unsigned i = 0; i < 60; i++) {
		T_RC(RC_OK, diff_row_parse(&page.rows, &row));
		T_RC(RC_OK, diff_row_check(&row, 2, &why));
		T_OK(i == 0 || diff_row_compare(&last, &row) < 0);
		last = row;
	}
	b.len = 0;
	T_RC(RC_OK, changes_diff_page(d, 59, &b));
	T_RC(RC_OK, diff_page_parse(buf_get(&b), &page));
	T_OK(page.total == 60 && page.n == 1);
	T_RC(RC_OK, diff_row_parse(&page.rows, &row));
	T_OK(diff_row_compare(&last, &row) == 0);
	T_RC(RC_NOT_FOUND, changes_diff_page(d, 60, &b));
	changes_diff_free(d);
	T_RC(RC_OK, changes_diff_new(c, 7, 7, 2048, &d));
	b.len = 0;
	T_RC(RC_OK, changes_diff_page(d, 0, &b));
	T_RC(RC_OK, diff_page_parse(buf_get(&b), &page));
	T_OK(page.total == 0);
	changes_diff_free(d);
	buf_clear(&b);
	changes_close(c);
	begin_anew();
}

int
main(void)
{
	if (sodium_init() < 0 || mkdtemp(top) == NULL)
		return 1;
	dir = open(top, O_RDONLY | O_DIRECTORY);
	TEST(a_change_must_follow_what_is_there);
	TEST(what_was_synced_is_there_after_a_start);
	TEST(a_torn_end_is_cut_off_at_every_octet);
	TEST(damage_in_a_made_epoch_is_no_start_and_behind_it_is_cut_off);
	TEST(a_closed_epoch_that_was_not_made_is_known_by_the_next);
	TEST(pages_and_rewinding_agree_for_every_epoch);
	TEST(two_numbers_of_one_tag_share_no_bucket);
	TEST(a_page_ends_with_a_whole_bucket);
	TEST(a_diff_is_in_order_and_its_rows_are_right);
	(void)rmdir(top);
	return tap_done();
}
