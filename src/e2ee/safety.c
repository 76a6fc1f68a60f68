#include "e2ee/safety.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* session.md, Around a session. */
#define ROUNDS 5200
#define GROUPS 6 /* of five digits, a side */
#define DIGITS 5

static const char label_number[] = "tacet safety number v1";
static const char label_sas[] = "tacet link sas v1";

static void
half(const uint8_t aik[static 32], struct rd handle,
    char ret_digits[static GROUPS * DIGITS + 1])
{
	crypto_hash_sha512_state st;
	uint8_t h[64];

	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(
	    &st, (const uint8_t *)label_number, sizeof(label_number));
	crypto_hash_sha512_update(&st, aik, 32);
	crypto_hash_sha512_update(&st, handle.p, handle.left);
	crypto_hash_sha512_final(&st, h);
	/* each guess of a key that shows the same digits costs as much */
	for (int i = 0; i < ROUNDS; i++) {
		crypto_hash_sha512_init(&st);
		crypto_hash_sha512_update(&st, h, sizeof(h));
		crypto_hash_sha512_update(&st, aik, 32);
		crypto_hash_sha512_final(&st, h);
	}
	for (size_t i = 0; i < GROUPS; i++) {
		uint64_t v = 0;

		for (size_t j = 0; j < 5; j++)
			v = v << 8 | h[i * 5 + j];
		(void)snprintf(ret_digits + i * DIGITS, DIGITS + 1, "%05u",
		    (unsigned)(v % 100000));
	}
}

void
safety_number(const uint8_t aik_a[static 32], struct rd handle_a,
    const uint8_t aik_b[static 32], struct rd handle_b,
    char ret_text[static SAFETY_SIZE])
{
	char a[GROUPS * DIGITS + 1];
	char b[GROUPS * DIGITS + 1];
	const char *first = a;
	const char *second = b;
	char *to = ret_text;

	half(aik_a, handle_a, a);
	half(aik_b, handle_b, b);
	if (memcmp(a, b, GROUPS * DIGITS) > 0) {
		first = b;
		second = a;
	}
	for (size_t i = 0; i < 2 * GROUPS; i++) {
		const char *from = i < GROUPS ? first : second;

		memcpy(to, from + i % GROUPS * DIGITS, DIGITS);
		to += DIGITS;
		*to++ = i + 1 < 2 * GROUPS ? ' ' : '\0';
	}
}

void
safety_sas(struct rd offer, struct rd device_list,
    char ret_text[static SAFETY_SAS_SIZE])
{
	uint8_t text[sizeof(label_sas) + 64];
	uint8_t h[32];
	uint64_t v = 0;
	unsigned six;

	memcpy(text, label_sas, sizeof(label_sas));
	crypto_hash_sha256(text + sizeof(label_sas), offer.p, offer.left);
	crypto_hash_sha256(
	    text + sizeof(label_sas) + 32, device_list.p, device_list.left);
	crypto_hash_sha256(h, text, sizeof(text));
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | h[i];
	six = (unsigned)(v % 1000000);
	(void)snprintf(ret_text, SAFETY_SAS_SIZE, "%03u %03u",
	    six / 1000 % 1000, six % 1000);
}
