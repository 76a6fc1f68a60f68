/*
 * keys: the process that holds the log key and the policy key, and signs with
 * them: checkpoints that only ever grow, the policy as the parent wrote it, and
 * package manifests. It opens no file and no socket, and reads no octet of a
 * client. Its memory of the last checkpoint is the file keys/log.mark, so that
 * a log that is put back is found out.
 */
#ifndef KEYS_H
#define KEYS_H

/* The process; returns its exit status. */
int keys_main(void);
#endif
