/*
 * slot: one number's account and keys as the directory holds them, sealed so
 * that only who evaluated the number can open it (doc/protocol/directory.md,
 * section 2). Pure.
 *
 * The head is the slot with the hash of its sealed part in place of the part:
 * all that an auditor needs. The commitment is the head's hash, and hist_prev
 * is the commitment of the version before: the chain.
 */
#ifndef SLOT_H
#define SLOT_H
#include "directory/handle_keys.h"

#define SLOT_HASH_SIZE 32
#define SLOT_PLAIN_SIZE 96
#define SLOT_SEALED_SIZE (SLOT_PLAIN_SIZE + 16)
#define SLOT_SIZE (12 + SLOT_HASH_SIZE + SLOT_SEALED_SIZE)
#define SLOT_HEAD_SIZE (12 + 2 * SLOT_HASH_SIZE)

struct slot {
	uint32_t version;       /* 1, 2, ... */
	uint32_t epoch_changed; /* the epoch that this version came in */
	uint32_t number_epoch;  /* which owner of a recycled number */
	uint8_t hist_prev[SLOT_HASH_SIZE]; /* zero in version 1 */
	uint8_t sealed[SLOT_SEALED_SIZE];
};

struct slot_head {
	uint32_t version;
	uint32_t epoch_changed;
	uint32_t number_epoch;
	uint8_t hist_prev[SLOT_HASH_SIZE];
	uint8_t sealed_hash[SLOT_HASH_SIZE];
};

struct slot_plain { /* all zero: the number has no account any more */
	uint8_t account[16];
	uint8_t mailbox[16];
	uint8_t aik[32];
	uint8_t device_list_hash[32];
};

/* Takes a slot from the front of r. RC_MALFORMED: cut short, or a version 0, or
 * a first version with a predecessor. */
MUST_USE enum rc slot_parse(struct rd *r, struct slot *ret_s);
MUST_USE enum rc slot_build(const struct slot *s, struct buf *b);
MUST_USE enum rc slot_head_parse(struct rd *r, struct slot_head *ret_h);
MUST_USE enum rc slot_head_build(const struct slot_head *h, struct buf *b);

void slot_head_of(const struct slot *s, struct slot_head *ret_h);
void slot_head_commitment(
    const struct slot_head *h, uint8_t ret_commitment[static SLOT_HASH_SIZE]);
void slot_commitment(
    const struct slot *s, uint8_t ret_commitment[static SLOT_HASH_SIZE]);
/* Whether the head is the next version of the slot with that commitment. */
bool slot_head_follows(const struct slot_head *h, uint32_t old_version,
    const uint8_t old_commitment[static SLOT_HASH_SIZE]);

/* Fills s->sealed for s->version. One version is sealed once: the nonce is
 * zero. */
void slot_seal(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const struct slot_plain *plain, struct slot *s);
/* RC_DENIED: not sealed for this number and version. */
MUST_USE enum rc slot_open(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const struct slot *s, struct slot_plain *ret_plain);
bool slot_is_tombstone(const struct slot_plain *plain);
#endif
