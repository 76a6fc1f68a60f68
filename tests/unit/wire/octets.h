/* octets: the checks that every parser of wire/ gets. */
#ifndef OCTETS_H
#define OCTETS_H
#include "base/buf.h"
#include "base/failmem.h"

#include "tap.h"

/* Parses, and says nothing but whether it worked. */
typedef enum rc (*octets_parse)(struct rd octets);
/* Builds the test's own example. */
typedef enum rc (*octets_build)(struct buf *b);

#define OCTETS(a) ((struct rd){ (a), sizeof(a) })
#define OCTETS_STR(s) ((struct rd){ (const uint8_t *)(s), sizeof(s) - 1 })

/* Each in a heap block of its own size, then one octet too many. */
static inline void
octets_cut(struct rd whole, octets_parse parse)
{
	unsigned char *p;

	for (size_t n = 0; n < whole.left; n++) {
		p = tap_block(whole.p, n);
		T_RC(RC_MALFORMED, parse((struct rd){ p, n }));
		free(p);
	}
	p = tap_block(whole.p, whole.left);
	T_RC(RC_OK, parse((struct rd){ p, whole.left }));
	free(p);
	p = malloc(whole.left + 1);
	if (p == NULL)
		abort();
	memcpy(p, whole.p, whole.left);
	p[whole.left] = 0;
	T_RC(RC_MALFORMED, parse((struct rd){ p, whole.left + 1 }));
	free(p);
}

/* Every allocation fails once, then every maximum below the whole length is
 * too small: told, nothing appended, nothing leaked. */
static inline void
octets_starve(octets_build build)
{
	struct buf b;
	enum rc rc = RC_NOMEM;
	size_t whole;

	for (long k = 0; rc != RC_OK && k < 1000; k++) {
		buf_init(&b, 1 << 20);
		(void)failmem_after(k);
		rc = build(&b);
		(void)failmem_after(-1);
		T_OK(rc == RC_OK || rc == RC_NOMEM);
		T_OK(rc == RC_OK || b.len == 0);
		buf_clear(&b);
	}
	T_RC(RC_OK, rc);
	buf_init(&b, 1 << 20);
	T_RC(RC_OK, build(&b));
	whole = b.len;
	buf_clear(&b);
	for (size_t max = 0; max < whole; max++) {
		buf_init(&b, max);
		T_RC(RC_LIMIT, build(&b));
		T_OK(b.len == 0);
		buf_clear(&b);
	}
}

static inline bool
octets_is_eq(const struct buf *b, struct rd want)
{
	return b->len == want.left &&
	    (want.left == 0 || memcmp(b->p, want.p, want.left) == 0);
}
#endif
