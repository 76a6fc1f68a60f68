/*
 * month: fills a data directory's query log with a realistic month, sealed to
 * the directory's own custodians as the records process does it: heavy-tailed
 * people, bursts of questions, one part a day. Two processes, days shared out.
 * Prints JSON: seconds, processor seconds, octets a row on the disk.
 *   bench_month --data DIR [--rows N] [--handles N] [--days N]
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "records/closing.h"
#include "records/part.h"
#include "records/seal.h"

#define GROUP 1000 /* rows a commit */
#define DAY_S 86400
#define WORKERS 2
#define BURST 16

struct month {
	struct custodians group;
	uint8_t hash[32];
	uint64_t rows;
	uint32_t handles;
	uint32_t days;
	uint32_t first; /* day */
	uid_t uid;      /* who owns the log's directory */
	gid_t gid;
};

static uint64_t state;

static uint32_t
draw(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % n);
}

static double
read_clock(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what, enum rc rc)
{
	(void)fprintf(stderr, "bench_month: %s: %s\n", what, rc_name(rc));
	exit(1);
}

/* Person i of the ranges kept for fiction in the US and the UK. */
static struct e164
person(uint32_t i)
{
	struct e164 e = { 0 };
	char text[24];

	(void)snprintf(text, sizeof(text), "+1202555%04u", i % 10000);
	if (i >= 10000)
		(void)snprintf(text, sizeof(text), "+4477009%05u", i - 10000);
	if (e164_parse(rd_str(text), &e) != RC_OK)
		die("number", RC_BUG);
	return e;
}

/* Some people ask, and are asked about, much more than others. */
static uint32_t
anybody(const struct month *m)
{
	uint64_t u = draw(1u << 20);

	return (uint32_t)(u * u * m->handles >> 40);
}

static void
commit(struct part *p, struct seal *s, struct buf *b)
{
	enum rc rc = part_append(p, seal_group(s, b));

	if (rc != RC_OK)
		die("append", rc);
	b->len = 0;
}

static void
one_day(const struct month *m, uint32_t day, uint64_t rows)
{
	static const uint8_t own[32] = { 9 };
	struct seal_part sp = { .day = day, .opened = (uint64_t)day * DAY_S };
	struct closing c = { .day = day,
		.seq = day - m->first,
		.closed = (uint64_t)(day + 1) * DAY_S };
	uint8_t locator[16];
	struct segment_entry e;
	uint64_t torn;
	struct seal *s = NULL;
	struct part *p = NULL;
	struct e164 source = { 0 };
	uint32_t left = 0;
	struct buf b;
	enum rc rc;

	state = day;
	buf_init(&b, 64u << 20);
	randombytes_buf(locator, sizeof(locator));
	if ((rc = shelf_key_open(day, sp.day_key)) != RC_OK ||
	    (rc = seal_new(&m->group, &s)) != RC_OK ||
	    (rc = part_create(day, 0, &p)) != RC_OK ||
	    (rc = seal_begin(s, &sp, &b)) != RC_OK)
		die("begin", rc);
	for (uint64_t i = 0; i < rows; i++) {
		struct row w = { .query_time = { (int64_t)day * DAY_S +
				     (int64_t)(i * DAY_S / rows) },
			.ip_version = ROW_IP_V4,
			.ip = { 198, 51, 100, 7 },
			.cause = ROW_CAUSE_TYPED,
			.devices = (uint8_t)draw(3),
			.source_epoch = 1,
			.lookup_epoch = 1 };

		if (left-- == 0) {
			source = person(anybody(m));
			left = draw(BURST);
		}
		w.source = source;
		w.lookup = person(anybody(m));
		if ((rc = seal_row(s, &w, own, locator, &b)) != RC_OK)
			die("seal", rc);
		if ((i + 1) % GROUP == 0 || i + 1 == rows)
			commit(p, s, &b);
	}
	part_close(p);
	seal_free(s);
	buf_clear(&b);
	memcpy(c.custodians, m->hash, sizeof(c.custodians));
	if ((rc = closing_run(&c, &e, &torn)) != RC_OK)
		die("close", rc);
}

static void
own_all(const struct month *m, uint64_t *ret_octets)
{
	struct shelf_item *items = NULL;
	char name[SHELF_NAME_SIZE];
	struct stat st;
	size_t n = 0;

	*ret_octets = 0;
	if (shelf_list(&items, &n) != RC_OK)
		die("list", RC_IO);
	for (size_t i = 0; i < n; i++) {
		if (shelf_name_build(&items[i], name) != RC_OK ||
		    stat(name, &st) != 0)
			die("stat", RC_IO);
		*ret_octets += (uint64_t)st.st_size;
		if (geteuid() == 0 && chown(name, m->uid, m->gid) != 0)
			die("chown", RC_IO);
	}
	free(items);
}

static void
run(const struct month *m)
{
	double start = read_clock(CLOCK_MONOTONIC);
	uint64_t octets = 0;
	struct rusage used;
	double cpu;
	int status;

	for (uint32_t w = 0; w < WORKERS; w++)
		if (fork() == 0) {
			for (uint32_t d = w; d < m->days; d += WORKERS)
				one_day(m, m->first + d, m->rows / m->days);
			_exit(0);
		}
	for (uint32_t w = 0; w < WORKERS; w++)
		if (wait(&status) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 0)
			die("worker", RC_BUG);
	start = read_clock(CLOCK_MONOTONIC) - start;
	(void)getrusage(RUSAGE_CHILDREN, &used);
	cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	own_all(m, &octets);
	(void)printf("{\"bench\":\"month\",\"rows\":%llu,\"handles\":%u,"
		     "\"days\":%u,\"seconds\":%.1f,\"cpu_seconds\":%.1f,"
		     "\"octets_per_row\":%.1f}\n",
	    (unsigned long long)(m->rows / m->days * m->days), m->handles,
	    m->days, start, cpu, (double)octets / (double)m->rows);
}

static void
open_dir(struct month *m, const char *data)
{
	static char text[CUSTODIANS_FILE_MAX];
	struct stat st;
	ssize_t n;
	int fd = -1;
	enum rc rc;

	if (chdir(data) != 0 ||
	    (fd = open("custodians.json", O_RDONLY | O_CLOEXEC)) < 0)
		die("custodians.json (set up custodians first)", RC_IO);
	n = read(fd, text, sizeof(text));
	(void)close(fd);
	rc = custodians_parse(
	    (struct rd){ (uint8_t *)text, n < 0 ? 0 : (size_t)n }, &m->group);
	if (rc != RC_OK || (rc = custodians_hash(&m->group, m->hash)) != RC_OK)
		die("custodians.json", rc);
	if (chdir("records") != 0 || stat(".", &st) != 0)
		die("records/", RC_IO);
	m->uid = st.st_uid;
	m->gid = st.st_gid;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "rows", required_argument, NULL, 'r' },
		{ "handles", required_argument, NULL, 'h' },
		{ "days", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct month m = { .rows = 1000000, .handles = 50000, .days = 25 };
	const char *data = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			data = optarg;
		else if (c == 'r')
			m.rows = strtoull(optarg, NULL, 10);
		else if (c == 'h')
			m.handles = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'n')
			m.days = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (data == NULL || m.days == 0 || m.rows < m.days || m.handles == 0 ||
	    m.handles > 110000) {
		(void)fprintf(stderr,
		    "usage: bench_month --data DIR "
		    "[--rows N] [--handles N] [--days N]\n");
		return 2;
	}
	if (sodium_init() < 0)
		return 1;
	m.first = (uint32_t)(time(NULL) / DAY_S) - m.days;
	open_dir(&m, data);
	run(&m);
	return 0;
}
