#include "wire/note.h"

#include <sodium.h>

#include "wire/text64.h"

#include "octets.h"

/* The example of golang.org/x/mod/sumdb/note, from which the format comes. */
#define TEXT                                                         \
	"If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define NAME "PeterNeumann"
#define DASH "\xe2\x80\x94 "
#define LINE                                                              \
	DASH NAME " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN" \
		  "1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define OTHER DASH "other AAAAAQ==\n" /* a key id and no signature */
#define OTHER_OK DASH "other AAAAAQI=\n"

static uint8_t peter[32];
static uint8_t own_public[32];
static uint8_t own_secret[64];

static void
keys(void)
{
	static const uint8_t seed[32] = { 7 };
	uint8_t blob[33];
	size_t n = 0;

	T_RC(RC_OK,
	    text64_std_parse(
		rd_str("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), 33,
		blob, &n));
	T_OK(n == 33 && blob[0] == 1);
	memcpy(peter, blob + 1, 32);
	T_OK(crypto_sign_seed_keypair(own_public, own_secret, seed) == 0);
}

static void
the_example_of_the_format_verifies(void)
{
	struct rd text = { 0 };

	keys();
	T_RC(RC_OK, note_parse(OCTETS_STR(TEXT "\n" LINE), NAME, peter, &text));
	T_OK(rd_is_eq(text, TEXT));
	T_RC(RC_OK,
	    note_line_parse(OCTETS_STR(LINE), OCTETS_STR(TEXT), NAME, peter));
	T_RC(RC_OK,
	    note_parse(
		OCTETS_STR(TEXT "\n" OTHER_OK LINE), NAME, peter, &text));
}

static void
what_was_signed_verifies_and_is_the_same_again(void)
{
	struct rd text = { 0 };
	struct buf a;
	struct buf b;

	keys();
	buf_init(&a, NOTE_MAX);
	buf_init(&b, NOTE_MAX);
	T_RC(RC_OK,
	    note_build(OCTETS_STR("a\n\nb\n"), "tacet-policy", own_secret, &a));
	T_RC(RC_OK, note_parse(buf_get(&a), "tacet-policy", own_public, &text));
	T_OK(rd_is_eq(text, "a\n\nb\n"));
	T_RC(RC_OK, note_build(text, "tacet-policy", own_secret, &b));
	T_OK(octets_is_eq(&b, buf_get(&a)));
	T_RC(RC_DENIED, note_parse(buf_get(&a), "tacet-policy", peter, &text));
	T_RC(RC_DENIED, note_parse(buf_get(&a), "tacet", own_public, &text));
	buf_clear(&a);
	buf_clear(&b);
}

static void
no_note_is_good_when_cut_or_changed_anywhere(void)
{
	static const char whole[] = TEXT "\n" LINE;
	struct rd text = { (const uint8_t *)"untouched", 1 };
	size_t n = sizeof(whole) - 1;

	keys();
	for (size_t i = 0; i < n; i++) {
		unsigned char *p = tap_block(whole, i);
		enum rc rc = note_parse(
		    (struct rd){ p, i }, NAME, peter, &text);

		T_OK(rc == RC_MALFORMED || rc == RC_DENIED);
		free(p);
		p = tap_block(whole, n);
		p[i] ^= 1;
		rc = note_parse((struct rd){ p, n }, NAME, peter, &text);
		T_OK(rc == RC_MALFORMED || rc == RC_DENIED);
		free(p);
	}
	T_OK(text.left == 1);
	T_RC(RC_MALFORMED,
	    note_parse(OCTETS_STR(TEXT "\n" LINE "\n"), NAME, peter, &text));
	T_RC(RC_MALFORMED,
	    note_parse(OCTETS_STR(TEXT "\n" LINE "x"), NAME, peter, &text));
	T_RC(RC_MALFORMED,
	    note_parse(OCTETS_STR(TEXT "\n" LINE OTHER), NAME, peter, &text));
	T_RC(RC_MALFORMED,
	    note_line_parse(
		OCTETS_STR(LINE "x"), OCTETS_STR(TEXT), NAME, peter));
	T_RC(RC_DENIED,
	    note_line_parse(
		OCTETS_STR(OTHER_OK), OCTETS_STR(TEXT), NAME, peter));
}

static void
a_bad_signature_beside_a_good_one_refuses_the_note(void)
{
	struct rd text = { 0 };
	struct buf b;

	keys();
	buf_init(&b, NOTE_MAX);
	T_RC(RC_OK, buf_add_str(&b, "x\n\n"));
	T_RC(RC_OK, note_line_build(OCTETS_STR("x\n"), "a", own_secret, &b));
	T_RC(RC_OK, note_parse(buf_get(&b), "a", own_public, &text));
	T_RC(RC_OK, note_line_build(OCTETS_STR("y\n"), "a", own_secret, &b));
	T_RC(RC_DENIED, note_parse(buf_get(&b), "a", own_public, &text));
	buf_clear(&b);
}

static void
texts_names_and_sizes_have_limits(void)
{
	static const struct {
		const char *text;
		const char *name;
	} bad[] = {
		{ "", "a" },
		{ "no newline", "a" },
		{ "tab\t\n", "a" },
		{ "bell\a\n", "a" },
		{ "x\n", "" },
		{ "x\n", "a b" },
		{ "x\n", "a+b" },
		{ "x\n",
		    "12345678901234567890123456789012345678901234567890123"
		    "456789012345" },
	};
	static char big[NOTE_MAX + 2];
	struct rd text = { 0 };
	size_t fixed;
	struct buf b;

	keys();
	buf_init(&b, NOTE_MAX * 2);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		T_RC(RC_MALFORMED,
		    note_build(
			rd_str(bad[i].text), bad[i].name, own_secret, &b));
		T_OK(b.len == 0);
	}
	T_RC(RC_OK, note_build(OCTETS_STR("x\n"), "a", own_secret, &b));
	fixed = b.len - 2;
	buf_clear(&b);
	memset(big, 'x', sizeof(big));
	big[NOTE_MAX - fixed - 1] = '\n';
	T_RC(RC_OK,
	    note_build((struct rd){ (uint8_t *)big, NOTE_MAX - fixed }, "a",
		own_secret, &b));
	T_OK(b.len == NOTE_MAX);
	T_RC(RC_OK, note_parse(buf_get(&b), "a", own_public, &text));
	T_RC(RC_OK, note_line_build(OCTETS_STR("x\n"), "b", own_secret, &b));
	T_RC(RC_MALFORMED, note_parse(buf_get(&b), "a", own_public, &text));
	buf_clear(&b);
	big[NOTE_MAX - fixed - 1] = 'x';
	big[NOTE_MAX - fixed] = '\n';
	T_RC(RC_LIMIT,
	    note_build((struct rd){ (uint8_t *)big, NOTE_MAX - fixed + 1 }, "a",
		own_secret, &b));
	buf_clear(&b);
}

static void
sixteen_lines_are_read_and_not_one_more(void)
{
	struct rd text = { 0 };
	struct buf b;

	keys();
	buf_init(&b, NOTE_MAX);
	T_RC(RC_OK, note_build(OCTETS_STR("x\n"), "a", own_secret, &b));
	for (int i = 0; i < 15; i++)
		T_RC(RC_OK, buf_add_str(&b, OTHER_OK));
	T_RC(RC_OK, note_parse(buf_get(&b), "a", own_public, &text));
	T_RC(RC_OK, buf_add_str(&b, OTHER_OK));
	T_RC(RC_MALFORMED, note_parse(buf_get(&b), "a", own_public, &text));
	buf_clear(&b);
}

static enum rc
build_note(struct buf *b)
{
	return note_build(OCTETS_STR("x\n"), "a", own_secret, b);
}

static void
a_build_that_fails_appends_nothing(void)
{
	keys();
	octets_starve(build_note);
}

int
main(void)
{
	TEST(the_example_of_the_format_verifies);
	TEST(what_was_signed_verifies_and_is_the_same_again);
	TEST(no_note_is_good_when_cut_or_changed_anywhere);
	TEST(a_bad_signature_beside_a_good_one_refuses_the_note);
	TEST(texts_names_and_sizes_have_limits);
	TEST(sixteen_lines_are_read_and_not_one_more);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
