/*
 * relay: what passes between a client and the relay about messages:
 * the body of POST /v1/messages/{account} and the frames of /v1/stream.
 * Deterministic CBOR; one frame is one binary WebSocket message. Pure.
 *
 *   send body / frame 1 (client):  [1, id bstr16, account bstr16,
 *       list version, [[device, envelope bstr], ...]]      devices ascend
 *   ack frame 2 (client):          [2, seq]  everything up to and with seq
 *   sent frame 3 (server):         [3, id, status, retry_after s,
 *       [missing ids], [extra ids], list version]
 *   deliver frame 4 (server):      [4, seq, time s, kind, octets bstr]
 *   idle frame 5 (server):         [5]  the mailbox is empty as of now
 */
#ifndef RELAY_H
#define RELAY_H
#include "base/buf.h"
#include "base/mono.h"
#include "wire/device_list.h"

#define RELAY_ENVELOPE_MAX 98304 /* 96 KiB (budgets: limits) */
#define RELAY_FRAME_MAX (DEVICE_LIST_MAX * (RELAY_ENVELOPE_MAX + 16) + 256)

enum relay_op {
	RELAY_OP_SEND = 1,
	RELAY_OP_ACK = 2,
	RELAY_OP_SENT = 3,
	RELAY_OP_DELIVER = 4,
	RELAY_OP_IDLE = 5
};

enum relay_kind { /* of a mailbox entry; the relay's word, not the sender's */
	RELAY_KIND_MESSAGE = 1,  /* sealed envelope from a device */
	RELAY_KIND_SMS = 2,      /* sealed by the sms process; see sms_in */
	RELAY_KIND_SMS_STATE = 3 /* state of an SMS this account sent */
};

enum relay_status {
	RELAY_STATUS_OK = 0,    /* durable */
	RELAY_STATUS_STALE = 1, /* device list: see missing, extra */
	RELAY_STATUS_NO_ACCOUNT = 2,
	RELAY_STATUS_LIMIT = 3,   /* try again after retry_after seconds */
	RELAY_STATUS_FULL = 4,    /* the mailbox is full */
	RELAY_STATUS_REFUSED = 5, /* malformed or too large */
	RELAY_STATUS_DOWN = 6     /* our fault; try again */
};

struct relay_send {
	uint8_t id[16]; /* the sender's; a repeat is stored once */
	uint8_t account[16];
	uint32_t list_version;
	size_t n;
	struct {
		uint8_t device;
		struct rd envelope; /* borrowed */
	} to[DEVICE_LIST_MAX];
};

struct relay_sent {
	uint8_t id[16];
	enum relay_status status;
	uint32_t retry_after; /* seconds */
	size_t n_missing;
	uint8_t missing[DEVICE_LIST_MAX];
	size_t n_extra;
	uint8_t extra[DEVICE_LIST_MAX];
	uint32_t list_version;
};

struct relay_deliver {
	uint64_t seq;
	struct wall time; /* when the relay took it */
	enum relay_kind kind;
	struct rd octets; /* borrowed */
};

struct relay_frame {
	enum relay_op op;
	union {
		struct relay_send send;
		uint64_t ack_seq;
		struct relay_sent sent;
		struct relay_deliver deliver;
	} u;
};

MUST_USE enum rc relay_frame_parse(struct rd octets, struct relay_frame *ret_f);
MUST_USE enum rc relay_frame_build(const struct relay_frame *f, struct buf *b);
#endif
