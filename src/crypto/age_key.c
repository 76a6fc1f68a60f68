#include "crypto/age_key.h"

#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#define HRP "age"
#define HRP_SECRET "age-secret-key-"
#define DIGITS 52 /* 32 octets in groups of five bits; four bits of padding */
#define CHECKSUM 6
#define TEXT_MAX (AGE_KEY_SECRET_TEXT_SIZE - 1)

static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"; /* BIP 173 */

/* --- Bech32 ------------------------------------------------------------------
 */

static uint32_t
step(uint32_t sum, uint8_t value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d,
		0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned int i = 0; i < 5; i++)
		sum ^= (0 - (top >> i & 1)) & generator[i];
	return sum;
}

/* Over the prefix, as BIP 173 expands it. */
static uint32_t
start(const char *hrp)
{
	uint32_t sum = 1;

	for (const char *c = hrp; *c != '\0'; c++)
		sum = step(sum, (uint8_t)*c >> 5);
	sum = step(sum, 0);
	for (const char *c = hrp; *c != '\0'; c++)
		sum = step(sum, (uint8_t)*c & 31);
	return sum;
}

/* hrp "1" digits and checksum, in lower case. No branch on the key. */
static void
encode(const char *hrp, const uint8_t key[static AGE_KEY_SIZE], char *ret_text)
{
	uint32_t sum = start(hrp);
	uint32_t acc = 0;
	unsigned int bits = 0;
	size_t at = strlen(hrp);
	uint8_t v;

	memcpy(ret_text, hrp, at);
	ret_text[at++] = '1';
	for (size_t i = 0; i < AGE_KEY_SIZE; i++) {
		acc = (acc << 8 | key[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5) {
			v = acc >> (bits - 5) & 31;
			sum = step(sum, v);
			ret_text[at++] = digits[v];
		}
	}
	v = acc << (5 - bits) & 31; /* the last, padded with zeros */
	sum = step(sum, v);
	ret_text[at++] = digits[v];
	for (int i = 0; i < CHECKSUM; i++)
		sum = step(sum, 0);
	sum ^= 1;
	for (unsigned int i = 0; i < CHECKSUM; i++)
		ret_text[at++] = digits[sum >> 5 * (5 - i) & 31];
	ret_text[at] = '\0';
	sodium_memzero(&acc, sizeof(acc));
}

/* data: after "hrp1". */
static enum rc
decode(const char *hrp, const char *data, uint8_t ret_key[static AGE_KEY_SIZE])
{
	uint32_t sum = start(hrp);
	uint32_t acc = 0;
	unsigned int bits = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < DIGITS + CHECKSUM; i++) {
		const char *d = strchr(digits, data[i]);

		CHECK(d != NULL && *d != '\0', RC_MALFORMED);
		sum = step(sum, (uint8_t)(d - digits));
		if (i >= DIGITS)
			continue;
		acc = (acc << 5 | (uint32_t)(d - digits)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			ret_key[n++] = (uint8_t)(acc >> bits);
		}
	}
	CHECK(sum == 1, RC_MALFORMED);
	/* padding is zero: one text for one key */
	CHECK(n == AGE_KEY_SIZE && (acc & 15) == 0, RC_MALFORMED);
	rc = RC_OK;
out:
	sodium_memzero(&acc, sizeof(acc));
	return rc;
}

/* One case only, that of its kind: one text for one key. */
static enum rc
parse(const char *hrp, bool is_upper, struct rd text,
    uint8_t ret_key[static AGE_KEY_SIZE])
{
	char low[TEXT_MAX + 1] = "";
	uint8_t key[AGE_KEY_SIZE];
	size_t n = strlen(hrp);
	enum rc rc = RC_BUG;

	CHECK(text.left == n + 1 + DIGITS + CHECKSUM, RC_MALFORMED);
	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.p[i];
		bool up = c >= 'A' && c <= 'Z';

		CHECK(is_upper ? !(c >= 'a' && c <= 'z') : !up, RC_MALFORMED);
		low[i] = (char)(up ? c + 32 : c);
	}
	CHECK(memcmp(low, hrp, n) == 0 && low[n] == '1', RC_MALFORMED);
	TRY(decode(hrp, low + n + 1, key));
	memcpy(ret_key, key, sizeof(key));
out:
	sodium_memzero(low, sizeof(low));
	sodium_memzero(key, sizeof(key));
	return rc;
}

/* --- keys --------------------------------------------------------------------
 */

enum rc
age_key_parse(struct rd text, uint8_t ret_key[static AGE_KEY_SIZE])
{
	static const uint8_t any[AGE_KEY_SIZE] = { 8 };
	uint8_t key[AGE_KEY_SIZE];
	uint8_t product[AGE_KEY_SIZE];
	enum rc rc = RC_BUG;

	TRY(parse(HRP, false, text, key));
	CHECK(crypto_scalarmult(product, any, key) == 0, RC_MALFORMED);
	memcpy(ret_key, key, sizeof(key));
out:
	return rc;
}

void
age_key_build(const uint8_t key[static AGE_KEY_SIZE],
    char ret_text[static AGE_KEY_TEXT_SIZE])
{
	encode(HRP, key, ret_text);
}

enum rc
age_key_secret_parse(struct rd text, uint8_t ret_key[static AGE_KEY_SIZE])
{
	return parse(HRP_SECRET, true, text, ret_key);
}

void
age_key_secret_build(const uint8_t key[static AGE_KEY_SIZE],
    char ret_text[static AGE_KEY_SECRET_TEXT_SIZE])
{
	encode(HRP_SECRET, key, ret_text);
	for (char *c = ret_text; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
}

void
age_key_public(const uint8_t secret[static AGE_KEY_SIZE],
    uint8_t ret_key[static AGE_KEY_SIZE])
{
	/* fails for no scalar: the base point has no small order */
	(void)crypto_scalarmult_base(ret_key, secret);
}
