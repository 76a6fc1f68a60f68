#include "e2ee/session_internal.h"
#include "fuzz.h"

#include <string.h>

/* One state has one encoding. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session *s = NULL;
	struct buf b;

	if (session_state_parse((struct rd){ data, size }, &s) != RC_OK)
		return 0;
	FUZZ_REQUIRE(s->n_kept <= SESSION_SKIP_MAX);
	buf_init(&b, SESSION_STATE_MAX);
	FUZZ_REQUIRE(session_state_build(s, &b) == RC_OK);
	FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	buf_clear(&b);
	session_free(s);
	return 0;
}
