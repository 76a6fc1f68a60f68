#include "wire/ws.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_frame f;
	struct rd r = { data, size };
	struct rd key = { data, size < 24 ? size : 24 };
	char text[WS_ACCEPT_SIZE];

	for (int client = 0; client < 2; client++) {
		r = (struct rd){ data, size };
		while (ws_frame_parse(&r, client != 0, 1000, &f) == RC_OK) {
			FUZZ_REQUIRE(f.payload.left <= 1000);
			FUZZ_REQUIRE(f.masked == (client != 0));
			FUZZ_REQUIRE(f.op < WS_OP_CLOSE ||
			    (f.fin && f.payload.left <= 125));
		}
	}
	if (ws_accept(key, text) == RC_OK)
		FUZZ_REQUIRE(text[WS_ACCEPT_SIZE - 1] == '\0');
	return 0;
}
