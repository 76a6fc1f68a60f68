#include "crypto/hkdf.h"

#include <sodium.h>
#include <string.h>

/* libsodium reads no octet of an empty part, but wants a pointer. */
static const uint8_t nothing[1];

static const uint8_t *
bytes_of(struct rd r)
{
	return r.p == NULL ? nothing : r.p;
}

/* RFC 5869 section 2.2. An absent salt and HashLen zero octets are the same
 * HMAC key (RFC 2104 section 2 pads it with zeros). */
void
hkdf_extract(
    struct rd salt, struct rd ikm, uint8_t ret_prk[static HKDF_HASH_SIZE])
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, bytes_of(salt), salt.left);
	crypto_auth_hmacsha256_update(&st, bytes_of(ikm), ikm.left);
	crypto_auth_hmacsha256_final(&st, ret_prk);
	explicit_bzero(&st, sizeof(st));
}

/* RFC 5869 section 2.3: T(i) = HMAC(PRK, T(i-1) || info || i). */
enum rc
hkdf_expand(const uint8_t prk[static HKDF_HASH_SIZE], struct rd info, size_t n,
    uint8_t *ret_okm)
{
	crypto_auth_hmacsha256_state st;
	uint8_t t[HKDF_HASH_SIZE] = { 0 };
	uint8_t i = 0;
	size_t part;
	enum rc rc = RC_OK;

	/* the counter is one octet */
	CHECK(n <= 255 * HKDF_HASH_SIZE, RC_LIMIT);
	while (n > 0) {
		crypto_auth_hmacsha256_init(&st, prk, HKDF_HASH_SIZE);
		if (i > 0)
			crypto_auth_hmacsha256_update(&st, t, sizeof(t));
		crypto_auth_hmacsha256_update(&st, bytes_of(info), info.left);
		i++;
		crypto_auth_hmacsha256_update(&st, &i, 1);
		crypto_auth_hmacsha256_final(&st, t);
		part = n < sizeof(t) ? n : sizeof(t);
		memcpy(ret_okm, t, part);
		ret_okm += part;
		n -= part;
	}
out:
	explicit_bzero(&st, sizeof(st));
	explicit_bzero(t, sizeof(t));
	return rc;
}
