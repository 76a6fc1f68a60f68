#include "wire/letter_doc.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct letter_doc d;
	struct buf b;

	buf_init(&b, LETTER_DOC_MAX);
	if (letter_doc_parse((struct rd){ data, size }, &d) == RC_OK) {
		FUZZ_REQUIRE(
		    d.n_shown <= LETTER_DOC_ROWS_MAX && d.n_shown <= d.n_rows);
		FUZZ_REQUIRE(letter_doc_is_text(d.agency));
		FUZZ_REQUIRE(letter_doc_build(&d, &b) == RC_OK);
		FUZZ_REQUIRE(b.len == size && memcmp(b.p, data, size) == 0);
	}
	buf_clear(&b);
	return 0;
}
