#include "wire/prekey.h"

#include <string.h>

#include "fuzz.h"

/* What was read is built again to the same octets. */
static void
same(const struct buf *b, const uint8_t *data, size_t size)
{
	FUZZ_REQUIRE(b->len == size && memcmp(b->p, data, size) == 0);
}

/* The identity point: under it some signatures of nothing verify in careless
 * code. libsodium refuses it, so only an upload without keys is read. */
static const uint8_t dsk[32] = { 1 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct prekey_upload u;
	struct prekey_bundle p;
	struct buf b;

	FUZZ_REQUIRE(
	    prekey_bundle_parse((struct rd){ data, size }, dsk, &p) != RC_OK);
	if (prekey_upload_parse((struct rd){ data, size }, dsk, &u) != RC_OK)
		return 0;
	FUZZ_REQUIRE(!u.has_signed && u.n_one_time == 0);
	buf_init(&b, size);
	FUZZ_REQUIRE(prekey_upload_build(&u, &b) == RC_OK);
	same(&b, data, size);
	buf_clear(&b);
	return 0;
}
