#include "directory/directory_audit.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "directory/diff.h"
#include "directory/directory_build.h"
#include "directory/entries_page.h"

enum audit_phase {
	AUDIT_PHASE_IDLE,
	AUDIT_PHASE_BEGIN,  /* pages come, of an epoch to begin with */
	AUDIT_PHASE_DIFF,   /* rows come */
	AUDIT_PHASE_REGROUP /* pages come, to be the same in other buckets */
};

struct directory_audit {
	enum audit_phase phase;
	struct directory_set *set;      /* by bucket */
	uint32_t columns;               /* which buckets those are */
	struct directory_set *next_set; /* the same by those of now.shape */
	struct epoch_entry last;        /* that held; epoch 0: none yet */
	struct epoch_entry now;
	struct directory_audit_why why;
	uint32_t bucket; /* pages: the next one's first */
	uint32_t row;
	uint32_t total;
	struct diff_row before;
	crypto_hash_sha256_state diff;
};

/* RC_DENIED with what is wrong. */
static enum rc
wrong(struct directory_audit *a, const char *text)
{
	a->why.text = text;
	a->why.epoch = a->now.epoch;
	a->why.is_row = false;
	return RC_DENIED;
}

static enum rc
wrong_row(struct directory_audit *a, const char *text)
{
	(void)wrong(a, text);
	a->why.is_row = true;
	a->why.row = a->row;
	return RC_DENIED;
}

enum rc
directory_audit_new(struct directory_audit **ret_a)
{
	struct directory_audit *a = failmem_alloc(sizeof(*a));
	enum rc rc = RC_BUG;

	CHECK(a != NULL, RC_NOMEM);
	a->columns = DIRECTORY_SHAPE_COLUMNS_MIN;
	TRY(directory_set_new(&a->set));
	*ret_a = a;
	a = NULL;
out:
	directory_audit_free(a);
	return rc;
}

void
directory_audit_free(struct directory_audit *a)
{
	if (a == NULL)
		return;
	directory_set_free(a->set);
	directory_set_free(a->next_set);
	free(a);
}

uint32_t
directory_audit_row(const struct directory_audit *a)
{
	return a->row;
}

uint32_t
directory_audit_bucket(const struct directory_audit *a)
{
	return a->bucket;
}

uint64_t
directory_audit_entries(const struct directory_audit *a)
{
	return directory_set_size(a->set);
}

const struct directory_audit_why *
directory_audit_why(const struct directory_audit *a)
{
	return &a->why;
}

/* The entry with that tag in a bucket of now.shape. The set is by the shape
 * before, whose buckets are parts of these, or these parts of them; no two
 * numbers in any of them have one tag. *ret_key: its bucket in the set. */
static enum rc
find(const struct directory_audit *a, uint32_t bucket,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE], uint32_t *ret_key,
    const struct directory_set_item **ret_i)
{
	uint32_t step = a->columns < a->now.shape.columns
	    ? a->columns
	    : a->now.shape.columns;

	for (uint32_t key = bucket % step; key < a->columns; key += step)
		if (directory_set_find(a->set, key, tag, ret_i) == RC_OK) {
			*ret_key = key;
			return RC_OK;
		}
	*ret_key = bucket % step; /* where a new one is put */
	return RC_NOT_FOUND;
}

/* --- pages ---------------------------------------------------------------- */

/* Whether it was there before: RC_DENIED. */
static enum rc
check_same(struct directory_audit *a, const struct directory_item *i)
{
	const struct directory_set_item *old = NULL;
	uint32_t key;

	if (a->phase == AUDIT_PHASE_REGROUP &&
	    (find(a, i->bucket, i->entry.tag, &key, &old) != RC_OK ||
		memcmp(&old->entry, &i->entry, sizeof(i->entry)) != 0))
		return wrong(a, "in other buckets its entries are others");
	return RC_OK;
}

/* In order, in buckets from the one asked for to before the next. */
static enum rc
take_items(struct directory_audit *a, const struct entries_page *p)
{
	struct directory_set_item item = { .record = 0 };
	struct directory_item last = { 0 };
	struct directory_item i;
	struct directory_set *set = a->phase == AUDIT_PHASE_REGROUP
	    ? a->next_set
	    : a->set;
	struct rd r = p->items;
	enum rc rc = RC_OK;

	for (uint32_t n = 0; n < p->n; n++, last = i) {
		if (stash_item_parse(&r, &i) != RC_OK || i.bucket < a->bucket ||
		    i.bucket >= p->next ||
		    (n > 0 && !stash_is_order(&last, &i)))
			return wrong(
			    a, "a page of its entries is not in order");
		TRY(check_same(a, &i));
		item.entry = i.entry;
		TRY(directory_set_put(set, i.bucket, &item));
	}
out:
	return rc;
}

enum rc
directory_audit_page(struct directory_audit *a, struct rd page, bool *ret_end)
{
	struct entries_page p;
	enum rc rc = RC_BUG;

	CHECK(a->phase == AUDIT_PHASE_BEGIN || a->phase == AUDIT_PHASE_REGROUP,
	    RC_BUG);
	if (entries_page_parse(page, &p) != RC_OK || p.next <= a->bucket ||
	    p.next > a->now.shape.columns)
		return wrong(a, "a page of its entries is none");
	TRY(take_items(a, &p));
	a->bucket = p.next;
	*ret_end = p.next == a->now.shape.columns;
out:
	return rc;
}

/* --- rows ----------------------------------------------------------------- */

static bool
is_label(const struct epoch_entry *e)
{
	uint8_t label[32];

	epoch_entry_label(label);
	return memcmp(label, e->label, sizeof(label)) == 0;
}

enum rc
directory_audit_begin(struct directory_audit *a, const struct epoch_entry *e)
{
	a->now = *e;
	a->columns = e->shape.columns;
	a->phase = AUDIT_PHASE_BEGIN;
	a->bucket = 0;
	return is_label(e) ? RC_OK : wrong(a, "its label is another");
}

enum rc
directory_audit_epoch(struct directory_audit *a, const struct epoch_entry *e)
{
	const struct epoch_entry *last = &a->last;

	a->now = *e;
	a->phase = AUDIT_PHASE_DIFF;
	a->row = 0;
	a->total = 0;
	crypto_hash_sha256_init(&a->diff);
	if (e->epoch != last->epoch + 1)
		return wrong(a, "an epoch is left out, or there twice");
	if (!is_label(e))
		return wrong(a, "its label is another");
	if (last->epoch > 0 && e->time_ms <= last->time_ms)
		return wrong(a, "its time does not grow");
	if (last->epoch > 0 &&
	    memcmp(e->voprf, last->voprf, sizeof(e->voprf)) != 0)
		return wrong(a, "the key of evaluations is another");
	return RC_OK;
}

static enum rc
take_row(struct directory_audit *a, const struct diff_row *w)
{
	const struct directory_set_item *there = NULL;
	struct directory_set_item item = { .entry = w->after.entry };
	const char *why = NULL;
	uint32_t key;

	if (w->bucket >= a->now.shape.columns)
		return wrong_row(a, "there is no such bucket");
	if (a->row > 0 && diff_row_compare(&a->before, w) >= 0)
		return wrong_row(a, "the rows are not in order");
	if (diff_row_check(w, a->now.epoch, &why) != RC_OK)
		return wrong_row(a, why);
	if (find(a, w->bucket, w->after.entry.tag, &key, &there) != RC_OK)
		there = NULL;
	if (w->is_new && there != NULL)
		return wrong_row(a, "a new number's tag is there already");
	if (!w->is_new &&
	    (there == NULL ||
		memcmp(&there->entry, &w->before.entry, sizeof(there->entry)) !=
		    0))
		return wrong_row(
		    a, "the old entry is not the one that is there");
	return directory_set_put(a->set, key, &item);
}

enum rc
directory_audit_diff(struct directory_audit *a, struct rd page, bool *ret_end)
{
	struct diff_page p;
	struct diff_row w;
	enum rc rc = RC_OK;

	CHECK(a->phase == AUDIT_PHASE_DIFF, RC_BUG);
	if (diff_page_parse(page, &p) != RC_OK ||
	    (a->row > 0 && p.total != a->total) || p.n > p.total - a->row ||
	    (p.n == 0 && p.total > 0))
		return wrong(a, "a page of its diff is none");
	a->total = p.total;
	if (a->row == 0) /* the number of rows is in the hash, once */
		crypto_hash_sha256_update(&a->diff, page.p, 4);
	crypto_hash_sha256_update(&a->diff, p.rows.p, p.rows.left);
	for (uint32_t i = 0; i < p.n; i++) {
		if (diff_row_parse(&p.rows, &w) != RC_OK)
			return wrong_row(a, "it is no row");
		TRY(take_row(a, &w));
		a->before = w;
		a->row++;
	}
	*ret_end = a->row == a->total;
out:
	return rc;
}

/* --- the end of an epoch -------------------------------------------------- */

static enum rc
check_filter(struct directory_audit *a, const struct directory_build *b)
{
	uint8_t hash[32];
	struct buf filter;
	enum rc rc = RC_BUG;

	buf_init(
	    &filter, directory_build_filter_max(directory_set_size(a->set)));
	TRY(directory_build_filter(b, &filter));
	(void)crypto_hash_sha256(hash, filter.p, filter.len);
	if (memcmp(hash, a->now.filter, sizeof(hash)) != 0)
		rc = wrong(a, "its filter is not that of its entries");
out:
	buf_clear(&filter);
	return rc;
}

/* What all entries give. */
static enum rc
check_snapshot(struct directory_audit *a)
{
	struct directory_build *b = NULL;
	const struct directory_shape *shape;
	uint8_t stash[32];
	enum rc rc = RC_BUG;

	TRY(directory_build_new(a->set, &b));
	shape = directory_build_shape(b);
	directory_build_stash_hash(b, stash);
	if (shape->columns != a->now.shape.columns ||
	    shape->blocks != a->now.shape.blocks)
		rc = wrong(a, "its shape is not that of its entries");
	else if (memcmp(directory_build_root(b), a->now.root, 32) != 0)
		rc = wrong(a, "its root is not that of its entries");
	else if (memcmp(stash, a->now.stash, 32) != 0)
		rc = wrong(a, "its stash is not that of its entries");
	else
		rc = check_filter(a, b);
out:
	directory_build_free(b);
	return rc;
}

static bool
is_as_before(const struct directory_audit *a)
{
	return a->now.shape.columns == a->last.shape.columns &&
	    a->now.shape.blocks == a->last.shape.blocks &&
	    memcmp(a->now.root, a->last.root, 32) == 0 &&
	    memcmp(a->now.stash, a->last.stash, 32) == 0 &&
	    memcmp(a->now.filter, a->last.filter, 32) == 0;
}

static enum rc
end_rows(struct directory_audit *a)
{
	uint8_t hash[32];
	enum rc rc = RC_OK;

	crypto_hash_sha256_final(&a->diff, hash);
	if (a->row != a->total || memcmp(hash, a->now.diff, sizeof(hash)) != 0)
		return wrong(a, "its diff is not the one that the log names");
	if (a->row == 0 && a->last.epoch > 0) {
		/* the root says all, and it was made from the entries */
		if (!is_as_before(a))
			return wrong(a, "nothing changed, but its root did");
	} else if (a->columns != a->now.shape.columns) {
		TRY(directory_set_new(&a->next_set));
		a->phase = AUDIT_PHASE_REGROUP;
		a->bucket = 0;
		rc = RC_AGAIN;
	} else {
		TRY(check_snapshot(a));
	}
out:
	return rc;
}

static enum rc
end_pages(struct directory_audit *a)
{
	enum rc rc = RC_BUG;

	if (a->bucket != a->now.shape.columns)
		return wrong(a, "not all of its entries are there");
	if (a->phase == AUDIT_PHASE_REGROUP) {
		if (directory_set_size(a->next_set) !=
		    directory_set_size(a->set))
			return wrong(
			    a, "in other buckets its entries are others");
		directory_set_free(a->set);
		a->set = a->next_set;
		a->next_set = NULL;
		a->columns = a->now.shape.columns;
	}
	TRY(check_snapshot(a));
out:
	return rc;
}

enum rc
directory_audit_end(struct directory_audit *a)
{
	enum rc rc = RC_BUG;

	CHECK(a->phase != AUDIT_PHASE_IDLE, RC_BUG);
	if (a->phase == AUDIT_PHASE_DIFF)
		TRY(end_rows(a));
	else
		TRY(end_pages(a));
	a->last = a->now;
	a->phase = AUDIT_PHASE_IDLE;
out:
	return rc;
}
