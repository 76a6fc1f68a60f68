/*
 * sms_in: incoming texts. Each is asked for at the exchange, joined when it
 * comes in parts, sealed to every device of the number, and stored; only then
 * does the SMSC hear that we have it. A part of several is answered when it is
 * held in memory: a crash before the last part loses it. It holds numbers and
 * texts and wipes them.
 */
#ifndef SMS_IN_H
#define SMS_IN_H
#include "base/mono.h"
#include "ipc/msg.h"
#include "sms/smpp_deliver.h"

#define SMS_IN_PENDING_MAX 64
#define SMS_IN_JOIN_MS 300000 /* then what came of a text goes on as it is */

struct sms_in;

struct sms_in_hooks {
	void *arg;
	void (*on_find)(void *arg, const struct msg_sms_find *find);
	void (*on_store)(void *arg, const struct msg_sms_in *in);
	void (*on_answer)(void *arg, uint64_t session, uint32_t seq,
	    enum smpp_pdu_status status);
};

/* key: 32 octets that name the same text alike after a restart, and that the
 * exchange does not know; copied. */
MUST_USE enum rc sms_in_new(const struct sms_in_hooks *hooks,
    const uint8_t key[static 32], struct sms_in **ret_in);
void sms_in_free(struct sms_in *in);
/* Not a receipt. now: of this turn. */
void sms_in_on_deliver(struct sms_in *in, uint64_t session, uint32_t seq,
    const struct smpp_deliver *d);
void sms_in_on_devices(
    struct sms_in *in, const struct msg_sms_devices *msg, struct mono now);
void sms_in_on_done(struct sms_in *in, const struct msg_sms_in_done *msg);
/* Every few seconds: texts whose missing parts never came. */
void sms_in_on_tick(struct sms_in *in, struct mono now);
#endif
