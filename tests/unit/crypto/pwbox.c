#include "crypto/pwbox.h"

#include <sodium.h>

#include "base/failmem.h"
#include "tap.h"

#define KEY "a key of the house"

/* Made here by libsodium alone, from the words of pwbox.h, with the least
 * work that Argon2id knows, so that the tests are fast. */
static size_t
by_hand(char text[static 1024], const char *numbers)
{
	uint8_t salt[16] = { 1 }, nonce[24] = { 2 }, key[32], box[64];
	char salt64[40], nonce64[40], box64[128];
	unsigned long long n = 0;
	int at;

	(void)sodium_bin2base64(salt64, sizeof(salt64), salt, sizeof(salt),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	(void)sodium_bin2base64(nonce64, sizeof(nonce64), nonce, sizeof(nonce),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	T_OK(crypto_pwhash(key, sizeof(key), "swordfish", 9, salt, 1, 8192,
		 crypto_pwhash_ALG_ARGON2ID13) == 0);
	at = snprintf(
	    text, 1024, "tacet-key-v1 %s %s %s ", numbers, salt64, nonce64);
	T_OK(crypto_aead_xchacha20poly1305_ietf_encrypt(box, &n,
		 (const uint8_t *)KEY, strlen(KEY), (const uint8_t *)text,
		 (unsigned long long)at, NULL, nonce, key) == 0);
	(void)sodium_bin2base64(box64, sizeof(box64), box, (size_t)n,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return (size_t)at +
	    (size_t)snprintf(text + at, 1024 - (size_t)at, "%s\n", box64);
}

static enum rc
parse(const char *text, size_t n, const char *passphrase)
{
	struct secret *s = NULL;
	unsigned char *p = tap_block(text, n);
	enum rc rc = pwbox_parse((struct rd){ p, n }, rd_str(passphrase), &s);

	if (rc == RC_OK)
		T_OK(rd_is_eq(secret_get(s), KEY));
	else
		T_OK(s == NULL);
	secret_free(s);
	free(p);
	return rc;
}

static void
a_box_made_by_hand_is_opened(void)
{
	char text[1024];
	size_t n = by_hand(text, "locked 1 8192");

	T_RC(RC_OK, parse(text, n, "swordfish"));
	T_RC(RC_OK, parse(text, n - 1, "swordfish")); /* without newline */
	T_RC(RC_DENIED, parse(text, n, "swordfisk"));
	T_RC(RC_DENIED, parse(text, n, ""));
	T_OK(pwbox_is_locked((struct rd){ (uint8_t *)text, n }));
}

static void
every_truncation_is_refused(void)
{
	char text[1024];
	size_t n = by_hand(text, "locked 1 8192");

	for (size_t i = 0; i < n - 1; i++) {
		enum rc rc = parse(text, i, "swordfish");

		T_OK(rc == RC_MALFORMED || rc == RC_DENIED);
	}
}

static void
a_changed_character_is_refused(void)
{
	char text[1024];
	size_t n = by_hand(text, "locked 1 8192");

	for (size_t i = 0; i < n - 1; i++) {
		char was = text[i];
		enum rc rc;

		/* still of the alphabet, so that the tag must tell */
		text[i] = was == 'Q' ? 'R' : 'Q';
		rc = parse(text, n, "swordfish");
		T_OK(rc == RC_MALFORMED || rc == RC_DENIED);
		text[i] = was;
	}
}

static void
work_has_a_maximum_and_one_way_to_be_written(void)
{
	static const struct {
		const char *numbers;
		enum rc want;
		const char *why;
	} cases[] = {
		{ "locked 17 8192", RC_LIMIT, "17 passes" },
		{ "locked 1 1073741825", RC_LIMIT, "1 GiB and 1" },
		{ "locked 0 8192", RC_MALFORMED, "no pass" },
		{ "locked 1 8191", RC_MALFORMED, "less than libsodium takes" },
		{ "locked 01 8192", RC_MALFORMED, "leading zero" },
		{ "locked 1 99999999999999", RC_MALFORMED, "14 digits" },
		{ "locked  8192", RC_MALFORMED, "empty number" },
		{ "locked -1 8192", RC_MALFORMED, "sign" },
		{ "shut 1 8192", RC_MALFORMED, "unknown kind" },
		{ "open 1 8192", RC_MALFORMED, "an open box has no work" },
		{ "locked 16 8192", RC_DENIED, "in range, but not its key" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[1024];
		size_t n = by_hand(text, cases[i].numbers);

		T_RC(cases[i].want, parse(text, n, "swordfish"));
	}
}

static void
what_is_built_is_parsed_with_and_without_a_passphrase(void)
{
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, pwbox_build(rd_str(KEY), rd_str(""), &b));
	T_OK(!pwbox_is_locked(buf_get(&b)));
	T_RC(RC_OK, parse((char *)b.p, b.len, ""));
	T_RC(RC_DENIED, parse((char *)b.p, b.len, "x"));
	for (size_t i = 0; i < b.len - 1; i++) {
		char was = (char)b.p[i];

		b.p[i] = was == 'Q' ? 'R' : 'Q';
		T_OK(parse((char *)b.p, b.len, "") != RC_OK);
		b.p[i] = (uint8_t)was;
	}
	buf_clear(&b);
	T_RC(RC_OK, pwbox_build(rd_str(KEY), rd_str("swordfish"), &b));
	T_OK(pwbox_is_locked(buf_get(&b)));
	T_RC(RC_OK, parse((char *)b.p, b.len, "swordfish"));
	buf_clear(&b);
}

static void
a_secret_of_257_octets_is_refused(void)
{
	uint8_t big[PWBOX_SECRET_MAX + 1] = { 1 };
	struct secret *s = NULL;
	struct buf b;

	buf_init(&b, 2048);
	T_RC(RC_LIMIT,
	    pwbox_build((struct rd){ big, sizeof(big) }, rd_str(""), &b));
	T_OK(b.len == 0);
	T_RC(RC_OK,
	    pwbox_build((struct rd){ big, sizeof(big) - 1 }, rd_str(""), &b));
	T_RC(RC_OK, pwbox_parse(buf_get(&b), rd_str(""), &s));
	T_OK(secret_get(s).left == sizeof(big) - 1);
	T_MEM(big, secret_get(s).p, sizeof(big) - 1);
	secret_free(s);
	buf_clear(&b);
}

static void
a_failed_allocation_leaks_nothing(void)
{
	struct secret *s = NULL;
	struct buf b, c;

	buf_init(&b, 1024);
	buf_init(&c, 1024);
	T_RC(RC_OK, pwbox_build(rd_str(KEY), rd_str(""), &b));
	(void)failmem_after(0);
	T_RC(RC_NOMEM, pwbox_parse(buf_get(&b), rd_str(""), &s));
	for (long k = 0; k < 3; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, pwbox_build(rd_str(KEY), rd_str(""), &c));
		T_OK(c.len == 0);
	}
	(void)failmem_after(-1);
	T_OK(s == NULL);
	buf_clear(&b);
	buf_clear(&c);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_box_made_by_hand_is_opened);
	TEST(every_truncation_is_refused);
	TEST(a_changed_character_is_refused);
	TEST(work_has_a_maximum_and_one_way_to_be_written);
	TEST(what_is_built_is_parsed_with_and_without_a_passphrase);
	TEST(a_secret_of_257_octets_is_refused);
	TEST(a_failed_allocation_leaks_nothing);
	return tap_done();
}
