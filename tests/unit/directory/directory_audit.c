#include "directory/directory_audit.h"

#include <sodium.h>

#include "directory/diff.h"
#include "directory/directory_build.h"
#include "directory/entries_page.h"
#include "directory/stash.h"
#include "tap.h"

#define N 6

/* A server with N numbers in buckets 10, 20, ...; it can lie. */
struct server {
	struct directory_set *set;
	struct diff_side numbers[N];
	struct diff_row rows[2 * N];
	uint32_t n_rows;
	struct epoch_entry epoch;
	struct buf page;
};

static void
begin(struct server *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->page, DIFF_PAGE_MAX);
	T_RC(RC_OK, directory_set_new(&s->set));
	epoch_entry_label(s->epoch.label);
}

static void
clear(struct server *s)
{
	buf_clear(&s->page);
	directory_set_free(s->set);
}

/* The next version of a number, in the epoch that is being made. */
static struct diff_row *
change(struct server *s, unsigned i)
{
	uint8_t y[HANDLE_KEYS_Y_SIZE] = { (uint8_t)i };
	struct diff_side *at = &s->numbers[i];
	struct diff_row *w = &s->rows[s->n_rows++];
	struct slot slot = { .version = at->head.version + 1,
		.epoch_changed = s->epoch.epoch + 1 };
	struct directory_set_item item = { .record = 0 };

	memset(w, 0, sizeof(*w));
	w->bucket = 10 * (i + 1);
	w->is_new = at->head.version == 0;
	w->before = *at;
	if (!w->is_new)
		memcpy(slot.hist_prev, at->entry.commitment, 32);
	directory_entry_make(y, &slot, 1, &at->entry);
	slot_head_of(&slot, &at->head);
	w->after = *at;
	item.entry = at->entry;
	T_RC(RC_OK, directory_set_put(s->set, w->bucket, &item));
	return w;
}

/* Builds the diff's page and hashes it into the entry. */
static void
seal_diff(struct server *s)
{
	struct diff_page p = { s->n_rows, s->n_rows, { NULL, 0 } };
	crypto_hash_sha256_state st;
	struct buf rows;

	buf_init(&rows, DIFF_PAGE_MAX);
	for (uint32_t i = 0; i < s->n_rows; i++)
		T_RC(RC_OK, diff_row_build(&s->rows[i], &rows));
	p.rows = buf_get(&rows);
	s->page.len = 0;
	T_RC(RC_OK, diff_page_build(&p, &s->page));
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, s->page.p, 4);
	crypto_hash_sha256_update(&st, rows.p, rows.len);
	crypto_hash_sha256_final(&st, s->epoch.diff);
	buf_clear(&rows);
}

static void
hash_filter(const struct directory_build *b, uint8_t ret_hash[static 32])
{
	struct buf filter;

	buf_init(&filter, directory_build_filter_max(1000));
	T_RC(RC_OK, directory_build_filter(b, &filter));
	(void)crypto_hash_sha256(ret_hash, filter.p, filter.len);
	buf_clear(&filter);
}

/* Closes the epoch; rows may be lied about before seal_diff. */
static void
close_epoch(struct server *s)
{
	struct directory_build *b = NULL;

	T_RC(RC_OK, directory_build_new(s->set, &b));
	s->epoch.epoch++;
	s->epoch.time_ms += 1000;
	s->epoch.shape = *directory_build_shape(b);
	memcpy(s->epoch.root, directory_build_root(b), 32);
	directory_build_stash_hash(b, s->epoch.stash);
	hash_filter(b, s->epoch.filter);
	directory_build_free(b);
	seal_diff(s);
}

static enum rc
audit(struct directory_audit *a, struct server *s)
{
	bool end = false;
	enum rc rc = RC_BUG;

	TRY(directory_audit_epoch(a, &s->epoch));
	TRY(directory_audit_diff(a, buf_get(&s->page), &end));
	CHECK(end, RC_STATE);
	TRY(directory_audit_end(a));
	s->n_rows = 0;
out:
	return rc;
}

/* Epoch 1 with four numbers, which held. */
static struct directory_audit *
first_epoch(struct server *s)
{
	struct directory_audit *a = NULL;

	begin(s);
	T_RC(RC_OK, directory_audit_new(&a));
	for (unsigned i = 0; i < 4; i++)
		(void)change(s, i);
	close_epoch(s);
	T_RC(RC_OK, audit(a, s));
	return a;
}

static void
epochs_that_hold_are_taken(void)
{
	struct server s;
	struct directory_audit *a = first_epoch(&s);

	close_epoch(&s); /* nothing changed */
	T_RC(RC_OK, audit(a, &s));
	(void)change(&s, 1);
	(void)change(&s, 1); /* twice in one epoch */
	(void)change(&s, 5);
	close_epoch(&s);
	T_RC(RC_OK, audit(a, &s));
	T_OK(directory_audit_entries(a) == 5 && directory_audit_row(a) == 3);
	directory_audit_free(a);
	clear(&s);
}

enum lie {
	LIE_SKIPPED,
	LIE_TIME,
	LIE_VOPRF,
	LIE_LABEL,
	LIE_ROOT,
	LIE_STASH,
	LIE_FILTER,
	LIE_SHAPE,
	LIE_DIFF,
	LIE_HIDDEN,     /* a change that is in no row */
	LIE_ORDER,      /* of the rows */
	LIE_TAG,        /* is another */
	LIE_VERSION,    /* is left out */
	LIE_CHAIN,      /* is cut */
	LIE_COMMITMENT, /* is of another slot */
	LIE_EPOCH,      /* a change of long ago */
	LIE_NEW,        /* a number that was there */
	LIE_OLD,        /* another entry before */
	LIE_NOT_THERE,  /* a change of what was never there */
	LIE_COUNT
};

/* An epoch with changes of numbers 1, 2 and new 4, with one lie in it. */
static void
lie_rows(struct server *s, enum lie lie)
{
	static const uint8_t y[HANDLE_KEYS_Y_SIZE] = { 2 };
	struct diff_row *w;
	struct slot slot = { .version = 2, .epoch_changed = 2 };
	struct diff_row swap;

	(void)change(s, 1);
	w = change(s, 2);
	(void)change(s, 4);
	memcpy(slot.hist_prev, w->before.entry.commitment, 32);
	slot.version += lie == LIE_VERSION;
	slot.epoch_changed -= lie == LIE_EPOCH;
	slot.hist_prev[0] ^= lie == LIE_CHAIN;
	slot_head_of(&slot, &w->after.head);
	directory_entry_make(y, &slot, 1, &w->after.entry);
	w->after.entry.commitment[5] ^= lie == LIE_COMMITMENT;
	w->after.entry.tag[0] ^= lie == LIE_TAG;
	if (lie == LIE_NEW) {
		slot = (struct slot){ .version = 1, .epoch_changed = 2 };
		slot_head_of(&slot, &w->after.head);
		directory_entry_make(y, &slot, 1, &w->after.entry);
		w->is_new = true;
	}
	if (lie == LIE_OLD)
		w->before.entry.count ^= 1;
	if (lie == LIE_NOT_THERE)
		w->bucket++;
	if (lie == LIE_ORDER) {
		swap = s->rows[0];
		s->rows[0] = s->rows[1];
		s->rows[1] = swap;
	}
}

static void
lie_entry(struct epoch_entry *e, enum lie lie)
{
	e->epoch += lie == LIE_SKIPPED;
	e->time_ms -= lie == LIE_TIME ? 1000 : 0;
	e->voprf[0] ^= lie == LIE_VOPRF;
	e->label[0] ^= lie == LIE_LABEL;
	e->root[0] ^= lie == LIE_ROOT;
	e->stash[0] ^= lie == LIE_STASH;
	e->filter[0] ^= lie == LIE_FILTER;
	e->shape.blocks = (uint16_t)(e->shape.blocks + (lie == LIE_SHAPE));
	e->diff[0] ^= lie == LIE_DIFF;
}

static void
each_lie_is_found_and_named(void)
{
	const char *seen[LIE_COUNT];

	for (unsigned lie = 0; lie < LIE_COUNT; lie++) {
		struct server s;
		struct directory_audit *a = first_epoch(&s);
		bool of_rows = lie >= LIE_ORDER;

		lie_rows(&s, (enum lie)lie);
		close_epoch(&s);
		lie_entry(&s.epoch, (enum lie)lie);
		if (lie == LIE_HIDDEN) {
			s.n_rows--;
			seal_diff(&s);
		}
		T_RC(RC_DENIED, audit(a, &s));
		seen[lie] = directory_audit_why(a)->text;
		T_OK(seen[lie] != NULL &&
		    directory_audit_why(a)->is_row == of_rows &&
		    directory_audit_why(a)->epoch == s.epoch.epoch);
		if (of_rows)
			T_OK(directory_audit_why(a)->row == 1);
		directory_audit_free(a);
		clear(&s);
	}
	/* a hidden change and a wrong root look the same, as do the two ways
	 * not to follow, and the two ways not to have been there */
	for (unsigned i = 0; i < LIE_COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			T_OK((strcmp(seen[i], seen[k]) == 0) ==
			    ((i == LIE_HIDDEN && k == LIE_ROOT) ||
				(i == LIE_CHAIN && k == LIE_VERSION) ||
				(i == LIE_NOT_THERE && k == LIE_OLD)));
}

static void
nothing_changed_means_the_same_root(void)
{
	struct server s;
	struct directory_audit *a = first_epoch(&s);

	close_epoch(&s);
	s.epoch.stash[3] ^= 1;
	T_RC(RC_DENIED, audit(a, &s));
	directory_audit_free(a);
	clear(&s);
}

static void
a_page_of_a_diff_must_fit(void)
{
	struct server s;
	struct directory_audit *a = first_epoch(&s);
	bool end = false;

	(void)change(&s, 0);
	(void)change(&s, 1);
	close_epoch(&s);
	T_RC(RC_OK, directory_audit_epoch(a, &s.epoch));
	/* one row of two, then none; or the whole again */
	s.page.p[7] = 1;
	s.page.len -= DIFF_ROW_SIZE;
	T_RC(RC_OK, directory_audit_diff(a, buf_get(&s.page), &end));
	T_OK(!end);
	s.page.p[7] = 0;
	s.page.len = 8;
	T_RC(RC_DENIED, directory_audit_diff(a, buf_get(&s.page), &end));
	s.page.p[3] = 3;
	T_RC(RC_DENIED, directory_audit_diff(a, buf_get(&s.page), &end));
	s.page.len = 7;
	T_RC(RC_DENIED, directory_audit_diff(a, buf_get(&s.page), &end));
	T_RC(RC_DENIED, directory_audit_end(a)); /* not all came */
	directory_audit_free(a);
	clear(&s);
}

/* All entries of a server as one page; `skip` is left out. */
static void
entries(struct server *s, unsigned skip, struct buf *b)
{
	struct entries_page p = { .next = 2048 };
	struct directory_item item;
	struct buf items;

	buf_init(&items, ENTRIES_PAGE_MAX);
	for (unsigned i = 0; i < N; i++) {
		if (s->numbers[i].head.version == 0 || i == skip)
			continue;
		item.bucket = 10 * (i + 1);
		item.entry = s->numbers[i].entry;
		T_RC(RC_OK, stash_item_build(&item, &items));
		p.n++;
	}
	p.items = buf_get(&items);
	b->len = 0;
	T_RC(RC_OK, entries_page_build(&p, b));
	buf_clear(&items);
}

static void
an_audit_begins_with_any_epoch(void)
{
	struct server s;
	struct directory_audit *a = first_epoch(&s);
	bool end = false;
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	directory_audit_free(a);
	T_RC(RC_OK, directory_audit_new(&a));
	T_RC(RC_OK, directory_audit_begin(a, &s.epoch));
	T_RC(RC_DENIED, directory_audit_end(a)); /* no page yet */
	entries(&s, N, &b);
	T_RC(RC_OK, directory_audit_page(a, buf_get(&b), &end));
	T_OK(end);
	T_RC(RC_DENIED, directory_audit_page(a, buf_get(&b), &end));
	T_RC(RC_OK, directory_audit_end(a));
	(void)change(&s, 3);
	close_epoch(&s);
	T_RC(RC_OK, audit(a, &s));
	directory_audit_free(a);

	T_RC(RC_OK, directory_audit_new(&a));
	T_RC(RC_OK, directory_audit_begin(a, &s.epoch));
	entries(&s, 2, &b); /* one is left out */
	T_RC(RC_OK, directory_audit_page(a, buf_get(&b), &end));
	T_RC(RC_DENIED, directory_audit_end(a));
	directory_audit_free(a);

	T_RC(RC_OK, directory_audit_new(&a));
	T_RC(RC_OK, directory_audit_begin(a, &s.epoch));
	entries(&s, N, &b);
	b.p[8 + 3] = 45; /* the first one's bucket: behind the second */
	T_RC(RC_DENIED, directory_audit_page(a, buf_get(&b), &end));
	directory_audit_free(a);
	buf_clear(&b);
	clear(&s);
}

/* --- another shape -------------------------------------------------------- */

/* A server of `n` numbers whose places crowd one bucket of 2048, by bucket of
 * `columns`; change one is of the second epoch. */
static void
crowd(struct directory_set *set, unsigned n, uint32_t columns)
{
	struct directory_set_item item = { .record = 0 };

	for (unsigned i = 0; i < n; i++) {
		uint8_t y[HANDLE_KEYS_Y_SIZE] = { (uint8_t)i, 9 };
		struct slot slot = { .version = 1,
			.epoch_changed = i < 90 ? 1 : 2 };

		directory_entry_make(y, &slot, 1, &item.entry);
		T_RC(RC_OK,
		    directory_set_put(
			set, (5 + 2048 * i) & (columns - 1), &item));
	}
}

static int
by_row(const void *a, const void *b)
{
	return diff_row_compare(a, b);
}

/* The epoch that comes when so many are there; its diff has those from on. */
static void
crowd_epoch(struct server *s, unsigned from, unsigned n)
{
	static struct diff_row rows[200];
	struct diff_page p = { n - from, n - from, { NULL, 0 } };
	crypto_hash_sha256_state st;
	struct directory_build *b = NULL;
	struct buf octets;

	crowd(s->set, n, 1u << 19);
	T_RC(RC_OK, directory_build_new(s->set, &b));
	s->epoch.epoch++;
	s->epoch.time_ms++;
	s->epoch.shape = *directory_build_shape(b);
	memcpy(s->epoch.root, directory_build_root(b), 32);
	directory_build_stash_hash(b, s->epoch.stash);
	hash_filter(b, s->epoch.filter);
	directory_build_free(b);
	for (unsigned i = from; i < n; i++) {
		uint8_t y[HANDLE_KEYS_Y_SIZE] = { (uint8_t)i, 9 };
		struct slot slot = { .version = 1,
			.epoch_changed = s->epoch.epoch };
		struct diff_row *w = &rows[i - from];

		memset(w, 0, sizeof(*w));
		w->is_new = true;
		w->bucket = (5 + 2048 * i) & (s->epoch.shape.columns - 1);
		directory_entry_make(y, &slot, 1, &w->after.entry);
		slot_head_of(&slot, &w->after.head);
	}
	qsort(rows, n - from, sizeof(rows[0]), by_row);
	buf_init(&octets, DIFF_PAGE_MAX);
	for (unsigned i = 0; i < n - from; i++)
		T_RC(RC_OK, diff_row_build(&rows[i], &octets));
	p.rows = buf_get(&octets);
	s->page.len = 0;
	T_RC(RC_OK, diff_page_build(&p, &s->page));
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, s->page.p, 4);
	crypto_hash_sha256_update(&st, octets.p, octets.len);
	crypto_hash_sha256_final(&st, s->epoch.diff);
	buf_clear(&octets);
}

/* All entries by the buckets of the epoch. */
static void
crowd_page(const struct server *s, unsigned n, struct buf *b)
{
	struct entries_page p = { .next = s->epoch.shape.columns };
	const struct directory_set_item *at;
	struct directory_set *set = NULL;
	struct directory_item item;
	struct buf items;
	size_t k;

	T_RC(RC_OK, directory_set_new(&set));
	crowd(set, n, s->epoch.shape.columns);
	buf_init(&items, ENTRIES_PAGE_MAX);
	for (item.bucket = 0; item.bucket < p.next; item.bucket++) {
		at = directory_set_at(set, item.bucket, &k);
		for (size_t i = 0; i < k; i++, p.n++) {
			item.entry = at[i].entry;
			T_RC(RC_OK, stash_item_build(&item, &items));
		}
	}
	p.items = buf_get(&items);
	b->len = 0;
	T_RC(RC_OK, entries_page_build(&p, b));
	buf_clear(&items);
	directory_set_free(set);
}

/* 90 are in one bucket and ten in the stash; with 110 the shape grows, and the
 * auditor must be told which bucket each is in now. */
static struct directory_audit *
grown(struct server *s)
{
	struct directory_audit *a = NULL;
	bool end = false;

	begin(s);
	T_RC(RC_OK, directory_audit_new(&a));
	crowd_epoch(s, 0, 90);
	T_OK(s->epoch.shape.columns == 2048);
	T_RC(RC_OK, audit(a, s));
	crowd_epoch(s, 90, 110);
	T_OK(s->epoch.shape.columns == 4096);
	T_RC(RC_OK, directory_audit_epoch(a, &s->epoch));
	T_RC(RC_OK, directory_audit_diff(a, buf_get(&s->page), &end));
	T_OK(end);
	T_RC(RC_AGAIN, directory_audit_end(a));
	return a;
}

static void
another_shape_needs_the_entries_by_its_buckets(void)
{
	struct server s;
	struct directory_audit *a = grown(&s);
	bool end = false;
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	crowd_page(&s, 110, &b);
	T_RC(RC_OK, directory_audit_page(a, buf_get(&b), &end));
	T_OK(end);
	T_RC(RC_OK, directory_audit_end(a));
	T_OK(directory_audit_entries(a) == 110);
	crowd_epoch(&s, 110, 110);
	T_RC(RC_OK, audit(a, &s));
	directory_audit_free(a);
	clear(&s);
	buf_clear(&b);
}

static void
the_entries_by_other_buckets_are_the_same(void)
{
	struct server s;
	struct directory_audit *a;
	bool end = false;
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	/* one is left out */
	a = grown(&s);
	crowd_page(&s, 109, &b);
	T_RC(RC_OK, directory_audit_page(a, buf_get(&b), &end));
	T_RC(RC_DENIED, directory_audit_end(a));
	directory_audit_free(a);
	clear(&s);
	/* one has another device more */
	a = grown(&s);
	crowd_page(&s, 110, &b);
	b.p[8 + 4 + HANDLE_KEYS_TAG_SIZE] ^= 1;
	T_RC(RC_DENIED, directory_audit_page(a, buf_get(&b), &end));
	directory_audit_free(a);
	clear(&s);
	/* one is where it was not: 5 and 2048 + 5 are all there are */
	a = grown(&s);
	b.p[8 + 4 + HANDLE_KEYS_TAG_SIZE] ^= 1;
	b.p[8 + 3] = 4;
	T_RC(RC_DENIED, directory_audit_page(a, buf_get(&b), &end));
	T_OK(strstr(directory_audit_why(a)->text, "other buckets") != NULL);
	directory_audit_free(a);
	clear(&s);
	buf_clear(&b);
}

int
main(void)
{
	TEST(epochs_that_hold_are_taken);
	TEST(each_lie_is_found_and_named);
	TEST(nothing_changed_means_the_same_root);
	TEST(a_page_of_a_diff_must_fit);
	TEST(an_audit_begins_with_any_epoch);
	TEST(another_shape_needs_the_entries_by_its_buckets);
	TEST(the_entries_by_other_buckets_are_the_same);
	return tap_done();
}
