/*
 * handle_keys: what is derived from y, the VOPRF output of a number
 * (doc/protocol/directory.md, section 1). Who has no y of a number learns
 * nothing of it from the directory. Pure; wipes what it derives on the way.
 */
#ifndef HANDLE_KEYS_H
#define HANDLE_KEYS_H
#include "base/buf.h"

#define HANDLE_KEYS_Y_SIZE 64 /* crypto/voprf.h's output */
#define HANDLE_KEYS_TAG_SIZE 7
#define HANDLE_KEYS_SEAL_SIZE 32
#define HANDLE_KEYS_HASH_SIZE 32

/* Appends the VOPRF's input of a number. RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc handle_keys_input(struct rd handle, struct buf *b);
void handle_keys_tag(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    uint8_t ret_tag[static HANDLE_KEYS_TAG_SIZE]);
/* Of one version of the slot. */
void handle_keys_seal(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    uint32_t version, uint8_t ret_key[static HANDLE_KEYS_SEAL_SIZE]);
/* What hides the number of devices in the entry with that commitment. */
uint8_t handle_keys_count_mask(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const uint8_t commitment[static HANDLE_KEYS_HASH_SIZE]);
#endif
