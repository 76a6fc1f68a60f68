/*
 * shelf: the names in the log's directory, which is the working directory:
 * journals, segments and day keys by day and part (doc/protocol/records.md).
 * Blocks on the disk.
 */
#ifndef SHELF_H
#define SHELF_H
#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"

#define SHELF_NAME_SIZE 32

enum shelf_kind {
	SHELF_KIND_JOURNAL = 1, /* YYYY-MM-DD.PPP.log */
	SHELF_KIND_SEGMENT,     /* YYYY-MM-DD.PPP.seg */
	SHELF_KIND_KEY,         /* YYYY-MM-DD.key; part 0 */
	SHELF_KIND_TEMPORARY    /* anything .new: what a crash left */
};

struct shelf_item {
	enum shelf_kind kind;
	uint32_t day;
	uint16_t part;
};

/* RC_NOT_FOUND: a name that is none of these. */
MUST_USE enum rc shelf_name_parse(
    const char *name, struct shelf_item *ret_item);
MUST_USE enum rc shelf_name_build(
    const struct shelf_item *item, char ret_name[static SHELF_NAME_SIZE]);
/* All items, by day, part and kind; the caller frees *ret_items. */
MUST_USE enum rc shelf_list(struct shelf_item **ret_items, size_t *ret_n);
/* Removes one; RC_OK when it was not there. */
MUST_USE enum rc shelf_remove(const struct shelf_item *item);
/* Makes names durable: fsync of the directory. */
MUST_USE enum rc shelf_sync(void);
/* A file's whole content, mapped; an empty one is empty octets. RC_NOT_FOUND.
 * shelf_unmap releases it. */
MUST_USE enum rc shelf_map(const char *name, struct rd *ret_content);
void shelf_unmap(struct rd content);

/* The day's key D (section 1). Makes it, durably, when it is not there. */
MUST_USE enum rc shelf_key_open(uint32_t day, uint8_t ret_key[static 32]);
/* RC_NOT_FOUND: destroyed, or never made; RC_CORRUPT. */
MUST_USE enum rc shelf_key_read(uint32_t day, uint8_t ret_key[static 32]);
/* Overwrites, syncs and unlinks it. RC_OK when it was not there. */
MUST_USE enum rc shelf_key_destroy(uint32_t day);
#endif
