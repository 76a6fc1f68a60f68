#include "wire/row.h"

#include <string.h>

#include "fuzz.h"

/* What was read is built again to the same octets. */
static void
same(const struct buf *b, const uint8_t *data, size_t size)
{
	FUZZ_REQUIRE(b->len == size && memcmp(b->p, data, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum row_cause c = ROW_CAUSE_TYPED;
	struct row w;
	struct buf b;

	if (row_cause_parse((struct rd){ data, size }, &c) == RC_OK)
		FUZZ_REQUIRE(strlen(row_cause_text(c)) == size);
	if (row_parse((struct rd){ data, size }, &w) != RC_OK)
		return 0;
	FUZZ_REQUIRE(row_cause_text(w.cause) != NULL);
	buf_init(&b, size);
	FUZZ_REQUIRE(row_build(&w, &b) == RC_OK);
	same(&b, data, size);
	buf_clear(&b);
	row_clear(&w);
	return 0;
}
