/* Each case of c2sp.org/tlog-witness, add-checkpoint, against a log in memory.
 */
#include "witness/witness_judge.h"

#include <sodium.h>
#include <unistd.h>

#include "merkle/add_checkpoint.h"
#include "tap.h"

#define ORIGIN "log.example"

static struct witness_conf conf;
static struct witness_judge judge;
static uint8_t log_sk[64], other_sk[64], witness_sk[64];
static struct vkey witness;
static char dir[] = "/tmp/tacet-judge-XXXXXX";

/* Leaf i is its number, and, in the other history, one octet more from leaf 3
 * on. */
static bool is_other;

static enum rc
get(void *arg, unsigned level, uint64_t index,
    uint8_t ret[static TREE_HASH_SIZE])
{
	uint8_t a[TREE_HASH_SIZE], b[TREE_HASH_SIZE];
	const uint8_t leaf[2] = { (uint8_t)index, 9 };

	if (level == 0) {
		tree_leaf(
		    (struct rd){ leaf, is_other && index >= 3 ? 2 : 1 }, ret);
		return RC_OK;
	}
	if (get(arg, level - 1, 2 * index, a) != RC_OK ||
	    get(arg, level - 1, 2 * index + 1, b) != RC_OK)
		return RC_BUG;
	tree_node(a, b, ret);
	return RC_OK;
}

static void
set_up(void)
{
	uint8_t seed[32] = { 1 };
	uint8_t pk[32];

	(void)crypto_sign_seed_keypair(pk, log_sk, seed);
	T_RC(RC_OK, vkey_init(&conf.logs[1], ORIGIN, VKEY_TYPE_ED25519, pk));
	seed[0] = 2;
	(void)crypto_sign_seed_keypair(pk, other_sk, seed);
	T_RC(RC_OK, vkey_init(&conf.logs[0], "x", VKEY_TYPE_ED25519, pk));
	conf.n_logs = 2;
	seed[0] = 3;
	(void)crypto_sign_seed_keypair(pk, witness_sk, seed);
	T_RC(RC_OK, vkey_init(&witness, "w", VKEY_TYPE_COSIGNATURE, pk));
	memcpy(conf.name, "w", 2);
	if (mkdtemp(dir) == NULL)
		abort();
	(void)snprintf(conf.state, sizeof(conf.state), "%s/state", dir);
	judge.conf = &conf;
	judge.secret_key = witness_sk;
}

/* A request for size new from old, as herald would send it. */
static void
request(uint64_t old, uint64_t new, const char *origin, const uint8_t *sk,
    struct buf *ret_b)
{
	struct checkpoint c = { .origin = rd_str(origin), .size = new };
	struct add_checkpoint a = { .old_size = old };
	struct buf text, note;

	buf_init(&text, 1024);
	buf_init(&note, 4096);
	buf_init(ret_b, ADD_CHECKPOINT_MAX);
	T_RC(RC_OK, tree_root(get, NULL, new, c.root));
	if (old > 0 && old <= new)
		T_RC(RC_OK, tree_consistency(get, NULL, old, new, &a.proof));
	T_RC(RC_OK, checkpoint_build(&c, &text));
	T_RC(RC_OK, note_build(buf_get(&text), origin, sk, &note));
	a.note = buf_get(&note);
	T_RC(RC_OK, add_checkpoint_build(&a, ret_b));
	buf_clear(&text);
	buf_clear(&note);
}

/* Judges it; the answer's body is in *ret_answer. */
static enum witness_verdict
ask(uint64_t old, uint64_t new, const char *origin, const uint8_t *sk,
    struct buf *ret_answer)
{
	enum witness_verdict v;
	size_t log = 99;
	struct buf b;

	request(old, new, origin, sk, &b);
	buf_init(ret_answer, 4096);
	v = witness_judge(&judge, buf_get(&b), 1700000000, ret_answer, &log);
	T_OK(log == 1 || v == WITNESS_VERDICT_UNKNOWN);
	buf_clear(&b);
	return v;
}

static enum witness_verdict
say(uint64_t old, uint64_t new)
{
	struct buf answer;
	enum witness_verdict v = ask(old, new, ORIGIN, log_sk, &answer);

	buf_clear(&answer);
	return v;
}

static bool
knows(uint64_t old, uint64_t new, enum witness_verdict want, uint64_t size)
{
	struct buf answer;
	uint64_t got = 0;
	enum witness_verdict v = ask(old, new, ORIGIN, log_sk, &answer);
	bool ok = v == want &&
	    add_checkpoint_size_parse(buf_get(&answer), &got) == RC_OK &&
	    got == size;

	buf_clear(&answer);
	return ok;
}

static void
the_first_checkpoint_is_signed_and_remembered(void)
{
	struct witness_state saved;
	struct checkpoint c = { .origin = rd_str(ORIGIN), .size = 2 };
	struct note_signature s;
	struct buf answer, text;
	uint64_t time = 0;
	struct rd line;

	T_OK(ask(0, 2, ORIGIN, log_sk, &answer) == WITNESS_VERDICT_SIGNED);
	line = buf_get(&answer);
	buf_init(&text, 1024);
	T_RC(RC_OK, tree_root(get, NULL, 2, c.root));
	T_RC(RC_OK, checkpoint_build(&c, &text));
	T_RC(RC_OK, note_signature_take(&line, &s));
	T_OK(line.left == 0);
	T_RC(RC_OK, checkpoint_cosigned(&s, buf_get(&text), &witness, &time));
	T_OK(time == 1700000000);
	T_RC(RC_OK, witness_state_load(conf.state, &saved));
	T_OK(witness_state_find(&saved, ORIGIN)->size == 2);
	T_MEM(c.root, witness_state_find(&saved, ORIGIN)->root, 32);
	buf_clear(&answer);
	buf_clear(&text);
}

static void
it_grows_and_the_same_again_is_signed_again(void)
{
	T_OK(say(2, 5) == WITNESS_VERDICT_SIGNED);
	T_OK(say(5, 5) == WITNESS_VERDICT_SIGNED);
	T_OK(say(5, 64) == WITNESS_VERDICT_SIGNED);
	T_OK(say(64, 100) == WITNESS_VERDICT_SIGNED);
}

static void
another_old_size_is_a_conflict_and_the_size_is_told(void)
{
	T_OK(knows(0, 100, WITNESS_VERDICT_CONFLICT, 100));
	T_OK(knows(99, 101, WITNESS_VERDICT_CONFLICT, 100));
	T_OK(knows(101, 102, WITNESS_VERDICT_CONFLICT, 100));
	T_OK(knows(50, 60, WITNESS_VERDICT_CONFLICT, 100)); /* it went back */
	T_OK(say(101, 100) == WITNESS_VERDICT_MALFORMED);
}

static void
another_history_is_never_signed(void)
{
	is_other = true;
	T_OK(knows(100, 100, WITNESS_VERDICT_FORK, 100));
	T_OK(say(100, 120) == WITNESS_VERDICT_BAD_PROOF);
	T_OK(knows(0, 120, WITNESS_VERDICT_CONFLICT, 100));
	is_other = false;
	T_OK(say(100, 120) == WITNESS_VERDICT_SIGNED);
}

static void
strangers_and_their_keys_are_refused(void)
{
	struct buf answer;

	T_OK(ask(120, 121, ORIGIN, other_sk, &answer) ==
	    WITNESS_VERDICT_BAD_KEY);
	T_OK(answer.len == 0);
	T_OK(ask(0, 121, "log.example2", log_sk, &answer) ==
	    WITNESS_VERDICT_UNKNOWN);
	T_OK(answer.len == 0);
	buf_clear(&answer);
}

static void
no_changed_octet_of_a_request_is_signed(void)
{
	enum witness_verdict v;
	struct buf b, answer;
	size_t log = 0;

	request(120, 200, ORIGIN, log_sk, &b);
	buf_init(&answer, 4096);
	for (size_t i = 0; i < b.len; i++) {
		answer.len = 0;
		b.p[i] ^= 1;
		v = witness_judge(&judge, buf_get(&b), 1, &answer, &log);
		T_OK(v != WITNESS_VERDICT_SIGNED && v != WITNESS_VERDICT_DOWN);
		b.p[i] ^= 1;
	}
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *p = tap_block(b.p, n);

		answer.len = 0;
		v = witness_judge(
		    &judge, (struct rd){ p, n }, 1, &answer, &log);
		T_OK(v != WITNESS_VERDICT_SIGNED && v != WITNESS_VERDICT_DOWN);
		free(p);
	}
	T_OK(witness_state_find(&judge.state, ORIGIN)->size == 120);
	buf_clear(&b);
	buf_clear(&answer);
}

static void
a_proof_from_nothing_is_refused(void)
{
	struct witness_judge fresh = { .conf = &conf,
		.secret_key = witness_sk };
	struct add_checkpoint a;
	struct buf b, again, answer;
	size_t log;

	request(0, 3, ORIGIN, log_sk, &b);
	T_RC(RC_OK, add_checkpoint_parse(buf_get(&b), &a));
	a.proof.n = 1;
	buf_init(&again, ADD_CHECKPOINT_MAX);
	buf_init(&answer, 4096);
	T_RC(RC_OK, add_checkpoint_build(&a, &again));
	T_OK(witness_judge(&fresh, buf_get(&again), 1, &answer, &log) ==
	    WITNESS_VERDICT_BAD_PROOF);
	T_OK(fresh.state.n == 0);
	buf_clear(&b);
	buf_clear(&again);
	buf_clear(&answer);
}

static void
what_cannot_be_remembered_is_not_signed(void)
{
	T_OK(unlink(conf.state) == 0 && rmdir(dir) == 0);
	T_OK(say(120, 130) == WITNESS_VERDICT_DOWN);
	T_OK(witness_state_find(&judge.state, ORIGIN)->size == 120);
}

static void
each_verdict_has_its_status(void)
{
	static const uint16_t want[] = { 0, 200, 400, 403, 404, 409, 409, 422,
		500 };

	for (int v = WITNESS_VERDICT_SIGNED; v <= WITNESS_VERDICT_DOWN; v++)
		T_OK(witness_judge_status((enum witness_verdict)v) == want[v]);
}

int
main(void)
{
	set_up();
	TEST(the_first_checkpoint_is_signed_and_remembered);
	TEST(it_grows_and_the_same_again_is_signed_again);
	TEST(another_old_size_is_a_conflict_and_the_size_is_told);
	TEST(another_history_is_never_signed);
	TEST(strangers_and_their_keys_are_refused);
	TEST(no_changed_octet_of_a_request_is_signed);
	TEST(a_proof_from_nothing_is_refused);
	TEST(what_cannot_be_remembered_is_not_signed);
	TEST(each_verdict_has_its_status);
	return tap_done();
}
