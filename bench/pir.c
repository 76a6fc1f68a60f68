/*
 * pir: how fast private lookups are answered, on one core, without the server
 * around them:
 *
 *   bench_pir [COLUMNS BLOCKS]...
 *
 * Prints JSON, one object a line: the kernel that runs and how fast this core
 * reads memory; its inner loops; one whole table for each shape, by default
 * those that doc/protocol/directory.md has for 10^5, 10^6 and 10^7 numbers; the
 * oblivious function that a lookup needs besides. Times are the best of some
 * runs by processor time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/voprf.h"
#include "pir/pir_client.h"
#include "pir/pir_kernel.h"
#include "pir/pir_server.h"
#include "pir/pir_table.h"

#define READ_SIZE ((size_t)512 << 20)
#define BEST_OF 9

static double bandwidth; /* octets a second */

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench_pir: %s failed\n", what);
	_exit(1);
}

static void
must(enum rc rc, const char *what)
{
	if (rc != RC_OK)
		die(what);
}

static double
seconds(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) != 0)
		die("clock");
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What a thing costs: the best of some runs, each long enough to see. */
static double
best(void (*run)(void *, unsigned part), void *arg)
{
	double least = 1e9;

	for (unsigned i = 0; i < BEST_OF; i++) {
		double start = seconds();
		double took;
		unsigned n = 0;

		do {
			run(arg, 0);
			n++;
			took = seconds() - start;
		} while (took < 0.001);
		least = took / n < least ? took / n : least;
	}
	return least;
}

#define PARTS_MAX 1024

/* What the parts of a thing cost together, each at its best of some runs over
 * all of them: a part is too short to be disturbed every time, and the whole
 * too large to stay in a cache. */
static double
best_parts(void (*run)(void *, unsigned part), void *arg, unsigned parts)
{
	static double least[PARTS_MAX];
	double sum = 0;

	if (parts > PARTS_MAX)
		die("PARTS_MAX");
	for (unsigned i = 0; i < BEST_OF; i++)
		for (unsigned part = 0; part < parts; part++) {
			double took = seconds();

			run(arg, part);
			took = seconds() - took;
			if (i == 0 || took < least[part])
				least[part] = took;
		}
	for (unsigned part = 0; part < parts; part++)
		sum += least[part];
	return sum;
}

/* --- the core ----------------------------------------------------------------
 */

static volatile uint64_t sink;

#define READ_PARTS 256

static void
read_part(void *memory, unsigned part)
{
	const size_t n = READ_SIZE / READ_PARTS / sizeof(uint64_t);
	const uint64_t *p = (const uint64_t *)memory + part * n;
	uint64_t x[16] = { 0 };

	for (size_t i = 0; i < n; i += 16)
		for (unsigned j = 0; j < 16; j++)
			x[j] ^= p[i + j];
	for (unsigned j = 0; j < 16; j++)
		sink ^= x[j];
}

static void
bench_core(void)
{
	uint8_t *p = mmap(NULL, READ_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	(void)madvise(p, READ_SIZE, MADV_HUGEPAGE);
	memset(p, 1, READ_SIZE);
	bandwidth = (double)READ_SIZE / best_parts(read_part, p, READ_PARTS);
	(void)munmap(p, READ_SIZE);
	(void)printf("{\"what\":\"core\",\"kernel\":\"%s\","
		     "\"read_gb_s\":%.2f}\n",
	    pir_kernel_name(), bandwidth / 1e9);
}

/* --- inner loops -------------------------------------------------------------
 */

struct loop {
	const struct pir_kernel *kernel;
	struct pir_ring *ring;
	uint64_t a[PIR_D];
	int64_t x[PIR_D];
	int64_t y[PIR_D];
};

static void
run_ntt(void *arg, unsigned part)
{
	struct loop *l = arg;

	(void)part;
	l->kernel->ntt(l->ring, l->a);
}

static void
run_intt(void *arg, unsigned part)
{
	struct loop *l = arg;

	(void)part;
	l->kernel->intt(l->ring, l->a);
}

static void
run_muladd(void *arg, unsigned part)
{
	struct loop *l = arg;

	(void)part;
	l->kernel->muladd(l->a, l->ring->root, l->ring->unroot, PIR_D);
}

static void
run_butterfly(void *arg, unsigned part)
{
	struct loop *l = arg;

	(void)part;
	memset(l->x, 0, sizeof(l->x));
	memset(l->y, 0, sizeof(l->y));
	l->kernel->butterfly(l->x, l->y, 777);
}

static void
bench_loops(void)
{
	struct loop l = { 0 };

	must(pir_ring_new(&l.ring), "pir_ring_new");
	for (unsigned i = 0; (l.kernel = pir_kernel_find(i)) != NULL; i++)
		(void)printf("{\"what\":\"loops\",\"kernel\":\"%s\","
			     "\"ntt_us\":%.2f,\"intt_us\":%.2f,"
			     "\"muladd_us\":%.2f,\"butterfly_us\":%.2f}\n",
		    l.kernel->name, best(run_ntt, &l) * 1e6,
		    best(run_intt, &l) * 1e6, best(run_muladd, &l) * 1e6,
		    best(run_butterfly, &l) * 1e6);
	free(l.ring);
}

/* --- one table ---------------------------------------------------------------
 */

struct table {
	struct pir_shape shape;
	struct pir_table *t;
	struct pir_public *public;
	struct pir_query *query[PIR_BATCH_MAX];
	struct buf octets[PIR_BATCH_MAX];
	struct pir_job *job;
	pir_run_limbs *limbs;
	struct pir_keys *keys;
	const struct pir_keys *key[PIR_BATCH_MAX];
	unsigned n; /* queries together */
};

/* One band, for n queries: more than sixteen are several readings. */
static void
run_scan(void *arg, unsigned band)
{
	const struct table *b = arg;
	static pir_band_sums sums[PIR_BATCH_MAX];

	for (unsigned n = b->n; n > 0;
	     n -= n < PIR_BATCH_MAX ? n : PIR_BATCH_MAX)
		b->t->kernel->scan(pir_table_band(b->t, band),
		    (const pir_run_limbs *)b->limbs, b->shape.columns,
		    n < PIR_BATCH_MAX ? n : PIR_BATCH_MAX, sums);
}

/* One chunk of the first block. */
static void
run_pack(void *arg, unsigned chunk)
{
	const struct table *b = arg;
	static pir_lanes lanes[PIR_BATCH_MAX];

	b->t->kernel->mac(
	    pir_table_chunk(b->t, 0, chunk), chunk, b->key, b->n, lanes);
}

static void
run_job(void *arg, unsigned part)
{
	struct table *b = arg;

	(void)part;
	pir_job_reset(b->job);
	for (unsigned i = 0; i < b->n; i++)
		must(pir_job_add(b->job, buf_get(&b->octets[i])), "a query");
	pir_job_part(b->job, 0, 1);
	pir_job_finish(b->job);
}

static void
run_query(void *arg, unsigned part)
{
	struct table *b = arg;

	(void)part;
	pir_query_free(b->query[0]);
	b->query[0] = NULL;
	buf_clear(&b->octets[0]);
	must(pir_query_new(b->public, 1, &b->query[0], &b->octets[0]),
	    "pir_query_new");
}

/* Fills, prepares, saves and maps; the mapped one stays. */
static void
make_table(struct table *b)
{
	const size_t size = pir_column_size(&b->shape);
	uint8_t *column = malloc(size);
	struct pir_table *t = NULL;
	double start = seconds();
	double filled;
	double prepared;
	double saved;
	double mapped;
	int fd = memfd_create("table", MFD_CLOEXEC);

	if (column == NULL || fd < 0)
		die("memory");
	randombytes_buf(column, size);
	must(pir_table_new(&b->shape, &t), "pir_table_new");
	for (uint32_t c = 0; c < b->shape.columns; c++)
		must(pir_table_set(t, c, column), "pir_table_set");
	filled = seconds();
	must(pir_table_prepare(t), "pir_table_prepare");
	prepared = seconds();
	must(pir_table_save(t, fd), "pir_table_save");
	saved = seconds();
	pir_table_free(t);
	must(pir_table_map(fd, 0, &b->t), "pir_table_map");
	mapped = seconds();
	(void)close(fd);
	free(column);
	(void)printf("{\"what\":\"rebuild\",\"columns\":%u,\"blocks\":%u,"
		     "\"file_mib\":%.1f,\"fill_s\":%.3f,\"prepare_s\":%.3f,"
		     "\"save_s\":%.3f,\"map_s\":%.3f}\n",
	    b->shape.columns, b->shape.blocks,
	    (double)pir_table_file_size(&b->shape) / 1048576, filled - start,
	    prepared - filled, saved - prepared, mapped - saved);
}

static void
make_queries(struct table *b)
{
	const size_t runs = b->shape.columns / PIR_RUN;

	must(pir_public_new(&b->shape, &b->public), "pir_public_new");
	b->limbs = aligned_alloc(64, runs * sizeof(*b->limbs));
	b->keys = calloc(PIR_BATCH_MAX, sizeof(*b->keys));
	if (b->limbs == NULL || b->keys == NULL)
		die("memory");
	memset(b->limbs, 1, runs * sizeof(*b->limbs));
	for (unsigned i = 0; i < PIR_BATCH_MAX; i++) {
		buf_init(&b->octets[i], pir_query_size(&b->shape));
		must(pir_query_new(b->public, i, &b->query[i], &b->octets[i]),
		    "pir_query_new");
		b->key[i] = &b->keys[i];
	}
	must(pir_job_new(b->t, &b->job), "pir_job_new");
}

static void
bench_batches(struct table *b)
{
	static const unsigned batches[] = { 1, 4, 8, 16, 64 };
	const double size = (double)b->shape.blocks * PIR_D *
	    (double)b->shape.columns * sizeof(int16_t);
	const unsigned bands = b->shape.blocks * PIR_BLOCK_BANDS;
	const double digits = (double)PIR_BLOCK_DIGITS * sizeof(uint64_t);

	for (unsigned i = 0; i < ARRAY_LEN(batches); i++) {
		double scan;
		double pack;
		double whole;

		b->n = batches[i];
		scan = best_parts(run_scan, b, bands) / b->n;
		if (b->n > PIR_BATCH_MAX) {
			(void)printf("{\"what\":\"batch\",\"n\":%u,"
				     "\"scan_ms\":%.2f,\"scan_gb_s\":%.1f,"
				     "\"scan_of_read\":%.2f}\n",
			    b->n, scan * 1e3, size / scan / 1e9,
			    size / scan / bandwidth);
			continue;
		}
		pack = best_parts(run_pack, b, PIR_CHUNKS) / b->n;
		whole = best(run_job, b) / b->n;
		(void)printf("{\"what\":\"batch\",\"n\":%u,"
			     "\"scan_ms\":%.2f,\"scan_gb_s\":%.1f,"
			     "\"scan_of_read\":%.2f,\"pack_block_ms\":%.2f,"
			     "\"pack_of_read\":%.2f,\"query_ms\":%.2f}\n",
		    b->n, scan * 1e3, size / scan / 1e9,
		    size / scan / bandwidth, pack * 1e3,
		    digits / pack / bandwidth, whole * 1e3);
	}
}

static void
bench_table(uint32_t columns, uint16_t blocks)
{
	struct table b = { .shape = { columns, blocks, { 1 } } };

	make_table(&b);
	make_queries(&b);
	bench_batches(&b);
	(void)printf("{\"what\":\"client\",\"query_ms\":%.2f,"
		     "\"query_octets\":%zu,\"answer_octets\":%zu,"
		     "\"b_half_octets\":%zu}\n",
	    best(run_query, &b) * 1e3, pir_query_size(&b.shape),
	    pir_answer_size(&b.shape), pir_b_half_size(&b.shape));
	for (unsigned i = 0; i < PIR_BATCH_MAX; i++) {
		pir_query_free(b.query[i]);
		buf_clear(&b.octets[i]);
	}
	pir_job_free(b.job);
	pir_public_free(b.public);
	pir_table_free(b.t);
	free(b.limbs);
	free(b.keys);
}

/* --- the oblivious function --------------------------------------------------
 */

struct oprf {
	uint8_t secret[RGROUP_SIZE];
	uint8_t blinded[64][RGROUP_SIZE];
	uint8_t evaluated[64][RGROUP_SIZE];
	size_t n;
};

static void
run_oprf(void *arg, unsigned part)
{
	struct oprf *o = arg;
	const struct voprf_batch batch = { .n = o->n,
		.blinded = (const uint8_t(*)[RGROUP_SIZE])o->blinded };
	uint8_t proof[VOPRF_PROOF_SIZE];

	(void)part;
	must(voprf_evaluate(o->secret, &batch, o->evaluated, proof), "voprf");
}

static void
bench_oprf(void)
{
	static const size_t batches[] = { 1, 8, 64 };
	struct oprf o = { 0 };

	rgroup_scalar_random(o.secret);
	for (size_t i = 0; i < ARRAY_LEN(o.blinded); i++)
		crypto_core_ristretto255_random(o.blinded[i]);
	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		o.n = batches[i];
		(void)printf("{\"what\":\"voprf\",\"n\":%zu,"
			     "\"number_us\":%.1f}\n",
		    o.n, best(run_oprf, &o) / (double)o.n * 1e6);
	}
}

int
main(int argc, char **argv)
{
	if (sodium_init() < 0)
		die("sodium_init");
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	bench_core();
	bench_loops();
	if (argc < 3) {
		bench_table(2048, 1);
		bench_table(8192, 2);
		bench_table(32768, 4);
	}
	for (int i = 1; i + 1 < argc; i += 2)
		bench_table((uint32_t)strtoul(argv[i], NULL, 10),
		    (uint16_t)strtoul(argv[i + 1], NULL, 10));
	bench_oprf();
	return 0;
}
