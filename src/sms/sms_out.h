/*
 * sms_out: outgoing texts: from MSG_SMS_OUT to the sink or, in parts, to the
 * SMSC, and what became of them. It wipes what it built, and logs no text.
 */
#ifndef SMS_OUT_H
#define SMS_OUT_H
#include "ipc/msg.h"
#include "sms/sms_sink.h"
#include "sms/smsc_client.h"
#include "sms/smpp_receipt.h"

struct sms_out;

struct sms_out_hooks {
	void *arg;
	/* state: enum sms_note_state, or 0: not taken */
	void (*on_state)(void *arg, const uint8_t id[static 16], uint8_t state);
};

MUST_USE enum rc sms_out_new(
    const struct sms_out_hooks *hooks, struct sms_out **ret_o);
void sms_out_free(struct sms_out *o);
/* Where texts go; both are the caller's, either may be NULL. */
void sms_out_to(
    struct sms_out *o, struct sms_sink *sink, struct smsc_client *client);
/* Sender of codes: digits or a name; copied. */
void sms_out_sender(struct sms_out *o, const char *sender);
void sms_out_on_text(struct sms_out *o, const struct msg_sms_out *text);
void sms_out_on_submitted(
    struct sms_out *o, uint64_t token, enum rc rc, const char *id);
void sms_out_on_receipt(struct sms_out *o, const struct smpp_receipt *receipt);
#endif
