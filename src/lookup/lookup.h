/*
 * lookup: the process that evaluates: tokens and the directory's pseudonyms for
 * the exchange, private lookups for nobody in particular. It has the keys of
 * both, and is told no account, no address and no number.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

/* The process; returns its exit status. */
int lookup_main(void);
#endif
