#include "merkle/checkpoint.h"

#include <sodium.h>

#include "tap.h"

/* The example of c2sp.org/tlog-checkpoint. */
#define EXAMPLE                         \
	"example.com/behind-the-sofa\n" \
	"20852163\n"                    \
	"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

static enum rc
parse(const char *text, size_t n, struct checkpoint *ret_c)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = checkpoint_parse((struct rd){ p, n }, ret_c);

	ret_c->origin = rd_str("");
	ret_c->more = rd_str("");
	free(p);
	return rc;
}

static void
the_example_of_the_format_is_read_and_built_again(void)
{
	struct checkpoint c;
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, checkpoint_parse(rd_str(EXAMPLE), &c));
	T_OK(rd_is_eq(c.origin, "example.com/behind-the-sofa"));
	T_OK(c.size == 20852163 && c.root[0] == 0x0a && c.more.left == 0);
	T_RC(RC_OK, checkpoint_build(&c, &b));
	T_OK(rd_is_eq(buf_get(&b), EXAMPLE));
	b.len = 0;
	T_RC(RC_OK, checkpoint_parse(rd_str(EXAMPLE "more\nand more\n"), &c));
	T_OK(rd_is_eq(c.more, "more\nand more\n"));
	T_RC(RC_OK, checkpoint_build(&c, &b));
	T_OK(rd_is_eq(buf_get(&b), EXAMPLE "more\nand more\n"));
	buf_clear(&b);
}

static void
no_truncation_is_read(void)
{
	struct checkpoint c;

	for (size_t n = 0; n < strlen(EXAMPLE); n++)
		T_RC(RC_MALFORMED, parse(EXAMPLE, n, &c));
	T_RC(RC_OK, parse(EXAMPLE, strlen(EXAMPLE), &c));
}

static void
what_is_not_one_spelling_is_refused(void)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	static const char *const bad[] = { "a b\n1\n" ROOT, "\n1\n" ROOT,
		"a\n01\n" ROOT, "a\n-1\n" ROOT, "a\n+1\n" ROOT, "a\n\n" ROOT,
		"a\n1 \n" ROOT, "a\n9223372036854775808\n" ROOT,
		"a\n99999999999999999999\n" ROOT, "a\n1\n",
		"a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
		"a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
		"a\n1\n" ROOT "\n", "a\n1\n" ROOT "x\n\n", "a\n1\n" ROOT "x",
		"a\n1\n" ROOT "x\ty\n", "a\r\n1\n" ROOT };
	struct checkpoint c;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, parse(bad[i], strlen(bad[i]), &c));
	T_RC(RC_OK, parse("a\n0\n" ROOT, 4 + strlen(ROOT), &c));
	T_OK(c.size == 0);
	T_RC(RC_OK,
	    parse("a\n9223372036854775807\n" ROOT, 22 + strlen(ROOT), &c));
	T_OK(c.size == TREE_SIZE_MAX);
}

static void
a_text_has_its_longest(void)
{
	char text[CHECKPOINT_TEXT_MAX + 2] = EXAMPLE;
	size_t n = strlen(text);
	struct checkpoint c;
	struct buf b;

	memset(text + n, 'x', sizeof(text) - n);
	text[CHECKPOINT_TEXT_MAX - 1] = '\n';
	T_RC(RC_OK, parse(text, CHECKPOINT_TEXT_MAX, &c));
	text[CHECKPOINT_TEXT_MAX - 1] = 'x';
	text[CHECKPOINT_TEXT_MAX] = '\n';
	T_RC(RC_MALFORMED, parse(text, CHECKPOINT_TEXT_MAX + 1, &c));
	buf_init(&b, 4096);
	T_RC(RC_OK, checkpoint_parse(rd_str(EXAMPLE), &c));
	c.more = (struct rd){ (uint8_t *)text + n,
		CHECKPOINT_TEXT_MAX + 1 - n };
	T_RC(RC_MALFORMED, checkpoint_build(&c, &b));
	c.more = rd_str("no end");
	T_RC(RC_MALFORMED, checkpoint_build(&c, &b));
	c.more = rd_str("");
	c.size = (uint64_t)TREE_SIZE_MAX + 1;
	T_RC(RC_MALFORMED, checkpoint_build(&c, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
an_origin_is_the_hash_of_its_key(void)
{
	static const uint8_t key[32];
	char origin[CHECKPOINT_ORIGIN_SIZE];

	checkpoint_origin(key, origin);
	/* SHA-256 of 32 zeros */
	T_STR("tacet.log/66687aadf862bd77", origin);
}

/* --- cosignatures
 * ------------------------------------------------------------- */

static uint8_t sk[64];
static struct vkey witness;

static void
make_witness(void)
{
	uint8_t seed[32] = { 5 };
	uint8_t pk[32];

	(void)crypto_sign_seed_keypair(pk, sk, seed);
	T_RC(RC_OK, vkey_init(&witness, "w", VKEY_TYPE_COSIGNATURE, pk));
}

static enum rc
check(struct rd line, const char *text, uint64_t *ret_time)
{
	struct note_signature s;
	enum rc rc = note_signature_take(&line, &s);

	return rc == RC_OK
	    ? checkpoint_cosigned(&s, rd_str(text), &witness, ret_time)
	    : rc;
}

/* The signed message and the line as tlog-cosignature writes them, by hand. */
static void
a_cosignature_is_over_its_time_and_the_text(void)
{
	static const char message[] = "cosignature/v1\n"
				      "time 1679315147\n" EXAMPLE;
	struct note_signature s;
	uint64_t time = 0;
	struct rd line;
	struct buf b;

	buf_init(&b, 1024);
	T_RC(
	    RC_OK, checkpoint_cosign(rd_str(EXAMPLE), "w", sk, 1679315147, &b));
	line = buf_get(&b);
	T_RC(RC_OK, note_signature_take(&line, &s));
	T_OK(line.left == 0 && rd_is_eq(s.name, "w") && s.n == 4 + 8 + 64);
	T_MEM(witness.id, s.blob, 4);
	T_MEM("\0\0\0\0\x64\x18\x50\xcb", s.blob + 4, 8);
	T_OK(crypto_sign_verify_detached(s.blob + 12, (const uint8_t *)message,
		 sizeof(message) - 1, witness.key) == 0);
	T_RC(RC_OK, check(buf_get(&b), EXAMPLE, &time));
	T_OK(time == 1679315147);
	buf_clear(&b);
}

static void
a_cosignature_of_something_else_is_denied(void)
{
	struct vkey other = witness;
	struct note_signature s;
	uint64_t time = 9;
	struct rd line;
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, checkpoint_cosign(rd_str(EXAMPLE), "w", sk, 1, &b));
	T_RC(RC_DENIED, check(buf_get(&b), EXAMPLE "x\n", &time));
	line = buf_get(&b);
	T_RC(RC_OK, note_signature_take(&line, &s));
	for (size_t i = 4; i < s.n; i++) { /* time and signature */
		s.blob[i] ^= 1;
		T_RC(RC_DENIED,
		    checkpoint_cosigned(&s, rd_str(EXAMPLE), &witness, &time));
		s.blob[i] ^= 1;
	}
	s.n--;
	T_RC(RC_DENIED,
	    checkpoint_cosigned(&s, rd_str(EXAMPLE), &witness, &time));
	s.n++;
	other.id[0] ^= 1;
	T_RC(RC_NOT_FOUND,
	    checkpoint_cosigned(&s, rd_str(EXAMPLE), &other, &time));
	other = witness;
	other.type = VKEY_TYPE_ED25519;
	T_RC(RC_NOT_FOUND,
	    checkpoint_cosigned(&s, rd_str(EXAMPLE), &other, &time));
	T_OK(time == 9);
	buf_clear(&b);
}

int
main(void)
{
	make_witness();
	TEST(the_example_of_the_format_is_read_and_built_again);
	TEST(no_truncation_is_read);
	TEST(what_is_not_one_spelling_is_refused);
	TEST(a_text_has_its_longest);
	TEST(an_origin_is_the_hash_of_its_key);
	TEST(a_cosignature_is_over_its_time_and_the_text);
	TEST(a_cosignature_of_something_else_is_denied);
	return tap_done();
}
