/*
 * log: structured events, one JSON object per line on stderr. Fields are
 * integers and enum names only; there is no way to pass a string or bytes, so
 * no number, address, text, key or token can get in (design: style, Logs).
 * Events are listed in proc/log_events.h and explained in man/tacetd.8.
 */
#ifndef LOG_H
#define LOG_H
#include "base/rc.h"
#include "ipc/permit.h"
#include "proc/log_events.h"

enum log_kind { LOG_KIND_END, LOG_KIND_U64, LOG_KIND_RC, LOG_KIND_ROLE };

struct log_field {
	enum log_kind kind;
	const char *name; /* a literal, [a-z_]+ */
	uint64_t value;
};

#define LOG_U(n, v) ((struct log_field){ LOG_KIND_U64, (n), (uint64_t)(v) })
#define LOG_RC(v) ((struct log_field){ LOG_KIND_RC, "rc", (uint64_t)(v) })
#define LOG_ROLE(v) ((struct log_field){ LOG_KIND_ROLE, "peer", (uint64_t)(v) })
/* A hash of the account id keyed afresh at each start: 48 bits. */
#define LOG_ACCT(id) ((struct log_field){ LOG_KIND_U64, "acct", log_acct(id) })

void log_init(enum permit_role self);
uint64_t log_acct(const uint8_t account[static 16]);
void log_write(enum log_event ev, const struct log_field *fields);
/* Zero or more fields; the first place is not one, so that none need be given.
 */
#define log_event(ev, ...)                                         \
	log_write((ev),                                            \
	    (const struct log_field[]){ { LOG_KIND_END, NULL, 0 }, \
		##__VA_ARGS__, { LOG_KIND_END, NULL, 0 } } +       \
		1)
#endif
