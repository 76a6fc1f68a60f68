/*
 * No branch and no index depends on a query's seed or column. Under valgrind,
 * in a build with -Dvalgrind=true, memcheck says so (./check static); in others
 * this is one more query that is opened.
 */
#include "base/ct.h"
#include "pir/pir_client.h"

#include "tap.h"

static void
a_secret_query_is_made_and_opened(void)
{
	const struct pir_shape shape = { 4096, 1, { 1 } };
	uint8_t *answer = calloc(1, pir_answer_size(&shape));
	uint8_t *got = calloc(1, pir_column_size(&shape));
	uint8_t *zero = calloc(1, pir_column_size(&shape));
	uint8_t seed[PIR_SEED_SIZE] = { 5 };
	uint32_t column = 2049;
	struct pir_public *p = NULL;
	struct pir_query *q = NULL;
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_public_new(&shape, &p));
	ct_secret(seed, sizeof(seed));
	ct_secret(&column, sizeof(column));
	T_RC(RC_OK, pir_query_seeded(p, column, seed, &q, &b));
	T_RC(RC_OK,
	    pir_query_open(
		q, (struct rd){ answer, pir_answer_size(&shape) }, got));
	ct_public(got, pir_column_size(&shape)); /* no secret: a test's */
	/* all plaintexts are the middle one, under the mask */
	T_OK(memcmp(zero, got, pir_column_size(&shape)) != 0);
	pir_query_free(q);
	pir_public_free(p);
	buf_clear(&b);
	free(answer);
	free(got);
	free(zero);
}

int
main(void)
{
	TEST(a_secret_query_is_made_and_opened);
	return tap_done();
}
