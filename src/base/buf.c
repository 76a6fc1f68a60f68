#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failmem.h"

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_clear(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	buf_init(b, b->max);
}

enum rc
buf_reserve(struct buf *b, size_t n, uint8_t **ret_p)
{
	size_t cap = b->cap == 0 ? 64 : b->cap;
	uint8_t *p;

	if (n > b->max - b->len)
		return RC_LIMIT;
	while (cap < b->len + n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->cap) {
		/* not realloc: the old block is wiped before it is freed */
		p = failmem_alloc(cap);
		if (p == NULL)
			return RC_NOMEM;
		if (b->len > 0)
			memcpy(p, b->p, b->len);
		if (b->p != NULL)
			explicit_bzero(b->p, b->cap);
		free(b->p);
		b->p = p;
		b->cap = cap;
	}
	*ret_p = b->p + b->len;
	return RC_OK;
}

void
buf_commit(struct buf *b, size_t n)
{
	ASSERT(n <= b->cap - b->len);
	b->len += n;
}

enum rc
buf_add(struct buf *b, const void *bytes, size_t n)
{
	uint8_t *p;
	enum rc rc;

	if (n == 0)
		return RC_OK;
	rc = buf_reserve(b, n, &p);
	if (rc != RC_OK)
		return rc;
	memcpy(p, bytes, n);
	buf_commit(b, n);
	return RC_OK;
}

enum rc
buf_add_rd(struct buf *b, struct rd r)
{
	return buf_add(b, r.p, r.left);
}

enum rc
buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

enum rc
buf_add_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *p;
	enum rc rc = RC_BUG;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	CHECK(n >= 0, RC_BUG);
	TRY(buf_reserve(b, (size_t)n + 1, &p));
	va_start(ap, fmt);
	(void)vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_commit(b, (size_t)n);
out:
	return rc;
}

enum rc
buf_u8(struct buf *b, uint8_t v)
{
	return buf_add(b, &v, 1);
}

enum rc
buf_u16(struct buf *b, uint16_t v)
{
	const uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	return buf_add(b, be, sizeof(be));
}

enum rc
buf_u32(struct buf *b, uint32_t v)
{
	const uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	return buf_add(b, be, sizeof(be));
}

enum rc
buf_u64(struct buf *b, uint64_t v)
{
	uint8_t be[8];

	for (size_t i = 0; i < 8; i++)
		be[i] = (uint8_t)(v >> (56 - 8 * i));
	return buf_add(b, be, sizeof(be));
}

void
buf_consume(struct buf *b, size_t n)
{
	ASSERT(n <= b->len);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
}

struct rd
buf_get(const struct buf *b)
{
	return (struct rd){ b->p, b->len };
}
