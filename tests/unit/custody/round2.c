#include "custody/round2.h"

#include "people.h"

#define N 3

static struct person people[N];
static struct plan plan;
static const uint8_t id[32] = { 5 };

static enum rc
parse(struct rd text, struct round2 *ret_r)
{
	const char *why = NULL;
	enum rc rc = round2_parse(text, &plan, ret_r, &why);

	T_OK(why != NULL);
	return rc;
}

static void
build(struct buf *b)
{
	struct round1_dealer d;

	people_init(people, N);
	plan = people_plan(2, people, N, NULL);
	d = person_dealer(&people[1], &plan);
	buf_init(b, PAPER_MAX);
	T_RC(RC_OK, round2_build(&plan, &d, id, b));
}

static void
each_member_opens_his_own_share_alone(void)
{
	struct round1_dealer d;
	struct vss_poly f;
	struct round2 r;
	struct buf b;
	uint8_t want[32], got[32];

	build(&b);
	T_RC(RC_OK, parse(buf_get(&b), &r));
	T_OK(r.dealer == 2);
	T_MEM(id, r.ceremony, 32);
	d = person_dealer(&people[1], &plan);
	round1_poly(&plan, &d, &f);
	for (uint16_t j = 1; j <= N; j++) {
		vss_eval(&f, j, want);
		T_RC(RC_OK, round2_open(&r, j, people[j - 1].seal_secret, got));
		T_MEM(want, got, 32);
		T_RC(RC_DENIED,
		    round2_open(&r, j, people[j % N].seal_secret, got));
	}
	r.dealer = 1;
	T_RC(RC_DENIED, round2_open(&r, 1, people[0].seal_secret, got));
	r.dealer = 2;
	r.ceremony[31] ^= 1;
	T_RC(RC_DENIED, round2_open(&r, 1, people[0].seal_secret, got));
	buf_clear(&b);
}

static void
a_share_that_is_no_scalar_is_refused(void)
{
	uint8_t aad[36] = { 0 };
	uint8_t bad[32], got[32];
	struct round2 r;
	struct buf b;

	build(&b);
	T_RC(RC_OK, parse(buf_get(&b), &r));
	buf_clear(&b);
	memcpy(aad, id, 32);
	aad[33] = 2;
	aad[35] = 1;
	memset(bad, 0xff, sizeof(bad));
	T_RC(RC_OK,
	    hpke_seal(people[0].contact.seal_key, rd_str("TACET-DKG-V2"),
		(struct rd){ aad, sizeof(aad) }, (struct rd){ bad, 32 }, &b));
	memcpy(r.sealed[0], b.p, ROUND2_SEALED_SIZE);
	T_RC(RC_DENIED, round2_open(&r, 1, people[0].seal_secret, got));
	bad[31] = 0;
	buf_clear(&b);
	T_RC(RC_OK,
	    hpke_seal(people[0].contact.seal_key, rd_str("TACET-DKG-V2"),
		(struct rd){ aad, sizeof(aad) }, (struct rd){ bad, 32 }, &b));
	memcpy(r.sealed[0], b.p, ROUND2_SEALED_SIZE);
	T_RC(RC_OK, round2_open(&r, 1, people[0].seal_secret, got));
	buf_clear(&b);
}

static void
every_truncation_and_every_flipped_bit_is_refused(void)
{
	struct round2 r;
	struct buf b;

	build(&b);
	for (size_t n = 0; n + 1 < b.len; n++) {
		unsigned char *cut = tap_block(b.p, n);

		T_RC(RC_MALFORMED, parse((struct rd){ cut, n }, &r));
		free(cut);
	}
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		T_OK(parse(buf_get(&b), &r) != RC_OK);
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	T_RC(RC_OK, parse(buf_get(&b), &r));
	buf_clear(&b);
}

/* Takes v; NULL deletes. Signed by the dealer himself. */
static void
changed(enum rc want, const char *field, json_t *v)
{
	struct round2 r;
	json_t *o = NULL;
	struct buf b;

	build(&b);
	T_RC(RC_OK, paper_parse(buf_get(&b), "round2", &o));
	buf_clear(&b);
	if (v == NULL)
		(void)json_object_del(o, field);
	else
		(void)json_object_set_new(o, field, v);
	T_RC(RC_OK, paper_build(o, "round2", people[1].sign_seed, &b));
	T_RC(want, parse(buf_get(&b), &r));
	json_decref(o);
	buf_clear(&b);
}

static void
fields_missing_unknown_or_out_of_range_are_refused(void)
{
	static const char *const fields[] = { "ceremony", "dealer", "shares" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		changed(RC_MALFORMED, fields[i], NULL);
		changed(RC_MALFORMED, fields[i], json_null());
	}
	changed(RC_MALFORMED, "more", json_integer(1));
	changed(RC_MALFORMED, "dealer", json_integer(0));
	changed(RC_MALFORMED, "dealer", json_integer(4));
	changed(RC_DENIED, "dealer", json_integer(1)); /* another's signature */
	changed(RC_OK, "dealer", json_integer(2));
	changed(RC_MALFORMED, "ceremony", json_string("AAAA"));
	changed(RC_MALFORMED, "shares", json_array());
	changed(RC_MALFORMED, "shares",
	    json_pack("[s,s,s]", "AAAA", "AAAA", "AAAA"));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(each_member_opens_his_own_share_alone);
	TEST(a_share_that_is_no_scalar_is_refused);
	TEST(every_truncation_and_every_flipped_bit_is_refused);
	TEST(fields_missing_unknown_or_out_of_range_are_refused);
	return tap_done();
}
