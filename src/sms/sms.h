/*
 * sms: the process that speaks to one SMSC. It alone holds numbers together
 * with texts; nothing of them is logged or written, but for the --demo sink.
 */
#ifndef SMS_H
#define SMS_H

/* Runs the process to its end; its exit status. */
int sms_main(void);
#endif
