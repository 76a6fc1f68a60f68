/*
 * ledger: DIR/orders/events.log, what happened to every order: one JSON object
 * a line, each with the hash of the one before; appended and synced, never
 * edited (doc/protocol/records.md, Keys and orders). Blocks on the disk.
 */
#ifndef LEDGER_H
#define LEDGER_H
#include <jansson.h>

#include "base/mono.h"

/* Calls fn with each event, oldest first, its chain checked. RC_CORRUPT: an
 * event was changed, removed or added. A torn last line is not an event. */
typedef enum rc (*ledger_fn)(void *arg, const json_t *event);
MUST_USE enum rc ledger_each(int dir, ledger_fn fn, void *arg);
/* Appends under a lock. Takes data. order "" when the event is of none. */
MUST_USE enum rc ledger_append(int dir, const char *actor, const char *order,
    const char *event, json_t *data);
#endif
