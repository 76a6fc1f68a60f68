/*
 * records: the process that seals the query log and cannot read it back
 * (design: records, section 3; bytes: doc/protocol/records.md).
 */
#ifndef RECORDS_H
#define RECORDS_H

/* Runs the process to its end; returns its exit status (proc/child.h). */
int records_main(void);
#endif
