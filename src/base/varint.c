#include "base/varint.h"

enum rc
varint_get(struct rd *r, uint64_t *ret_v)
{
	struct rd at = *r;
	uint64_t v = 0;
	uint8_t octet = 0;
	size_t more;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&at, &octet));
	/* the two highest bits say how many octets there are */
	more = ((size_t)1 << (octet >> 6)) - 1;
	v = octet & 0x3f;
	for (size_t i = 0; i < more; i++) {
		TRY(rd_u8(&at, &octet));
		v = v << 8 | octet;
	}
	*r = at;
	*ret_v = v;
out:
	return rc;
}

enum rc
varint_add(struct buf *b, uint64_t v)
{
	if (v <= 0x3f)
		return buf_u8(b, (uint8_t)v);
	if (v <= 0x3fff)
		return buf_u16(b, (uint16_t)(v | 0x4000));
	if (v <= 0x3fffffff)
		return buf_u32(b, (uint32_t)(v | 0x80000000));
	if (v <= VARINT_MAX)
		return buf_u64(b, v | 0xc000000000000000);
	return RC_LIMIT;
}

enum rc
varint_take(struct rd *r, struct rd *ret_sub)
{
	struct rd at = *r;
	uint64_t n = 0;
	enum rc rc = RC_BUG;

	TRY(varint_get(&at, &n));
	CHECK(n <= at.left, RC_MALFORMED);
	TRY(rd_take(&at, (size_t)n, ret_sub));
	*r = at;
out:
	return rc;
}

enum rc
varint_add_rd(struct buf *b, struct rd octets)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(varint_add(b, octets.left));
	TRY(buf_add_rd(b, octets));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
