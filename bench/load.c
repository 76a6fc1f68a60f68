/*
 * load: a real load on a --demo server, by its own API, over TLS:
 *
 *   load URL CA DATA relay PAIRS MESSAGES   1 KiB messages, 16 outstanding
 *   load URL CA DATA lookup ASKERS LOOKUPS  classic lookups, one at a time each
 *   load URL CA DATA idle CONNECTIONS       open, idle connections
 *
 * Prints one JSON object. DATA is the server's data directory: codes are read
 * from its SMS sink, CPU and memory of its processes from /proc. One process a
 * sender, receiver or asker; all start together.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mono.h"
#include "dial/dial.h"
#include "wire/device_list.h"
#include "wire/httpsig.h"
#include "wire/prekey.h"
#include "wire/relay.h"
#include "wire/text64.h"

#define WINDOW 16
#define ENVELOPE 1024
#define TIMEOUT_MS 30000

struct person {
	char number[17];
	uint8_t account[16];
	uint8_t dsk[64];
	struct dial *dial;
};

struct shared {
	int ready;
	int go;
	int failed;
};

static const char *url, *ca, *data;
static struct shared *shared;

static void
die(const char *what)
{
	(void)fprintf(stderr, "load: %s failed\n", what);
	_exit(1);
}

static void
must(enum rc rc, const char *what)
{
	if (rc != RC_OK)
		die(what);
}

/* --- one person --------------------------------------------------------------
 */

static void
sign_fields(struct person *p, bool is_new, const char *method, const char *path,
    struct rd body, struct buf *fields)
{
	struct httpsig s = { .is_new = is_new,
		.device = 1,
		.created = (uint64_t)mono_wall().s };
	struct buf base;

	buf_init(&base, HTTPSIG_BASE_MAX);
	memcpy(s.account, p->account, sizeof(s.account));
	randombytes_buf(s.nonce, sizeof(s.nonce));
	must(httpsig_base_build(&s, method, path, body, &base), "signing");
	(void)crypto_sign_detached(s.signature, NULL, base.p, base.len, p->dsk);
	must(httpsig_fields_build(&s, body, fields), "signing");
	buf_clear(&base);
}

static uint16_t
post(struct person *p, int sign, const char *path, struct rd body,
    struct dial_answer *a)
{
	struct dial_request q = { "POST", path, "application/json", { 0 },
		body };
	struct buf fields;
	bool reused;

	buf_init(&fields, 2048);
	if (sign >= 0)
		sign_fields(p, sign == 1, "POST", path, body, &fields);
	q.fields = buf_get(&fields);
	must(dial_http_request(p->dial, &q, &reused, a), "request");
	buf_clear(&fields);
	return a->status;
}

/* The six digits in the newest text to the number. */
static void
read_code(const char *number, char ret_code[static 9])
{
	char path[512], newest[256] = "";
	char text[256] = "";
	struct dirent *e;
	DIR *d;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/sms", data);
	for (int try = 0; try < 1000; try++) {
		d = opendir(path);
		while (d != NULL && (e = readdir(d)) != NULL)
			if (strstr(e->d_name, number) != NULL &&
			    strcmp(e->d_name, newest) > 0)
				(void)snprintf(
				    newest, sizeof(newest), "%s", e->d_name);
		if (d != NULL)
			(void)closedir(d);
		if (newest[0] != '\0')
			break;
		(void)usleep(10000);
	}
	(void)snprintf(path, sizeof(path), "%s/sms/%s", data, newest);
	f = fopen(path, "r");
	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		die("reading the code");
	(void)fclose(f);
	(void)snprintf(ret_code, 9, "%.*s",
	    (int)strspn(text + 19, "0123456789"), text + 19);
}

static void
make_keys(struct person *p, struct buf *list, struct buf *keys)
{
	static struct prekey_upload u;
	struct device_list l = { .version = 1, .n = 1 };
	uint8_t aik[64];

	(void)crypto_sign_keypair(l.aik, aik);
	(void)crypto_sign_keypair(l.devices[0].dsk, p->dsk);
	l.time = mono_wall();
	l.devices[0].id = 1;
	randombytes_buf(l.devices[0].dik, 32);
	randombytes_buf(l.devices[0].ek, 32);
	randombytes_buf(l.records_key, 32);
	(void)snprintf(l.devices[0].name, 8, "load");
	u.has_signed = true;
	u.signed_key.id = 1;
	u.signed_key.time = l.time;
	randombytes_buf(u.signed_key.key, 32);
	must(prekey_sign(&u.signed_key, true, p->dsk), "prekey");
	must(device_list_build(&l, aik, list), "device list");
	must(prekey_upload_build(&u, keys), "prekeys");
}

/* The hex value of a field, from a flat JSON object. */
static void
find_hex(const struct dial_answer *a, const char *name, char ret_hex[static 33])
{
	char key[32];
	const char *at;
	char text[1024];

	(void)snprintf(text, sizeof(text), "%.*s",
	    (int)(a->body.len < 1000 ? a->body.len : 1000),
	    (const char *)a->body.p);
	(void)snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(text, key);
	if (at == NULL)
		die("an answer");
	(void)snprintf(ret_hex, 33, "%.32s", at + strlen(key));
}

static void
person_new(struct person *p, int i)
{
	struct dial_answer a;
	struct buf list, keys, body;
	char session[33], account[33], code[9];

	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	buf_init(&keys, PREKEY_UPLOAD_SIZE_MAX);
	buf_init(&body, 65536);
	dial_http_init(&a);
	(void)snprintf(p->number, sizeof(p->number), "+1555%07d", 2000000 + i);
	must(dial_new(url, ca, TIMEOUT_MS, &p->dial), "connecting");
	must(buf_add_fmt(&body, "{\"number\":\"%s\"}", p->number), "memory");
	if (post(p, -1, "/v1/registration", buf_get(&body), &a) != 202)
		die("registration");
	find_hex(&a, "session", session);
	read_code(p->number, code);
	make_keys(p, &list, &keys);
	body.len = 0;
	must(buf_add_fmt(&body,
		 "{\"session\":\"%s\",\"code\":\"%s\",\"number\":\"%s\","
		 "\"device_list\":\"",
		 session, code, p->number),
	    "memory");
	must(text64_url_build(&body, buf_get(&list)), "memory");
	must(buf_add_str(&body, "\",\"prekeys\":\""), "memory");
	must(text64_url_build(&body, buf_get(&keys)), "memory");
	must(buf_add_str(&body, "\"}"), "memory");
	if (post(p, 1, "/v1/accounts", buf_get(&body), &a) != 201)
		die("account");
	find_hex(&a, "account", account);
	must(text64_hex_parse(rd_str(account), 16, p->account), "account");
	dial_http_clear(&a);
	buf_clear(&list);
	buf_clear(&keys);
	buf_clear(&body);
}

/* --- what the server uses
 * ------------------------------------------------------- */

struct usage {
	double cpu;     /* seconds, all processes */
	long rss_front; /* KiB */
};

static void
add_process(int pid, struct usage *u)
{
	char path[64], line[512];
	unsigned long user = 0, system = 0;
	long rss = 0;
	bool is_front = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	f = fopen(path, "r");
	if (f != NULL) {
		size_t n = fread(line, 1, sizeof(line) - 1, f);

		is_front = n > 6 && memcmp(line + n - 6, "front", 6) == 0;
		(void)fclose(f);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fgets(line, sizeof(line), f) != NULL) {
		char *p = strrchr(line, ')');
		/* fields 14, 15 and 24 of proc(5) */
		int field = 2;

		for (char *w = strtok_r(p + 1, " ", &p); w != NULL;
		     w = strtok_r(NULL, " ", &p)) {
			field++;
			if (field == 14)
				user = strtoul(w, NULL, 10);
			if (field == 15)
				system = strtoul(w, NULL, 10);
			if (field == 24)
				rss = strtol(w, NULL, 10);
		}
	}
	(void)fclose(f);
	u->cpu += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	if (is_front)
		u->rss_front = rss * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Every tacetd process on this machine: the bench has it to itself. */
static struct usage
usage_now(void)
{
	struct usage u = { 0, 0 };
	char path[64], name[32];
	struct dirent *e;
	DIR *d = opendir("/proc");
	FILE *f;

	while (d != NULL && (e = readdir(d)) != NULL) {
		int pid = (int)strtol(e->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fgets(name, sizeof(name), f) != NULL &&
		    (strncmp(name, "tacetd", 6) == 0 ||
			strncmp(name, "exe", 3) == 0 ||
			(name[0] >= '0' && name[0] <= '9')))
			add_process(pid, &u);
		(void)fclose(f);
	}
	if (d != NULL)
		(void)closedir(d);
	return u;
}

/* --- the loads
 * ---------------------------------------------------------------------- */

static void
wait_go(void)
{
	(void)__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&shared->go, __ATOMIC_SEQ_CST))
		(void)usleep(1000);
}

static void
stream_start(struct person *p)
{
	struct buf fields;
	uint16_t status = 0;

	buf_init(&fields, 2048);
	sign_fields(p, false, "GET", "/v1/stream", rd_str(""), &fields);
	must(dial_ws_start(p->dial, "/v1/stream", buf_get(&fields), &status),
	    "stream");
	buf_clear(&fields);
}

static void
send_one(struct person *p, const struct person *to, struct rd envelope)
{
	struct relay_frame f = { .op = RELAY_OP_SEND };
	struct buf b;

	buf_init(&b, RELAY_FRAME_MAX);
	randombytes_buf(f.u.send.id, 16);
	memcpy(f.u.send.account, to->account, 16);
	f.u.send.list_version = 1;
	f.u.send.n = 1;
	f.u.send.to[0].device = 1;
	f.u.send.to[0].envelope = envelope;
	must(relay_frame_build(&f, &b), "frame");
	must(dial_ws_send(p->dial, buf_get(&b)), "sending");
	buf_clear(&b);
}

static void
run_sender(struct person *p, const struct person *to, int messages)
{
	uint8_t envelope[ENVELOPE];
	struct relay_frame f;
	struct rd m;
	int sent = 0, done = 0;

	randombytes_buf(envelope, sizeof(envelope));
	stream_start(p);
	wait_go();
	while (done < messages) {
		while (sent < messages && sent - done < WINDOW) {
			send_one(
			    p, to, (struct rd){ envelope, sizeof(envelope) });
			sent++;
		}
		must(dial_ws_next(p->dial, TIMEOUT_MS, &m), "an answer");
		must(relay_frame_parse(m, &f), "an answer");
		if (f.op != RELAY_OP_SENT)
			continue;
		if (f.u.sent.status != RELAY_STATUS_OK)
			die("a message");
		done++;
	}
	_exit(0);
}

static void
run_receiver(struct person *p, int messages)
{
	struct relay_frame f;
	struct relay_frame ack = { .op = RELAY_OP_ACK };
	struct buf b;
	struct rd m;
	int got = 0;

	buf_init(&b, 64);
	stream_start(p);
	wait_go();
	while (got < messages) {
		must(dial_ws_next(p->dial, TIMEOUT_MS, &m), "a delivery");
		must(relay_frame_parse(m, &f), "a delivery");
		if (f.op != RELAY_OP_DELIVER)
			continue;
		got++;
		if (got % WINDOW != 0 && got != messages)
			continue;
		ack.u.ack_seq = f.u.deliver.seq;
		b.len = 0;
		must(relay_frame_build(&ack, &b), "frame");
		must(dial_ws_send(p->dial, buf_get(&b)), "sending");
	}
	_exit(0);
}

static void
run_asker(struct person *p, const struct person *about, int lookups)
{
	struct dial_answer a;
	struct buf body;

	dial_http_init(&a);
	buf_init(&body, 512);
	must(buf_add_fmt(&body,
		 "{\"number\":\"%s\",\"as\":\"%s\",\"cause\":\"typed\","
		 "\"locator\":\"00000000000000000000000000000001\"}",
		 about->number, p->number),
	    "memory");
	wait_go();
	for (int i = 0; i < lookups; i++)
		if (post(p, 0, "/v1/lookups", buf_get(&body), &a) != 200)
			die("a lookup");
	_exit(0);
}

static double
run_all(int n_children)
{
	struct timespec t0, t1;
	int status, bad = 0;

	while (__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) < n_children)
		(void)usleep(1000);
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	__atomic_store_n(&shared->go, 1, __ATOMIC_SEQ_CST);
	while (wait(&status) > 0)
		bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &t1);
	if (bad > 0)
		die("a worker");
	return (double)(t1.tv_sec - t0.tv_sec) +
	    (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
}

static void
report(const char *what, int n, double s, struct usage before)
{
	struct usage after = usage_now();

	(void)printf("{\"bench\":\"%s\",\"n\":%d,\"seconds\":%.3f,"
		     "\"per_second\":%.0f,\"server_cpu_s_per_100k\":%.2f}\n",
	    what, n, s, n / s, (after.cpu - before.cpu) * 100000 / n);
}

static void
people_free(struct person *p, int n)
{
	for (int i = 0; i < n; i++)
		dial_free(p[i].dial);
	free(p);
}

static void
relay(int pairs, int messages)
{
	struct person *p = calloc((size_t)pairs * 2, sizeof(*p));
	struct usage before;
	double s;

	if (p == NULL)
		die("memory");
	for (int i = 0; i < 2 * pairs; i++)
		person_new(&p[i], i);
	for (int i = 0; i < pairs; i++) {
		/* the connection belongs to the child from here on */
		if (fork() == 0)
			run_sender(&p[2 * i], &p[2 * i + 1], messages);
		if (fork() == 0)
			run_receiver(&p[2 * i + 1], messages);
	}
	before = usage_now();
	s = run_all(2 * pairs);
	report("relay", pairs * messages, s, before);
	people_free(p, 2 * pairs);
}

static void
lookup(int askers, int lookups)
{
	struct person *p = calloc((size_t)askers, sizeof(*p));
	struct usage before;
	double s;

	if (p == NULL)
		die("memory");
	for (int i = 0; i < askers; i++)
		person_new(&p[i], 1000 + i);
	for (int i = 0; i < askers; i++)
		if (fork() == 0)
			run_asker(&p[i], &p[(i + 1) % askers], lookups);
	before = usage_now();
	s = run_all(askers);
	report("lookup", askers * lookups, s, before);
	people_free(p, askers);
}

static void
idle(int n)
{
	struct dial **d = calloc((size_t)n, sizeof(struct dial *));
	const struct dial_request q = { .method = "GET",
		.target = "/v1/healthz" };
	struct usage before = usage_now();
	struct usage after;
	struct dial_answer a;
	bool reused;

	if (d == NULL)
		die("memory");
	dial_http_init(&a);
	for (int i = 0; i < n; i++) {
		must(dial_new(url, ca, TIMEOUT_MS, &d[i]), "connecting");
		must(dial_http_request(d[i], &q, &reused, &a), "request");
	}
	after = usage_now();
	(void)printf("{\"bench\":\"idle\",\"n\":%d,"
		     "\"kib_per_connection\":%.1f}\n",
	    n, (double)(after.rss_front - before.rss_front) / n);
	for (int i = 0; i < n; i++)
		dial_free(d[i]);
	free(d);
}

int
main(int argc, char **argv)
{
	if (argc < 6 || sodium_init() < 0) {
		(void)fprintf(stderr,
		    "usage: load URL CA DATA relay PAIRS MESSAGES | lookup "
		    "ASKERS LOOKUPS | idle CONNECTIONS\n");
		return 2;
	}
	url = argv[1];
	ca = argv[2];
	data = argv[3];
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("memory");
	if (strcmp(argv[4], "relay") == 0 && argc == 7)
		relay((int)strtol(argv[5], NULL, 10),
		    (int)strtol(argv[6], NULL, 10));
	else if (strcmp(argv[4], "lookup") == 0 && argc == 7)
		lookup((int)strtol(argv[5], NULL, 10),
		    (int)strtol(argv[6], NULL, 10));
	else
		idle((int)strtol(argv[5], NULL, 10));
	return 0;
}
