#include "ktlog/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "directory/directory_shape.h"
#include "directory/entries_page.h"
#include "directory/place.h"
#include "ktlog/changes_internal.h"

#define FILE_NAME "changes"
#define WAITING_MAX 256
#define STEP_RECORDS 4096 /* read at once at a start */

static const uint8_t head[] = CHANGES_HEAD;

/* --- where the slots are: by commitment ----------------------------------- */

static uint32_t
mark_of(const uint8_t commitment[static SLOT_HASH_SIZE])
{
	uint32_t mark;

	memcpy(&mark, commitment, sizeof(mark)); /* a hash is its own hash */
	return mark;
}

static void
index_put(struct changes_index *t, struct changes_where w)
{
	size_t at = w.mark & (t->cap - 1);

	while (t->places[at].record_1 != 0)
		at = (at + 1) & (t->cap - 1);
	t->places[at] = w;
}

static enum rc
index_grow(struct changes_index *t, size_t n)
{
	struct changes_index more = { NULL, t->cap == 0 ? 1024 : t->cap };
	enum rc rc = RC_OK;

	while (more.cap / 4 * 3 < n)
		more.cap *= 2;
	if (more.cap == t->cap && t->places != NULL)
		return RC_OK;
	more.places = failmem_array(more.cap, sizeof(*more.places));
	CHECK(more.places != NULL, RC_NOMEM);
	for (size_t i = 0; i < t->cap; i++)
		if (t->places != NULL && t->places[i].record_1 != 0)
			index_put(&more, t->places[i]);
	free(t->places);
	*t = more;
out:
	return rc;
}

/* --- the file ------------------------------------------------------------- */

static off_t
offset_of(uint32_t record)
{
	return (off_t)sizeof(head) - 1 + (off_t)record * CHANGE_SIZE;
}

/* All of it or an error: RC_CORRUPT when the file ends before. */
static enum rc
read_at(const struct changes *c, off_t at, uint8_t *octets, size_t n)
{
	while (n > 0) {
		ssize_t got = pread(c->fd, octets, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? RC_CORRUPT : RC_IO;
		octets += got;
		n -= (size_t)got;
		at += got;
	}
	return RC_OK;
}

enum rc
changes_read(const struct changes *c, uint32_t record, struct change *ret_c)
{
	uint8_t octets[CHANGE_SIZE];
	struct rd r = { octets, sizeof(octets) };
	enum rc rc = RC_BUG;

	TRY(read_at(c, offset_of(record), octets, sizeof(octets)));
	CHECK(change_parse(&r, ret_c) == RC_OK, RC_CORRUPT);
out:
	return rc;
}

/* Into memory: there is room for it in the index. */
static enum rc
take_in(struct changes *c, const struct change *change)
{
	struct directory_set_item item = { change->entry, c->n };
	enum rc rc = RC_BUG;

	TRY(index_grow(&c->index, (size_t)c->n + 1));
	TRY(directory_set_put(c->set, change->place, &item));
	index_put(&c->index,
	    (struct changes_where){
		mark_of(change->entry.commitment), c->n + 1 });
	c->n++;
	c->last_epoch = change->slot.epoch_changed;
out:
	return rc;
}

/* --- at a start ----------------------------------------------------------- */

static enum rc
open_file(int dir, int *ret_fd)
{
	int fd = openat(dir, FILE_NAME, O_RDWR | O_CLOEXEC);
	enum rc rc = RC_BUG;

	if (fd < 0 && errno == ENOENT) {
		TRY(file_replace(dir, FILE_NAME, 0600,
		    (struct rd){ head, sizeof(head) - 1 }));
		fd = openat(dir, FILE_NAME, O_RDWR | O_CLOEXEC);
	}
	CHECK(fd >= 0, RC_IO);
	*ret_fd = fd;
	rc = RC_OK;
out:
	return rc;
}

static enum rc
load_step(struct changes *c, struct rd octets, bool *ret_end)
{
	struct change change;
	enum rc rc = RC_OK;

	while (octets.left > 0) {
		if (change_parse(&octets, &change) != RC_OK ||
		    change.slot.epoch_changed < c->last_epoch ||
		    (change.prev != CHANGE_NONE && change.prev >= c->n)) {
			*ret_end = true;
			return RC_OK;
		}
		CHECK(c->n < CHANGE_NONE - 1, RC_LIMIT);
		TRY(take_in(c, &change));
	}
out:
	return rc;
}

/* Takes in all whole records, and cuts off what is behind them. */
static enum rc
load(struct changes *c)
{
	const size_t step = (size_t)STEP_RECORDS * CHANGE_SIZE;
	uint8_t *octets = failmem_alloc(step);
	uint8_t first[sizeof(head) - 1];
	struct stat st;
	bool end = false;
	enum rc rc = RC_BUG;

	CHECK(octets != NULL, RC_NOMEM);
	CHECK(fstat(c->fd, &st) == 0, RC_IO);
	TRY(read_at(c, 0, first, sizeof(first)));
	CHECK(memcmp(first, head, sizeof(first)) == 0, RC_CORRUPT);
	while (!end && offset_of(c->n) < st.st_size) {
		off_t at = offset_of(c->n);
		size_t n = st.st_size - at < (off_t)step
		    ? (size_t)(st.st_size - at)
		    : step;

		TRY(read_at(c, at, octets, n));
		TRY(load_step(c, (struct rd){ octets, n }, &end));
	}
	c->torn = (uint64_t)(st.st_size - offset_of(c->n));
	if (c->torn > 0)
		CHECK(ftruncate(c->fd, offset_of(c->n)) == 0 &&
			fdatasync(c->fd) == 0,
		    file_error());
out:
	free(octets);
	return rc;
}

enum rc
changes_open(
    int dir, uint32_t made, uint32_t made_records, struct changes **ret_c)
{
	struct changes *c = failmem_alloc(sizeof(*c));
	uint32_t until = 0;
	enum rc rc = RC_BUG;

	CHECK(c != NULL, RC_NOMEM);
	c->fd = -1;
	buf_init(&c->waiting, (size_t)WAITING_MAX * CHANGE_SIZE);
	TRY(directory_set_new(&c->set));
	TRY(index_grow(&c->index, 1));
	TRY(open_file(dir, &c->fd));
	TRY(load(c));
	/* what is of a made epoch is damaged where it does not come out; an
	 * epoch more can have been closed, and changes be of the next */
	TRY(changes_until(c, made, &until));
	CHECK(until == made_records && c->last_epoch <= made + 2, RC_CORRUPT);
	c->epoch = c->last_epoch > made ? c->last_epoch : made + 1;
	*ret_c = c;
	c = NULL;
out:
	changes_close(c);
	return rc;
}

void
changes_close(struct changes *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		(void)close(c->fd);
	directory_set_free(c->set);
	free(c->index.places);
	buf_clear(&c->waiting);
	free(c);
}

int
changes_fd(const struct changes *c)
{
	return c->fd;
}

uint64_t
changes_torn(const struct changes *c)
{
	return c->torn;
}

/* --- putting -------------------------------------------------------------- */

/* Whether one with its tag waits. */
static bool
is_waiting(const struct changes *c, const struct change *change)
{
	struct rd r = buf_get(&c->waiting);
	struct change w;

	while (change_parse(&r, &w) == RC_OK)
		if (memcmp(w.entry.tag, change->entry.tag,
			HANDLE_KEYS_TAG_SIZE) == 0)
			return true;
	return false;
}

static bool
is_same(const struct change *a, const struct change *b)
{
	/* the commitment is of all but the sealed octets, and of their hash */
	return memcmp(&a->entry, &b->entry, sizeof(a->entry)) == 0;
}

/* The buckets of the smallest shape are parts of no other: who shares none of
 * them shares none. */
static bool
is_tag_free(const struct changes *c, const struct change *change)
{
	const struct directory_set_item *item;

	for (uint32_t p =
		 place_bucket(change->place, DIRECTORY_SHAPE_COLUMNS_MIN);
	     p < PLACE_COUNT; p += DIRECTORY_SHAPE_COLUMNS_MIN)
		if (directory_set_find(c->set, p, change->entry.tag, &item) ==
		    RC_OK)
			return false;
	return true;
}

enum rc
changes_put(
    struct changes *c, const struct change *change, struct changes_state *ret_s)
{
	const struct directory_set_item *item = NULL;
	struct change next = *change;
	struct change there;
	struct slot_head h;
	enum rc rc = RC_BUG;

	CHECK(c->waiting.len < c->waiting.max && !is_waiting(c, change),
	    RC_AGAIN);
	CHECK(c->n < CHANGE_NONE - WAITING_MAX, RC_NOSPACE);
	*ret_s = (struct changes_state){ .epoch = c->epoch };
	next.prev = CHANGE_NONE;
	if (directory_set_find(
		c->set, change->place, change->entry.tag, &item) == RC_OK) {
		TRY(changes_read(c, item->record, &there));
		next.prev = item->record;
		ret_s->version = there.slot.version;
		memcpy(ret_s->commitment, there.entry.commitment,
		    sizeof(ret_s->commitment));
		CHECK(!is_same(&there, change), RC_EXISTS);
	} else {
		CHECK(is_tag_free(c, change), RC_LIMIT);
	}
	slot_head_of(&change->slot, &h);
	CHECK(h.epoch_changed == c->epoch &&
		slot_head_follows(&h, ret_s->version, ret_s->commitment),
	    RC_STATE);
	TRY(change_build(&next, &c->waiting));
	ret_s->version = h.version;
	memcpy(ret_s->commitment, change->entry.commitment,
	    sizeof(ret_s->commitment));
out:
	return rc;
}

static enum rc
write_waiting(struct changes *c)
{
	enum rc rc = RC_BUG;

	CHECK(lseek(c->fd, offset_of(c->n), SEEK_SET) >= 0, RC_IO);
	TRY(file_write(c->fd, buf_get(&c->waiting)));
	CHECK(fdatasync(c->fd) == 0, file_error());
out:
	return rc;
}

enum rc
changes_sync(struct changes *c)
{
	struct rd r = buf_get(&c->waiting);
	struct change change;
	enum rc rc = RC_BUG;

	if (c->waiting.len == 0)
		return RC_OK;
	/* memory first: after the sync nothing may fail */
	TRY(index_grow(&c->index, (size_t)c->n + c->waiting.len / CHANGE_SIZE));
	TRY(write_waiting(c));
	while (change_parse(&r, &change) == RC_OK)
		TRY(take_in(c, &change));
out:
	/* a start must not find what nobody was told of */
	if (rc != RC_OK && ftruncate(c->fd, offset_of(c->n)) != 0)
		rc = RC_IO;
	c->waiting.len = 0;
	return rc;
}

uint32_t
changes_epoch(const struct changes *c)
{
	return c->epoch;
}

void
changes_cut(struct changes *c)
{
	ASSERT(c->waiting.len == 0);
	c->epoch++;
}

/* --- reading -------------------------------------------------------------- */

uint32_t
changes_count(const struct changes *c)
{
	return c->n;
}

const struct directory_set *
changes_set(const struct changes *c)
{
	return c->set;
}

enum rc
changes_until(const struct changes *c, uint32_t epoch, uint32_t *ret_records)
{
	struct change change;
	uint32_t low = 0;
	uint32_t high = c->n;
	enum rc rc = RC_OK;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		TRY(changes_read(c, mid, &change));
		if (change.slot.epoch_changed <= epoch)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_records = low;
out:
	return rc;
}

/* The item as it was with the first records. RC_NOT_FOUND: not yet there. */
static enum rc
item_before(const struct changes *c, uint32_t records,
    const struct directory_set_item *now, struct directory_set_item *ret_i)
{
	struct directory_set_item item = *now;
	struct change change;
	enum rc rc = RC_OK;

	while (item.record >= records) {
		TRY(changes_read(c, item.record, &change));
		CHECK(change.prev != CHANGE_NONE, RC_NOT_FOUND);
		CHECK(change.prev < item.record, RC_CORRUPT);
		item.record = change.prev;
		TRY(changes_read(c, item.record, &change));
		item.entry = change.entry;
	}
	*ret_i = item;
out:
	return rc;
}

static enum rc
rewind_place(struct changes *c, uint32_t records, uint32_t place)
{
	const struct directory_set_item *at;
	struct directory_set_item item;
	size_t n;
	enum rc rc = RC_OK;

	at = directory_set_at(c->set, place, &n);
	for (size_t i = n; i > 0; i--) {
		item = at[i - 1];
		rc = item_before(c, records, &item, &item);
		if (rc == RC_NOT_FOUND)
			rc = directory_set_remove(
			    c->set, place, item.entry.tag);
		else if (rc == RC_OK && item.record != at[i - 1].record)
			rc = directory_set_put(c->set, place, &item);
		TRY(rc);
	}
out:
	return rc;
}

enum rc
changes_rewind(struct changes *c, uint32_t records)
{
	enum rc rc = RC_OK;

	for (uint32_t p = 0; records < c->n && p < PLACE_COUNT; p++)
		TRY(rewind_place(c, records, p));
out:
	return rc;
}

enum rc
changes_slot(const struct changes *c,
    const uint8_t commitment[static SLOT_HASH_SIZE], struct buf *b)
{
	const struct changes_index *t = &c->index;
	uint32_t mark = mark_of(commitment);
	size_t at = mark & (t->cap - 1);
	struct change change;
	enum rc rc = RC_NOT_FOUND;

	for (; t->places[at].record_1 != 0; at = (at + 1) & (t->cap - 1)) {
		if (t->places[at].mark != mark)
			continue;
		TRY(changes_read(c, t->places[at].record_1 - 1, &change));
		if (memcmp(change.entry.commitment, commitment,
			SLOT_HASH_SIZE) == 0)
			return slot_build(&change.slot, b);
		rc = RC_NOT_FOUND;
	}
out:
	return rc;
}

static int
by_tag(const void *a, const void *b)
{
	const struct directory_item *x = a;
	const struct directory_item *y = b;

	return memcmp(x->entry.tag, y->entry.tag, HANDLE_KEYS_TAG_SIZE);
}

/* Items of a page, and how many there are. */
struct items {
	struct directory_item *all;
	size_t n;
};

/* Adds those of a place as they were. RC_LIMIT: more than a page. */
static enum rc
add_place(const struct changes *c, uint32_t records, uint32_t place,
    struct items *items)
{
	const struct directory_set_item *at;
	struct directory_set_item item;
	size_t n;
	enum rc rc = RC_OK;

	at = directory_set_at(c->set, place, &n);
	for (size_t k = 0; k < n; k++) {
		rc = item_before(c, records, &at[k], &item);
		if (rc == RC_NOT_FOUND) {
			rc = RC_OK;
			continue;
		}
		TRY(rc);
		CHECK(items->n < ENTRIES_PAGE_ITEMS, RC_LIMIT);
		items->all[items->n++].entry = item.entry;
	}
out:
	return rc;
}

/* Adds those of a bucket, in order; none of them on RC_LIMIT. */
static enum rc
add_bucket(const struct changes *c, uint32_t records, uint32_t columns,
    uint32_t bucket, struct items *items)
{
	size_t first = items->n;
	enum rc rc = RC_OK;

	for (uint32_t p = bucket; rc == RC_OK && p < PLACE_COUNT; p += columns)
		rc = add_place(c, records, p, items);
	if (rc != RC_OK)
		items->n = first;
	for (size_t i = first; i < items->n; i++)
		items->all[i].bucket = bucket;
	qsort(
	    &items->all[first], items->n - first, sizeof(*items->all), by_tag);
	return rc;
}

enum rc
changes_entries(const struct changes *c, uint32_t records, uint32_t columns,
    uint32_t bucket, struct buf *b)
{
	struct items items = { NULL, 0 };
	struct entries_page page = { .next = bucket };
	struct buf octets;
	enum rc rc = RC_BUG;

	buf_init(&octets, (size_t)ENTRIES_PAGE_ITEMS * STASH_ITEM_SIZE);
	items.all = failmem_array(ENTRIES_PAGE_ITEMS, sizeof(*items.all));
	CHECK(items.all != NULL, RC_NOMEM);
	CHECK(bucket < columns, RC_NOT_FOUND);
	for (; page.next < columns; page.next++) {
		rc = add_bucket(c, records, columns, page.next, &items);
		if (rc == RC_LIMIT && page.next > bucket)
			break; /* the next page begins with it */
		TRY(rc);
	}
	for (; page.n < items.n; page.n++)
		TRY(stash_item_build(&items.all[page.n], &octets));
	page.items = buf_get(&octets);
	TRY(entries_page_build(&page, b));
out:
	free(items.all);
	buf_clear(&octets);
	return rc;
}
