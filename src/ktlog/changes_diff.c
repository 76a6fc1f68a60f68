#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "directory/place.h"
#include "ktlog/changes_internal.h"

struct key { /* what rows are ordered by, and where the row is */
	uint32_t bucket;
	uint32_t version;
	uint32_t record;
	uint8_t tag[HANDLE_KEYS_TAG_SIZE];
};

struct changes_diff {
	const struct changes *changes;
	uint32_t n;
	struct key *keys;
};

static int
by_row(const void *a, const void *b)
{
	const struct key *x = a;
	const struct key *y = b;
	int order = memcmp(x->tag, y->tag, sizeof(x->tag));

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	if (order != 0)
		return order;
	return x->version < y->version ? -1 : 1;
}

enum rc
changes_diff_new(const struct changes *c, uint32_t from, uint32_t until,
    uint32_t columns, struct changes_diff **ret_d)
{
	struct changes_diff *d = failmem_alloc(sizeof(*d));
	struct change change;
	enum rc rc = RC_BUG;

	CHECK(d != NULL, RC_NOMEM);
	CHECK(from <= until && until <= c->n, RC_BUG);
	d->changes = c;
	d->n = until - from;
	d->keys = failmem_array(d->n == 0 ? 1 : d->n, sizeof(*d->keys));
	CHECK(d->keys != NULL, RC_NOMEM);
	for (uint32_t i = 0; i < d->n; i++) {
		TRY(changes_read(c, from + i, &change));
		d->keys[i].bucket = place_bucket(change.place, columns);
		d->keys[i].version = change.slot.version;
		d->keys[i].record = from + i;
		memcpy(
		    d->keys[i].tag, change.entry.tag, sizeof(d->keys[i].tag));
	}
	qsort(d->keys, d->n, sizeof(*d->keys), by_row);
	*ret_d = d;
	d = NULL;
	rc = RC_OK;
out:
	changes_diff_free(d);
	return rc;
}

void
changes_diff_free(struct changes_diff *d)
{
	if (d == NULL)
		return;
	free(d->keys);
	free(d);
}

enum rc
changes_diff_row(const struct changes_diff *d, uint32_t i, struct buf *b)
{
	struct diff_row w = { .is_new = true };
	struct change change;
	enum rc rc = RC_BUG;

	TRY(changes_read(d->changes, d->keys[i].record, &change));
	w.bucket = d->keys[i].bucket;
	w.after.entry = change.entry;
	slot_head_of(&change.slot, &w.after.head);
	if (change.prev != CHANGE_NONE) {
		TRY(changes_read(d->changes, change.prev, &change));
		w.is_new = false;
		w.before.entry = change.entry;
		slot_head_of(&change.slot, &w.before.head);
	}
	TRY(diff_row_build(&w, b));
out:
	return rc;
}

enum rc
changes_diff_page(const struct changes_diff *d, uint32_t row, struct buf *b)
{
	struct diff_page page = { .total = d->n };
	struct buf rows;
	enum rc rc = RC_BUG;

	buf_init(&rows, (size_t)DIFF_PAGE_ROWS * DIFF_ROW_SIZE);
	CHECK(row < d->n || row == 0, RC_NOT_FOUND);
	while (page.n < DIFF_PAGE_ROWS && row + page.n < d->n) {
		TRY(changes_diff_row(d, row + page.n, &rows));
		page.n++;
	}
	page.rows = buf_get(&rows);
	TRY(diff_page_build(&page, b));
out:
	buf_clear(&rows);
	return rc;
}

enum rc
changes_diff_hash(const struct changes_diff *d, uint8_t ret_hash[static 32])
{
	const uint8_t n[] = { (uint8_t)(d->n >> 24), (uint8_t)(d->n >> 16),
		(uint8_t)(d->n >> 8), (uint8_t)d->n };
	crypto_hash_sha256_state st;
	struct buf row;
	enum rc rc = RC_OK;

	buf_init(&row, DIFF_ROW_SIZE);
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, n, sizeof(n));
	for (uint32_t i = 0; i < d->n; i++) {
		row.len = 0;
		TRY(changes_diff_row(d, i, &row));
		crypto_hash_sha256_update(&st, row.p, row.len);
	}
	crypto_hash_sha256_final(&st, ret_hash);
out:
	buf_clear(&row);
	return rc;
}
