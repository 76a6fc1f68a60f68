#include "directory/place.h"

#include <sodium.h>
#include <string.h>

uint32_t
place_of(struct rd handle)
{
	static const uint8_t label[] = "tacet place v1";
	crypto_hash_sha256_state st;
	uint8_t h[crypto_hash_sha256_BYTES];
	uint32_t v;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, label, sizeof(label) - 1);
	crypto_hash_sha256_update(&st, handle.p, handle.left);
	crypto_hash_sha256_final(&st, h);
	v = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
	explicit_bzero(&st, sizeof(st));
	explicit_bzero(h, sizeof(h));
	return v >> (24 - PLACE_BITS);
}

uint32_t
place_bucket(uint32_t place, uint32_t columns)
{
	return place & (columns - 1);
}
