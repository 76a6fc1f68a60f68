#include "custody/paper.h"

#include <string.h>

#include <sodium.h>

#include "fuzz.h"

/* The canonical form of what is read is its own canonical form. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[PAPER_KEY_SIZE];
	json_t *o = NULL;
	json_t *p = NULL;
	struct buf a, b;

	if (sodium_init() < 0)
		return 0;
	/* canonical text may be longer: \u escapes of one octet's text */
	buf_init(&a, 8 * PAPER_MAX);
	buf_init(&b, 8 * PAPER_MAX);
	if (paper_parse((struct rd){ data, size }, "kind", &o) == RC_OK &&
	    paper_canonical(o, &a) == RC_OK && a.len <= PAPER_MAX) {
		FUZZ_REQUIRE(paper_parse(buf_get(&a), "kind", &p) == RC_OK);
		FUZZ_REQUIRE(paper_canonical(p, &b) == RC_OK);
		FUZZ_REQUIRE(a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
		FUZZ_REQUIRE(paper_verify(o, "kind", key) != RC_OK);
	}
	json_body_free(o);
	json_body_free(p);
	buf_clear(&a);
	buf_clear(&b);
	return 0;
}
