#include "wire/httpsig.h"

#include <string.h>

#include "fuzz.h"

/* The body that follows the head; its digest is rarely right, so the octets
 * that the fields are rebuilt to are compared only then. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http1_head h;
	struct rd body = { data, size };
	struct rd input = { 0 };
	struct httpsig s;
	struct buf base;
	struct buf fields;

	if (http1_request_parse(&body, &h) != RC_OK)
		return 0;
	buf_init(&base, HTTPSIG_BASE_MAX);
	buf_init(&fields, HTTPSIG_BASE_MAX);
	if (httpsig_parse(&h, body, &s, &base) == RC_OK) {
		FUZZ_REQUIRE(s.device >= 1 && (!s.is_new || s.device == 1));
		FUZZ_REQUIRE(httpsig_fields_build(&s, body, &fields) == RC_OK);
		FUZZ_REQUIRE(
		    http1_find(&h, "signature-input", &input) == RC_OK);
		FUZZ_REQUIRE(
		    memmem(fields.p, fields.len, input.p, input.left) != NULL);
	} else {
		FUZZ_REQUIRE(base.len == 0);
	}
	buf_clear(&base);
	buf_clear(&fields);
	return 0;
}
