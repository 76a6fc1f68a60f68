/*
 * sms_sink: where texts go with --demo: one file each in DIR/sms, named
 * NNNNNN-+NUMBER.txt, the body only. Written under another name, synced and
 * renamed, so that a reader sees whole files only. Blocks on the disk.
 */
#ifndef SMS_SINK_H
#define SMS_SINK_H
#include "wire/e164.h"

struct sms_sink;

/* Takes dir_fd. The count goes on after the highest file there. */
MUST_USE enum rc sms_sink_open(int dir_fd, struct sms_sink **ret_s);
void sms_sink_close(struct sms_sink *s); /* NULL is fine */
/* RC_IO, RC_NOSPACE: nothing is left behind. */
MUST_USE enum rc sms_sink_put(
    struct sms_sink *s, const struct e164 *to, struct rd text);
#endif
