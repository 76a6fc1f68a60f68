/*
 * Requests that wait for another process. A place is its request's number
 * modulo their count, so finding one costs nothing.
 */
#include "exchange/exchange_internal.h"

struct exchange_pending *
exchange_pending_new(struct exchange *x)
{
	struct exchange_pending *p =
	    &x->pending[x->next_req % EXCHANGE_PENDING_MAX];

	x->next_req++;
	if (p->req != 0)
		return NULL; /* this one still waits; the next may be free */
	p->req = x->next_req - 1;
	return p;
}

struct exchange_pending *
exchange_pending_take(struct exchange *x, uint64_t req)
{
	struct exchange_pending *p = &x->pending[req % EXCHANGE_PENDING_MAX];

	if (req == 0 || p->req != req)
		return NULL;
	p->req = 0;
	return p;
}
