/*
 * directory_entry: the 40 octets that a bucket holds of a number
 * (doc/protocol/directory.md, section 2). Pure.
 */
#ifndef DIRECTORY_ENTRY_H
#define DIRECTORY_ENTRY_H
#include "directory/slot.h"

#define DIRECTORY_ENTRY_SIZE 40

struct directory_entry { /* octets only: it lies in arrays as it is sent */
	uint8_t tag[HANDLE_KEYS_TAG_SIZE];
	uint8_t count; /* of devices, under its mask */
	uint8_t commitment[SLOT_HASH_SIZE];
};

struct directory_item { /* as it is published: by bucket, not by place */
	uint32_t bucket;
	struct directory_entry entry;
};
_Static_assert(
    sizeof(struct directory_entry) == DIRECTORY_ENTRY_SIZE, "no padding");

/* The entry of a number whose slot is s; devices 0: a tombstone. */
void directory_entry_make(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const struct slot *s, uint8_t devices, struct directory_entry *ret_e);
/* The number of devices in an entry of this number. */
uint8_t directory_entry_devices(const struct directory_entry *e,
    const uint8_t y[static HANDLE_KEYS_Y_SIZE]);

/* Takes an entry from the front of r. RC_MALFORMED: cut short. */
MUST_USE enum rc directory_entry_parse(
    struct rd *r, struct directory_entry *ret_e);
MUST_USE enum rc directory_entry_build(
    const struct directory_entry *e, struct buf *b);
/* 40 zero octets: nothing stands here. */
bool directory_entry_is_empty(const struct directory_entry *e);
#endif
