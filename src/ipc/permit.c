#include "ipc/permit.h"

#include "wire/relay.h"

struct permit {
	enum msg_type type;
	enum permit_role from;
	enum permit_role to;
	enum permit_phase phase; /* of the receiver */
	uint32_t max;            /* octets of body */
	bool fd;                 /* carries a descriptor */
};

#define PARENT PERMIT_ROLE_PARENT
#define FRONT PERMIT_ROLE_FRONT
#define EXCHANGE PERMIT_ROLE_EXCHANGE
#define RECORDS PERMIT_ROLE_RECORDS
#define SMS PERMIT_ROLE_SMS
#define KTLOG PERMIT_ROLE_KTLOG
#define KEYS PERMIT_ROLE_KEYS
#define HERALD PERMIT_ROLE_HERALD
#define LOOKUP PERMIT_ROLE_LOOKUP
#define ALL ((enum permit_role)0) /* every process but the parent */
#define SETUP PERMIT_PHASE_SETUP
#define SERVING PERMIT_PHASE_SERVING
#define ANY PERMIT_PHASE_ANY

/* What is not here does not exist. */
static const struct permit permits[] = {
	{ MSG_CONFIG, PARENT, ALL, ANY, 65540, false },
	{ MSG_FILE, PARENT, ALL, ANY, 64, true },
	{ MSG_PEER, PARENT, ALL, SETUP, 64, true },
	{ MSG_START, PARENT, ALL, SETUP, 1, false },
	{ MSG_STOP, PARENT, ALL, ANY, 1, false },
	{ MSG_RELOAD, PARENT, ALL, SERVING, 1, false },
	{ MSG_READY, ALL, PARENT, ANY, 1, false },

	{ MSG_REG_START, FRONT, EXCHANGE, SERVING, 64, false },
	{ MSG_REG_SEND, FRONT, EXCHANGE, SERVING, 64, false },
	{ MSG_REG_REPLY, EXCHANGE, FRONT, SERVING, 64, false },
	{ MSG_ACCOUNT_PUT, FRONT, EXCHANGE, SERVING, 32768, false },
	{ MSG_ACCOUNT_REPLY, EXCHANGE, FRONT, SERVING, 64, false },
	{ MSG_LOOKUP, FRONT, EXCHANGE, SERVING, 4096, false },
	{ MSG_LOOKUP_REPLY, EXCHANGE, FRONT, SERVING, 64, false },
	{ MSG_PREKEYS_GET, FRONT, EXCHANGE, SERVING, 4096, false },
	{ MSG_PREKEYS_REPLY, EXCHANGE, FRONT, SERVING, 16384, false },
	{ MSG_PREKEYS_PUT, FRONT, EXCHANGE, SERVING, 32768, false },
	{ MSG_DEVICES_PUT, FRONT, EXCHANGE, SERVING, 32768, false },
	{ MSG_TOKENS, FRONT, EXCHANGE, SERVING, 8192, false },
	{ MSG_PROMISE_GET, FRONT, EXCHANGE, SERVING, 4096, false },
	{ MSG_OCTETS_REPLY, EXCHANGE, FRONT, SERVING, 8256, false },
	{ MSG_LINK_PUT, FRONT, EXCHANGE, SERVING, 16384, false },
	{ MSG_LINK_GET, FRONT, EXCHANGE, SERVING, 128, false },
	{ MSG_LINK_REPLY, EXCHANGE, FRONT, SERVING, 16384, false },
	{ MSG_FILE_GET, FRONT, EXCHANGE, SERVING, 4096, false },
	{ MSG_FILE_REPLY, EXCHANGE, FRONT, SERVING, MSG_BODY_MAX, false },
	{ MSG_SMS_SEND, FRONT, EXCHANGE, SERVING, 8192, false },
	{ MSG_REPLY, EXCHANGE, FRONT, SERVING, 64, false },

	{ MSG_SEND, FRONT, EXCHANGE, SERVING, MSG_BODY_MAX, false },
	{ MSG_SENT, EXCHANGE, FRONT, SERVING, 512, false },
	{ MSG_STREAM_OPEN, FRONT, EXCHANGE, SERVING, 4096, false },
	{ MSG_STREAM_REPLY, EXCHANGE, FRONT, SERVING, 64, false },
	{ MSG_STREAM_CLOSE, FRONT, EXCHANGE, SERVING, 8, false },
	{ MSG_STREAM_CLOSE, EXCHANGE, FRONT, SERVING, 8, false },
	{ MSG_DELIVER, EXCHANGE, FRONT, SERVING, RELAY_ENVELOPE_MAX + 128,
	    false },
	{ MSG_ACK, FRONT, EXCHANGE, SERVING, 16, false },
	{ MSG_STREAM_IDLE, EXCHANGE, FRONT, SERVING, 8, false },

	{ MSG_ROW, EXCHANGE, RECORDS, SERVING, 512, false },
	{ MSG_ROW_DONE, RECORDS, EXCHANGE, SERVING, 32, false },
	{ MSG_ROWS_GET, EXCHANGE, RECORDS, SERVING, 2048, false },
	{ MSG_ROWS_REPLY, RECORDS, EXCHANGE, SERVING, MSG_BODY_MAX, false },
	{ MSG_CUT, EXCHANGE, RECORDS, SERVING, 8, false },
	{ MSG_CUT_DONE, RECORDS, EXCHANGE, SERVING, 32, false },

	{ MSG_SMS_OUT, EXCHANGE, SMS, SERVING, 8192, false },
	{ MSG_SMS_STATE, SMS, EXCHANGE, SERVING, 32, false },
	{ MSG_SMS_FIND, SMS, EXCHANGE, SERVING, 32, false },
	{ MSG_SMS_DEVICES, EXCHANGE, SMS, SERVING, 512, false },
	{ MSG_SMS_IN, SMS, EXCHANGE, SERVING, 65664, false },
	{ MSG_SMS_IN_DONE, EXCHANGE, SMS, SERVING, 16, false },

	{ MSG_LOG_APPEND, EXCHANGE, KTLOG, SERVING, 4160, false },
	{ MSG_LOG_APPENDED, KTLOG, EXCHANGE, SERVING, 32, false },
	{ MSG_LOG_APPEND, RECORDS, KTLOG, SERVING, 4160, false },
	{ MSG_LOG_APPENDED, KTLOG, RECORDS, SERVING, 32, false },
	{ MSG_LOG_GET, FRONT, KTLOG, SERVING, 256, false },
	{ MSG_LOG_FILE, KTLOG, FRONT, SERVING, MSG_BODY_MAX, false },
	{ MSG_SIGN_CHECKPOINT, KTLOG, KEYS, SERVING, 48, false },
	{ MSG_SIGNED, KEYS, KTLOG, SERVING, 8192, false },
	{ MSG_SIGN_MANIFEST, EXCHANGE, KEYS, SERVING, 65600, false },
	{ MSG_SIGNED, KEYS, EXCHANGE, SERVING, 8192, false },
	{ MSG_POLICY, KEYS, FRONT, SERVING, 65600, false },
	{ MSG_POLICY_HASH, KEYS, KTLOG, SERVING, 32, false },
	{ MSG_COSIGN, KTLOG, HERALD, SERVING, 8192, false },
	{ MSG_COSIGNED, HERALD, KTLOG, SERVING, 512, false },
	{ MSG_PROOF_GET, HERALD, KTLOG, SERVING, 32, false },
	{ MSG_PROOF, KTLOG, HERALD, SERVING, 2112, false },

	{ MSG_EVALUATE, EXCHANGE, LOOKUP, SERVING, 3328, false },
	{ MSG_EVALUATED, LOOKUP, EXCHANGE, SERVING, 3328, false },
	{ MSG_PRIVATE, FRONT, LOOKUP, SERVING, MSG_BODY_MAX, false },
	{ MSG_PRIVATE_REPLY, LOOKUP, FRONT, SERVING, MSG_BODY_MAX, false },
	{ MSG_PRIVATE_LIMIT, LOOKUP, FRONT, SERVING, 4, false },
	{ MSG_COUNTS_GET, EXCHANGE, LOOKUP, SERVING, 9, false },
	{ MSG_COUNTS, LOOKUP, EXCHANGE, SERVING, 160, false },
	{ MSG_LOOKUP_KEYS, LOOKUP, KTLOG, SERVING, 68, false },
	{ MSG_LOOKUP_KEYS, LOOKUP, EXCHANGE, SERVING, 68, false },
	{ MSG_SLOT_PUT, EXCHANGE, KTLOG, SERVING, 208, false },
	{ MSG_SLOT_DONE, KTLOG, EXCHANGE, SERVING, 49, false },
	{ MSG_SNAPSHOT, KTLOG, LOOKUP, SERVING, 48, true },
	{ MSG_SNAPSHOT_READY, LOOKUP, KTLOG, SERVING, 5, false },
	{ MSG_EPOCH, KTLOG, EXCHANGE, SERVING, 36, false },
};

static bool
is_role(enum permit_role in_table, enum permit_role role)
{
	return in_table == role || (in_table == ALL && role != PARENT);
}

bool
permit_is(enum msg_type type, enum permit_role from, enum permit_role to,
    bool serving, size_t size, bool has_fd)
{
	for (size_t i = 0; i < ARRAY_LEN(permits); i++) {
		const struct permit *p = &permits[i];

		if (p->type != type || !is_role(p->from, from) ||
		    !is_role(p->to, to))
			continue;
		if (p->phase != ANY && (p->phase == SERVING) != serving)
			return false;
		return size <= p->max && p->fd == has_fd;
	}
	return false;
}

bool
permit_has_fd(enum msg_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(permits); i++)
		if (permits[i].type == type)
			return permits[i].fd;
	return false;
}

const char *
permit_role_name(enum permit_role role)
{
	switch (role) {
	case PERMIT_ROLE_PARENT:
		return "parent";
	case PERMIT_ROLE_FRONT:
		return "front";
	case PERMIT_ROLE_EXCHANGE:
		return "exchange";
	case PERMIT_ROLE_RECORDS:
		return "records";
	case PERMIT_ROLE_SMS:
		return "sms";
	case PERMIT_ROLE_KTLOG:
		return "ktlog";
	case PERMIT_ROLE_KEYS:
		return "keys";
	case PERMIT_ROLE_HERALD:
		return "herald";
	case PERMIT_ROLE_LOOKUP:
		return "lookup";
	}
	return "unknown";
}

enum rc
permit_role_parse(struct rd name, enum permit_role *ret_role)
{
	for (int r = PERMIT_ROLE_PARENT; r <= PERMIT_ROLE_LAST; r++)
		if (rd_is_eq(name, permit_role_name((enum permit_role)r))) {
			*ret_role = (enum permit_role)r;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

bool
permit_is_joined(enum permit_role a, enum permit_role b)
{
	if (a == PARENT || b == PARENT)
		return a != b;
	/* joined are those of whom one may send the other something */
	for (size_t i = 0; i < ARRAY_LEN(permits); i++)
		if ((permits[i].from == a && permits[i].to == b) ||
		    (permits[i].from == b && permits[i].to == a))
			return true;
	return false;
}
