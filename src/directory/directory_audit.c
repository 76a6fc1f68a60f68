#include "directory/directory_audit.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "directory/diff.h"
#include "directory/directory_build.h"
#include "directory/entries_page.h"
#include "directory/place.h"

struct directory_audit {
	struct directory_set *set;
	struct epoch_entry last; /* that held; epoch 0: none yet */
	struct epoch_entry now;
	struct directory_audit_why why;
	uint32_t next_place; /* of the pages it begins with */
	/* of the epoch under work */
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
	free(a);
}

uint32_t
directory_audit_row(const struct directory_audit *a)
{
	return a->row;
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

/* --- beginning with a later epoch ----------------------------------------- */

/* In order, at places from the one asked for to before the next. */
static enum rc
take_items(struct directory_audit *a, const struct entries_page *p)
{
	struct directory_set_item item = { .record = 0 };
	struct directory_item last = { 0 };
	struct directory_item i;
	struct rd r = p->items;
	enum rc rc = RC_OK;

	for (uint32_t n = 0; n < p->n; n++, last = i) {
		if (stash_item_parse(&r, &i) != RC_OK ||
		    i.place < a->next_place || i.place >= p->next ||
		    (n > 0 && !stash_is_order(&last, &i)))
			return wrong(
			    a, "a page of its entries is not in order");
		item.entry = i.entry;
		TRY(directory_set_put(a->set, i.place, &item));
	}
out:
	return rc;
}

enum rc
directory_audit_page(
    struct directory_audit *a, struct rd page, uint32_t *ret_next)
{
	struct entries_page p;
	enum rc rc = RC_BUG;

	if (entries_page_parse(page, &p) != RC_OK || p.next <= a->next_place)
		return wrong(a, "a page of its entries is none");
	TRY(take_items(a, &p));
	a->next_place = p.next;
	*ret_next = p.next;
out:
	return rc;
}

/* --- one epoch ------------------------------------------------------------ */

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
	rc = RC_OK;
	if (shape->columns != a->now.shape.columns ||
	    shape->blocks != a->now.shape.blocks)
		rc = wrong(a, "its shape is not that of its entries");
	else if (memcmp(directory_build_root(b), a->now.root, 32) != 0)
		rc = wrong(a, "its root is not that of its entries");
	else if (memcmp(stash, a->now.stash, 32) != 0)
		rc = wrong(a, "its stash is not that of its entries");
out:
	directory_build_free(b);
	return rc;
}

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
	enum rc rc = RC_BUG;

	a->now = *e;
	if (a->next_place != PLACE_COUNT)
		return wrong(a, "not all of its entries are there");
	if (!is_label(e))
		return wrong(a, "its label is another");
	TRY(check_snapshot(a));
	a->last = *e;
out:
	return rc;
}

enum rc
directory_audit_epoch(struct directory_audit *a, const struct epoch_entry *e)
{
	const struct epoch_entry *last = &a->last;

	a->now = *e;
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

	if (a->row > 0 && diff_row_compare(&a->before, w) >= 0)
		return wrong_row(a, "the rows are not in order");
	if (diff_row_check(w, a->now.epoch, &why) != RC_OK)
		return wrong_row(a, why);
	if (directory_set_find(a->set, w->place, w->after.entry.tag, &there) !=
	    RC_OK)
		there = NULL;
	if (w->is_new && there != NULL)
		return wrong_row(a, "a new number's tag is there already");
	if (!w->is_new &&
	    (there == NULL ||
		memcmp(&there->entry, &w->before.entry, sizeof(there->entry)) !=
		    0))
		return wrong_row(
		    a, "the old entry is not the one that is there");
	return directory_set_put(a->set, w->place, &item);
}

enum rc
directory_audit_diff(struct directory_audit *a, struct rd page, bool *ret_end)
{
	struct diff_page p;
	struct diff_row w;
	struct rd at = page;
	enum rc rc = RC_OK;

	if (diff_page_parse(page, &p) != RC_OK ||
	    (a->row > 0 && (p.total != a->total || p.n == 0)) ||
	    p.n > p.total - a->row || (p.n == 0 && p.total > 0))
		return wrong(a, "a page of its diff is none");
	a->total = p.total;
	if (a->row == 0)
		crypto_hash_sha256_update(&a->diff, at.p, 4);
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

enum rc
directory_audit_end(struct directory_audit *a)
{
	uint8_t hash[32];
	enum rc rc = RC_OK;

	crypto_hash_sha256_final(&a->diff, hash);
	if (a->row != a->total || memcmp(hash, a->now.diff, sizeof(hash)) != 0)
		return wrong(a, "its diff is not the one that the log names");
	if (a->row > 0 || a->last.epoch == 0) {
		TRY(check_snapshot(a));
	} else if (memcmp(a->now.root, a->last.root, 32) != 0 ||
	    memcmp(a->now.stash, a->last.stash, 32) != 0 ||
	    a->now.shape.columns != a->last.shape.columns ||
	    a->now.shape.blocks != a->last.shape.blocks) {
		return wrong(a, "nothing changed, and its root is another");
	}
	a->last = a->now;
out:
	return rc;
}
