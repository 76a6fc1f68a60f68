/* The process that writes the log, as the parent starts it, on a real
 * directory; this test plays everybody around it. */
#include "ktlog/ktlog.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <sys/stat.h>

#include "merkle/checkpoint.h"
#include "merkle/log_dir.h"
#include "unit/keys/process.h"

static char top[] = "/tmp/tacet-ktlog-XXXXXX";
static uint8_t log_sk[64], witness_sk[64];
static char conf[1024];
static struct chan *keys, *exchange, *records, *front, *herald;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static bool
start(void)
{
	int home = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int directory;

	(void)mkdirat(home, "directory", 0777);
	(void)fchmodat(home, "directory", 0777, 0);
	directory = openat(home, "directory", O_RDONLY | O_DIRECTORY);
	process_begin(PERMIT_ROLE_KTLOG, ktlog_main, conf);
	process_give(MSG_FILE, "home", home);
	process_give(MSG_FILE, "directory", directory);
	keys = process_peer(PERMIT_ROLE_KEYS);
	exchange = process_peer(PERMIT_ROLE_EXCHANGE);
	records = process_peer(PERMIT_ROLE_RECORDS);
	front = process_peer(PERMIT_ROLE_FRONT);
	herald = process_peer(PERMIT_ROLE_HERALD);
	return process_start();
}

static int
end(bool stop)
{
	int status = process_end(stop);

	chan_free(keys);
	chan_free(exchange);
	chan_free(records);
	chan_free(front);
	chan_free(herald);
	return status;
}

static void
append(struct chan *c, uint64_t req, const char *entry)
{
	const struct msg_log_append m = { req, rd_str(entry) };

	process_send(c, MSG_LOG_APPEND, &m, -1);
}

static bool
appended(struct chan *c, uint64_t req, enum msg_status status, uint64_t index)
{
	struct msg_log_appended m;

	return process_hear(c, MSG_LOG_APPENDED, &m, PROCESS_WAIT_MS) &&
	    m.req == req && m.status == status &&
	    (status != MSG_STATUS_OK || m.index == index);
}

/* Whether nothing comes for a while. */
static bool
is_quiet(struct chan *c)
{
	struct msg_log_appended m;

	return !process_hear(c, MSG_LOG_APPENDED, &m, 150);
}

static bool
asked(struct msg_sign_checkpoint *ret_m)
{
	return process_hear(keys, MSG_SIGN_CHECKPOINT, ret_m, PROCESS_WAIT_MS);
}

static void
text_of(const struct msg_sign_checkpoint *m, struct buf *ret_b)
{
	struct checkpoint c = { .origin = rd_str("o"), .size = m->size };

	buf_init(ret_b, CHECKPOINT_NOTE_MAX);
	memcpy(c.root, m->root, sizeof(c.root));
	T_RC(RC_OK, checkpoint_build(&c, ret_b));
}

static void
sign(const struct msg_sign_checkpoint *m)
{
	struct msg_signed answer = { .req = m->req };
	struct buf text, note;

	text_of(m, &text);
	buf_init(&note, CHECKPOINT_NOTE_MAX);
	T_RC(RC_OK, note_build(buf_get(&text), "o", log_sk, &note));
	answer.octets = buf_get(&note);
	process_send(keys, MSG_SIGNED, &answer, -1);
	buf_clear(&text);
	buf_clear(&note);
}

static void
refuse(const struct msg_sign_checkpoint *m, enum msg_status status)
{
	const struct msg_signed answer = { m->req, (uint8_t)status,
		rd_str("") };

	process_send(keys, MSG_SIGNED, &answer, -1);
}

/* The body borrows until the next message of front. */
static int
get(const char *path, struct msg_log_file *ret_m)
{
	static uint64_t req;
	const struct msg_log_get m = { ++req, rd_str(path) };

	process_send(front, MSG_LOG_GET, &m, -1);
	return process_hear(front, MSG_LOG_FILE, ret_m, PROCESS_WAIT_MS) &&
		ret_m->req == req
	    ? ret_m->status
	    : -1;
}

#define ORDER(x) "{\"commitment\":\"" x "\",\"type\":\"order\"}"

/* --- the tests
 * ------------------------------------------------------------------ */

static void
an_entry_is_answered_after_its_signature(void)
{
	struct msg_sign_checkpoint m;
	struct msg_log_file file;

	T_OK(start());
	T_OK(get("checkpoint", &file) == MSG_STATUS_NOT_FOUND);
	append(exchange, 1, ORDER("a"));
	T_OK(asked(&m) && m.size == 1);
	T_OK(is_quiet(exchange));
	T_OK(get("checkpoint", &file) == MSG_STATUS_NOT_FOUND);
	T_OK(get("tile/0/000.p/1", &file) == MSG_STATUS_NOT_FOUND);
	append(exchange, 2, ORDER("b")); /* the next group */
	append(exchange, 3, ORDER("a"));
	T_OK(is_quiet(exchange));
	sign(&m);
	T_OK(appended(exchange, 1, MSG_STATUS_OK, 0));
	T_OK(appended(exchange, 3, MSG_STATUS_OK, 0));
	T_OK(asked(&m) && m.size == 2);
	sign(&m);
	T_OK(appended(exchange, 2, MSG_STATUS_OK, 1));
	append(exchange, 4, ORDER("b"));
	T_OK(appended(exchange, 4, MSG_STATUS_OK, 1)); /* at once */
}

static void
each_writer_writes_what_is_his(void)
{
	static const char *const bad[] = { "{\"type\":\"segment\"}",
		"{\"type\":\"destroy\"}", "{\"type\":\"policy\"}",
		"{\"type\":\"epoch\"}", "{\"type\":\"unknown\"}",
		"{ \"type\":\"order\"}", "", "x" };
	struct msg_sign_checkpoint m;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		append(exchange, 10 + i, bad[i]);
		T_OK(appended(exchange, 10 + i, MSG_STATUS_MALFORMED, 0));
	}
	append(records, 1, ORDER("c"));
	T_OK(appended(records, 1, MSG_STATUS_MALFORMED, 0));
	append(records, 2, "{\"day\":1,\"type\":\"segment\"}");
	T_OK(asked(&m) && m.size == 3);
	sign(&m);
	T_OK(appended(records, 2, MSG_STATUS_OK, 2));
}

static void
a_policy_is_logged_when_it_is_another(void)
{
	struct msg_policy_hash hash = { { 1 } };
	struct msg_sign_checkpoint m;
	struct msg_log_file file;

	process_send(keys, MSG_POLICY_HASH, &hash, -1);
	T_OK(asked(&m) && m.size == 4);
	sign(&m);
	process_send(keys, MSG_POLICY_HASH, &hash, -1);
	T_OK(!process_hear(keys, MSG_SIGN_CHECKPOINT, &m, 150));
	hash.sha256[0] = 2;
	process_send(keys, MSG_POLICY_HASH, &hash, -1);
	T_OK(asked(&m) && m.size == 5);
	sign(&m);
	hash.sha256[0] = 1; /* as before, and another than the last */
	process_send(keys, MSG_POLICY_HASH, &hash, -1);
	T_OK(asked(&m) && m.size == 6);
	hash.sha256[0] = 2; /* and back, before it is signed */
	process_send(keys, MSG_POLICY_HASH, &hash, -1);
	sign(&m);
	T_OK(asked(&m) && m.size == 7);
	sign(&m);
	T_OK(get("tile/entries/000.p/4", &file) == MSG_STATUS_OK);
	T_OK(memmem(file.octets.p, file.octets.left, "\"sha256\":\"0100000000",
		 20) != NULL);
}

static void
files_are_served_as_the_checkpoint_has_them(void)
{
	static const char *const bad[] = { "", "pending", "new", "tile/0/000",
		"tile/0/001.p/1", "tile/0/000.p/200", "tile/1/000.p/1",
		"tile/../checkpoint", "../keys/log.key", "tile/entries/000" };
	struct msg_log_file file;

	T_OK(get("checkpoint", &file) == MSG_STATUS_OK && file.fixed == 0);
	for (unsigned w = 1; w <= 5; w++) { /* every width, one file */
		char path[32];

		(void)snprintf(path, sizeof(path), "tile/0/000.p/%u", w);
		T_OK(get(path, &file) == MSG_STATUS_OK);
		T_OK(file.octets.left == w * 32 && file.fixed == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_OK(get(bad[i], &file) == MSG_STATUS_NOT_FOUND);
}

/* --- witnesses
 * --------------------------------------------------------------------- */

static void
cosignatures_of_its_witnesses_come_into_the_checkpoint(void)
{
	struct msg_proof_get ask = { 3, 1, 4 };
	struct msg_sign_checkpoint m = { .size = 0 };
	struct msg_cosigned line = { .size = 0 };
	struct msg_cosign told;
	struct msg_proof proof;
	struct msg_log_file file;
	struct buf text, b;

	/* it is told of every size; the last is the one that counts */
	append(exchange, 30, ORDER("w"));
	T_OK(asked(&m));
	sign(&m);
	T_OK(process_hear(exchange, MSG_LOG_APPENDED,
	    &(struct msg_log_appended){ 0 }, PROCESS_WAIT_MS));
	do
		if (!T_OK(process_hear(
			herald, MSG_COSIGN, &told, PROCESS_WAIT_MS)))
			return;
	while (told.size < m.size);
	text_of(&m, &text);
	T_OK(told.note.left > text.len &&
	    memcmp(told.note.p, text.p, text.len) == 0);
	buf_init(&b, 1024);
	T_RC(RC_OK, checkpoint_cosign(buf_get(&text), "w", witness_sk, 77, &b));
	line.size = m.size;
	line.line = buf_get(&b);
	process_send(herald, MSG_COSIGNED, &line, -1);
	process_send(herald, MSG_COSIGNED, &line, -1); /* no second time */
	line.size = m.size - 1;
	process_send(herald, MSG_COSIGNED, &line, -1);
	line.size = m.size;
	b.p[b.len - 5] ^= 1; /* and a bad one never */
	process_send(herald, MSG_COSIGNED, &line, -1);
	b.p[b.len - 5] ^= 1;
	process_send(herald, MSG_PROOF_GET, &ask, -1);
	T_OK(process_hear(herald, MSG_PROOF, &proof, PROCESS_WAIT_MS));
	T_OK(proof.witness == 3 && proof.old_size == 1 && proof.new_size == 4);
	T_OK(proof.status == MSG_STATUS_OK && proof.hashes.left == 2 * 32);
	ask.new_size = m.size + 1;
	process_send(herald, MSG_PROOF_GET, &ask, -1);
	T_OK(process_hear(herald, MSG_PROOF, &proof, PROCESS_WAIT_MS));
	T_OK(proof.status == MSG_STATUS_NOT_FOUND);
	T_OK(get("checkpoint", &file) == MSG_STATUS_OK);
	T_OK(file.octets.left == told.note.left + b.len);
	T_OK(memcmp(file.octets.p + file.octets.left - b.len, b.p, b.len) == 0);
	buf_clear(&text);
	buf_clear(&b);
}

/* --- refusals
 * ------------------------------------------------------------------------ */

static void
what_was_durable_is_signed_after_a_restart(void)
{
	struct msg_sign_checkpoint m, again;

	append(exchange, 40, ORDER("late"));
	T_OK(asked(&m));
	(void)kill(process_pid, SIGKILL); /* before the signature */
	T_OK(end(false) == -1);
	T_OK(start());
	T_OK(asked(&again) && again.size == m.size);
	T_MEM(m.root, again.root, sizeof(m.root));
	sign(&again);
	append(exchange, 41, ORDER("late"));
	T_OK(appended(exchange, 41, MSG_STATUS_OK, m.size - 1));
}

static void
keys_that_cannot_sign_now_are_asked_again(void)
{
	struct msg_sign_checkpoint m;

	append(exchange, 50, ORDER("down"));
	T_OK(asked(&m));
	refuse(&m, MSG_STATUS_DOWN);
	T_OK(appended(exchange, 50, MSG_STATUS_DOWN, 0));
	T_OK(asked(&m)); /* a second later, the same */
	sign(&m);
	append(exchange, 51, ORDER("down"));
	T_OK(appended(exchange, 51, MSG_STATUS_OK, m.size - 1));
}

static void
a_log_that_keys_refuses_is_neither_written_nor_served(void)
{
	struct msg_sign_checkpoint m;
	struct msg_log_file file;

	append(exchange, 60, ORDER("fork"));
	T_OK(asked(&m));
	refuse(&m, MSG_STATUS_FORBIDDEN);
	T_OK(appended(exchange, 60, MSG_STATUS_DOWN, 0));
	append(exchange, 61, ORDER("more"));
	T_OK(appended(exchange, 61, MSG_STATUS_DOWN, 0));
	T_OK(get("checkpoint", &file) == MSG_STATUS_DOWN);
	T_OK(get("tile/0/000.p/1", &file) == MSG_STATUS_DOWN);
	T_OK(end(true) == 0);
}

static void
more_than_a_group_waits_its_turn(void)
{
	struct msg_sign_checkpoint m;
	char entry[64];
	uint64_t first;

	T_OK(start());
	T_OK(asked(&m)); /* what is pending from the test before */
	first = m.size;
	for (unsigned i = 0; i < 600; i++) {
		(void)snprintf(entry, sizeof(entry),
		    "{\"commitment\":\"%u\",\"type\":\"order\"}", i);
		append(exchange, 1000 + i, entry);
	}
	sign(&m);
	for (uint64_t got = 0; got < 600;) {
		T_OK(asked(&m));
		T_OK(m.size > first + got && m.size <= first + 600);
		sign(&m);
		for (; first + got < m.size; got++)
			T_OK(appended(
			    exchange, 1000 + got, MSG_STATUS_OK, first + got));
	}
	T_OK(end(true) == 0);
}

static void
a_damaged_directory_is_no_start(void)
{
	int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, "checkpoint", O_WRONLY | O_TRUNC);

	T_OK(fd >= 0);
	(void)close(fd);
	(void)close(dir);
	T_OK(!start());
	T_OK(end(false) == 80 + RC_CORRUPT);
}

static void
set_up(void)
{
	uint8_t seed[32] = { 1 };
	uint8_t pk[32];
	struct vkey k;
	struct buf b;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)crypto_sign_seed_keypair(pk, log_sk, seed);
	seed[0] = 2;
	(void)crypto_sign_seed_keypair(pk, witness_sk, seed);
	T_RC(RC_OK, vkey_init(&k, "w", VKEY_TYPE_COSIGNATURE, pk));
	buf_init(&b, sizeof(conf));
	T_RC(RC_OK, buf_add_str(&b, "witness = http://127.0.0.1:1/ "));
	T_RC(RC_OK, vkey_build(&k, &b));
	memcpy(conf, b.p, b.len);
	buf_clear(&b);
	/* a process that was started as root becomes another user */
	if (mkdtemp(top) == NULL || chmod(top, 0777) != 0)
		abort();
}

int
main(void)
{
	if (sodium_init() < 0 || freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	set_up();
	TEST(an_entry_is_answered_after_its_signature);
	TEST(each_writer_writes_what_is_his);
	TEST(a_policy_is_logged_when_it_is_another);
	TEST(files_are_served_as_the_checkpoint_has_them);
	TEST(cosignatures_of_its_witnesses_come_into_the_checkpoint);
	TEST(what_was_durable_is_signed_after_a_restart);
	TEST(keys_that_cannot_sign_now_are_asked_again);
	TEST(a_log_that_keys_refuses_is_neither_written_nor_served);
	TEST(more_than_a_group_waits_its_turn);
	TEST(a_damaged_directory_is_no_start);
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
