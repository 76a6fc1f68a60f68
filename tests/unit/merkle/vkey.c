#include "merkle/vkey.h"

#include "base/failmem.h"
#include "tap.h"
#include "wire/text64.h"

/* The verifier key of the example in c2sp.org/signed-note, Verifier keys. */
#define EXAMPLE                                                  \
	"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/" \
	"LDE4izWy10TW"

static enum rc
parse(const char *text, size_t n, struct vkey *ret_k)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = vkey_parse((struct rd){ p, n }, ret_k);

	free(p);
	return rc;
}

static void
the_example_of_the_format_is_read_and_built_again(void)
{
	struct vkey k;
	struct buf b;

	buf_init(&b, VKEY_TEXT_MAX);
	T_RC(RC_OK, parse(EXAMPLE, strlen(EXAMPLE), &k));
	T_STR("PeterNeumann", k.name);
	T_OK(k.type == VKEY_TYPE_ED25519);
	T_MEM("\xc7\x4f\x20\xa3", k.id, 4);
	T_RC(RC_OK, vkey_build(&k, &b));
	T_OK(rd_is_eq(buf_get(&b), EXAMPLE));
	buf_clear(&b);
}

static void
no_truncation_and_no_other_octet_is_read(void)
{
	struct vkey k = { .name = "x" };
	char text[] = EXAMPLE;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		T_RC(RC_MALFORMED, parse(text, n, &k));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		text[i] ^= 1;
		T_RC(RC_MALFORMED, parse(text, sizeof(text) - 1, &k));
		text[i] ^= 1;
	}
	T_RC(RC_MALFORMED, parse(EXAMPLE "A", sizeof(text), &k));
	T_STR("x", k.name);
}

static void
a_name_has_its_longest_and_no_space_or_plus(void)
{
	static const uint8_t key[32] = { 7 };
	char name[NOTE_NAME_MAX + 2];
	struct vkey k, again;
	struct buf b;

	memset(name, 'n', sizeof(name));
	name[NOTE_NAME_MAX + 1] = '\0';
	T_RC(RC_MALFORMED, vkey_init(&k, name, VKEY_TYPE_COSIGNATURE, key));
	name[NOTE_NAME_MAX] = '\0';
	T_RC(RC_OK, vkey_init(&k, name, VKEY_TYPE_COSIGNATURE, key));
	buf_init(&b, VKEY_TEXT_MAX);
	T_RC(RC_OK, vkey_build(&k, &b));
	T_OK(b.len == VKEY_TEXT_MAX);
	T_RC(RC_OK, vkey_parse(buf_get(&b), &again));
	T_OK(memcmp(&k, &again, sizeof(k)) == 0);
	T_RC(RC_MALFORMED, vkey_init(&k, "a b", VKEY_TYPE_ED25519, key));
	T_RC(RC_MALFORMED, vkey_init(&k, "a+b", VKEY_TYPE_ED25519, key));
	T_RC(RC_MALFORMED, vkey_init(&k, "", VKEY_TYPE_ED25519, key));
	buf_clear(&b);
}

/* The same name and key as another type is another key (tlog-cosignature). */
static void
a_type_that_is_not_ours_is_refused_and_types_have_their_own_id(void)
{
	static const uint8_t key[32] = { 7 };
	struct vkey a, b, k;
	struct buf text;

	T_RC(RC_OK, vkey_init(&a, "n", VKEY_TYPE_ED25519, key));
	T_RC(RC_OK, vkey_init(&b, "n", VKEY_TYPE_COSIGNATURE, key));
	T_OK(memcmp(a.id, b.id, sizeof(a.id)) != 0);
	a.type = (enum vkey_type)2;
	buf_init(&text, VKEY_TEXT_MAX);
	T_RC(RC_OK, vkey_build(&a, &text));
	T_RC(RC_MALFORMED, vkey_parse(buf_get(&text), &k));
	buf_clear(&text);
}

static void
a_line_is_of_the_key_whose_name_and_id_it_has(void)
{
	static const uint8_t key[32] = { 7 };
	struct note_signature s = { .name = rd_str("n"), .n = 72 };
	struct vkey k;

	T_RC(RC_OK, vkey_init(&k, "n", VKEY_TYPE_ED25519, key));
	memcpy(s.blob, k.id, sizeof(k.id));
	T_OK(vkey_is_of(&k, &s));
	s.blob[3] ^= 1;
	T_OK(!vkey_is_of(&k, &s));
	s.blob[3] ^= 1;
	s.name = rd_str("m");
	T_OK(!vkey_is_of(&k, &s));
	s.name = rd_str("n");
	s.n = 4;
	T_OK(!vkey_is_of(&k, &s));
}

int
main(void)
{
	TEST(the_example_of_the_format_is_read_and_built_again);
	TEST(no_truncation_and_no_other_octet_is_read);
	TEST(a_name_has_its_longest_and_no_space_or_plus);
	TEST(a_type_that_is_not_ours_is_refused_and_types_have_their_own_id);
	TEST(a_line_is_of_the_key_whose_name_and_id_it_has);
	return tap_done();
}
