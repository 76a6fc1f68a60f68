#include "e2ee/session_internal.h"
#include "fuzz.h"

#include <string.h>

/* What is accepted is built again, octet for octet. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_intro i = { 0 };
	struct buf b;

	if (session_intro_parse((struct rd){ data, size }, &i) != RC_OK)
		return 0;
	FUZZ_REQUIRE(i.handle.left >= 8 && i.handle.left <= SESSION_HANDLE_MAX);
	buf_init(&b, SESSION_INTRO_MAX);
	FUZZ_REQUIRE(session_intro_build(&i, &b) == RC_OK);
	FUZZ_REQUIRE(b.len < size && memcmp(b.p, data + 1, b.len) == 0);
	buf_clear(&b);
	return 0;
}
