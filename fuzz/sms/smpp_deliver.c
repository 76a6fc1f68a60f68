#include "sms/smpp_deliver.h"

#include <string.h>

#include "fuzz.h"

/* What is accepted is in range and lies within what was given; its text then
 * goes where the process sends it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_text_place place = { 0 };
	struct smpp_deliver d = { 0 };
	struct buf b;

	if (smpp_deliver_parse((struct rd){ data, size }, &d) != RC_OK)
		return 0;
	FUZZ_REQUIRE(d.from.n <= E164_DIGITS_MAX);
	FUZZ_REQUIRE(d.to.n <= E164_DIGITS_MAX);
	FUZZ_REQUIRE(d.from.n == 0 || d.from_text[0] == '\0');
	FUZZ_REQUIRE(strlen(d.from_text) < sizeof(d.from_text));
	FUZZ_REQUIRE(d.text.left <= size);
	FUZZ_REQUIRE(d.text.left == 0 ||
	    (d.text.p >= data && d.text.p + d.text.left <= data + size));
	FUZZ_REQUIRE(d.place.total == 0 || d.place.seq <= d.place.total);
	buf_init(&b, 4096);
	if (sms_text_parse(d.text, d.coding, d.has_header, &b, &place) == RC_OK)
		FUZZ_REQUIRE(b.len <= 3 * d.text.left);
	buf_clear(&b);
	smpp_deliver_clear(&d);
	return 0;
}
