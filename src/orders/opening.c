#include "orders/opening.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"

void
opening_clear(struct opening *r)
{
	if (r->rows != NULL)
		sodium_memzero(r->rows, r->cap * sizeof(*r->rows));
	free(r->rows);
	*r = (struct opening){ 0 };
}

enum rc
opening_add(struct opening *r, const struct row *w)
{
	size_t cap = r->cap == 0 ? 64 : r->cap * 2;
	struct row *rows;

	if (r->n == r->cap) {
		if (cap > OPENING_ROWS_MAX)
			return RC_LIMIT;
		rows = failmem_array(cap, sizeof(*rows));
		if (rows == NULL)
			return RC_NOMEM;
		if (r->n > 0) {
			memcpy(rows, r->rows, r->n * sizeof(*rows));
			sodium_memzero(r->rows, r->n * sizeof(*rows));
		}
		free(r->rows);
		r->rows = rows;
		r->cap = cap;
	}
	r->rows[r->n++] = *w;
	return RC_OK;
}

bool
opening_is_inside(const struct order *o, size_t target,
    const struct opening_window *window, const struct row *w, bool is_lookup)
{
	uint32_t epoch = is_lookup ? w->lookup_epoch : w->source_epoch;

	/* a recycled number: another person's rows are not this order's */
	return w->query_time.s >= window->from.s &&
	    w->query_time.s < window->to.s &&
	    (o->epochs[target] == 0 || o->epochs[target] == epoch);
}

bool
opening_is_copy(const struct order *o, const struct row *w, bool is_lookup)
{
	if (!is_lookup || o->direction != ORDER_DIRECTION_BOTH)
		return false;
	for (size_t i = 0; i < o->n_handles; i++)
		if (e164_is_eq(&o->handles[i], &w->source) &&
		    (o->epochs[i] == 0 || o->epochs[i] == w->source_epoch))
			return true;
	return false;
}

/* Merges the sorted halves [0, half) and [half, n); equal times keep their
 * order. */
static void
merge(struct row *p, size_t half, size_t n, struct row *room)
{
	size_t a = 0;
	size_t b = half;

	for (size_t i = 0; i < n; i++)
		if (b == n ||
		    (a < half && p[a].query_time.s <= p[b].query_time.s))
			room[i] = p[a++];
		else
			room[i] = p[b++];
	memcpy(p, room, n * sizeof(*p));
}

enum rc
opening_sort(struct opening *r)
{
	struct row *room = failmem_array(r->n + 1, sizeof(*room));

	if (room == NULL)
		return RC_NOMEM;
	for (size_t half = 1; half < r->n; half *= 2)
		for (size_t at = 0; at + half < r->n; at += 2 * half)
			merge(r->rows + at, half,
			    r->n - at < 2 * half ? r->n - at : 2 * half, room);
	sodium_memzero(room, (r->n + 1) * sizeof(*room));
	free(room);
	return RC_OK;
}
