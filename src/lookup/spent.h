/*
 * spent: the tokens that were redeemed: of a day and of the day before, in
 * memory and in two files, one for even and one for odd days, each begun anew
 * when its next day comes. What was added is there after any kill of the
 * process; after a power cut, what was synced. Blocks on the disk.
 *
 * A file: "tacet spent v1" and two zero octets, day u32, CRC-32C u32 of both;
 * then for each token the first 16 octets of its nonce and a CRC-32C u32 of the
 * day and them. Octets behind the last whole one, and a record whose CRC is
 * wrong, are the trace of a crash: nobody was answered for them.
 */
#ifndef SPENT_H
#define SPENT_H
#include "base/rd.h"

#define SPENT_ID_SIZE 16
#define SPENT_MAX (UINT32_C(1) << 22) /* tokens a day */

struct spent;

/* Takes both descriptors, even days first, also on failure. RC_IO, RC_NOMEM. */
MUST_USE enum rc spent_open(const int fds[static 2], struct spent **ret_s);
void spent_close(struct spent *s); /* syncs nothing; NULL is fine */
/* The last day that a token was spent on; 0: there is none. */
uint32_t spent_day(const struct spent *s);
uint64_t spent_count(const struct spent *s);
/* Records that were damaged when the files were read. */
uint64_t spent_torn(const struct spent *s);
bool spent_has(const struct spent *s, uint32_t day,
    const uint8_t id[static SPENT_ID_SIZE]);
/* RC_EXISTS: it was spent; RC_STATE: a later day has its place; RC_LIMIT: the
 * day has SPENT_MAX; RC_NOSPACE, RC_IO, RC_NOMEM: it is not spent. */
MUST_USE enum rc spent_add(
    struct spent *s, uint32_t day, const uint8_t id[static SPENT_ID_SIZE]);
/* Makes what was added durable; nothing to do is RC_OK. RC_NOSPACE, RC_IO. */
MUST_USE enum rc spent_sync(struct spent *s);
#endif
