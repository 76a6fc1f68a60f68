/*
 * log_audit: a whole public log, checked against nothing but the trust file:
 * every entry is read, every hash is made again from the entries and compared
 * with the tiles, and the checkpoint is by the log's key and enough witnesses.
 * Holds one entry at a time. Blocks on the disk.
 */
#ifndef LOG_AUDIT_H
#define LOG_AUDIT_H
#include <jansson.h>

#include "merkle/log_entry.h"
#include "merkle/trust.h"

struct log_audit_entry {
	uint64_t index;
	enum log_entry_type type;
	struct rd octets;
	const json_t *json;
};

/* Sees each entry; both are borrowed for the call. An rc other than RC_OK ends
 * the audit with it. */
typedef enum rc (*log_audit_fn)(void *arg, const struct log_audit_entry *e);

struct log_audit_result {
	uint64_t size;
	unsigned witnesses;
	const char *why; /* when it fails: a constant sentence */
	uint64_t index;  /* of the entry that why is about, if is_entry */
	bool is_entry;
};

/* dir: a log's directory (doc/protocol/log.md). RC_DENIED: not the log that the
 * trust file believes; RC_CORRUPT: an entry or a tile is wrong; RC_NOT_FOUND:
 * no log is there; what fn returned. */
MUST_USE enum rc log_audit(int dir, const struct trust *t, log_audit_fn fn,
    void *arg, struct log_audit_result *ret);
#endif
