/* Bodies against doc/protocol/directory.md, 5. */
#include "wire/private_lookup.h"

#include <string.h>

#include "base/failmem.h"
#include "tap.h"

static struct private_lookup_pair
a_pair(uint8_t first)
{
	struct private_lookup_pair p;

	for (size_t i = 0; i < sizeof(p.token); i++)
		p.token[i] = (uint8_t)(first + i);
	for (size_t i = 0; i < sizeof(p.element); i++)
		p.element[i] = (uint8_t)(first + 128 + i);
	return p;
}

static void
a_question_is_as_documented(void)
{
	const struct private_lookup_ask a = { a_pair(1), 0x01020304,
		rd_str("query") };
	struct private_lookup_ask got;
	struct buf b;
	unsigned char *p;

	buf_init(&b, 200);
	T_RC(RC_OK, private_lookup_ask_build(&a, &b));
	T_OK(b.len == 96 + 32 + 4 + 5);
	T_MEM(a.pair.token, b.p, 96);
	T_MEM(a.pair.element, b.p + 96, 32);
	T_MEM("\x01\x02\x03\x04query", b.p + 128, 9);
	T_RC(RC_OK, private_lookup_ask_parse(buf_get(&b), &got));
	T_MEM(&a.pair, &got.pair, sizeof(a.pair));
	T_OK(got.epoch == a.epoch && rd_is_eq(got.query, "query"));
	/* cut anywhere before the query's first octet it is refused */
	for (size_t n = 0; n <= PRIVATE_LOOKUP_ASK_HEAD; n++) {
		p = tap_block(b.p, n);
		T_RC(RC_MALFORMED,
		    private_lookup_ask_parse((struct rd){ p, n }, &got));
		free(p);
	}
	buf_clear(&b);
}

static void
an_answer_is_as_documented(void)
{
	struct private_lookup_answer a = { .epoch = 7,
		.answer = rd_str("answer") };
	struct private_lookup_answer got;
	struct buf b;
	unsigned char *p;

	memset(a.element, 0xee, sizeof(a.element));
	memset(a.proof, 0xaa, sizeof(a.proof));
	buf_init(&b, 200);
	T_RC(RC_OK, private_lookup_answer_build(&a, &b));
	T_OK(b.len == 32 + 64 + 4 + 6);
	T_MEM(a.element, b.p, 32);
	T_MEM(a.proof, b.p + 32, 64);
	T_MEM("\0\0\0\x07"
	      "answer",
	    b.p + 96, 10);
	T_RC(RC_OK, private_lookup_answer_parse(buf_get(&b), &got));
	T_MEM(a.element, got.element, 32);
	T_MEM(a.proof, got.proof, 64);
	T_OK(got.epoch == 7 && rd_is_eq(got.answer, "answer"));
	for (size_t n = 0; n <= PRIVATE_LOOKUP_ANSWER_HEAD; n++) {
		p = tap_block(b.p, n);
		T_RC(RC_MALFORMED,
		    private_lookup_answer_parse((struct rd){ p, n }, &got));
		free(p);
	}
	buf_clear(&b);
}

static void
evaluations_are_one_to_a_hundred(void)
{
	struct private_lookup_pair pairs[PRIVATE_LOOKUP_OPRF_MAX + 1];
	struct private_lookup_pair got[PRIVATE_LOOKUP_OPRF_MAX];
	size_t m = 0;
	struct buf b;

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		pairs[i] = a_pair((uint8_t)i);
	buf_init(&b, 20000);
	T_RC(RC_MALFORMED, private_lookup_oprf_build(pairs, 0, &b));
	T_RC(RC_MALFORMED, private_lookup_oprf_build(pairs, 101, &b));
	T_OK(b.len == 0);
	T_RC(RC_OK, private_lookup_oprf_build(pairs, 100, &b));
	T_OK(b.len == 2 + 100 * 128 && b.p[0] == 0 && b.p[1] == 100);
	T_RC(RC_OK, private_lookup_oprf_parse(buf_get(&b), got, &m));
	T_OK(m == 100);
	T_MEM(pairs, got, sizeof(got));
	/* a hundred and one, with the octets present */
	b.p[1] = 101;
	T_RC(RC_OK, buf_add(&b, &pairs[100], sizeof(pairs[100])));
	T_RC(RC_MALFORMED, private_lookup_oprf_parse(buf_get(&b), got, &m));
	b.len = 2;
	b.p[1] = 0;
	T_RC(RC_MALFORMED, private_lookup_oprf_parse(buf_get(&b), got, &m));
	buf_clear(&b);
}

static void
no_truncation_and_no_trailing_octet_of_evaluations_is_read(void)
{
	const struct private_lookup_pair pairs[2] = { a_pair(1), a_pair(9) };
	struct private_lookup_pair got[PRIVATE_LOOKUP_OPRF_MAX];
	size_t m = 99;
	struct buf b;
	unsigned char *p;

	buf_init(&b, 400);
	T_RC(RC_OK, private_lookup_oprf_build(pairs, 2, &b));
	for (size_t n = 0; n < b.len; n++) {
		p = tap_block(b.p, n);
		T_RC(RC_MALFORMED,
		    private_lookup_oprf_parse((struct rd){ p, n }, got, &m));
		free(p);
	}
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, private_lookup_oprf_parse(buf_get(&b), got, &m));
	T_OK(m == 99);
	buf_clear(&b);
}

static void
a_failed_allocation_leaves_the_buffer_as_it_was(void)
{
	const struct private_lookup_pair pair = a_pair(1);
	const struct private_lookup_ask a = { pair, 1, rd_str("q") };
	struct buf b;

	buf_init(&b, 100); /* less than any of them */
	T_RC(RC_LIMIT, private_lookup_ask_build(&a, &b));
	T_RC(RC_LIMIT, private_lookup_oprf_build(&pair, 1, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
	buf_init(&b, 400);
	(void)failmem_after(0);
	T_RC(RC_NOMEM, private_lookup_ask_build(&a, &b));
	(void)failmem_after(-1);
	T_OK(b.len == 0);
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_question_is_as_documented);
	TEST(an_answer_is_as_documented);
	TEST(evaluations_are_one_to_a_hundred);
	TEST(no_truncation_and_no_trailing_octet_of_evaluations_is_read);
	TEST(a_failed_allocation_leaves_the_buffer_as_it_was);
	return tap_done();
}
