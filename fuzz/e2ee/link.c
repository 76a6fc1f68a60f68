#include "e2ee/link.h"

#include <string.h>

#include "fuzz.h"

/* An accepted offer has one encoding; its code leads back to it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd octets = { data, size };
	struct link_offer o = { 0 };
	char code[LINK_CODE_SIZE];
	uint8_t hash[32], id[16];
	struct buf b;

	if (link_code_parse(octets, hash, id) == RC_OK)
		FUZZ_REQUIRE(size >= 52);
	if (link_offer_parse(octets, &o) != RC_OK)
		return 0;
	buf_init(&b, LINK_OFFER_MAX);
	/* a name with octets after a NUL cannot be: text has no U+0000 */
	FUZZ_REQUIRE(link_offer_build(&o, &b) == RC_OK);
	FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	link_code(octets, code);
	FUZZ_REQUIRE(link_code_parse(rd_str(code), hash, id) == RC_OK);
	FUZZ_REQUIRE(link_code_check(hash, octets) == RC_OK);
	buf_clear(&b);
	return 0;
}
