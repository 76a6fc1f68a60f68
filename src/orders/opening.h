/*
 * opening: reads the query log and opens exactly what an order names: the
 * envelopes of its handles, days and direction, and of those the rows inside
 * its window. Nothing else is decrypted. Holds the custody key's results: rows
 * are wiped with opening_clear. Blocks on the disk.
 */
#ifndef OPENING_H
#define OPENING_H
#include "orders/order.h"
#include "wire/row.h"

#define OPENING_ROWS_MAX 1000000

struct opening {
	struct row *rows; /* by time, then as written */
	size_t n;
	size_t cap;
};

/* days [from_day, to_day]: also bounds what is read, for one day of a pen
 * register. secret: the log's private key. RC_DENIED: not the key of this log;
 * RC_CORRUPT: a frame, an envelope or a row does not open. */
MUST_USE enum rc opening_rows(int dir, const struct order *o, struct wall from,
    struct wall to, const uint8_t secret[static 32], struct opening *ret_rows);
void opening_clear(struct opening *r);
#endif
