#include "merkle/trust.h"

#include <sodium.h>

#include "tap.h"

struct key {
	uint8_t sk[64];
	struct vkey v;
};

static struct key log_key, policy_key, w[3];
static struct trust trust;

static void
make_key(struct key *k, uint8_t seed0, const char *name, enum vkey_type type)
{
	uint8_t seed[32] = { seed0 };
	uint8_t pk[32];
	char origin[CHECKPOINT_ORIGIN_SIZE];

	(void)crypto_sign_seed_keypair(pk, k->sk, seed);
	checkpoint_origin(pk, origin);
	T_RC(RC_OK, vkey_init(&k->v, name == NULL ? origin : name, type, pk));
}

static void
make_trust(void)
{
	make_key(&log_key, 1, NULL, VKEY_TYPE_ED25519);
	make_key(&policy_key, 2, "tacet-policy", VKEY_TYPE_ED25519);
	make_key(&w[0], 3, "w/a", VKEY_TYPE_COSIGNATURE);
	make_key(&w[1], 4, "w/b", VKEY_TYPE_COSIGNATURE);
	make_key(&w[2], 5, "w/c", VKEY_TYPE_COSIGNATURE);
	trust = (struct trust){ .log = log_key.v,
		.policy = policy_key.v,
		.n_witnesses = 3,
		.witnesses = { w[0].v, w[1].v, w[2].v },
		.quorum = 2 };
}

/* --- the file --- */

static void
it_is_built_as_log_md_has_it_and_read_again(void)
{
	static const char begin[] =
	    "{\"tacet\":\"trust\",\"version\":1,\"log\":\"tacet.log/";
	static const char end[] = "],\"quorum\":2}\n";
	struct trust again;
	struct buf b;
	struct buf b2;

	buf_init(&b, TRUST_TEXT_MAX);
	buf_init(&b2, TRUST_TEXT_MAX);
	T_RC(RC_OK, trust_build(&trust, &b));
	T_MEM(begin, b.p, sizeof(begin) - 1);
	T_MEM(end, b.p + b.len - sizeof(end) + 1, sizeof(end) - 1);
	T_RC(RC_OK, trust_parse(buf_get(&b), &again));
	T_OK(again.n_witnesses == 3 && again.quorum == 2);
	T_RC(RC_OK, trust_build(&again, &b2));
	T_OK(b.len == b2.len && memcmp(b.p, b2.p, b.len) == 0);
	for (size_t n = 0; n < b.len - 1; n++) {
		unsigned char *p = tap_block(b.p, n);

		T_RC(RC_MALFORMED, trust_parse((struct rd){ p, n }, &again));
		free(p);
	}
	buf_clear(&b);
	buf_clear(&b2);
}

static void
what_could_not_be_trusted_is_refused_both_ways(void)
{
	struct trust t;
	struct buf b;

	buf_init(&b, TRUST_TEXT_MAX);
	t = trust;
	t.quorum = 4;
	T_RC(RC_MALFORMED, trust_build(&t, &b));
	t = trust;
	t.witnesses[1] = t.witnesses[0]; /* one witness would count twice */
	T_RC(RC_MALFORMED, trust_build(&t, &b));
	t = trust;
	memcpy(t.witnesses[1].key, t.witnesses[0].key, 32);
	T_RC(RC_MALFORMED, trust_build(&t, &b));
	t = trust;
	t.witnesses[0] = policy_key.v;
	T_RC(RC_MALFORMED, trust_build(&t, &b));
	t = trust;
	t.log = policy_key.v; /* its name is not its origin */
	T_RC(RC_MALFORMED, trust_build(&t, &b));
	t = trust;
	t.policy = w[0].v;
	T_RC(RC_MALFORMED, trust_build(&t, &b));
	T_OK(b.len == 0);
	t = trust;
	t.n_witnesses = 0;
	t.quorum = 0;
	T_RC(RC_OK, trust_build(&t, &b));
	T_RC(RC_OK, trust_parse(buf_get(&b), &t));
	b.len--;
	b.p[b.len - 2] = '1'; /* a quorum of nobody */
	T_RC(RC_MALFORMED, trust_parse(buf_get(&b), &t));
	T_RC(RC_MALFORMED, trust_parse(rd_str("{\"tacet\":\"trust\"}"), &t));
	buf_clear(&b);
}

/* --- a checkpoint by it --- */

#define TEXT_SIZE 7

/* The text of a checkpoint of another origin or size, and who signs it. */
static void
note(const char *origin, const struct key *by, unsigned witnesses,
    struct buf *ret_b)
{
	struct checkpoint c = {
		.origin = rd_str(origin), .size = TEXT_SIZE, .root = { 9 }
	};
	struct buf text;

	buf_init(&text, 1024);
	buf_init(ret_b, CHECKPOINT_NOTE_MAX);
	T_RC(RC_OK, checkpoint_build(&c, &text));
	T_RC(RC_OK, note_build(buf_get(&text), by->v.name, by->sk, ret_b));
	for (size_t i = 0; i < 3; i++)
		if ((witnesses >> i & 1) != 0)
			T_RC(RC_OK,
			    checkpoint_cosign(buf_get(&text), w[i].v.name,
				w[i].sk, 1700000000, ret_b));
	buf_clear(&text);
}

static enum rc
check(struct rd r, unsigned *ret_n)
{
	uint64_t size = 0;
	uint8_t root[32] = { 0 };
	unsigned char *p = tap_block(r.p, r.left);
	enum rc rc = trust_checkpoint(
	    &trust, (struct rd){ p, r.left }, &size, root, ret_n);

	T_OK(rc == RC_OK ? size == TEXT_SIZE && root[0] == 9 : size == 0);
	free(p);
	return rc;
}

static void
a_quorum_is_counted_witness_by_witness(void)
{
	struct buf b;
	unsigned n;

	for (unsigned set = 0; set < 8; set++) {
		unsigned want = (set & 1) + (set >> 1 & 1) + (set >> 2);

		note(log_key.v.name, &log_key, set, &b);
		n = 9;
		T_RC(want >= 2 ? RC_OK : RC_DENIED, check(buf_get(&b), &n));
		T_OK(n == (want >= 2 ? want : 9));
		buf_clear(&b);
	}
}

static void
one_witness_twice_is_one(void)
{
	struct buf b;
	struct rd text;
	struct rd lines;
	unsigned n = 0;

	note(log_key.v.name, &log_key, 1, &b);
	T_RC(RC_OK, note_split(buf_get(&b), &text, &lines));
	T_RC(RC_OK, checkpoint_cosign(text, w[0].v.name, w[0].sk, 5, &b));
	T_RC(RC_DENIED, check(buf_get(&b), &n));
	/* and a stranger is nobody */
	T_RC(RC_OK, note_split(buf_get(&b), &text, &lines));
	T_RC(RC_OK, checkpoint_cosign(text, "w/x", w[1].sk, 5, &b));
	T_RC(RC_DENIED, check(buf_get(&b), &n));
	T_RC(RC_OK, note_split(buf_get(&b), &text, &lines));
	T_RC(RC_OK, checkpoint_cosign(text, w[1].v.name, w[1].sk, 5, &b));
	T_RC(RC_OK, check(buf_get(&b), &n));
	T_OK(n == 2);
	buf_clear(&b);
}

static void
the_newest_cosignature_has_the_time(void)
{
	struct trust_point p = { .time = 9 };
	struct buf b;
	struct rd text;
	struct rd lines;

	note(log_key.v.name, &log_key, 0, &b);
	T_RC(RC_OK, trust_point_read(&trust, buf_get(&b), &p));
	T_OK(p.time == 0 && p.witnesses == 0 && p.size == TEXT_SIZE);
	T_RC(RC_OK, note_split(buf_get(&b), &text, &lines));
	T_RC(RC_OK, checkpoint_cosign(text, w[0].v.name, w[0].sk, 70, &b));
	T_RC(RC_OK, note_split(buf_get(&b), &text, &lines));
	T_RC(RC_OK, checkpoint_cosign(text, w[1].v.name, w[1].sk, 50, &b));
	T_RC(RC_OK, trust_point_read(&trust, buf_get(&b), &p));
	T_OK(p.time == 70 && p.witnesses == 2);
	buf_clear(&b);
}

static void
another_log_and_another_key_are_denied(void)
{
	struct buf b;
	unsigned n;

	note("tacet.log/0123456789abcdef", &log_key, 7, &b);
	T_RC(RC_DENIED, check(buf_get(&b), &n)); /* signed, of another origin */
	buf_clear(&b);
	note(log_key.v.name, &policy_key, 7, &b);
	T_RC(RC_DENIED, check(buf_get(&b), &n));
	buf_clear(&b);
}

static void
no_octet_can_be_changed_or_left_out(void)
{
	struct buf b;
	unsigned n;

	note(log_key.v.name, &log_key, 3, &b);
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		T_OK(check(buf_get(&b), &n) != RC_OK);
		b.p[i] ^= 1;
	}
	for (size_t len = 0; len < b.len; len++)
		T_OK(check((struct rd){ b.p, len }, &n) != RC_OK);
	T_RC(RC_OK, check(buf_get(&b), &n));
	buf_clear(&b);
}

int
main(void)
{
	make_trust();
	TEST(it_is_built_as_log_md_has_it_and_read_again);
	TEST(what_could_not_be_trusted_is_refused_both_ways);
	TEST(a_quorum_is_counted_witness_by_witness);
	TEST(one_witness_twice_is_one);
	TEST(the_newest_cosignature_has_the_time);
	TEST(another_log_and_another_key_are_denied);
	TEST(no_octet_can_be_changed_or_left_out);
	return tap_done();
}
