#include <math.h>
#include <stdint.h>

#include "pir/pir_client.h"
#include "pir/pir_server.h"

#include "tap.h"

/* A table of columns whose octets are a hash of their number, prepared. */
static struct pir_table *
table(const struct pir_shape *shape, uint8_t *columns)
{
	struct pir_table *t = NULL;
	const size_t size = pir_column_size(shape);
	const struct pir_stream s = { .key = { 1 }, .purpose = 9 };

	pir_sample_octets(&s, size * shape->columns, columns);
	T_RC(RC_OK, pir_table_new(shape, &t));
	for (uint32_t c = 0; c < shape->columns; c++)
		T_RC(RC_OK, pir_table_set(t, c, columns + c * size));
	T_RC(RC_OK, pir_table_prepare(t));
	return t;
}

static void
every_shape_answers_with_the_column(void)
{
	static const struct pir_shape shapes[] = { { 2048, 1, { 1 } },
		{ 4096, 2, { 2 } }, { 2048, 4, { 3 } } };

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		const struct pir_shape *shape = &shapes[i];
		const size_t size = pir_column_size(shape);
		uint8_t *columns = malloc(size * shape->columns);
		uint8_t *got = malloc(size);
		struct pir_table *t = table(shape, columns);
		struct pir_public *p = NULL;

		T_RC(RC_OK, pir_public_new(shape, &p));
		for (uint32_t c = 0; c < shape->columns;
		     c += shape->columns - 1) {
			struct pir_query *q = NULL;
			struct buf query;
			struct buf answer;

			buf_init(&query, 1u << 20);
			buf_init(&answer, 1u << 20);
			T_RC(RC_OK, pir_query_new(p, c, &q, &query));
			T_OK(query.len == pir_query_size(shape));
			T_RC(RC_OK, pir_answer(t, buf_get(&query), &answer));
			T_OK(answer.len == pir_answer_size(shape));
			T_RC(RC_OK, pir_query_open(q, buf_get(&answer), got));
			T_MEM(columns + c * size, got, size);
			pir_query_free(q);
			buf_clear(&query);
			buf_clear(&answer);
		}
		pir_public_free(p);
		pir_table_free(t);
		free(columns);
		free(got);
	}
}

int
main(void)
{
	TEST(every_shape_answers_with_the_column);
	return tap_done();
}
