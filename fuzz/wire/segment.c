#include "wire/segment.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment s;
	struct segment_record r;
	const uint8_t *locator;
	uint8_t hash[32];
	uint32_t at;

	if (segment_parse((struct rd){ data, size }, &s) != RC_OK)
		return 0;
	for (uint32_t i = 0; i < s.envelopes; i++) {
		if (segment_record_parse(&s, i, &r) != RC_OK)
			continue;
		segment_digest(r.sealed, hash);
		(void)!segment_find(&s, r.key, &at);
		FUZZ_REQUIRE(at <= s.envelopes);
	}
	for (uint32_t j = 0; j < s.owners; j++)
		FUZZ_REQUIRE(segment_own_parse(&s, j, &at, &locator) == RC_OK);
	for (unsigned level = 0; level < 32; level++)
		for (uint64_t i = 0; i < 4; i++)
			(void)!segment_tree_hash(&s, level, i, hash);
	return 0;
}
