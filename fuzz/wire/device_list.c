#include "wire/device_list.h"

#include <sodium.h>
#include <string.h>

#include "wire/cbor.h"

#include "fuzz.h"

/* The input is the inside of a body, signed here: a signature cannot be found
 * by chance, and behind it is where the parser is. */
static uint8_t pk[32];
static uint8_t sk[64];

static void
signed_list(const uint8_t *data, size_t size, struct buf *b)
{
	static const uint8_t label[] = "tacet device list v1";
	uint8_t m[sizeof(label) + DEVICE_LIST_SIZE_MAX];
	uint8_t *body = m + sizeof(label);
	uint8_t s[64];

	memcpy(m, label, sizeof(label));
	memcpy(body, "\xa5\x01\x58\x20", 4);
	memcpy(body + 4, pk, 32);
	memcpy(body + 36, data, size);
	(void)crypto_sign_detached(s, NULL, m, sizeof(label) + 36 + size, sk);
	FUZZ_REQUIRE(cbor_put_array(b, 2) == RC_OK);
	FUZZ_REQUIRE(
	    cbor_put_bytes(b, (struct rd){ body, 36 + size }) == RC_OK);
	FUZZ_REQUIRE(cbor_put_bytes(b, (struct rd){ s, sizeof(s) }) == RC_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[32] = { 1 };
	struct device_list l;
	struct buf list;
	struct buf again;

	FUZZ_REQUIRE(device_list_parse((struct rd){ data, size }, &l) != RC_OK);
	if (size > DEVICE_LIST_SIZE_MAX - 36)
		return 0;
	FUZZ_REQUIRE(crypto_sign_seed_keypair(pk, sk, seed) == 0);
	buf_init(&list, DEVICE_LIST_SIZE_MAX + 128);
	buf_init(&again, DEVICE_LIST_SIZE_MAX);
	signed_list(data, size, &list);
	if (device_list_parse(buf_get(&list), &l) == RC_OK) {
		FUZZ_REQUIRE(l.n >= 1 && l.n <= DEVICE_LIST_MAX);
		FUZZ_REQUIRE(l.version >= 1);
		FUZZ_REQUIRE(device_list_build(&l, sk, &again) == RC_OK);
		FUZZ_REQUIRE(again.len == list.len &&
		    memcmp(again.p, list.p, list.len) == 0);
	}
	buf_clear(&list);
	buf_clear(&again);
	return 0;
}
