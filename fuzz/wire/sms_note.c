#include "wire/sms_note.h"

#include <string.h>

#include "fuzz.h"

/* What was read is built again to the same octets. */
static void
same(const struct buf *b, const uint8_t *data, size_t size)
{
	FUZZ_REQUIRE(b->len == size && memcmp(b->p, data, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_note_in in;
	struct sms_note_out out;
	struct buf b;

	buf_init(&b, size);
	if (sms_note_in_parse((struct rd){ data, size }, &in) == RC_OK) {
		FUZZ_REQUIRE(in.text.left <= SMS_NOTE_TEXT_MAX);
		FUZZ_REQUIRE(sms_note_in_build(&in, &b) == RC_OK);
		same(&b, data, size);
	} else if (sms_note_out_parse((struct rd){ data, size }, &out) ==
	    RC_OK) {
		FUZZ_REQUIRE(sms_note_out_build(&out, &b) == RC_OK);
		same(&b, data, size);
	}
	buf_clear(&b);
	return 0;
}
