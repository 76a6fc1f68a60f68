/*
 * opening: the rows that an order's envelopes gave, in the order in which a
 * package has them. It holds numbers: wiped with opening_clear.
 */
#ifndef OPENING_H
#define OPENING_H
#include "orders/order.h"
#include "wire/row.h"

#define OPENING_ROWS_MAX 4000000

struct opening {
	struct row *rows; /* by time, then as written */
	size_t n;
	size_t cap;
};

struct opening_window { /* [from, to) */
	struct wall from;
	struct wall to;
};

/* RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc opening_add(struct opening *r, const struct row *w);
/* Whether w, found in an envelope of target's, may be shown: it is inside
 * [from, to), and the number was then the person's whom the order means. */
bool opening_is_inside(const struct order *o, size_t target,
    const struct opening_window *window, const struct row *w, bool is_lookup);
/* Whether it is the second copy of a row whose two handles are both targets of
 * an order of both directions: the first stands under its source. */
bool opening_is_copy(
    const struct order *o, const struct row *w, bool is_lookup);
/* By time; rows of one second stay as they were added. RC_NOMEM. */
MUST_USE enum rc opening_sort(struct opening *r);
void opening_clear(struct opening *r);
#endif
