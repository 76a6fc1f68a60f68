#include "sms/sms_text.h"

#include <string.h>

#include "fuzz.h"

/* A text that can be split comes back from its parts; and any octets are
 * either refused or become UTF-8, which can be split. */
static void
split_and_join(struct rd text)
{
	struct sms_text_place place = { 0 };
	struct sms_text t = { .n = 0 };
	struct buf b;

	if (sms_text_build(text, 9, &t) != RC_OK)
		return;
	FUZZ_REQUIRE(t.n >= 1 && t.n <= SMS_TEXT_PARTS_MAX);
	buf_init(&b, 16384);
	for (size_t i = 0; i < t.n; i++)
		FUZZ_REQUIRE(
		    sms_text_parse(
			(struct rd){ t.part[i].octets, t.part[i].len },
			(uint8_t)t.coding, t.n > 1, &b, &place) == RC_OK);
	FUZZ_REQUIRE(b.len == text.left);
	FUZZ_REQUIRE(memcmp(b.p, text.p, b.len) == 0);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_text_place place = { 0 };
	struct buf b;

	if (size < 2)
		return 0;
	buf_init(&b, 16384);
	if (sms_text_parse((struct rd){ data + 2, size - 2 }, data[0],
		(data[1] & 1) != 0, &b, &place) == RC_OK) {
		FUZZ_REQUIRE(place.seq <= place.total);
		split_and_join(buf_get(&b));
	}
	if (memchr(data, 0, size) == NULL)
		split_and_join((struct rd){ data, size });
	buf_clear(&b);
	return 0;
}
