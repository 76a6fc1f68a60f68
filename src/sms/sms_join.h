/*
 * sms_join: the parts of incoming texts until all of a text are there. Bounded
 * in texts and in octets; what waits too long is given out with its gaps. It
 * holds numbers and texts, which are wiped when they leave.
 */
#ifndef SMS_JOIN_H
#define SMS_JOIN_H
#include "base/mono.h"
#include "sms/smpp_deliver.h"

#define SMS_JOIN_TEXTS_MAX 256
#define SMS_JOIN_PART_MAX 1024 /* octets of UTF-8: 160 characters and more */

struct sms_join;

struct sms_join_key {
	struct e164 from;
	char from_text[SMPP_PDU_ADDR_MAX];
	struct e164 to;
	struct sms_text_place place;
};

MUST_USE enum rc sms_join_new(struct sms_join **ret_j);
void sms_join_free(struct sms_join *j);
/* Keeps the part. RC_AGAIN: others are missing; RC_OK: the text is whole and
 * appended to whole, and it is kept until sms_join_done, so that a failure
 * afterwards loses nothing; RC_LIMIT: too many texts or octets wait;
 * RC_MALFORMED: no part of several. */
MUST_USE enum rc sms_join_add(struct sms_join *j, const struct sms_join_key *k,
    struct rd text, struct mono now, struct buf *whole);
void sms_join_done(struct sms_join *j, const struct sms_join_key *k);
/* The oldest text of which no part came for ms: appended to whole with "..."
 * where parts are missing, and kept until sms_join_done. RC_NOT_FOUND. */
MUST_USE enum rc sms_join_expired(struct sms_join *j, struct mono now,
    int64_t ms, struct sms_join_key *ret_k, struct buf *whole);
#endif
