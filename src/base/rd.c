#include "base/rd.h"

#include <string.h>

struct rd
rd_str(const char *s)
{
	return (struct rd){ (const uint8_t *)s, strlen(s) };
}

enum rc
rd_take(struct rd *r, size_t n, struct rd *ret_sub)
{
	if (n > r->left)
		return RC_MALFORMED;
	*ret_sub = (struct rd){ r->p, n };
	if (n > 0)
		r->p += n;
	r->left -= n;
	return RC_OK;
}

enum rc
rd_skip(struct rd *r, size_t n)
{
	struct rd sub;

	return rd_take(r, n, &sub);
}

enum rc
rd_copy(struct rd *r, size_t n, void *ret_bytes)
{
	struct rd sub;
	enum rc rc = rd_take(r, n, &sub);

	if (rc == RC_OK && n > 0)
		memcpy(ret_bytes, sub.p, n);
	return rc;
}

enum rc
rd_u8(struct rd *r, uint8_t *ret_v)
{
	return rd_copy(r, 1, ret_v);
}

enum rc
rd_u16(struct rd *r, uint16_t *ret_v)
{
	struct rd s;

	if (rd_take(r, 2, &s) != RC_OK)
		return RC_MALFORMED;
	*ret_v = (uint16_t)((unsigned int)s.p[0] << 8 | s.p[1]);
	return RC_OK;
}

enum rc
rd_u32(struct rd *r, uint32_t *ret_v)
{
	struct rd s;

	if (rd_take(r, 4, &s) != RC_OK)
		return RC_MALFORMED;
	*ret_v = (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 |
	    (uint32_t)s.p[2] << 8 | s.p[3];
	return RC_OK;
}

enum rc
rd_u32le(struct rd *r, uint32_t *ret_v)
{
	struct rd s;

	if (rd_take(r, 4, &s) != RC_OK)
		return RC_MALFORMED;
	*ret_v = (uint32_t)s.p[3] << 24 | (uint32_t)s.p[2] << 16 |
	    (uint32_t)s.p[1] << 8 | s.p[0];
	return RC_OK;
}

enum rc
rd_u64(struct rd *r, uint64_t *ret_v)
{
	struct rd s;
	uint64_t v = 0;

	if (rd_take(r, 8, &s) != RC_OK)
		return RC_MALFORMED;
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | s.p[i];
	*ret_v = v;
	return RC_OK;
}

enum rc
rd_cstr(struct rd *r, size_t max, char *ret_s)
{
	size_t n;

	if (r->left == 0)
		return RC_MALFORMED;
	n = strnlen((const char *)r->p, r->left < max ? r->left : max);
	if (n == r->left || n == max)
		return RC_MALFORMED;
	return rd_copy(r, n + 1, ret_s);
}

enum rc
rd_skip_cstr(struct rd *r, size_t max)
{
	size_t n;

	if (r->left == 0)
		return RC_MALFORMED;
	n = strnlen((const char *)r->p, r->left < max ? r->left : max);
	if (n == r->left || n == max)
		return RC_MALFORMED;
	return rd_skip(r, n + 1);
}

enum rc
rd_end(const struct rd *r)
{
	return r->left == 0 ? RC_OK : RC_MALFORMED;
}

bool
rd_is_eq(struct rd r, const char *s)
{
	return strlen(s) == r.left &&
	    (r.left == 0 || memcmp(r.p, s, r.left) == 0);
}
