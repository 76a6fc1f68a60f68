/*
 * cheat: the operator as a liar. It has his keys (DIR/keys), stands as a TLS
 * server in front of the real one, and tells whoever comes through it something
 * else, signed as only he can sign:
 *
 *   cheat DIR PORT MODE [+NUMBER [+OTHER]]    prints "ready https://..."
 *
 * Everything that MODE does not touch goes through octet for octet.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mono.h"
#include "client/epoch_answer.h"
#include "crypto/voprf.h"
#include "directory/directory_build.h"
#include "directory/entries_page.h"
#include "directory/epoch_entry.h"
#include "directory/place.h"
#include "directory/promise.h"
#include "directory/stash.h"
#include "merkle/log_dir.h"
#include "merkle/trust.h"
#include "pir/pir_server.h"
#include "wire/note.h"
#include "wire/private_lookup.h"
#include "wire/text64.h"

#define BODY_MAX (4 * 1024 * 1024)
#define HEAD_MAX 16384
#define ENTRIES_MAX 4096
#define HOUR_MS 3600000u

enum mode {
	HONEST,
	FORK,        /* another entry 0 in the log, which all is proved by */
	ROLLBACK,    /* the first epoch again, as it was */
	STALE,       /* a new epoch with a time of an hour ago */
	KEY_CHANGED, /* an epoch with another key of evaluations */
	LABEL,       /* an epoch that asks for questions under another a */
	UNWITNESSED, /* the checkpoint without its cosignatures */
	WRONG_KEY,   /* one person's evaluation under another key */
	WRONG_BUCKET,
	PROMISE, /* that will not be kept */
	SWAP,    /* the number has the other's keys, as its next version */
	REVERT,  /* the number has its old keys again, as a first version */
	GONE,    /* the number is not there */
	MODES
};

static const char *const names[MODES] = { "honest", "fork", "rollback", "stale",
	"key-changed", "label", "unwitnessed", "wrong-key", "wrong-bucket",
	"promise", "swap", "revert", "gone" };

static enum mode mode;
static int dir;
static int port;
static const char *number, *other;
static uint8_t log_sk[64], policy_sk[64];
static uint8_t voprf_secret[32], voprf_public[32];
static uint8_t false_secret[32], false_public[32];
static struct trust trust;
static SSL_CTX *server_ctx, *client_ctx;

/* The log as it is told: the real entries and, behind them, ours. */
static struct buf entries[ENTRIES_MAX];
static uint64_t n_entries;
static uint64_t epoch_index;
static struct epoch_entry epoch;

static void
must(enum rc rc)
{
	if (rc != RC_OK) {
		fprintf(stderr, "cheat: %s\n", rc_name(rc));
		exit(1);
	}
}

static void
key_read(const char *path, uint8_t sk[static 64])
{
	uint8_t seed[32], pk[32];
	struct buf b;

	buf_init(&b, 256);
	must(file_read_at(dir, path, &b));
	must(text64_fixed_parse((struct rd){ b.p, b.len - 1 }, 32, seed));
	(void)crypto_sign_seed_keypair(pk, sk, seed);
	buf_clear(&b);
}

static void
keys_read(void)
{
	uint8_t seed[32];
	struct buf b;

	buf_init(&b, 4096);
	key_read("keys/log.key", log_sk);
	key_read("keys/policy.key", policy_sk);
	must(file_read_at(dir, "keys/lookup.key", &b));
	must(b.len == 32 ? RC_OK : RC_CORRUPT);
	must(voprf_key_derive(
	    b.p, rd_str("tacet voprf v1"), voprf_secret, voprf_public));
	randombytes_buf(seed, sizeof(seed));
	must(voprf_key_derive(
	    seed, rd_str("another"), false_secret, false_public));
	buf_clear(&b);
	must(file_read_at(dir, "trust.json", &b));
	must(trust_parse(buf_get(&b), &trust));
	buf_clear(&b);
}

/* --- HTTP over TLS ---------------------------------------------------------
 */

struct message {
	struct buf head; /* with its empty line */
	struct buf body;
};

static void
message_init(struct message *m)
{
	buf_init(&m->head, HEAD_MAX);
	buf_init(&m->body, BODY_MAX);
}

static void
message_clear(struct message *m)
{
	buf_clear(&m->head);
	buf_clear(&m->body);
}

static bool
take(SSL *s, struct buf *b, size_t n)
{
	uint8_t *p = NULL;
	int got;

	while (n > 0) {
		must(buf_reserve(b, n, &p));
		got = SSL_read(s, p, (int)n);
		if (got <= 0)
			return false;
		buf_commit(b, (size_t)got);
		n -= (size_t)got;
	}
	return true;
}

static size_t
length_of(const struct buf *head)
{
	const char *at = (const char *)head->p;
	const char *end = at + head->len;

	for (; at < end;
	     at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1)
		if (strncasecmp(at, "content-length:", 15) == 0)
			return strtoul(at + 15, NULL, 10);
	return 0;
}

static bool
message_take(SSL *s, struct message *m)
{
	message_clear(m);
	while (m->head.len < 4 ||
	    memcmp(m->head.p + m->head.len - 4, "\r\n\r\n", 4) != 0)
		if (!take(s, &m->head, 1))
			return false;
	return take(s, &m->body, length_of(&m->head));
}

static bool
message_send(SSL *s, const struct message *m)
{
	return SSL_write(s, m->head.p, (int)m->head.len) > 0 &&
	    (m->body.len == 0 || SSL_write(s, m->body.p, (int)m->body.len) > 0);
}

static void
answer_set(struct message *m, const char *type, struct rd body)
{
	buf_clear(&m->head);
	must(buf_add_fmt(&m->head,
	    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: "
	    "%zu\r\n\r\n",
	    type, body.left));
	buf_clear(&m->body);
	must(buf_add_rd(&m->body, body));
}

static SSL *
upstream_open(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *s = SSL_new(client_ctx);

	if (fd < 0 || s == NULL ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    SSL_set_fd(s, fd) != 1 || SSL_connect(s) != 1)
		exit(1);
	return s;
}

/* One request of our own to the real server; the body of its answer. */
static void
get(SSL *up, const char *path, struct buf *ret_b)
{
	struct message q, a;

	message_init(&q);
	message_init(&a);
	must(buf_add_fmt(
	    &q.head, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
	if (!message_send(up, &q) || !message_take(up, &a) ||
	    memcmp(a.head.p + 9, "200", 3) != 0) {
		fprintf(stderr, "cheat: no %s\n", path);
		exit(1);
	}
	must(buf_add_rd(ret_b, buf_get(&a.body)));
	message_clear(&q);
	message_clear(&a);
}

/* --- the log that is told --------------------------------------------------
 */

static enum rc
told_hash(void *arg, unsigned level, uint64_t index, uint8_t ret[static 32])
{
	uint8_t a[32], b[32];

	(void)arg;
	if (level == 0) {
		tree_leaf(buf_get(&entries[index]), ret);
		return RC_OK;
	}
	must(told_hash(NULL, level - 1, 2 * index, a));
	must(told_hash(NULL, level - 1, 2 * index + 1, b));
	tree_node(a, b, ret);
	return RC_OK;
}

/* The real log up to the real checkpoint; the newest epoch in it. */
static void
log_read(void)
{
	int fd = openat(dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct log_dir *d = NULL;
	struct epoch_entry e;

	must(log_dir_open(fd, &d));
	n_entries = log_dir_size(d);
	for (uint64_t i = 0; i < n_entries; i++) {
		buf_init(&entries[i], 4096);
		must(log_dir_entry(d, i, &entries[i]));
		if (epoch_entry_parse(buf_get(&entries[i]), &e) == RC_OK) {
			if (mode == ROLLBACK && epoch.epoch > 0)
				continue;
			epoch = e;
			epoch_index = i;
		}
	}
	if (mode == ROLLBACK)
		n_entries = epoch_index + 1;
	log_dir_close(d);
	(void)close(fd);
}

/* One more epoch, behind the real ones: nobody's proof is broken by it. */
static void
epoch_append(void)
{
	buf_init(&entries[n_entries], 4096);
	must(epoch_entry_build(&epoch, &entries[n_entries]));
	epoch_index = n_entries++;
}

static void
checkpoint_sign(struct buf *ret_note)
{
	struct checkpoint c = { .origin = rd_str(trust.log.name),
		.size = n_entries };
	struct buf text;

	buf_init(&text, 1024);
	must(tree_root(told_hash, NULL, n_entries, c.root));
	must(checkpoint_build(&c, &text));
	must(note_build(buf_get(&text), trust.log.name, log_sk, ret_note));
	buf_clear(&text);
}

/* --- the directory that is told ----------------------------------------------
 */

static struct directory_build *build;
static struct pir_table *table;
static struct slot told_slot;
static uint8_t told_commitment[32];
static bool has_slot;

static void
y_of(const char *handle, uint8_t ret_y[static 64])
{
	struct buf input;

	buf_init(&input, 64);
	must(handle_keys_input(rd_str(handle), &input));
	must(voprf_output(voprf_secret, buf_get(&input), ret_y));
	buf_clear(&input);
}

static void
real_entries(SSL *up, struct directory_set *set)
{
	struct directory_set_item item = { .record = 0 };
	struct entries_page page = { .next = 0 };
	struct directory_item i;
	char path[128];
	struct buf b;

	buf_init(&b, BODY_MAX);
	while (page.next < epoch.shape.columns) {
		(void)snprintf(path, sizeof(path),
		    "/v1/directory/entries/%u/%u", epoch.epoch, page.next);
		buf_clear(&b);
		get(up, path, &b);
		must(entries_page_parse(buf_get(&b), &page));
		for (uint32_t k = 0; k < page.n; k++) {
			must(stash_item_parse(&page.items, &i));
			item.entry = i.entry;
			must(directory_set_put(set, i.bucket, &item));
		}
	}
	buf_clear(&b);
}

/* Entries are published by bucket. */
static uint32_t
bucket_of(const char *handle)
{
	return place_bucket(place_of(rd_str(handle)), epoch.shape.columns);
}

/* A number's entry and slot as they really are. */
static void
real_slot(SSL *up, const struct directory_set *set, const char *handle,
    struct slot *ret_s, struct slot_plain *ret_plain)
{
	const struct directory_set_item *i = NULL;
	uint8_t y[64], tag[HANDLE_KEYS_TAG_SIZE];
	char path[128] = "/v1/directory/slots/";
	struct rd r;
	struct buf b;

	buf_init(&b, 1024);
	y_of(handle, y);
	handle_keys_tag(y, tag);
	must(directory_set_find(set, bucket_of(handle), tag, &i));
	(void)sodium_bin2hex(path + strlen(path), 65, i->entry.commitment, 32);
	get(up, path, &b);
	r = buf_get(&b);
	must(slot_parse(&r, ret_s));
	must(slot_open(y, ret_s, ret_plain));
	buf_clear(&b);
}

/* The number's slot with the other's account and keys. */
static void
slot_forge(SSL *up, struct directory_set *set)
{
	struct directory_set_item item = { .record = 0 };
	struct slot_plain plain;
	struct slot s, others;
	uint8_t y[64];

	real_slot(up, set, number, &s, &plain);
	if (mode == SWAP) {
		slot_commitment(&s, s.hist_prev);
		s.version++;
		real_slot(up, set, other, &others, &plain);
	} else {
		s.version = 1;
		memset(s.hist_prev, 0, sizeof(s.hist_prev));
	}
	s.epoch_changed = epoch.epoch;
	y_of(number, y);
	slot_seal(y, &plain, &s);
	directory_entry_make(y, &s, 1, &item.entry);
	must(directory_set_put(set, bucket_of(number), &item));
	told_slot = s;
	slot_commitment(&s, told_commitment);
	has_slot = true;
}

static void
table_make(void)
{
	const struct directory_shape *shape = directory_build_shape(build);
	struct pir_shape ps = { .columns = shape->columns,
		.blocks = shape->blocks };
	uint8_t *column = malloc(directory_shape_column(shape));

	if (column == NULL)
		exit(1);
	epoch_entry_label(ps.label);
	must(pir_table_new(&ps, &table));
	for (uint32_t i = 0; i < shape->columns; i++) {
		must(directory_build_column(build, i, column));
		must(pir_table_set(table, i, column));
	}
	must(pir_table_prepare(table));
	free(column);
}

/* A whole directory of our own, made from the real one. */
static void
directory_forge(void)
{
	uint8_t y[64], tag[HANDLE_KEYS_TAG_SIZE];
	struct directory_set *set = NULL;
	SSL *up = upstream_open();

	must(directory_set_new(&set));
	real_entries(up, set);
	if (mode == GONE) {
		y_of(number, y);
		handle_keys_tag(y, tag);
		must(directory_set_remove(set, bucket_of(number), tag));
	} else {
		slot_forge(up, set);
	}
	must(directory_build_new(set, &build));
	memcpy(epoch.root, directory_build_root(build), 32);
	directory_build_stash_hash(build, epoch.stash);
	epoch.shape = *directory_build_shape(build);
	epoch.epoch++;
	epoch.time_ms = (uint64_t)mono_wall().s * 1000;
	table_make();
	epoch_append();
	SSL_free(up);
}

/* --- what is told instead ----------------------------------------------------
 */

static void
log_prepare(void)
{
	log_read();
	switch (mode) {
	case FORK:
		entries[0].p[entries[0].len - 3] ^= 1;
		break;
	case STALE:
		epoch.epoch++;
		epoch.time_ms -= HOUR_MS;
		epoch_append();
		break;
	case KEY_CHANGED:
		epoch.epoch++;
		epoch.time_ms = (uint64_t)mono_wall().s * 1000;
		memcpy(epoch.voprf, false_public, 32);
		epoch_append();
		break;
	case LABEL:
		epoch.epoch++;
		epoch.time_ms = (uint64_t)mono_wall().s * 1000;
		epoch.label[0] ^= 1;
		epoch_append();
		break;
	case SWAP:
	case REVERT:
	case GONE:
		directory_forge();
		break;
	case HONEST:
	case ROLLBACK:
	case UNWITNESSED:
	case WRONG_KEY:
	case WRONG_BUCKET:
	case PROMISE:
	case MODES:
		break;
	}
}

static bool
has_log(void)
{
	return mode == FORK || mode == ROLLBACK || mode == STALE ||
	    mode == KEY_CHANGED || mode == LABEL || mode == SWAP ||
	    mode == REVERT || mode == GONE;
}

static void
epoch_tell(const char *target, struct message *a)
{
	const char *from = strstr(target, "?from=");
	uint64_t old = from != NULL ? strtoull(from + 6, NULL, 10) : 0;
	struct epoch_answer e;
	struct buf b;

	buf_init(&b, BODY_MAX);
	epoch_answer_init(&e);
	must(epoch_answer_parse(buf_get(&a->body), &e));
	buf_clear(&e.note);
	buf_clear(&e.entry);
	checkpoint_sign(&e.note);
	must(buf_add_rd(&e.entry, buf_get(&entries[epoch_index])));
	e.index = epoch_index;
	must(tree_inclusion(told_hash, NULL, epoch_index, n_entries, &e.path));
	e.consistency.n = 0;
	if (old > 0 && old < n_entries)
		must(tree_consistency(
		    told_hash, NULL, old, n_entries, &e.consistency));
	must(epoch_answer_build(&e, &b));
	answer_set(a, "application/json", buf_get(&b));
	epoch_answer_clear(&e);
	buf_clear(&b);
}

/* The log's line alone. */
static void
cosignatures_drop(struct message *a)
{
	struct epoch_answer e;
	struct rd text, lines;
	struct buf b, note;
	const uint8_t *end = NULL;

	buf_init(&b, BODY_MAX);
	buf_init(&note, CHECKPOINT_NOTE_MAX);
	epoch_answer_init(&e);
	must(epoch_answer_parse(buf_get(&a->body), &e));
	must(note_split(buf_get(&e.note), &text, &lines));
	end = memchr(lines.p, '\n', lines.left);
	must(buf_add(&note, e.note.p, (size_t)(end + 1 - e.note.p)));
	buf_clear(&e.note);
	must(buf_add_rd(&e.note, buf_get(&note)));
	must(epoch_answer_build(&e, &b));
	answer_set(a, "application/json", buf_get(&b));
	epoch_answer_clear(&e);
	buf_clear(&b);
	buf_clear(&note);
}

static void
question_tell(const struct message *q, struct message *a)
{
	struct private_lookup_answer out = { .epoch = epoch.epoch };
	struct private_lookup_ask ask;
	struct voprf_batch batch = { .n = 1,
		.blinded = (const uint8_t(*)[32])ask.pair.element };
	struct buf answer, b;

	buf_init(&answer, BODY_MAX);
	buf_init(&b, BODY_MAX);
	must(private_lookup_ask_parse(buf_get(&q->body), &ask));
	must(voprf_evaluate(mode == WRONG_KEY ? false_secret : voprf_secret,
	    &batch, (uint8_t(*)[32])out.element, out.proof));
	if (mode == WRONG_KEY) {
		memcpy(a->body.p, out.element, 32);
		memcpy(a->body.p + 32, out.proof, 64);
	} else if (mode == WRONG_BUCKET) {
		for (size_t i = 1; i < 9; i++)
			a->body.p[a->body.len - i * 700] ^= 0x40;
	} else {
		must(pir_answer(table, ask.query, &answer));
		out.answer = buf_get(&answer);
		must(private_lookup_answer_build(&out, &b));
		answer_set(a, "application/octet-stream", buf_get(&b));
	}
	buf_clear(&answer);
	buf_clear(&b);
}

/* Signed, for the epoch that is there, of a version that never comes. */
static void
promise_tell(struct message *a)
{
	struct promise p;
	struct rd text;
	struct buf b, note;

	if (memcmp(a->head.p + 9, "200", 3) != 0)
		return;
	buf_init(&b, 1024);
	buf_init(&note, 4096);
	must(note_parse(
	    buf_get(&a->body), trust.policy.name, trust.policy.key, &text));
	must(promise_parse(text, &p));
	p.version += 99;
	p.max_epoch = 1;
	must(promise_build(&p, &b));
	must(note_build(buf_get(&b), trust.policy.name, policy_sk, &note));
	answer_set(a, "text/plain", buf_get(&note));
	buf_clear(&b);
	buf_clear(&note);
}

static void
slot_tell(const char *target, struct message *a)
{
	char hex[65];
	struct buf b;

	(void)sodium_bin2hex(hex, sizeof(hex), told_commitment, 32);
	if (!has_slot || strstr(target, hex) == NULL)
		return;
	buf_init(&b, 1024);
	must(slot_build(&told_slot, &b));
	answer_set(a, "application/octet-stream", buf_get(&b));
	buf_clear(&b);
}

static bool
is_at(const char *target, const char *path)
{
	return strncmp(target, path, strlen(path)) == 0;
}

static void
tell(const char *target, const struct message *q, struct message *a)
{
	if (is_at(target, "/v1/directory/epoch")) {
		if (has_log())
			epoch_tell(target, a);
		else if (mode == UNWITNESSED)
			cosignatures_drop(a);
	} else if (is_at(target, "/v1/directory/lookup")) {
		if (mode == WRONG_KEY || mode == WRONG_BUCKET || table != NULL)
			question_tell(q, a);
	} else if (is_at(target, "/v1/directory/slots/")) {
		slot_tell(target, a);
	} else if (is_at(target, "/v1/promise") && mode == PROMISE) {
		promise_tell(a);
	}
}

/* --- the server --------------------------------------------------------------
 */

static void
splice_both(SSL *a, SSL *b)
{
	SSL *s[2] = { a, b };
	struct pollfd p[2] = { { SSL_get_fd(a), POLLIN, 0 },
		{ SSL_get_fd(b), POLLIN, 0 } };
	uint8_t octets[16384];

	for (;;) {
		for (int i = 0; i < 2; i++) {
			int n;

			if (p[i].revents == 0 && SSL_pending(s[i]) == 0)
				continue;
			n = SSL_read(s[i], octets, sizeof(octets));
			if (n <= 0 || SSL_write(s[1 - i], octets, n) <= 0)
				return;
		}
		if (SSL_pending(a) == 0 && SSL_pending(b) == 0 &&
		    poll(p, 2, 60000) <= 0)
			return;
	}
}

static void
serve(int fd)
{
	char target[1024];
	SSL *s = SSL_new(server_ctx), *up = NULL;
	struct message q, a;

	message_init(&q);
	message_init(&a);
	if (s == NULL || SSL_set_fd(s, fd) != 1 || SSL_accept(s) != 1)
		return;
	up = upstream_open();
	while (message_take(s, &q)) {
		must(buf_u8(&q.head, 0));
		q.head.len--;
		(void)snprintf(target, sizeof(target), "%s",
		    strchr((char *)q.head.p, ' ') + 1);
		target[strcspn(target, " ")] = '\0';
		if (!message_send(up, &q) || !message_take(up, &a))
			break;
		tell(target, &q, &a);
		if (!message_send(s, &a))
			break;
		if (memcmp(a.head.p + 9, "101", 3) == 0) {
			splice_both(s, up);
			break;
		}
	}
	(void)SSL_shutdown(s);
}

static int
listen_on(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		exit(1);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void
tls_begin(const char *data)
{
	char path[4096];

	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	if (server_ctx == NULL || client_ctx == NULL)
		exit(1);
	(void)snprintf(path, sizeof(path), "%s/tls/cert.pem", data);
	if (SSL_CTX_use_certificate_chain_file(server_ctx, path) != 1)
		exit(1);
	(void)snprintf(path, sizeof(path), "%s/tls/key.pem", data);
	if (SSL_CTX_use_PrivateKey_file(server_ctx, path, SSL_FILETYPE_PEM) !=
	    1)
		exit(1);
}

int
main(int argc, char **v)
{
	int own = 0, fd = -1;

	if (argc < 4 || sodium_init() < 0)
		return 2;
	while (mode < MODES && strcmp(names[mode], v[3]) != 0)
		mode++;
	port = atoi(v[2]);
	number = argc > 4 ? v[4] : NULL;
	other = argc > 5 ? v[5] : NULL;
	dir = open(v[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mode == MODES || dir < 0)
		return 2;
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	keys_read();
	tls_begin(v[1]);
	log_prepare();
	fd = listen_on(&own);
	printf("ready https://127.0.0.1:%d\n", own);
	(void)fflush(stdout);
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c >= 0 && fork() == 0) {
			serve(c);
			_exit(0);
		}
		(void)close(c);
	}
}
