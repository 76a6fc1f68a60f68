#include "merkle/add_checkpoint.h"

#include "tap.h"

/* The form of c2sp.org/tlog-witness, add-checkpoint, by hand. */
#define HASH "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define BODY "old 20852014\n" HASH HASH "\nnote, not looked into"

static enum rc
parse(const char *text, size_t n, struct add_checkpoint *ret_a)
{
	unsigned char *p = tap_block(text, n);
	enum rc rc = add_checkpoint_parse((struct rd){ p, n }, ret_a);

	free(p);
	return rc;
}

static void
a_request_is_read_and_built_again(void)
{
	struct add_checkpoint a;
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, add_checkpoint_parse(rd_str(BODY), &a));
	T_OK(a.old_size == 20852014 && a.proof.n == 2);
	T_OK(a.proof.hashes[1][0] == 0x0a);
	T_OK(rd_is_eq(a.note, "note, not looked into"));
	T_RC(RC_OK, add_checkpoint_build(&a, &b));
	T_OK(rd_is_eq(buf_get(&b), BODY));
	T_RC(RC_OK, parse("old 0\n\nx", 8, &a));
	T_OK(a.old_size == 0 && a.proof.n == 0);
	buf_clear(&b);
}

static void
no_truncation_before_the_note_is_read(void)
{
	struct add_checkpoint a = { .old_size = 7 };
	size_t n = strlen(BODY) - strlen("note, not looked into");

	for (size_t i = 0; i <= n; i++)
		T_RC(RC_MALFORMED, parse(BODY, i, &a));
	T_OK(a.old_size == 7);
}

static void
another_form_is_refused(void)
{
	static const char *const bad[] = { "old\n\nx", "old \n\nx",
		"old 01\n\nx", "old -1\n\nx", "new 1\n\nx", "old 1 \n\nx",
		"old 9223372036854775808\n\nx", "Old 1\n\nx",
		"old 1\nAAAA\n\nx", "old 1\n" HASH "x" };
	struct add_checkpoint a;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, parse(bad[i], strlen(bad[i]), &a));
}

static void
a_proof_has_63_hashes_at_most_and_a_body_its_longest(void)
{
	static uint8_t note[CHECKPOINT_NOTE_MAX + 32];
	struct add_checkpoint a = { .old_size = TREE_SIZE_MAX,
		.note = rd_str("x") };
	struct add_checkpoint again;
	struct buf b;

	memset(note, 'x', sizeof(note));
	buf_init(&b, 2 * ADD_CHECKPOINT_MAX);
	a.proof.n = 63;
	T_RC(RC_OK, add_checkpoint_build(&a, &b));
	T_RC(RC_OK, add_checkpoint_parse(buf_get(&b), &again));
	T_OK(again.proof.n == 63);
	b.len -= 2; /* empty line and note: a 64th hash instead */
	T_RC(RC_OK, buf_add_str(&b, HASH "\nx"));
	T_RC(RC_MALFORMED, add_checkpoint_parse(buf_get(&b), &again));
	b.len = 0;
	a.proof.n = 64;
	T_RC(RC_MALFORMED, add_checkpoint_build(&a, &b));
	a.proof.n = 63;
	a.note = (struct rd){ note, CHECKPOINT_NOTE_MAX + 8 };
	T_RC(RC_OK, add_checkpoint_build(&a, &b));
	T_OK(b.len == ADD_CHECKPOINT_MAX);
	T_RC(RC_OK, add_checkpoint_parse(buf_get(&b), &again));
	T_RC(RC_OK, buf_u8(&b, 'x'));
	T_RC(RC_MALFORMED, add_checkpoint_parse(buf_get(&b), &again));
	b.len = 0;
	a.note.left++;
	T_RC(RC_MALFORMED, add_checkpoint_build(&a, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
a_size_is_a_line(void)
{
	static const char *const bad[] = { "", "\n", "1", "1\n\n", "01\n",
		"1 \n", "x\n", "9223372036854775808\n" };
	uint64_t size = 5;
	struct buf b;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED,
		    add_checkpoint_size_parse(rd_str(bad[i]), &size));
	T_OK(size == 5);
	buf_init(&b, 64);
	T_RC(RC_OK, add_checkpoint_size_build(TREE_SIZE_MAX, &b));
	T_OK(rd_is_eq(buf_get(&b), "9223372036854775807\n"));
	T_RC(RC_OK, add_checkpoint_size_parse(buf_get(&b), &size));
	T_OK(size == TREE_SIZE_MAX);
	T_RC(RC_MALFORMED,
	    add_checkpoint_size_build((uint64_t)TREE_SIZE_MAX + 1, &b));
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_request_is_read_and_built_again);
	TEST(no_truncation_before_the_note_is_read);
	TEST(another_form_is_refused);
	TEST(a_proof_has_63_hashes_at_most_and_a_body_its_longest);
	TEST(a_size_is_a_line);
	return tap_done();
}
