/*
 * row: one query of the log (design: records, section 2) as sealed octets, as
 * CSV line and as JSON object. Pure. It holds two numbers: wipe it.
 */
#ifndef ROW_H
#define ROW_H
#include "wire/e164.h"

#include "base/mono.h"

#define ROW_IP_SIZE 46 /* text of an IPv6 address and NUL; "" for none */

enum row_cause { /* the client's own word; section 2 */
	ROW_CAUSE_TYPED = 1,
	ROW_CAUSE_BEFORE_SEND = 2,
	ROW_CAUSE_AFTER_RECEIPT = 3,
	ROW_CAUSE_REFRESH = 4,
	ROW_CAUSE_CONTACT_SYNC = 5
};

struct row {
	struct wall query_time;
	char client_ip[ROW_IP_SIZE];
	struct e164 source;
	struct e164 lookup;
	uint8_t devices;
	enum row_cause cause;
	uint32_t source_epoch;
	uint32_t lookup_epoch; /* 0: the number never had an account */
};

/* Canonical octets (CBOR array, fields in the order above). */
MUST_USE enum rc row_build(const struct row *w, struct buf *b);
MUST_USE enum rc row_parse(struct rd octets, struct row *ret_w);
/* "typed", "before-send", ...; NULL for a value not in the enum. */
const char *row_cause_text(enum row_cause c);
MUST_USE enum rc row_cause_parse(struct rd text, enum row_cause *ret_c);
void row_clear(struct row *w);
#endif
