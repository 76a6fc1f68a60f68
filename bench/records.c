/*
 * records: how fast the query log is sealed, on one core, without the server
 * around it:
 *
 *   bench_records [DIR]
 *
 * Prints JSON, one object a line. Each names what it is measured against in the
 * same run: what the cryptography of a row costs by itself. With DIR the rows
 * are also made durable there, in groups as the records process commits them,
 * beside the same octets written and synced by themselves. Rates are by
 * processor time, durable ones by the clock and by processor time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/mono.h"
#include "records/part.h"
#include "records/seal.h"

#define HANDLES 1000
#define BATCH 1000
#define KNOWN_ROWS 1000000
#define NEW_ROWS 5000
#define AEAD_ROUNDS 300000
#define POINT_ROUNDS 5000

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench_records: %s failed\n", what);
	_exit(1);
}

static void
must(enum rc rc, const char *what)
{
	if (rc != RC_OK)
		die(what);
}

static double
seconds(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) != 0)
		die("clock");
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- the log -----------------------------------------------------------------
 */

/* Two of three, keys of nobody: this log is never opened. */
static struct seal *
new_seal(struct buf *b, uint16_t part)
{
	struct seal_part p = {
		.day = 20781, .part = part, .opened = 1795478400
	};
	struct custodians g = { .threshold = 2, .n = 3, .generation = 1 };
	struct seal *s = NULL;
	uint8_t secret[32];

	crypto_core_ristretto255_random(g.public_key);
	for (size_t i = 0; i < g.n; i++) {
		crypto_core_ristretto255_random(g.members[i].verification_key);
		randombytes_buf(secret, sizeof(secret));
		(void)crypto_scalarmult_base(g.members[i].seal_key, secret);
	}
	randombytes_buf(p.day_key, sizeof(p.day_key));
	must(seal_new(&g, &s), "seal_new");
	must(seal_begin(s, &p, b), "seal_begin");
	return s;
}

static struct e164
number(unsigned int i)
{
	struct e164 e = { 0 };
	char text[16];

	(void)snprintf(text, sizeof(text), "+1555%07u", i);
	must(e164_parse(rd_str(text), &e), "e164_parse");
	return e;
}

static struct row
row(const struct e164 *source, const struct e164 *lookup, int i)
{
	struct row w = { .query_time.s = 1795478400 + i / 100,
		.ip_version = ROW_IP_V4,
		.ip = { 198, 51, 100 },
		.devices = 1,
		.cause = ROW_CAUSE_BEFORE_SEND,
		.source_epoch = 1,
		.lookup_epoch = 1 };

	w.source = *source;
	w.lookup = *lookup;
	return w;
}

struct load {
	struct seal *seal;
	struct buf frames;
	struct e164 *handles;
	unsigned int n_handles;
	uint8_t own_key[32];
	size_t octets;
};

static void
load_init(struct load *l, unsigned int n_handles)
{
	uint8_t secret[32];

	memset(l, 0, sizeof(*l));
	buf_init(&l->frames, 16u << 20);
	l->seal = new_seal(&l->frames, 0);
	l->frames.len = 0;
	l->handles = calloc(n_handles, sizeof(struct e164));
	if (l->handles == NULL)
		die("memory");
	l->n_handles = n_handles;
	for (unsigned int i = 0; i < n_handles; i++)
		l->handles[i] = number(i);
	randombytes_buf(secret, sizeof(secret));
	(void)crypto_scalarmult_base(l->own_key, secret);
}

static void
load_clear(struct load *l)
{
	seal_free(l->seal);
	buf_clear(&l->frames);
	free(l->handles);
}

/* Row i, from handle i to the one behind it: the first n_handles rows have new
 * envelopes, the others known ones. */
static void
load_row(struct load *l, unsigned int i, unsigned int step)
{
	static const uint8_t locator[16];
	const struct e164 *from = &l->handles[i * step % l->n_handles];
	const struct e164 *to = &l->handles[(i * step + 1) % l->n_handles];
	struct row w = row(from, to, (int)i);

	must(
	    seal_row(l->seal, &w, l->own_key, locator, &l->frames), "seal_row");
}

/* The group's octets are counted and dropped. */
static void
load_drop(struct load *l)
{
	l->octets += seal_group(l->seal, &l->frames).left;
	l->frames.len = 0;
}

/* A row of each handle, so that all envelopes are there. */
static void
load_envelopes(struct load *l)
{
	for (unsigned int i = 0; i < l->n_handles; i++)
		load_row(l, i, 1);
	load_drop(l);
	l->octets = 0;
}

/* --- what it is measured against
 * ---------------------------------------------- */

/* Two sealings of a row's length. */
static double
aead_rate(void)
{
	static const uint8_t key[32];
	uint8_t nonce[24] = { 0 };
	uint8_t plain[ROW_SIZE] = { 0 };
	uint8_t sealed[sizeof(plain) + 16];
	double start = seconds(CLOCK_PROCESS_CPUTIME_ID);

	for (int i = 0; i < 2 * AEAD_ROUNDS; i++) {
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL,
		    plain, sizeof(plain), NULL, 0, NULL, nonce, key);
		nonce[0] = sealed[0];
	}
	return AEAD_ROUNDS / (seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
}

static double
point_rate(void)
{
	uint8_t point[32];
	uint8_t scalar[32];
	double start;

	crypto_core_ristretto255_random(point);
	crypto_core_ristretto255_scalar_random(scalar);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < POINT_ROUNDS; i++)
		if (crypto_scalarmult_ristretto255(point, scalar, point) != 0)
			die("scalarmult");
	return POINT_ROUNDS / (seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
}

/* --- cases
 * --------------------------------------------------------------------
 */

/* Every envelope is there: a row costs two sealings. */
static void
known(void)
{
	struct load l;
	double start;
	double rate;

	load_init(&l, HANDLES);
	load_envelopes(&l);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned int i = 0; i < KNOWN_ROWS; i++) {
		load_row(&l, i, 1);
		if (i % BATCH == BATCH - 1)
			load_drop(&l);
	}
	rate = KNOWN_ROWS / (seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
	(void)printf("{\"bench\":\"records\",\"case\":\"all envelopes "
		     "known\",\"rows_per_second\":%.0f,\"octets_per_row\":"
		     "%.1f,\"two_aead_per_second\":%.0f}\n",
	    rate, (double)l.octets / KNOWN_ROWS, aead_rate());
	load_clear(&l);
}

/* A new asker and a new number each row: two envelopes. */
static void
all_new(void)
{
	struct load l;
	double start;
	double rate;
	double points = point_rate();

	load_init(&l, 2 * NEW_ROWS);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned int i = 0; i < NEW_ROWS; i++) {
		load_row(&l, i, 2);
		if (i % BATCH == BATCH - 1)
			load_drop(&l);
	}
	rate = NEW_ROWS / (seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
	(void)printf("{\"bench\":\"records\",\"case\":\"new envelopes each "
		     "row\",\"rows_per_second\":%.0f,\"octets_per_row\":%.1f,"
		     "\"multiplications_per_second\":%.0f,"
		     "\"multiplications_per_row\":%.1f}\n",
	    rate, (double)l.octets / NEW_ROWS, points, points / rate);
	load_clear(&l);
}

/* Into a file of a directory that is ours alone, which goes again. */
static void
enter(const char *dir, char *path, size_t n)
{
	if (snprintf(path, n, "%s/bench_records.XXXXXX", dir) >= (int)n)
		die("path");
	if (mkdtemp(path) == NULL || chdir(path) != 0)
		die(dir);
}

static void
leave(const char *path, const struct shelf_item *item)
{
	if (shelf_remove(item) != RC_OK || chdir("/") != 0 || rmdir(path) != 0)
		die("removing");
}

/* The same octets in the same groups, by themselves. */
static double
disk_rate(unsigned int batch, size_t octets)
{
	static uint8_t group[8u << 20];
	double start;
	double s;
	int fd = open("disk", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || octets > sizeof(group))
		die("disk");
	memset(group, 1, sizeof(group));
	start = seconds(CLOCK_MONOTONIC);
	for (unsigned int i = 0; i < KNOWN_ROWS / batch; i++)
		if (file_write(fd, (struct rd){ group, octets }) != RC_OK ||
		    fdatasync(fd) != 0)
			die("writing");
	s = seconds(CLOCK_MONOTONIC) - start;
	(void)close(fd);
	(void)unlink("disk");
	return KNOWN_ROWS / s;
}

/* As known, and each group on the disk before the next, by the journal that
 * records has. */
static void
durable(const char *dir, unsigned int batch)
{
	const struct shelf_item item = { SHELF_KIND_JOURNAL, 20781, 0 };
	char path[4096];
	struct part *p = NULL;
	struct load l;
	double start;
	double cpu;
	double s;

	enter(dir, path, sizeof(path));
	must(part_create(item.day, item.part, &p), "part_create");
	load_init(&l, HANDLES);
	load_envelopes(&l);
	start = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned int i = 0; i < KNOWN_ROWS; i++) {
		load_row(&l, i, 1);
		if (i % batch != batch - 1)
			continue;
		must(part_append(p, seal_group(l.seal, &l.frames)),
		    "part_append");
		load_drop(&l);
	}
	s = seconds(CLOCK_MONOTONIC) - start;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	(void)printf("{\"bench\":\"records\",\"case\":\"all envelopes known, "
		     "durable in groups of %u\",\"rows_per_second\":%.0f,"
		     "\"rows_per_cpu_second\":%.0f,\"syncs_per_second\":%.0f,"
		     "\"disk_alone_rows_per_second\":%.0f}\n",
	    batch, KNOWN_ROWS / s, KNOWN_ROWS / cpu, KNOWN_ROWS / batch / s,
	    disk_rate(batch, l.octets / (KNOWN_ROWS / batch)));
	part_close(p);
	load_clear(&l);
	leave(path, &item);
}

int
main(int argc, char **argv)
{
	if (argc > 2 || sodium_init() < 0) {
		(void)fprintf(stderr, "usage: bench_records [DIR]\n");
		return 2;
	}
	known();
	all_new();
	if (argc == 2) {
		durable(argv[1], 1000);
		durable(argv[1], 5000);
		durable(argv[1], 20000);
	}
	return 0;
}
