#include "directory/directory_set.h"

#include <string.h>

#include "base/failmem.h"
#include "directory/place.h"

struct list {
	struct directory_set_item *items;
	uint32_t n;
	uint32_t cap;
};

struct directory_set {
	struct list *places;
	uint64_t n;
};

enum rc
directory_set_new(struct directory_set **ret_s)
{
	struct directory_set *s = failmem_alloc(sizeof(*s));
	enum rc rc = RC_BUG;

	CHECK(s != NULL, RC_NOMEM);
	s->places = failmem_array(PLACE_COUNT, sizeof(*s->places));
	CHECK(s->places != NULL, RC_NOMEM);
	*ret_s = s;
	s = NULL;
	rc = RC_OK;
out:
	directory_set_free(s);
	return rc;
}

void
directory_set_free(struct directory_set *s)
{
	if (s == NULL)
		return;
	for (uint32_t p = 0; s->places != NULL && p < PLACE_COUNT; p++)
		if (s->places[p].cap > 0)
			free(s->places[p].items);
	free(s->places);
	free(s);
}

uint64_t
directory_set_size(const struct directory_set *s)
{
	return s->n;
}

/* Where the tag stands, or would: a place has few entries. */
static uint32_t
where(const struct list *l, const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    bool *ret_found)
{
	uint32_t low = 0;
	uint32_t high = l->n;

	*ret_found = false;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		int order = memcmp(
		    l->items[mid].entry.tag, tag, HANDLE_KEYS_TAG_SIZE);

		if (order == 0) {
			*ret_found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum rc
directory_set_find(const struct directory_set *s, uint32_t place,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    const struct directory_set_item **ret_i)
{
	const struct list *l = &s->places[place];
	bool found;
	uint32_t at = where(l, tag, &found);

	if (!found)
		return RC_NOT_FOUND;
	*ret_i = &l->items[at];
	return RC_OK;
}

static enum rc
grow(struct list *l)
{
	struct directory_set_item *items;
	uint32_t cap = l->cap + l->cap / 2 + 2;

	if (l->n < l->cap)
		return RC_OK;
	items = failmem_array(cap, sizeof(*items));
	if (items == NULL)
		return RC_NOMEM;
	if (l->n > 0)
		memcpy(items, l->items, l->n * sizeof(*items));
	free(l->items);
	l->items = items;
	l->cap = cap;
	return RC_OK;
}

enum rc
directory_set_put(
    struct directory_set *s, uint32_t place, const struct directory_set_item *i)
{
	struct list *l = &s->places[place];
	bool found;
	uint32_t at = where(l, i->entry.tag, &found);
	enum rc rc = RC_OK;

	if (!found) {
		TRY(grow(l));
		memmove(&l->items[at + 1], &l->items[at],
		    (l->n - at) * sizeof(*l->items));
		l->n++;
		s->n++;
	}
	l->items[at] = *i;
out:
	return rc;
}

enum rc
directory_set_remove(struct directory_set *s, uint32_t place,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE])
{
	struct list *l = &s->places[place];
	bool found;
	uint32_t at = where(l, tag, &found);

	if (!found)
		return RC_NOT_FOUND;
	memmove(&l->items[at], &l->items[at + 1],
	    (l->n - at - 1) * sizeof(*l->items));
	l->n--;
	s->n--;
	return RC_OK;
}

const struct directory_set_item *
directory_set_at(const struct directory_set *s, uint32_t place, size_t *ret_n)
{
	*ret_n = s->places[place].n;
	return s->places[place].items;
}
