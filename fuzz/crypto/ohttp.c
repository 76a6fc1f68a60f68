#include "crypto/ohttp.h"

#include <sodium.h>

#include "fuzz.h"

/* A key that is known: what is found by chance may even open, and then the
 * answer must come back. */
static const struct ohttp_key key = { 1, { 1 },
	{ &hpke_chacha20_poly1305, &hpke_aes_128_gcm } };

static void
answer(const struct ohttp_reply *reply, struct rd octets)
{
	struct buf sealed, b;

	buf_init(&sealed, 1 << 21);
	buf_init(&b, 1 << 21);
	FUZZ_REQUIRE(ohttp_response_seal(reply, octets, &sealed) == RC_OK);
	FUZZ_REQUIRE(ohttp_response_open(reply, buf_get(&sealed), &b) == RC_OK);
	FUZZ_REQUIRE(b.len == octets.left);
	b.len = 0;
	(void)ohttp_response_open(reply, octets, &b);
	buf_clear(&sealed);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd octets = { data, size };
	struct ohttp_to to = { 1, { 0 }, NULL, OHTTP_FORM_WHOLE };
	struct ohttp_reply reply;
	struct buf sealed, b;
	enum rc rc;

	if (sodium_init() < 0)
		abort();
	buf_init(&sealed, 1 << 21);
	buf_init(&b, 1 << 21);
	(void)ohttp_request_open(&key, 1, OHTTP_FORM_WHOLE, octets, &reply, &b);
	(void)ohttp_request_open(
	    &key, 1, OHTTP_FORM_CHUNKED, octets, &reply, &b);
	/* and what a client of ours would send of it */
	(void)crypto_scalarmult_base(to.public_key, key.secret_key);
	to.aead = size % 2 == 0 ? &hpke_chacha20_poly1305 : &hpke_aes_128_gcm;
	to.form = size % 3 == 0 ? OHTTP_FORM_WHOLE : OHTTP_FORM_CHUNKED;
	FUZZ_REQUIRE(ohttp_request_seal(&to, octets, &reply, &sealed) == RC_OK);
	answer(&reply, octets);
	b.len = 0;
	rc = ohttp_request_open(&key, 1, to.form, buf_get(&sealed), &reply, &b);
	FUZZ_REQUIRE(rc == RC_OK && b.len == size);
	answer(&reply, octets);
	buf_clear(&sealed);
	buf_clear(&b);
	return 0;
}
