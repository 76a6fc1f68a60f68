#include "wire/bhttp.h"

#include "fuzz.h"

/* What is read is written again, and read as the same. */
static void
again(const struct bhttp *m, bool is_request)
{
	struct buf b, joined;
	struct bhttp n;
	enum rc rc;

	buf_init(&b, 1 << 20);
	buf_init(&joined, 1 << 20);
	rc = is_request ? bhttp_request_build(m, 64, &b)
			: bhttp_response_build(m, 64, &b);
	FUZZ_REQUIRE(rc == RC_OK && b.len >= 64);
	rc = is_request ? bhttp_request_parse(buf_get(&b), &joined, &n)
			: bhttp_response_parse(buf_get(&b), &joined, &n);
	FUZZ_REQUIRE(rc == RC_OK && n.head.n_fields == m->head.n_fields &&
	    n.content.left == m->content.left &&
	    n.head.status == m->head.status);
	buf_clear(&b);
	buf_clear(&joined);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd message = { data, size };
	struct buf joined;
	struct bhttp m;

	buf_init(&joined, 1 << 20);
	if (bhttp_request_parse(message, &joined, &m) == RC_OK)
		again(&m, true);
	buf_clear(&joined);
	if (bhttp_response_parse(message, &joined, &m) == RC_OK)
		again(&m, false);
	buf_clear(&joined);
	return 0;
}
