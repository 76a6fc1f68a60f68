/*
 * exchange: the process that holds accounts and mailboxes. It verifies every
 * signed request, applies the limits, and acknowledges nothing that is not
 * durable. It keeps numbers only as keyed hashes, and no sender of a message.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

/* Runs the process to its end; returns its exit status (proc/child.h). */
int exchange_main(void);
#endif
