#include "base/utf8.h"

static bool
is_char(uint32_t c)
{
	return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

enum rc
utf8_take(struct rd *r, uint32_t *ret_c)
{
	/* the least character of each length: anything below is overlong */
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	struct rd at = *r;
	uint8_t o = 0;
	uint32_t c;
	size_t more;
	enum rc rc = RC_OK;

	TRY(rd_u8(&at, &o));
	CHECK(o < 0x80 || (o >= 0xc2 && o <= 0xf4), RC_MALFORMED);
	more = o < 0x80 ? 0 : o < 0xe0 ? 1 : o < 0xf0 ? 2 : 3;
	c = more == 0 ? o : o & (0x3fu >> more);
	for (size_t i = 0; i < more; i++) {
		TRY(rd_u8(&at, &o));
		CHECK((o & 0xc0) == 0x80, RC_MALFORMED);
		c = c << 6 | (o & 0x3fu);
	}
	CHECK(c >= least[more] && is_char(c), RC_MALFORMED);
	*ret_c = c;
	*r = at;
out:
	return rc;
}

enum rc
utf8_put(struct buf *b, uint32_t c)
{
	uint8_t o[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	enum rc rc = RC_OK;

	CHECK(is_char(c), RC_MALFORMED);
	if (n == 1) {
		o[0] = (uint8_t)c;
	} else {
		for (size_t i = n; i-- > 1; c >>= 6)
			o[i] = (uint8_t)(0x80 | (c & 0x3f));
		o[0] = (uint8_t)(0xf00u >> n | c);
	}
	TRY(buf_add(b, o, n));
out:
	return rc;
}
