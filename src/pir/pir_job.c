#include "pir/pir_table.h"

#include <string.h>

#include "base/failmem.h"
#include "pir/pir_wire.h"

struct pir_job {
	const struct pir_table *table;
	unsigned n;
	struct pir_wire_query *query; /* to read one into */
	pir_run_limbs *limbs;
	struct pir_keys *keys; /* of each query */
	const struct pir_keys *key[PIR_BATCH_MAX];
	/* of each query: a word modulo q for each row; the packed sums, a
	 * value in generator order for each row */
	uint64_t *words[PIR_BATCH_MAX];
	uint64_t *sums[PIR_BATCH_MAX];
	uint8_t *b_half; /* of each query */
};

_Static_assert(PIR_JOB_MAX == PIR_BATCH_MAX, "a job is a batch");

static size_t
rows(const struct pir_job *j)
{
	return (size_t)j->table->shape.blocks * PIR_D;
}

enum rc
pir_job_new(const struct pir_table *t, struct pir_job **ret_job)
{
	struct pir_job *j = NULL;
	uint64_t *words;
	enum rc rc = RC_BUG;

	CHECK(t->is_ready, RC_STATE);
	j = failmem_alloc(sizeof(*j));
	CHECK(j != NULL, RC_NOMEM);
	j->table = t;
	j->query = failmem_alloc(
	    sizeof(*j->query) + t->shape.columns * sizeof(int64_t));
	j->limbs = failmem_array(
	    t->shape.columns / PIR_RUN, sizeof(j->limbs[0]));
	j->keys = failmem_array(PIR_BATCH_MAX, sizeof(j->keys[0]));
	words = failmem_array(2 * PIR_BATCH_MAX, rows(j) * sizeof(uint64_t));
	j->words[0] = words;
	j->b_half = failmem_array(PIR_BATCH_MAX, pir_b_half_size(&t->shape));
	CHECK(j->query != NULL && j->limbs != NULL && j->keys != NULL &&
		words != NULL && j->b_half != NULL,
	    RC_NOMEM);
	for (unsigned i = 0; i < PIR_BATCH_MAX; i++) {
		j->key[i] = &j->keys[i];
		j->words[i] = words + 2 * i * rows(j);
		j->sums[i] = j->words[i] + rows(j);
	}
	*ret_job = j;
	j = NULL;
	rc = RC_OK;
out:
	pir_job_free(j);
	return rc;
}

void
pir_job_free(struct pir_job *j)
{
	if (j == NULL)
		return;
	free(j->query);
	free(j->limbs);
	free(j->keys);
	free(j->words[0]);
	free(j->b_half);
	free(j);
}

void
pir_job_reset(struct pir_job *j)
{
	j->n = 0;
}

/* |w| <= 0.995 2^39, so that the highest limb is below 2^9 too. */
static void
cut_limbs(const struct pir_job *j, unsigned query)
{
	const int64_t base = 1 << PIR_LIMB_BITS;

	for (uint32_t c = 0; c < j->table->shape.columns; c++) {
		int16_t(*to)[2] = j->limbs[c / PIR_RUN][query][c % PIR_RUN / 2];
		int64_t w = j->query->words[c];

		for (unsigned l = 0; l < PIR_LIMBS; l++) {
			int64_t low = ((w + base / 2) & (base - 1)) - base / 2;

			to[l][c % 2] = (int16_t)low;
			w = (w - low) >> PIR_LIMB_BITS;
		}
	}
}

enum rc
pir_job_add(struct pir_job *j, struct rd query)
{
	struct pir_keys *keys = &j->keys[j->n % PIR_BATCH_MAX];
	enum rc rc = RC_BUG;

	CHECK(j->n < PIR_BATCH_MAX, RC_LIMIT);
	TRY(pir_wire_query_parse(query, &j->table->shape, j->query));
	cut_limbs(j, j->n);
	pir_kernel_lay_out(j->query->keys[0], keys);
	j->table->kernel->keys(keys);
	j->n++;
out:
	return rc;
}

/* 4 (s0 + 2^10 s1 + 2^20 s2 + 2^30 s3) modulo q. Of 2^19 columns each sum is
 * at most 2^41, so that |s1 + 2^10 s2 + 2^20 s3| is below 2^61.1; adding q
 * 2^21, which is above 2^62.9, makes it positive and keeps it below 2^64. */
static uint64_t
join(const pir_band_sums *s, unsigned row)
{
	int64_t high = (*s)[1][row] + (*s)[2][row] * (1 << PIR_LIMB_BITS) +
	    (*s)[3][row] * (1 << 2 * PIR_LIMB_BITS);
	uint64_t r = pir_ring_reduce((uint64_t)high + (PIR_Q << 21));

	r = (r << PIR_LIMB_BITS) + (uint64_t)(*s)[0][row] + (PIR_Q << 2);
	return pir_ring_reduce(r << PIR_WORD_DROP);
}

static void
scan_band(struct pir_job *j, size_t band)
{
	const struct pir_table *t = j->table;
	pir_band_sums sums[PIR_BATCH_MAX];

	t->kernel->scan(pir_table_band(t, band),
	    (const pir_run_limbs *)j->limbs, t->shape.columns, j->n, sums);
	for (unsigned i = 0; i < j->n; i++)
		for (unsigned r = 0; r < PIR_BAND; r++)
			j->words[i][band * PIR_BAND + r] = join(
			    (const pir_band_sums *)&sums[i], r);
}

static void
mac_chunk(struct pir_job *j, unsigned block, unsigned chunk)
{
	const struct pir_table *t = j->table;
	pir_lanes values[PIR_BATCH_MAX];

	t->kernel->mac(
	    pir_table_chunk(t, block, chunk), chunk, j->key, j->n, values);
	for (unsigned i = 0; i < j->n; i++)
		memcpy(j->sums[i] + (size_t)block * PIR_D +
			(size_t)chunk * PIR_LANES,
		    values[i], sizeof(values[i]));
}

/* Of every block: the bands part, part + parts, .. and the same of the chunks;
 * neither needs the other, nor what another share makes. */
void
pir_job_part(struct pir_job *j, unsigned part, unsigned parts)
{
	const size_t bands = rows(j) / PIR_BAND;
	const size_t chunks = rows(j) / PIR_LANES;

	for (size_t i = bands * part / parts; i < bands * (part + 1) / parts;
	     i++)
		scan_band(j, i);
	for (size_t i = chunks * part / parts; i < chunks * (part + 1) / parts;
	     i++)
		mac_chunk(
		    j, (unsigned)(i / PIR_CHUNKS), (unsigned)(i % PIR_CHUNKS));
}

void
pir_job_finish(struct pir_job *j)
{
	const struct pir_table *t = j->table;
	uint64_t x[PIR_D];

	for (unsigned i = 0; i < j->n; i++)
		for (unsigned k = 0; k < t->shape.blocks; k++) {
			const uint64_t *words = j->words[i] + (size_t)k * PIR_D;
			uint8_t *to = j->b_half +
			    i * pir_b_half_size(&t->shape) +
			    (size_t)k * PIR_B_SIZE;

			pir_ring_from_generator(
			    t->ring, j->sums[i] + (size_t)k * PIR_D, x);
			t->kernel->intt(t->ring, x);
			for (unsigned r = 0; r < PIR_D; r++) {
				x[r] = pir_ring_add(x[r], words[r]);
				x[r] = ((x[r] << PIR_B_BITS) + PIR_Q / 2) /
				    PIR_Q % (1u << PIR_B_BITS);
			}
			pir_wire_pack(x, PIR_D, PIR_B_BITS, to);
		}
}

struct rd
pir_job_b_half(const struct pir_job *j, unsigned i)
{
	const size_t size = pir_b_half_size(&j->table->shape);

	ASSERT(i < j->n);
	return (struct rd){ j->b_half + i * size, size };
}

/* Both halves, or the second. */
static enum rc
answer(const struct pir_table *t, struct rd query, struct rd a, struct buf *b)
{
	struct pir_job *j = NULL;
	enum rc rc = RC_BUG;

	TRY(pir_job_new(t, &j));
	TRY(pir_job_add(j, query));
	pir_job_part(j, 0, 1);
	pir_job_finish(j);
	TRY(buf_add_rd(b, a));
	TRY(buf_add_rd(b, pir_job_b_half(j, 0)));
out:
	pir_job_free(j);
	return rc;
}

enum rc
pir_answer(const struct pir_table *t, struct rd query, struct buf *b)
{
	return answer(t, query, pir_table_a_half(t), b);
}

enum rc
pir_answer_half(const struct pir_table *t, struct rd query, struct buf *b)
{
	return answer(t, query, (struct rd){ 0 }, b);
}
