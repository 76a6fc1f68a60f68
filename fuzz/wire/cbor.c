#include "wire/cbor.h"

#include <string.h>

#include "fuzz.h"

/* Reads one item, whatever it is, and builds it again. RC_MALFORMED ends. */
static enum rc
item(struct rd *r, struct buf *b)
{
	struct rd s = { 0 };
	int64_t i = 0;
	uint64_t u = 0;
	size_t n = 0;
	bool v = false;

	if (cbor_is_null(r))
		return cbor_put_null(b);
	if (cbor_get_bool(r, &v) == RC_OK)
		return cbor_put_bool(b, v);
	if (cbor_get_i64(r, &i) == RC_OK)
		return cbor_put_i64(b, i);
	if (cbor_get_u64(r, &u) == RC_OK)
		return cbor_put_u64(b, u);
	if (cbor_get_bytes(r, SIZE_MAX, &s) == RC_OK)
		return cbor_put_bytes(b, s);
	if (cbor_get_text(r, SIZE_MAX, &s) == RC_OK)
		return cbor_put_text(b, s);
	if (cbor_get_array(r, SIZE_MAX, &n) == RC_OK)
		return cbor_put_array(b, n);
	if (cbor_get_map(r, SIZE_MAX, &n) == RC_OK)
		return cbor_put_map(b, n);
	return RC_MALFORMED;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct buf b;

	buf_init(&b, size);
	while (r.left > 0 && item(&r, &b) == RC_OK)
		;
	FUZZ_REQUIRE(b.len == size - r.left);
	FUZZ_REQUIRE(b.len == 0 || memcmp(b.p, data, b.len) == 0);
	buf_clear(&b);
	return 0;
}
