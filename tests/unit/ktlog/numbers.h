/*
 * numbers: numbered numbers for tests of the directory: places, y, slots.
 */
#ifndef NUMBERS_H
#define NUMBERS_H
#include <sodium.h>

#include "ktlog/change.h"
#include "tap.h"

/* Places are few, so that they are shared. */
static inline uint32_t
numbers_place(unsigned number)
{
	return number * 2654435761u % 5000 * 200;
}

static inline void
numbers_y(unsigned number, uint8_t ret_y[static HANDLE_KEYS_Y_SIZE])
{
	(void)crypto_hash_sha512(
	    ret_y, (const uint8_t *)&number, sizeof(number));
}

/* The next version of a number: what stands there is of that version and has
 * that commitment. */
static inline struct change
numbers_change(unsigned number, uint32_t epoch, uint32_t version,
    const uint8_t *commitment)
{
	struct slot_plain plain = { .account = { (uint8_t)number, 1 } };
	struct change c = { .place = numbers_place(number) };
	uint8_t y[HANDLE_KEYS_Y_SIZE];

	numbers_y(number, y);
	plain.device_list_hash[0] = (uint8_t)version;
	c.slot.version = version + 1;
	c.slot.epoch_changed = epoch;
	if (version > 0)
		memcpy(c.slot.hist_prev, commitment, SLOT_HASH_SIZE);
	slot_seal(y, &plain, &c.slot);
	directory_entry_make(y, &c.slot, 1, &c.entry);
	return c;
}
#endif
