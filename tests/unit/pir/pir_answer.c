#include <math.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/failmem.h"
#include "pir/pir_client.h"
#include "pir/pir_ring.h"
#include "pir/pir_server.h"

#include "tap.h"

/* A table, what is in it, and the public polynomials. */
struct scene {
	struct pir_shape shape;
	size_t size; /* of a column */
	uint8_t *columns;
	struct pir_table *table;
	struct pir_public *public;
};

/* kind 0: random columns; else all of that octet. */
static void
scene_init(struct scene *s, const struct pir_shape *shape, uint8_t kind)
{
	const struct pir_stream stream = { .key = { 1 }, .purpose = 9 };

	memset(s, 0, sizeof(*s));
	s->shape = *shape;
	s->size = pir_column_size(shape);
	s->columns = malloc(s->size * shape->columns);
	memset(s->columns, kind, s->size * shape->columns);
	if (kind == 0)
		pir_sample_octets(
		    &stream, s->size * shape->columns, s->columns);
	T_RC(RC_OK, pir_table_new(shape, &s->table));
	for (uint32_t c = 0; c < shape->columns; c++)
		T_RC(RC_OK,
		    pir_table_set(s->table, c, s->columns + c * s->size));
	T_RC(RC_OK, pir_table_prepare(s->table));
	T_RC(RC_OK, pir_public_new(shape, &s->public));
}

static void
scene_clear(struct scene *s)
{
	free(s->columns);
	pir_table_free(s->table);
	pir_public_free(s->public);
}

/* Asks for a column; adds up the squares of its noise. */
static void
ask(const struct scene *s, uint32_t column, double *square)
{
	uint8_t *got = malloc(s->size);
	int16_t *noise = malloc((size_t)s->shape.blocks * PIR_D * 2);
	struct pir_query *q = NULL;
	struct buf query;
	struct buf answer;

	buf_init(&query, pir_query_size(&s->shape));
	buf_init(&answer, pir_answer_size(&s->shape));
	T_RC(RC_OK, pir_query_new(s->public, column, &q, &query));
	T_RC(RC_OK, pir_answer(s->table, buf_get(&query), &answer));
	T_OK(answer.len == pir_answer_size(&s->shape));
	T_RC(RC_OK, pir_query_open(q, buf_get(&answer), got));
	T_MEM(s->columns + column * s->size, got, s->size);
	T_RC(RC_OK, pir_query_noise(q, buf_get(&answer), noise));
	for (size_t i = 0; i < (size_t)s->shape.blocks * PIR_D; i++)
		*square += (double)noise[i] * noise[i];
	pir_query_free(q);
	buf_clear(&query);
	buf_clear(&answer);
	free(got);
	free(noise);
}

/* Of the noise before the switch to small moduli, in units of q/2^25: section
 * 8 of the document. */
static double
noise_formula(double columns)
{
	const double unit = (double)PIR_Q / (1 << PIR_A_BITS);
	const double d = PIR_D;
	const double z = 1 << PIR_DIGIT_BITS;
	const double drop = 1 << PIR_DIGIT_DROP;
	const double p = 1 << PIR_PLAIN_BITS;
	const double sd2 = 3.2 * 3.2;

	return (PIR_DIGITS * d * d * z * z * sd2 / 12 +
		   d * d * drop * drop / 12 * sd2 +
		   columns * p * p / 12 * (sd2 + 1.5)) /
	    (unit * unit);
}

/* What the switch itself adds. */
static double
switch_formula(void)
{
	const double b = 1 << (PIR_A_BITS - PIR_B_BITS);

	return b * b / 12 + PIR_D * 3.2 * 3.2 / 12;
}

/* So many blocks: the deviation of what is measured is then 1.3 %. */
#define NOISE_BLOCKS 24

static void
check_noise(const struct scene *s, double square, unsigned asked)
{
	double got = sqrt(
	    square / asked / s->shape.blocks / PIR_D - switch_formula());
	double want = sqrt(noise_formula(s->shape.columns));

	printf("# noise %.3f of the formula\n", got / want);
	T_OK(got > 0.9 * want && got < 1.1 * want);
}

static void
every_shape_answers_with_the_column_and_the_noise_is_as_computed(void)
{
	static const struct pir_shape shapes[] = { { 2048, 1, { 1 } },
		{ 4096, 2, { 2 } }, { 2048, 4, { 3 } } };

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		const uint32_t last = shapes[i].columns - 1;
		const unsigned asked = NOISE_BLOCKS / shapes[i].blocks;
		const uint32_t columns[] = { 0, 1, 2047, last / 2, last - 1,
			last };
		struct scene s;
		double square = 0;

		scene_init(&s, &shapes[i], 0);
		for (unsigned c = 0; c < asked; c++)
			ask(&s, columns[c % ARRAY_LEN(columns)], &square);
		check_noise(&s, square, asked);
		scene_clear(&s);
	}
}

static void
columns_of_one_octet_make_no_more_noise(void)
{
	const struct pir_shape shape = { 4096, 1, { 4 } };
	struct scene s;
	double square = 0;

	scene_init(&s, &shape, 0xff);
	for (uint32_t c = 0; c < NOISE_BLOCKS; c++)
		ask(&s, c * 170, &square);
	check_noise(&s, square, NOISE_BLOCKS);
	scene_clear(&s);
}

/* --- with one table of the smallest shape ------------------------------------
 */

static const struct pir_shape small_shape = { 2048, 1, { 5 } };
static struct scene small;

static void
a_batch_in_shares_gives_each_its_answer(void)
{
	struct pir_query *q[PIR_JOB_MAX] = { NULL };
	uint8_t *got = malloc(small.size);
	struct pir_job *j = NULL;
	struct buf b;
	static const unsigned parts[] = { 1, 2, 3, 200 };

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_job_new(small.table, &j));
	for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
		const unsigned n = p == 0 ? PIR_JOB_MAX : (unsigned)p;

		for (unsigned i = 0; i < n; i++) {
			buf_clear(&b);
			T_RC(RC_OK,
			    pir_query_new(small.public, i * 100, &q[i], &b));
			T_RC(RC_OK, pir_job_add(j, buf_get(&b)));
		}
		if (n == PIR_JOB_MAX)
			T_RC(RC_LIMIT, pir_job_add(j, buf_get(&b)));
		for (unsigned i = parts[p]; i-- > 0;)
			pir_job_part(j, i, parts[p]);
		pir_job_finish(j);
		for (unsigned i = 0; i < n; i++) {
			T_RC(RC_OK,
			    pir_query_open_halves(q[i],
				pir_table_a_half(small.table),
				pir_job_b_half(j, i), got));
			T_MEM(small.columns + (size_t)i * 100 * small.size, got,
			    small.size);
			pir_query_free(q[i]);
		}
		pir_job_reset(j);
	}
	pir_job_free(j);
	buf_clear(&b);
	free(got);
}

static void *
second_half(void *job)
{
	pir_job_part(job, 1, 2);
	return NULL;
}

/* One thread does the other share; and both are in one table at once. */
static void
two_threads_answer_from_one_table(void)
{
	uint8_t *got = malloc(small.size);
	struct pir_query *q[2] = { NULL };
	struct pir_job *j[2] = { NULL };
	pthread_t thread[2];
	struct buf b;

	buf_init(&b, 1u << 20);
	for (unsigned i = 0; i < 2; i++) {
		T_RC(RC_OK, pir_job_new(small.table, &j[i]));
		buf_clear(&b);
		T_RC(RC_OK, pir_query_new(small.public, 9 + i, &q[i], &b));
		T_RC(RC_OK, pir_job_add(j[i], buf_get(&b)));
		T_OK(pthread_create(&thread[i], NULL, second_half, j[i]) == 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		pir_job_part(j[i], 0, 2);
		T_OK(pthread_join(thread[i], NULL) == 0);
		pir_job_finish(j[i]);
		T_RC(RC_OK,
		    pir_query_open_halves(q[i], pir_table_a_half(small.table),
			pir_job_b_half(j[i], 0), got));
		T_MEM(small.columns + (9 + i) * small.size, got, small.size);
		pir_query_free(q[i]);
		pir_job_free(j[i]);
	}
	buf_clear(&b);
	free(got);
}

static void
the_b_half_alone_is_the_end_of_the_answer(void)
{
	struct pir_query *q = NULL;
	struct buf query;
	struct buf whole;
	struct buf half;

	buf_init(&query, 1u << 20);
	buf_init(&whole, 1u << 20);
	buf_init(&half, 1u << 20);
	T_RC(RC_OK, pir_query_new(small.public, 7, &q, &query));
	T_RC(RC_OK, pir_answer(small.table, buf_get(&query), &whole));
	T_RC(RC_OK, pir_answer_half(small.table, buf_get(&query), &half));
	T_OK(half.len == pir_b_half_size(&small_shape));
	T_MEM(half.p, whole.p + whole.len - half.len, half.len);
	T_MEM(pir_table_a_half(small.table).p, whole.p,
	    pir_a_half_size(&small_shape));
	pir_query_free(q);
	buf_clear(&query);
	buf_clear(&whole);
	buf_clear(&half);
}

/* What it decodes to says nothing; the sanitizers say whether a sum overflows.
 */
static void
a_query_of_the_highest_or_lowest_words_is_answered(void)
{
	uint8_t *octets = calloc(1, pir_query_size(&small_shape));
	const struct rd query = { octets, pir_query_size(&small_shape) };
	struct buf b;

	/* all zero: keys 0, words at their lowest */
	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_answer(small.table, query, &b));
	T_OK(b.len == pir_answer_size(&small_shape));
	/* keys q - 1, each 42 bits; words twice PIR_WORD_MAX */
	for (size_t bit = 0; bit < (size_t)PIR_KEYS * PIR_KEY_SIZE * 8; bit++) {
		uint64_t value = PIR_Q - 1;
		unsigned at = 41 - (unsigned)(bit % 42);

		octets[bit / 8] = (uint8_t)(octets[bit / 8] |
		    (value >> at & 1) << (7 - bit % 8));
	}
	for (size_t i = (size_t)PIR_KEYS * PIR_KEY_SIZE; i < query.left; i += 5)
		memcpy(octets + i, "\xfe\xb8\x51\xd0\x00", 5);
	buf_clear(&b);
	T_RC(RC_OK, pir_answer(small.table, query, &b));
	T_OK(b.len == pir_answer_size(&small_shape));
	buf_clear(&b);
	free(octets);
}

static void
what_is_no_query_is_refused_and_the_job_goes_on(void)
{
	uint8_t *octets = calloc(1, pir_query_size(&small_shape) + 1);
	const size_t n = pir_query_size(&small_shape);
	struct pir_job *j = NULL;

	T_RC(RC_OK, pir_job_new(small.table, &j));
	T_RC(RC_MALFORMED, pir_job_add(j, (struct rd){ octets, n - 1 }));
	T_RC(RC_MALFORMED, pir_job_add(j, (struct rd){ octets, n + 1 }));
	T_RC(RC_MALFORMED, pir_job_add(j, (struct rd){ octets, 0 }));
	octets[n - 5] = 0xff;
	T_RC(RC_MALFORMED, pir_job_add(j, (struct rd){ octets, n }));
	octets[n - 5] = 0;
	T_RC(RC_OK, pir_job_add(j, (struct rd){ octets, n }));
	pir_job_part(j, 0, 1);
	pir_job_finish(j);
	T_OK(pir_job_b_half(j, 0).left == pir_b_half_size(&small_shape));
	pir_job_free(j);
	free(octets);
}

static void
an_answer_of_another_size_is_refused(void)
{
	const size_t n = pir_answer_size(&small_shape);
	uint8_t *octets = calloc(1, n + 1);
	uint8_t *got = malloc(small.size);
	struct pir_query *q = NULL;
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_query_new(small.public, 7, &q, &b));
	T_RC(RC_MALFORMED, pir_query_open(q, (struct rd){ octets, 0 }, got));
	T_RC(
	    RC_MALFORMED, pir_query_open(q, (struct rd){ octets, n - 1 }, got));
	T_RC(
	    RC_MALFORMED, pir_query_open(q, (struct rd){ octets, n + 1 }, got));
	T_RC(RC_OK, pir_query_open(q, (struct rd){ octets, n }, got));
	pir_query_free(q);
	buf_clear(&b);
	free(octets);
	free(got);
}

static void
no_two_queries_are_the_same(void)
{
	struct pir_query *q = NULL;
	struct buf a;
	struct buf b;

	buf_init(&a, 1u << 20);
	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_query_new(small.public, 7, &q, &a));
	pir_query_free(q);
	T_RC(RC_OK, pir_query_new(small.public, 7, &q, &b));
	pir_query_free(q);
	T_OK(a.len == b.len && memcmp(a.p, b.p, a.len) != 0);
	T_RC(RC_LIMIT, pir_query_new(small.public, 2048, &q, &b));
	buf_clear(&a);
	buf_clear(&b);
}

static void
a_table_is_filled_then_prepared_then_asked(void)
{
	uint8_t *column = calloc(1, small.size);
	struct pir_table *t = NULL;
	struct pir_job *j = NULL;
	bool done = false;
	const struct pir_shape odd = { 2047, 1, { 0 } };

	T_RC(RC_MALFORMED, pir_table_new(&odd, &t));
	T_RC(RC_OK, pir_table_new(&small_shape, &t));
	T_RC(RC_STATE, pir_job_new(t, &j));
	T_RC(RC_STATE, pir_table_save(t, -1));
	T_RC(RC_LIMIT, pir_table_set(t, 2048, column));
	T_RC(RC_OK, pir_table_set(t, 2047, column));
	T_RC(RC_OK, pir_table_prepare_step(t, &done));
	T_OK(!done);
	T_RC(RC_STATE, pir_table_set(t, 0, column));
	pir_table_free(t); /* while it is being prepared */
	T_RC(RC_STATE, pir_table_set(small.table, 0, column));
	T_RC(RC_STATE, pir_table_prepare(small.table));
	free(column);
}

static void
a_mapped_table_answers_and_a_damaged_one_is_refused(void)
{
	const size_t size = pir_table_file_size(&small_shape);
	const size_t damage[] = { 0, 24, 31, 32, 64, 79, 80, 4096, size / 2,
		size - 1 };
	int fd = memfd_create("table", MFD_CLOEXEC);
	struct pir_table *t = NULL;
	struct scene s = small;
	double square = 0;

	/* it may stand behind another thing */
	T_OK(lseek(fd, 4096, SEEK_SET) == 4096);
	T_RC(RC_OK, pir_table_save(small.table, fd));
	T_OK(lseek(fd, 0, SEEK_CUR) == (off_t)(4096 + size));
	T_RC(RC_MALFORMED, pir_table_map(fd, 0, &t));
	T_RC(RC_MALFORMED, pir_table_map(fd, 4095, &t));
	T_RC(RC_MALFORMED, pir_table_map(fd, size + 4096, &t));
	T_RC(RC_OK, pir_table_map(fd, 4096, &s.table));
	T_OK(pir_shape_is_eq(pir_table_shape(s.table), &small_shape));
	ask(&s, 99, &square);
	pir_table_free(s.table);
	for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
		off_t at = (off_t)(4096 + damage[i]);
		uint8_t octet = 0;

		T_OK(pread(fd, &octet, 1, at) == 1);
		octet ^= 1;
		T_OK(pwrite(fd, &octet, 1, at) == 1);
		T_RC(RC_MALFORMED, pir_table_map(fd, 4096, &t));
		octet ^= 1;
		T_OK(pwrite(fd, &octet, 1, at) == 1);
	}
	T_OK(ftruncate(fd, (off_t)(4096 + size - 1)) == 0);
	T_RC(RC_MALFORMED, pir_table_map(fd, 4096, &t));
	T_OK(ftruncate(fd, 4096 + 100) == 0);
	T_RC(RC_MALFORMED, pir_table_map(fd, 4096, &t));
	(void)close(fd);
}

static void
no_memory_is_told_and_nothing_leaks(void)
{
	struct pir_public *p = NULL;
	struct pir_query *q = NULL;
	struct pir_table *t = NULL;
	struct pir_job *j = NULL;
	struct buf b;

	buf_init(&b, 1u << 20);
	for (long k = 0; k < 2; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, pir_public_new(&small_shape, &p));
	}
	for (long k = 0; k < 3; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, pir_query_new(small.public, 0, &q, &b));
	}
	for (long k = 0; k < 3; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, pir_table_new(&small_shape, &t));
	}
	for (long k = 0; k < 6; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, pir_job_new(small.table, &j));
	}
	(void)failmem_after(-1);
	T_OK(p == NULL && q == NULL && t == NULL && j == NULL && b.len == 0);
}

int
main(void)
{
	TEST(every_shape_answers_with_the_column_and_the_noise_is_as_computed);
	TEST(columns_of_one_octet_make_no_more_noise);
	scene_init(&small, &small_shape, 0);
	TEST(a_batch_in_shares_gives_each_its_answer);
	TEST(two_threads_answer_from_one_table);
	TEST(the_b_half_alone_is_the_end_of_the_answer);
	TEST(a_query_of_the_highest_or_lowest_words_is_answered);
	TEST(what_is_no_query_is_refused_and_the_job_goes_on);
	TEST(an_answer_of_another_size_is_refused);
	TEST(no_two_queries_are_the_same);
	TEST(a_table_is_filled_then_prepared_then_asked);
	TEST(a_mapped_table_answers_and_a_damaged_one_is_refused);
	TEST(no_memory_is_told_and_nothing_leaks);
	scene_clear(&small);
	return tap_done();
}
