/* The process with the keys, as the parent starts it; this test plays ktlog,
 * exchange and front. */
#include "keys/keys.h"

#include <fcntl.h>
#include <sodium.h>

#include "keys/log_mark.h"
#include "merkle/checkpoint.h"
#include "process.h"
#include "wire/text64.h"

#define POLICY "{\n  \"version\": 1,\n  \"modes\": []\n}\n"

static uint8_t log_pk[32], log_sk[64], policy_pk[32], policy_sk[64];
static char origin[CHECKPOINT_ORIGIN_SIZE];
static int mark_fd = -1; /* survives the process */
static struct chan *ktlog, *exchange, *front;

static int
key_file(uint8_t seed0)
{
	uint8_t seed[32] = { seed0 };
	struct buf b;
	int fd;

	buf_init(&b, 64);
	T_RC(RC_OK, text64_url_build(&b, (struct rd){ seed, sizeof(seed) }));
	T_RC(RC_OK, buf_u8(&b, '\n'));
	fd = process_file(b.p, b.len);
	buf_clear(&b);
	return fd;
}

static void
fresh_mark(void)
{
	static const uint8_t none[LOG_MARK_SIZE];

	if (mark_fd >= 0)
		(void)close(mark_fd);
	mark_fd = process_file(none, sizeof(none));
}

/* A checkpoint as it lies in DIR/log, by that key. */
static int
checkpoint_file(uint64_t size, uint8_t root0, const uint8_t *sk)
{
	struct checkpoint c = {
		.origin = rd_str(origin), .size = size, .root = { root0 }
	};
	struct buf text, note;
	int fd;

	buf_init(&text, 1024);
	buf_init(&note, 4096);
	T_RC(RC_OK, checkpoint_build(&c, &text));
	T_RC(RC_OK, note_build(buf_get(&text), origin, sk, &note));
	fd = process_file(note.p, note.len);
	buf_clear(&text);
	buf_clear(&note);
	return fd;
}

/* Starts it with the mark as it is. checkpoint -1: there is none. */
static bool
start(int checkpoint)
{
	process_begin(PERMIT_ROLE_KEYS, keys_main, "");
	process_give(MSG_FILE, "log.key", key_file(1));
	process_give(MSG_FILE, "policy.key", key_file(2));
	process_give(MSG_FILE, "log.mark", dup(mark_fd));
	process_give(MSG_FILE, "policy", process_file(POLICY, strlen(POLICY)));
	if (checkpoint >= 0)
		process_give(MSG_FILE, "checkpoint", checkpoint);
	ktlog = process_peer(PERMIT_ROLE_KTLOG);
	exchange = process_peer(PERMIT_ROLE_EXCHANGE);
	front = process_peer(PERMIT_ROLE_FRONT);
	return process_start();
}

static int
end(bool stop)
{
	int status = process_end(stop);

	chan_free(ktlog);
	chan_free(exchange);
	chan_free(front);
	return status;
}

static void
skip_policy(void)
{
	struct msg_policy_hash hash;

	T_OK(process_hear(ktlog, MSG_POLICY_HASH, &hash, PROCESS_WAIT_MS));
}

/* The status; RC of the note is checked when it is signed. */
static int
sign(uint64_t size, uint8_t root0)
{
	static uint64_t req;
	const struct msg_sign_checkpoint m = { ++req, size, { root0 } };
	struct msg_signed answer;
	struct checkpoint c;
	struct rd text;

	process_send(ktlog, MSG_SIGN_CHECKPOINT, &m, -1);
	if (!process_hear(ktlog, MSG_SIGNED, &answer, PROCESS_WAIT_MS) ||
	    answer.req != req)
		return -1;
	if (answer.status != MSG_STATUS_OK) {
		T_OK(answer.octets.left == 0);
		return answer.status;
	}
	T_RC(RC_OK, note_parse(answer.octets, origin, log_pk, &text));
	T_RC(RC_OK, checkpoint_parse(text, &c));
	T_OK(c.size == size && c.root[0] == root0 && c.more.left == 0);
	T_OK(rd_is_eq(c.origin, origin));
	return answer.status;
}

static struct log_mark
mark(void)
{
	struct log_mark m = { .fd = -1 };

	T_RC(RC_OK, log_mark_open(mark_fd, &m));
	return m;
}

/* --- the tests
 * ------------------------------------------------------------------ */

static void
it_signs_the_policy_as_it_was_written(void)
{
	uint8_t want[32];
	struct msg_policy policy;
	struct msg_policy_hash hash;
	struct rd text;

	fresh_mark();
	T_OK(start(-1));
	T_OK(process_hear(front, MSG_POLICY, &policy, PROCESS_WAIT_MS));
	T_RC(RC_OK, note_parse(policy.note, "tacet-policy", policy_pk, &text));
	T_OK(rd_is_eq(text, POLICY));
	T_OK(process_hear(ktlog, MSG_POLICY_HASH, &hash, PROCESS_WAIT_MS));
	(void)crypto_hash_sha256(want, (const uint8_t *)POLICY, strlen(POLICY));
	T_MEM(want, hash.sha256, sizeof(want));
}

static void
a_reload_signs_the_new_one(void)
{
	const struct msg_empty reload = { 0 };
	struct msg_policy policy;
	struct rd text;

	process_give(MSG_FILE, "policy", process_file("another\n", 8));
	process_send(process_parent, MSG_RELOAD, &reload, -1);
	T_OK(process_hear(front, MSG_POLICY, &policy, PROCESS_WAIT_MS));
	T_RC(RC_OK, note_parse(policy.note, "tacet-policy", policy_pk, &text));
	T_OK(rd_is_eq(text, "another\n"));
	skip_policy();
}

static void
a_checkpoint_is_signed_once_for_its_size(void)
{
	T_OK(sign(0, 0) == MSG_STATUS_FORBIDDEN);
	T_OK(sign(5, 'a') == MSG_STATUS_OK);
	T_OK(mark().size == 5 && mark().root[0] == 'a');
	T_OK(sign(5, 'a') == MSG_STATUS_OK);
	T_OK(sign(5, 'b') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(4, 'a') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(0, 0) == MSG_STATUS_FORBIDDEN);
	T_OK(sign((uint64_t)TREE_SIZE_MAX + 1, 'c') == MSG_STATUS_MALFORMED);
	T_OK(mark().size == 5);
	T_OK(sign(6, 'c') == MSG_STATUS_OK);
	T_OK(sign(5, 'a') == MSG_STATUS_FORBIDDEN);
	T_OK(mark().size == 6);
}

static void
a_manifest_is_signed_and_a_policy_is_not(void)
{
	const struct msg_sign_manifest good = { 7, rd_str("{\"files\":1}\n") };
	const struct msg_sign_manifest policy = { 8, rd_str(POLICY) };
	const struct msg_sign_manifest bad = { 9, rd_str("no newline") };
	struct msg_signed answer;

	process_send(exchange, MSG_SIGN_MANIFEST, &good, -1);
	T_OK(process_hear(exchange, MSG_SIGNED, &answer, PROCESS_WAIT_MS));
	T_OK(answer.req == 7 && answer.status == MSG_STATUS_OK);
	T_RC(RC_OK,
	    note_line_parse(
		answer.octets, good.text, "tacet-policy", policy_pk));
	process_send(exchange, MSG_SIGN_MANIFEST, &policy, -1);
	T_OK(process_hear(exchange, MSG_SIGNED, &answer, PROCESS_WAIT_MS));
	T_OK(answer.req == 8 && answer.status == MSG_STATUS_FORBIDDEN);
	process_send(exchange, MSG_SIGN_MANIFEST, &bad, -1);
	T_OK(process_hear(exchange, MSG_SIGNED, &answer, PROCESS_WAIT_MS));
	T_OK(answer.req == 9 && answer.status == MSG_STATUS_MALFORMED);
	T_OK(end(true) == 0);
}

static void
a_restart_forgets_nothing(void)
{
	T_OK(start(-1)); /* the log was put back to nothing */
	skip_policy();
	T_OK(sign(1, 'x') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(6, 'x') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(6, 'c') == MSG_STATUS_OK);
	T_OK(end(true) == 0);
	T_OK(start(checkpoint_file(3, 'z', log_sk))); /* and to an older one */
	skip_policy();
	T_OK(sign(4, 'x') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(7, 'd') == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
a_mark_that_was_put_back_learns_from_the_log(void)
{
	fresh_mark();
	T_OK(start(checkpoint_file(9, 'e', log_sk)));
	skip_policy();
	T_OK(mark().size == 9 && mark().root[0] == 'e');
	T_OK(sign(8, 'x') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(9, 'x') == MSG_STATUS_FORBIDDEN);
	T_OK(sign(9, 'e') == MSG_STATUS_OK);
	T_OK(end(true) == 0);
}

static void
a_log_of_another_key_or_history_is_no_start(void)
{
	T_OK(!start(checkpoint_file(10, 'f', policy_sk)));
	T_OK(end(false) == 80 + RC_DENIED);
	T_OK(!start(checkpoint_file(9, 'f', log_sk))); /* two of one size */
	T_OK(end(false) == 80 + RC_CORRUPT);
	T_OK(!start(process_file("garbage", 7)));
	T_OK(end(false) != 0);
	T_OK(mark().size == 9 && mark().root[0] == 'e');
}

static void
what_cannot_be_remembered_is_not_signed(void)
{
	int pipes[2];

	if (pipe(pipes) != 0)
		abort();
	process_begin(PERMIT_ROLE_KEYS, keys_main, "");
	process_give(MSG_FILE, "log.key", key_file(1));
	process_give(MSG_FILE, "policy.key", key_file(2));
	process_give(MSG_FILE, "log.mark", pipes[1]); /* cannot be read */
	process_give(MSG_FILE, "policy", process_file(POLICY, strlen(POLICY)));
	ktlog = process_peer(PERMIT_ROLE_KTLOG);
	exchange = process_peer(PERMIT_ROLE_EXCHANGE);
	front = process_peer(PERMIT_ROLE_FRONT);
	T_OK(!process_start());
	T_OK(end(false) == 80 + RC_IO);
	(void)close(pipes[0]);
	/* sealed against writing: as a read-only disk */
	fresh_mark();
	T_OK(fcntl(mark_fd, F_ADD_SEALS, F_SEAL_WRITE) != 0); /* not allowed */
	(void)close(mark_fd);
	mark_fd = memfd_create("mark", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	T_OK(ftruncate(mark_fd, LOG_MARK_SIZE) == 0 &&
	    fcntl(mark_fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	T_OK(start(-1));
	skip_policy();
	T_OK(sign(1, 'a') == MSG_STATUS_DOWN);
	T_OK(sign(1, 'b') == MSG_STATUS_DOWN);
	T_OK(end(true) == 0);
}

int
main(void)
{
	uint8_t seed[32] = { 1 };

	if (sodium_init() < 0 || freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)crypto_sign_seed_keypair(log_pk, log_sk, seed);
	seed[0] = 2;
	(void)crypto_sign_seed_keypair(policy_pk, policy_sk, seed);
	checkpoint_origin(log_pk, origin);
	TEST(it_signs_the_policy_as_it_was_written);
	TEST(a_reload_signs_the_new_one);
	TEST(a_checkpoint_is_signed_once_for_its_size);
	TEST(a_manifest_is_signed_and_a_policy_is_not);
	TEST(a_restart_forgets_nothing);
	TEST(a_mark_that_was_put_back_learns_from_the_log);
	TEST(a_log_of_another_key_or_history_is_no_start);
	TEST(what_cannot_be_remembered_is_not_signed);
	(void)close(mark_fd);
	return tap_done();
}
