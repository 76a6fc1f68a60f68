#include "crypto/age_key.h"

#include <sodium.h>

#include "tap.h"

/* Made by age-keygen 1.1.1. */
static const char secret_text[] =
    "AGE-SECRET-KEY-"
    "1GPKNJYJ2SRQJ920D0X5KL9A5TWYV65XKJCRMLXD7FM64KMGZWLXSK58UHZ";
static const char public_text[] =
    "age1sz5cysm7m9vvxr7ea8v3kp2zc40um3xhkwm2xd06lwaun9v6dvfs7cdeaz";

static enum rc
parse(const char *text, size_t n, uint8_t key[static AGE_KEY_SIZE])
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = age_key_parse((struct rd){ p, n }, key);

	free(p);
	return rc;
}

static void
an_identity_of_another_program_has_its_recipient(void)
{
	uint8_t secret[AGE_KEY_SIZE];
	uint8_t key[AGE_KEY_SIZE];
	char text[AGE_KEY_TEXT_SIZE];
	char back[AGE_KEY_SECRET_TEXT_SIZE];

	T_RC(RC_OK, age_key_secret_parse(rd_str(secret_text), secret));
	age_key_public(secret, key);
	age_key_build(key, text);
	T_STR(public_text, text);
	age_key_secret_build(secret, back);
	T_STR(secret_text, back);
}

static void
every_key_is_read_as_it_was_built(void)
{
	uint8_t key[AGE_KEY_SIZE];
	uint8_t back[AGE_KEY_SIZE];
	char text[AGE_KEY_TEXT_SIZE];
	char secret[AGE_KEY_SECRET_TEXT_SIZE];

	for (int i = 0; i < 200; i++) {
		randombytes_buf(key, sizeof(key));
		age_key_build(key, text);
		T_OK(strlen(text) == AGE_KEY_TEXT_SIZE - 1);
		T_RC(RC_OK, parse(text, strlen(text), back));
		T_MEM(key, back, sizeof(key));
		age_key_secret_build(key, secret);
		T_OK(strlen(secret) == AGE_KEY_SECRET_TEXT_SIZE - 1);
		T_RC(RC_OK, age_key_secret_parse(rd_str(secret), back));
		T_MEM(key, back, sizeof(key));
	}
}

static void
every_truncation_and_every_other_character_is_refused(void)
{
	uint8_t key[AGE_KEY_SIZE] = { 7 };
	char text[AGE_KEY_TEXT_SIZE + 1];
	size_t n = sizeof(public_text) - 1;

	for (size_t i = 0; i < n; i++)
		T_RC(RC_MALFORMED, parse(public_text, i, key));
	memcpy(text, public_text, n + 1);
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < 256; c++) {
			if ((char)c == public_text[i])
				continue;
			text[i] = (char)c;
			if (!T_OK(parse(text, n, key) == RC_MALFORMED))
				printf("# place %zu\n", i);
			text[i] = public_text[i];
		}
	text[n] = 'q';
	T_RC(RC_MALFORMED, parse(text, n + 1, key));
	T_OK(key[0] == 7);
}

/* BIP 173's checksum finds any two. */
static void
two_characters_in_each_others_place_are_refused(void)
{
	uint8_t key[AGE_KEY_SIZE];
	char text[AGE_KEY_TEXT_SIZE];
	size_t n = sizeof(public_text) - 1;

	for (size_t i = 0; i + 1 < n; i++) {
		memcpy(text, public_text, n + 1);
		if (text[i] == text[i + 1])
			continue;
		text[i] = public_text[i + 1];
		text[i + 1] = public_text[i];
		T_RC(RC_MALFORMED, parse(text, n, key));
	}
}

static void
a_key_has_one_text(void)
{
	uint8_t key[AGE_KEY_SIZE];
	char text[AGE_KEY_SECRET_TEXT_SIZE];

	memcpy(text, public_text, sizeof(public_text));
	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
	T_RC(RC_MALFORMED, parse(text, strlen(text), key));
	memcpy(text, secret_text, sizeof(secret_text));
	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	T_RC(RC_MALFORMED, age_key_secret_parse(rd_str(text), key));
	/* the other kind's name */
	T_RC(RC_MALFORMED, age_key_secret_parse(rd_str(public_text), key));
	T_RC(RC_MALFORMED, parse(secret_text, strlen(secret_text), key));
}

/* Computed by a Bech32 of another hand: the base point, the last bit of the
 * padding set, and a checksum that is right for it. */
static void
padding_that_is_not_zero_is_refused(void)
{
	static const char padded[] =
	    "age1pyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpa3h085";
	uint8_t key[AGE_KEY_SIZE];

	T_RC(RC_MALFORMED, parse(padded, sizeof(padded) - 1, key));
}

static void
a_recipient_of_small_order_is_refused(void)
{
	uint8_t zero[AGE_KEY_SIZE] = { 0 };
	uint8_t one[AGE_KEY_SIZE] = { 1 };
	uint8_t key[AGE_KEY_SIZE];
	char text[AGE_KEY_TEXT_SIZE];

	age_key_build(zero, text);
	T_RC(RC_MALFORMED, parse(text, strlen(text), key));
	age_key_build(one, text);
	T_RC(RC_MALFORMED, parse(text, strlen(text), key));
	one[0] = 9; /* the base point */
	age_key_build(one, text);
	T_RC(RC_OK, parse(text, strlen(text), key));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(an_identity_of_another_program_has_its_recipient);
	TEST(every_key_is_read_as_it_was_built);
	TEST(every_truncation_and_every_other_character_is_refused);
	TEST(two_characters_in_each_others_place_are_refused);
	TEST(a_key_has_one_text);
	TEST(padding_that_is_not_zero_is_refused);
	TEST(a_recipient_of_small_order_is_refused);
	return tap_done();
}
