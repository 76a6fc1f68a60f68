/*
 * pir_decode: are plaintexts opened as they were put in?
 *
 *   bench_pir_decode COLUMNS BLOCKS PLAINTEXTS
 *
 * Fills a table at random, asks for random columns until so many plaintexts
 * were opened, and prints JSON: how many were wrong, and the standard deviation
 * of the noise as a part of what doc/protocol/ring-pir.md, 8 says. The exit
 * status is 1 if one was wrong or that part is not within a tenth of 1.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "pir/pir_client.h"
#include "pir/pir_server.h"

static void
must(enum rc rc, const char *what)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "bench_pir_decode: %s failed\n", what);
	_exit(2);
}

struct run {
	struct pir_shape shape;
	size_t size; /* of a column */
	uint8_t *columns;
	struct pir_table *table;
	struct pir_public *public;
	struct pir_job *job;
	uint64_t opened;
	uint64_t wrong;
	double square; /* sum of the squares of the noise */
};

static void
start(struct run *r)
{
	r->size = pir_column_size(&r->shape);
	r->columns = malloc(r->size * r->shape.columns);
	must(r->columns == NULL ? RC_NOMEM : RC_OK, "malloc");
	randombytes_buf(r->shape.label, sizeof(r->shape.label));
	randombytes_buf(r->columns, r->size * r->shape.columns);
	must(pir_table_new(&r->shape, &r->table), "pir_table_new");
	for (uint32_t c = 0; c < r->shape.columns; c++)
		must(pir_table_set(r->table, c, r->columns + c * r->size),
		    "pir_table_set");
	must(pir_table_prepare(r->table), "pir_table_prepare");
	must(pir_public_new(&r->shape, &r->public), "pir_public_new");
	must(pir_job_new(r->table, &r->job), "pir_job_new");
}

/* Counts each plaintext of 14 bits that has a wrong one. */
static uint64_t
count_wrong(const uint8_t *want, const uint8_t *got, size_t n)
{
	uint64_t wrong = 0;
	size_t last = SIZE_MAX;

	for (size_t bit = 0; bit < n * 8; bit++)
		if (((want[bit / 8] ^ got[bit / 8]) >> (7 - bit % 8) & 1) !=
			0 &&
		    bit / PIR_PLAIN_BITS != last) {
			wrong++;
			last = bit / PIR_PLAIN_BITS;
		}
	return wrong;
}

static void
open_one(struct run *r, const struct pir_query *q, uint32_t column, unsigned i)
{
	const size_t plaintexts = (size_t)r->shape.blocks * PIR_D;
	uint8_t *got = malloc(r->size);
	int16_t *noise = malloc(plaintexts * sizeof(*noise));
	struct buf answer;

	must(got == NULL || noise == NULL ? RC_NOMEM : RC_OK, "malloc");
	buf_init(&answer, pir_answer_size(&r->shape));
	must(buf_add_rd(&answer, pir_table_a_half(r->table)), "buf_add_rd");
	must(buf_add_rd(&answer, pir_job_b_half(r->job, i)), "buf_add_rd");
	must(pir_query_open(q, buf_get(&answer), got), "pir_query_open");
	must(pir_query_noise(q, buf_get(&answer), noise), "pir_query_noise");
	if (memcmp(got, r->columns + column * r->size, r->size) != 0)
		r->wrong += count_wrong(
		    got, r->columns + column * r->size, r->size);
	for (size_t k = 0; k < plaintexts; k++)
		r->square += (double)noise[k] * noise[k];
	r->opened += plaintexts;
	buf_clear(&answer);
	free(got);
	free(noise);
}

static void
ask_batch(struct run *r)
{
	struct pir_query *q[PIR_JOB_MAX] = { NULL };
	uint32_t column[PIR_JOB_MAX];
	struct buf b;

	buf_init(&b, pir_query_size(&r->shape));
	pir_job_reset(r->job);
	for (unsigned i = 0; i < PIR_JOB_MAX; i++) {
		column[i] = randombytes_uniform(r->shape.columns);
		buf_clear(&b);
		must(pir_query_new(r->public, column[i], &q[i], &b),
		    "pir_query_new");
		must(pir_job_add(r->job, buf_get(&b)), "pir_job_add");
	}
	pir_job_part(r->job, 0, 1);
	pir_job_finish(r->job);
	for (unsigned i = 0; i < PIR_JOB_MAX; i++) {
		open_one(r, q[i], column[i], i);
		pir_query_free(q[i]);
	}
	buf_clear(&b);
}

/* The formula's variance, in units of q/2^25. */
static double
formula(const struct pir_shape *shape)
{
	const double unit = (double)PIR_Q / (1 << PIR_A_BITS);
	const double sd2 = 3.2 * 3.2;

	return (3 * 0x1p22 * 0x1p22 * sd2 / 12 + 0x1p22 * 0x1p18 * sd2 / 12 +
		   shape->columns * 0x1p28 / 12 * (sd2 + 1.5)) /
	    (unit * unit) +
	    0x1p16 / 12 + PIR_D * sd2 / 12;
}

int
main(int argc, char **argv)
{
	struct run r = { 0 };
	uint64_t plaintexts;
	double part;

	if (argc != 4 || sodium_init() < 0) {
		(void)fprintf(stderr,
		    "usage: bench_pir_decode COLUMNS BLOCKS PLAINTEXTS\n");
		return 2;
	}
	r.shape.columns = (uint32_t)strtoul(argv[1], NULL, 10);
	r.shape.blocks = (uint16_t)strtoul(argv[2], NULL, 10);
	plaintexts = strtoull(argv[3], NULL, 10);
	start(&r);
	while (r.opened < plaintexts)
		ask_batch(&r);
	part = sqrt(r.square / (double)r.opened / formula(&r.shape));
	(void)printf("{\"what\":\"decode\",\"kernel\":\"%s\",\"columns\":%u,"
		     "\"blocks\":%u,\"plaintexts\":%llu,\"wrong\":%llu,"
		     "\"noise_of_formula\":%.4f}\n",
	    pir_kernel_name(), r.shape.columns, r.shape.blocks,
	    (unsigned long long)r.opened, (unsigned long long)r.wrong, part);
	pir_job_free(r.job);
	pir_public_free(r.public);
	pir_table_free(r.table);
	free(r.columns);
	return r.wrong > 0 || part < 0.9 || part > 1.1 ? 1 : 0;
}
