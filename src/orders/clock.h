/*
 * clock: what must be done about an order now, without anybody asking: ends,
 * deadlines, seals. Pure: the caller does it, and the events it writes make
 * that it is not due again.
 */
#ifndef CLOCK_H
#define CLOCK_H
#include "orders/case.h"

enum clock_act {
	CLOCK_ACT_COMMIT = 1,  /* it ended, and the public log lacks it */
	CLOCK_ACT_STOP,        /* a pen register's window is over */
	CLOCK_ACT_OVERDUE,     /* the answer's deadline passed */
	CLOCK_ACT_UNCONFIRMED, /* no order followed an emergency in time */
	CLOCK_ACT_EXPIRE,      /* the order, or what it froze, ends */
	CLOCK_ACT_OPEN,        /* the seal is over: the log's entry opens */
	CLOCK_ACT_NOTICE       /* the targets are told */
};
#define CLOCK_ACTS 7

/* Fills ret_acts in the order in which they are to be done; returns how many.
 * What one of them makes due is due at the next call. */
size_t clock_due(const struct case_file *c, struct wall now,
    enum clock_act ret_acts[static CLOCK_ACTS]);
/* "stop", "open", ... */
const char *clock_act_name(enum clock_act a);
#endif
