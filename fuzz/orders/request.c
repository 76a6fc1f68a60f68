#include "orders/request.h"

#include <string.h>

#include "fuzz.h"

/* What is accepted is built to one text, which parses again. */
static void
requests(struct rd text)
{
	struct request q;
	const char *why = "";
	uint16_t index;
	struct buf b;

	request_init(&q);
	buf_init(&b, REQUEST_SIZE_MAX);
	if (request_parse(text, &q, &why) == RC_OK) {
		(void)!request_tags(&q, &index);
		FUZZ_REQUIRE(request_build(&q, &b) == RC_OK);
		request_clear(&q);
		FUZZ_REQUIRE(request_parse(buf_get(&b), &q, &why) == RC_OK);
	} else {
		FUZZ_REQUIRE(why[0] != '\0');
	}
	request_clear(&q);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request_shares s = { 0 };
	struct buf b;

	buf_init(&b, REQUEST_SIZE_MAX);
	requests((struct rd){ data, size });
	if (request_shares_parse((struct rd){ data, size }, &s) == RC_OK)
		FUZZ_REQUIRE(request_shares_build(&s, &b) == RC_OK);
	request_shares_clear(&s);
	buf_clear(&b);
	return 0;
}
