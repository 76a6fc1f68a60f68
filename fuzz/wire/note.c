#include "wire/note.h"

#include "fuzz.h"

/* The key is the public half of RFC 8032 test 1: nothing found by chance can
 * carry its signature, so a text is never lent. */
static const uint8_t key[32] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
	0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3,
	0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51,
	0x1a };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd note = { data, size };
	struct rd text = { 0 };

	FUZZ_REQUIRE(note_parse(note, "a", key, &text) != RC_OK);
	FUZZ_REQUIRE(text.p == NULL);
	FUZZ_REQUIRE(note_line_parse(note, rd_str("x\n"), "a", key) != RC_OK);
	return 0;
}
