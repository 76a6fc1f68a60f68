#include "ktlog/change.h"

#include <string.h>

#include "base/crc32c.h"
#include "directory/place.h"

/* What a record says behind its CRC. */
static enum rc
body_parse(struct rd *r, struct change *c)
{
	enum rc rc = RC_BUG;

	TRY(rd_u32(r, &c->prev));
	TRY(rd_u32(r, &c->place));
	TRY(directory_entry_parse(r, &c->entry));
	TRY(slot_parse(r, &c->slot));
	CHECK(c->place < PLACE_COUNT && !directory_entry_is_empty(&c->entry),
	    RC_MALFORMED);
	CHECK((c->slot.version == 1) == (c->prev == CHANGE_NONE), RC_MALFORMED);
out:
	return rc;
}

enum rc
change_parse(struct rd *r, struct change *ret_c)
{
	struct change c;
	struct rd at = *r;
	uint32_t crc;
	enum rc rc = RC_BUG;

	CHECK(r->left >= CHANGE_SIZE, RC_AGAIN);
	TRY(rd_u32(&at, &crc));
	CHECK(crc == crc32c(0, at.p, CHANGE_SIZE - sizeof(crc)), RC_MALFORMED);
	TRY(body_parse(&at, &c));
	*ret_c = c;
	*r = at;
out:
	return rc;
}

enum rc
change_build(const struct change *c, struct buf *b)
{
	size_t start = b->len;
	uint32_t crc;
	enum rc rc = RC_BUG;

	TRY(buf_u32(b, 0));
	TRY(buf_u32(b, c->prev));
	TRY(buf_u32(b, c->place));
	TRY(directory_entry_build(&c->entry, b));
	TRY(slot_build(&c->slot, b));
	crc = crc32c(0, b->p + start + 4, b->len - start - 4);
	for (size_t i = 0; i < 4; i++)
		b->p[start + i] = (uint8_t)(crc >> (24 - 8 * i));
out:
	if (rc != RC_OK)
		b->len = start;
	return rc;
}

enum rc
change_of(uint32_t place, struct rd entry, struct rd slot, struct change *ret_c)
{
	uint8_t commitment[SLOT_HASH_SIZE];
	struct change c = { .place = place };
	enum rc rc = RC_BUG;

	CHECK(place < PLACE_COUNT, RC_MALFORMED);
	TRY(directory_entry_parse(&entry, &c.entry));
	TRY(slot_parse(&slot, &c.slot));
	slot_commitment(&c.slot, commitment);
	CHECK(memcmp(commitment, c.entry.commitment, sizeof(commitment)) == 0,
	    RC_MALFORMED);
	*ret_c = c;
out:
	return rc;
}
