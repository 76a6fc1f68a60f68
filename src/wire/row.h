/*
 * row: one query of the log (design: records, section 2) and its octets, which
 * are what is sealed (doc/protocol/records.md, 1). Pure. It holds two numbers:
 * wipe it.
 */
#ifndef ROW_H
#define ROW_H
#include "wire/e164.h"

#include "base/mono.h"

#define ROW_SIZE 40    /* of every row: its length says nothing of it */
#define ROW_IP_SIZE 46 /* text of an IPv6 address and NUL; "" for none */

enum row_cause { /* the client's own word; section 2 */
	ROW_CAUSE_TYPED = 1,
	ROW_CAUSE_BEFORE_SEND = 2,
	ROW_CAUSE_AFTER_RECEIPT = 3,
	ROW_CAUSE_REFRESH = 4,
	ROW_CAUSE_CONTACT_SYNC = 5
};

enum row_ip { /* by policy: the address, a prefix of it, or nothing */
	ROW_IP_NONE = 0,
	ROW_IP_V4 = 4,
	ROW_IP_V6 = 6
};

struct row {
	struct wall query_time; /* 0 to 2^32 - 1 */
	struct e164 source;
	struct e164 lookup;
	uint16_t source_epoch;
	uint16_t lookup_epoch; /* 0: the number never had an account */
	uint8_t devices;
	enum row_cause cause;
	enum row_ip ip_version;
	uint8_t ip[16]; /* the first 4 of a V4 address; else zero octets */
};

/* Every row has one form. RC_MALFORMED: a field is out of its range. */
MUST_USE enum rc row_build(
    const struct row *w, uint8_t ret_octets[static ROW_SIZE]);
MUST_USE enum rc row_parse(struct rd octets, struct row *ret_w);
/* The column client_ip: "192.0.2.0", "2001:db8::", "". RC_MALFORMED. */
MUST_USE enum rc row_ip_parse(struct rd text, struct row *w);
void row_ip_text(const struct row *w, char ret_text[static ROW_IP_SIZE]);
/* "typed", "before-send", ...; NULL for a value not in the enum. */
const char *row_cause_text(enum row_cause c);
MUST_USE enum rc row_cause_parse(struct rd text, enum row_cause *ret_c);
void row_clear(struct row *w);
#endif
