/*
 * sms_track: which SMSC message is a part of which text of ours, so that a
 * receipt finds its sender's text. In memory and bounded: the oldest leave
 * first, and a receipt that comes later than that is not passed on. It holds
 * no number and no text. Pure.
 */
#ifndef SMS_TRACK_H
#define SMS_TRACK_H
#include "sms/smpp_receipt.h"
#include "wire/sms_note.h"

#define SMS_TRACK_TEXTS_MAX 4096
#define SMS_TRACK_PARTS_MAX 8192

struct sms_track;

MUST_USE enum rc sms_track_new(struct sms_track **ret_t);
void sms_track_free(struct sms_track *t);
/* A text of that many parts begins. The token is never 0 and never reused. */
uint64_t sms_track_add(
    struct sms_track *t, const uint8_t id[static 16], size_t parts);
/* Each of the next: RC_OK: *ret_note is news for the sender; RC_AGAIN: there
 * is none yet; RC_NOT_FOUND: no such text, or no longer. */
MUST_USE enum rc sms_track_sent(struct sms_track *t, uint64_t token,
    const char *submit_id, struct sms_note_out *ret_note);
MUST_USE enum rc sms_track_failed(
    struct sms_track *t, uint64_t token, struct sms_note_out *ret_note);
MUST_USE enum rc sms_track_receipt(struct sms_track *t,
    const struct smpp_receipt *receipt, struct sms_note_out *ret_note);
#endif
