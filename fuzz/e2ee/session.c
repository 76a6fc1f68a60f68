#include "e2ee/session.h"

#include <sodium.h>
#include <string.h>

#include "fuzz.h"

/* Two octets: how long the state is; then a state and a message. Whatever the
 * state, a message that does not open leaves it as it was. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, size };
	struct rd state = { 0 };
	struct session *s = NULL;
	struct buf plain, after;
	uint16_t n = 0;
	const struct wall now = { 1 };

	if (sodium_init() < 0 || rd_u16(&r, &n) != RC_OK ||
	    rd_take(&r, n, &state) != RC_OK ||
	    session_parse(state, &s) != RC_OK)
		return 0;
	buf_init(&plain, SESSION_PLAIN_MAX);
	buf_init(&after, SESSION_STATE_MAX);
	if (session_open(s, r, now, &plain) != RC_OK) {
		FUZZ_REQUIRE(plain.len == 0);
		FUZZ_REQUIRE(session_build(s, &after) == RC_OK);
		FUZZ_REQUIRE(after.len == state.left &&
		    memcmp(after.p, state.p, after.len) == 0);
	}
	buf_clear(&plain);
	buf_clear(&after);
	session_free(s);
	return 0;
}
