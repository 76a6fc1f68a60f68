#include "crypto/pwbox.h"

#include <sodium.h>

#include "fuzz.h"

/* Open boxes only: a locked one would cost a pass of Argon2id each. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret *s = NULL;

	if (sodium_init() < 0)
		return 0;
	if (pwbox_is_locked((struct rd){ data, size }))
		return 0;
	if (pwbox_parse((struct rd){ data, size }, rd_str(""), &s) == RC_OK)
		FUZZ_REQUIRE(secret_get(s).left <= PWBOX_SECRET_MAX);
	secret_free(s);
	return 0;
}
