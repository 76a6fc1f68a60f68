/*
 * smpp_bind: the bodies of bind_transceiver and its response (SMPP 3.4,
 * sections 4.1.5 and 4.1.6). Pure. It holds a password: clear it.
 */
#ifndef SMPP_BIND_H
#define SMPP_BIND_H
#include "base/buf.h"

struct smpp_bind {
	char system_id[16];
	char password[9];
};

/* RC_MALFORMED: a field without its NUL, or octets after the last field. */
MUST_USE enum rc smpp_bind_parse(struct rd body, struct smpp_bind *ret_bind);
MUST_USE enum rc smpp_bind_build(const struct smpp_bind *bind, struct buf *b);
/* Checks the response's body, which may be empty when the status says no. */
MUST_USE enum rc smpp_bind_resp_parse(struct rd body);
void smpp_bind_clear(struct smpp_bind *bind);
#endif
