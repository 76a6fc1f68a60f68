#include "directory/directory_entry.h"

#include <sodium.h>
#include <string.h>

void
directory_entry_make(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const struct slot *s, uint8_t devices, struct directory_entry *ret_e)
{
	handle_keys_tag(y, ret_e->tag);
	slot_commitment(s, ret_e->commitment);
	ret_e->count = devices ^ handle_keys_count_mask(y, ret_e->commitment);
}

uint8_t
directory_entry_devices(
    const struct directory_entry *e, const uint8_t y[static HANDLE_KEYS_Y_SIZE])
{
	return e->count ^ handle_keys_count_mask(y, e->commitment);
}

enum rc
directory_entry_parse(struct rd *r, struct directory_entry *ret_e)
{
	return rd_copy(r, DIRECTORY_ENTRY_SIZE, ret_e);
}

enum rc
directory_entry_build(const struct directory_entry *e, struct buf *b)
{
	return buf_add(b, e, DIRECTORY_ENTRY_SIZE);
}

bool
directory_entry_is_empty(const struct directory_entry *e)
{
	return sodium_is_zero((const uint8_t *)e, sizeof(*e)) == 1;
}
