/*
 * log_events: every event that can be logged: id, name, level. Each line has
 * its explanation, with what an operator does about it, in man/tacetd.8.
 */
#ifndef LOG_EVENTS_H
#define LOG_EVENTS_H

/* X(id, "name", "level") */
#define LOG_EVENTS(X)                                        \
	X(LOG_START, "start", "info")                        \
	X(LOG_READY, "ready", "info")                        \
	X(LOG_STOP, "stop", "info")                          \
	X(LOG_RELOAD, "reload", "info")                      \
	X(LOG_CHILD_DIED, "child-died", "error")             \
	X(LOG_RESTART, "restart", "warning")                 \
	X(LOG_PERMIT_BROKEN, "permit-broken", "error")       \
	X(LOG_PEER_CLOSED, "peer-closed", "info")            \
	X(LOG_NO_LANDLOCK, "no-landlock", "warning")         \
	X(LOG_NO_SECCOMP, "no-seccomp", "warning")           \
	X(LOG_SANDBOXED, "sandboxed", "info")                \
	X(LOG_STORE_ERROR, "store-error", "error")           \
	X(LOG_STORE_FULL, "store-full", "error")             \
	X(LOG_STORE_OPEN, "store-open", "info")              \
	X(LOG_RECORDS_FULL, "records-full", "error")         \
	X(LOG_RECORDS_ERROR, "records-error", "error")       \
	X(LOG_RECORDS_OLD, "records-old", "error")           \
	X(LOG_RECORDS_TORN, "records-torn-tail", "warning")  \
	X(LOG_RECORDS_DAY, "records-day", "info")            \
	X(LOG_RECORDS_DELETED, "records-deleted", "info")    \
	X(LOG_CLOCK_JUMP, "clock-jump", "warning")           \
	X(LOG_SMS_BOUND, "sms-bound", "info")                \
	X(LOG_SMS_DOWN, "sms-down", "warning")               \
	X(LOG_SMS_SENT, "sms-sent", "info")                  \
	X(LOG_SMS_REJECTED, "sms-rejected", "warning")       \
	X(LOG_SMS_THROTTLED, "sms-throttled", "warning")     \
	X(LOG_SMS_GARBAGE, "sms-garbage", "warning")         \
	X(LOG_SMS_IN, "sms-in", "info")                      \
	X(LOG_SMS_BREAKER, "sms-breaker", "warning")         \
	X(LOG_TLS_FAILED, "tls-failed", "info")              \
	X(LOG_CONN_LIMIT, "conn-limit", "warning")           \
	X(LOG_REGISTERED, "registered", "info")              \
	X(LOG_ADMIN, "admin", "info")                        \
	X(LOG_KTLOG_OPEN, "log-open", "info")                \
	X(LOG_KTLOG_FULL, "log-full", "error")               \
	X(LOG_KTLOG_ERROR, "log-error", "error")             \
	X(LOG_KTLOG_REFUSED, "log-refused", "error")         \
	X(LOG_KEYS_REFUSED, "keys-refused", "error")         \
	X(LOG_DIRECTORY_OPEN, "directory-open", "info")      \
	X(LOG_CHANGES_TORN, "changes-torn-tail", "warning")  \
	X(LOG_EPOCH_MADE, "epoch-made", "info")              \
	X(LOG_EPOCH_FULL, "epoch-full", "error")             \
	X(LOG_EPOCH_ERROR, "epoch-error", "error")           \
	X(LOG_EPOCH_DAMAGED, "epoch-damaged", "error")       \
	X(LOG_WITNESS_DOWN, "witness-down", "warning")       \
	X(LOG_WITNESS_REFUSED, "witness-refused", "error")   \
	X(LOG_COSIGNED, "cosigned", "info")                  \
	X(LOG_TOKENS_OPEN, "tokens-open", "info")            \
	X(LOG_TOKENS_ERROR, "tokens-error", "error")         \
	X(LOG_SNAPSHOT, "snapshot", "info")                  \
	X(LOG_SNAPSHOT_REFUSED, "snapshot-refused", "error") \
	X(LOG_SLOT_REFUSED, "slot-refused", "error")         \
	X(LOG_OUT_OF_LUCK, "out-of-luck", "error")

enum log_event {
#define X(id, name, level) id,
	LOG_EVENTS(X)
#undef X
	    LOG_EVENT_END
};
#endif
