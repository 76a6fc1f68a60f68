/*
 * herald: the process that shows each new checkpoint of the log to the
 * configured witnesses (c2sp.org/tlog-witness) and hands their cosignatures to
 * ktlog. It connects and nothing else: no file, no key, no client.
 */
#ifndef HERALD_H
#define HERALD_H

/* The process; returns its exit status. */
int herald_main(void);
#endif
