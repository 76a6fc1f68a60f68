/*
 * permit: who may send what to whom, when, and how large. The security
 * argument of the process split as one table (permit.c). A message that is not
 * in it ends the sender, and the parent restarts the whole.
 */
#ifndef PERMIT_H
#define PERMIT_H
#include "ipc/msg.h"

enum permit_role {
	PERMIT_ROLE_PARENT = 1,
	PERMIT_ROLE_FRONT,
	PERMIT_ROLE_EXCHANGE,
	PERMIT_ROLE_RECORDS,
	PERMIT_ROLE_SMS,
	PERMIT_ROLE_KTLOG,
	PERMIT_ROLE_KEYS,
	PERMIT_ROLE_HERALD,
	PERMIT_ROLE_LOOKUP
};
#define PERMIT_ROLE_LAST PERMIT_ROLE_LOOKUP

enum permit_phase {
	PERMIT_PHASE_SETUP = 1, /* before START */
	PERMIT_PHASE_SERVING,   /* after READY */
	PERMIT_PHASE_ANY
};

/* True when the table has the row and size and descriptor fit it. serving:
 * whether the receiver is past START. */
bool permit_is(enum msg_type type, enum permit_role from, enum permit_role to,
    bool serving, size_t size, bool has_fd);
/* Whether every message of that type carries a descriptor. */
bool permit_has_fd(enum msg_type type);
const char *permit_role_name(enum permit_role role);
/* RC_NOT_FOUND. */
MUST_USE enum rc permit_role_parse(struct rd name, enum permit_role *ret_role);
/* Whether the two roles are joined by a channel at all. */
bool permit_is_joined(enum permit_role a, enum permit_role b);
#endif
