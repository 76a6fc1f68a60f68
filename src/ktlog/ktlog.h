/*
 * ktlog: the process that writes the public log (doc/protocol/log.md) and
 * serves its files. Holds no key: keys signs, witnesses cosign. Its home is
 * DIR/log.
 */
#ifndef KTLOG_H
#define KTLOG_H

/* The process; returns its exit status. */
int ktlog_main(void);
#endif
