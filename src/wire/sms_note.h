/*
 * sms_note: what a device learns of SMS. Deterministic CBOR. Pure.
 *
 *   incoming SMS, sealed to the device's EK by the sms process (HPKE base,
 *   info "tacet sms v1"; kind 2):  [1, from text "+..", time s, text]
 *   state of a sent SMS (kind 3):  [2, id bstr16, state]
 */
#ifndef SMS_NOTE_H
#define SMS_NOTE_H
#include "base/buf.h"
#include "base/mono.h"
#include "wire/e164.h"

#define SMS_NOTE_TEXT_MAX 4096 /* octets of UTF-8 */

enum sms_note_state {
	SMS_NOTE_STATE_SENT = 1,      /* the SMSC took it */
	SMS_NOTE_STATE_DELIVERED = 2, /* receipt: the phone has it */
	SMS_NOTE_STATE_FAILED = 3     /* rejected, expired, undeliverable */
};

struct sms_note_in {
	struct e164 from;   /* n = 0: an alphanumeric or short sender */
	char from_text[32]; /* set when from.n = 0; printable ASCII */
	struct wall time;
	struct rd text; /* borrowed, UTF-8 */
};

struct sms_note_out {
	uint8_t id[16];
	enum sms_note_state state;
};

MUST_USE enum rc sms_note_in_parse(struct rd octets, struct sms_note_in *ret_n);
MUST_USE enum rc sms_note_in_build(const struct sms_note_in *n, struct buf *b);
MUST_USE enum rc sms_note_out_parse(
    struct rd octets, struct sms_note_out *ret_n);
MUST_USE enum rc sms_note_out_build(
    const struct sms_note_out *n, struct buf *b);
#endif
