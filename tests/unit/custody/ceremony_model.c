/*
 * The ceremonies of tests/model/custodian.py, a second implementation written
 * from doc/protocol/custody.md: its files are read, our files of the same
 * secrets are the same octets, and both find the same group and shares.
 */
#include "custody/ceremony.h"

#include "people.h"

static struct ceremony c; /* large */

static struct rd
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return rd_str(s == NULL ? "" : s);
}

static void
octets_of(const json_t *o, const char *key, uint8_t ret_octets[static 32])
{
	struct rd s = text_of(o, key);
	size_t n = 0;

	T_OK(sodium_hex2bin(ret_octets, 32, (const char *)s.p, s.left, NULL, &n,
		 NULL) == 0 &&
	    n == 32);
}

static struct plan
make_plan(const json_t *v)
{
	struct contact contacts[CUSTODIANS_MAX];
	struct custodians old;
	struct plan plan = { 0 };
	bool resharing = json_is_string(json_object_get(v, "old"));
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(v, "members"), i, m)
	    T_RC(RC_OK, contact_parse(text_of(m, "contact"), &contacts[i]));
	if (resharing)
		T_RC(RC_OK, custodians_parse(text_of(v, "old"), &old));
	T_RC(RC_OK,
	    plan_make(
		(uint8_t)json_integer_value(json_object_get(v, "threshold")), i,
		contacts, resharing ? &old : NULL, &plan));
	return plan;
}

/* Our round 1 file of the model's secrets, and the model's. */
static void
deal(const json_t *v, const struct plan *plan, size_t i)
{
	const json_t *o = json_array_get(json_object_get(v, "dealers"), i);
	const char *theirs = json_string_value(
	    json_array_get(json_object_get(v, "round1"), i));
	uint8_t seed[32], sign_seed[32], share[32] = { 0 };
	uint8_t pk[32], sk[crypto_sign_SECRETKEYBYTES];
	struct round1_dealer d = {
		.seed = seed, .share = share, .sign_seed = sign_seed
	};
	struct buf b;

	octets_of(o, "seed", seed);
	octets_of(o, "sign_seed", sign_seed);
	if (plan->is_resharing)
		octets_of(o, "share", share);
	(void)crypto_sign_seed_keypair(pk, sk, sign_seed);
	d.index = plan_dealer(plan, pk);
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round1_build(plan, &d, &b));
	T_OK(rd_is_eq(buf_get(&b), theirs));
	T_RC(RC_OK, ceremony_round1_add(&c, rd_str(theirs)));
	T_RC(RC_OK, ceremony_own_check(&c, &d));
	buf_clear(&b);
}

static void
member(const json_t *m, const struct custodians *group)
{
	uint8_t secret[32], want[32], got[32] = { 0 };
	struct contact contact;

	octets_of(m, "seal_secret", secret);
	octets_of(m, "x", want);
	T_RC(RC_OK, contact_parse(text_of(m, "contact"), &contact));
	T_RC(RC_OK,
	    ceremony_share(&c, group, plan_member(&c.plan, contact.sign_key),
		secret, got));
	T_MEM(want, got, 32);
}

static void
replay(const json_t *v)
{
	struct plan plan = make_plan(v);
	struct custodians group = { 0 };
	uint8_t hash[32], want[32];
	struct buf b;
	json_t *o;
	size_t i;

	octets_of(v, "plan", hash);
	T_MEM(hash, plan.hash, 32);
	ceremony_init(&c, plan.hash);
	for (i = 0; i < json_array_size(json_object_get(v, "dealers")); i++)
		deal(v, &plan, i);
	T_RC(RC_OK, ceremony_round1_end(&c));
	octets_of(v, "ceremony", want);
	T_MEM(want, c.id, 32);
	json_array_foreach(json_object_get(v, "round2"), i, o)
	    T_RC(RC_OK, ceremony_round2_add(&c, rd_str(json_string_value(o))));
	T_RC(RC_OK, ceremony_group(&c, &group));
	buf_init(&b, CUSTODIANS_FILE_MAX);
	T_RC(RC_OK, custodians_build(&group, &b));
	T_OK(rd_is_eq(
	    buf_get(&b), json_string_value(json_object_get(v, "group"))));
	buf_clear(&b);
	octets_of(v, "hash", want);
	T_RC(RC_OK, custodians_hash(&group, hash));
	T_MEM(want, hash, 32);
	json_array_foreach(json_object_get(v, "members"), i, o)
	    member(o, &group);
}

static void
the_model_s_ceremonies_come_out_octet_for_octet(void)
{
	json_t *doc = json_load_file(TDH2_VECTORS "/ceremony.json", 0, NULL);
	json_t *v;
	size_t i;

	T_OK(json_array_size(doc) >= 5);
	json_array_foreach(doc, i, v) replay(v);
	json_decref(doc);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(the_model_s_ceremonies_come_out_octet_for_octet);
	return tap_done();
}
