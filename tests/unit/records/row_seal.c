/* Against libsodium, which did not know how this is done. */
#include "records/row_seal.h"

#include <sodium.h>

#include "tap.h"

#define ROUNDS 5000

struct one {
	uint8_t key[JOURNAL_KEY_SIZE];
	uint8_t subkey[JOURNAL_KEY_SIZE];
	uint8_t label[JOURNAL_LABEL_SIZE];
	uint8_t sealed[JOURNAL_SEALED_SIZE];
};

static const uint32_t counters[] = { 0, 1, 255, 256, 0x01020304,
	UINT32_MAX - 1 };

static void
expect(const struct one *o, uint32_t counter, const uint8_t *plain)
{
	uint8_t want[JOURNAL_SEALED_SIZE];
	uint8_t nonce[24] = { 0 };
	uint8_t opened[ROW_SIZE];

	for (size_t i = 0; i < 4; i++)
		nonce[20 + i] = (uint8_t)(counter >> (24 - 8 * i));
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(want, NULL, plain,
	    ROW_SIZE, o->label, sizeof(o->label), NULL, nonce, o->key);
	T_MEM(want, o->sealed, sizeof(want));
	T_RC(RC_OK,
	    journal_row_open((struct rd){ o->sealed, sizeof(o->sealed) },
		counter, o->label, o->key, opened));
	T_MEM(plain, opened, sizeof(opened));
}

static void
compare(void (*seal)(const uint8_t *, const struct row_seal *), uint8_t fill)
{
	struct one o[2];
	uint8_t plain[ROW_SIZE];

	for (size_t round = 0; round < ROUNDS; round++) {
		struct row_seal two[2];

		if (fill == 0) {
			randombytes_buf(o, sizeof(o));
			randombytes_buf(plain, sizeof(plain));
		} else {
			memset(o, fill, sizeof(o));
			memset(plain, fill, sizeof(plain));
			o[0].key[round % 32] = (uint8_t)round;
		}
		for (size_t i = 0; i < 2; i++) {
			row_seal_subkey(o[i].key, o[i].subkey);
			two[i] = (struct row_seal){ .label = o[i].label,
				.subkey = o[i].subkey,
				.counter =
				    counters[(round + i) % ARRAY_LEN(counters)],
				.ret_sealed = o[i].sealed };
		}
		seal(plain, two);
		for (size_t i = 0; i < 2; i++)
			expect(&o[i], two[i].counter, plain);
	}
}

static void
a_row_is_sealed_twice_as_libsodium_seals_it(void)
{
	compare(row_seal_two, 0);
	compare(row_seal_two, 0xff);
}

static void
so_it_is_without_the_newer_instructions(void)
{
	compare(row_seal_two_ref, 0);
	compare(row_seal_two_ref, 0xff);
}

int
main(void)
{
	T_OK(sodium_init() >= 0);
	TEST(a_row_is_sealed_twice_as_libsodium_seals_it);
	TEST(so_it_is_without_the_newer_instructions);
	return tap_done();
}
