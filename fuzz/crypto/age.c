#include "crypto/age.h"

#include <string.h>

#include "fuzz.h"

static enum rc
on_octets(void *arg, struct rd octets)
{
	size_t *n = arg;

	FUZZ_REQUIRE(octets.left > 0 && octets.left <= 65536);
	*n += octets.left;
	return RC_OK;
}

/* As one piece and in small ones: the same answer, the same output. */
static enum rc
run(const uint8_t *data, size_t size, size_t piece, size_t *n)
{
	static const uint8_t secret[AGE_KEY_SIZE] = { 1 };
	struct age_open *o = NULL;
	enum rc rc;

	FUZZ_REQUIRE(age_open_new(secret, on_octets, n, &o) == RC_OK);
	for (size_t at = 0; at < size; at += piece)
		(void)(age_open_write(o,
			   (struct rd){ data + at,
			       size - at < piece ? size - at : piece }) ==
		    RC_OK);
	rc = age_open_finish(o);
	age_open_free(o);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole = 0;
	size_t parts = 0;
	enum rc rc = run(data, size, size + 1, &whole);

	FUZZ_REQUIRE(run(data, size, 61, &parts) == rc);
	FUZZ_REQUIRE(rc != RC_OK || whole == parts);
	return 0;
}
