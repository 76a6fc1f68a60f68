#include "wire/http1.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http1_head h;
	struct rd r = { data, size };
	struct rd v = { 0 };

	if (http1_request_parse(&r, &h) == RC_OK) {
		FUZZ_REQUIRE(size - r.left <= HTTP1_HEAD_MAX);
		FUZZ_REQUIRE(h.n_fields <= HTTP1_FIELDS_MAX);
		FUZZ_REQUIRE(h.target.left >= 1 &&
		    h.target.left <= HTTP1_TARGET_MAX && h.target.p[0] == '/');
		FUZZ_REQUIRE(
		    http1_find(&h, "transfer-encoding", &v) == RC_NOT_FOUND);
		FUZZ_REQUIRE(h.has_length || h.length == 0);
		FUZZ_REQUIRE(
		    h.minor == 0 || http1_find(&h, "host", &v) == RC_OK);
	} else {
		FUZZ_REQUIRE(r.p == data && r.left == size);
	}
	r = (struct rd){ data, size };
	if (http1_response_parse(&r, &h) == RC_OK)
		FUZZ_REQUIRE(h.status >= 100 && h.status <= 599 &&
		    size - r.left <= HTTP1_HEAD_MAX);
	return 0;
}
