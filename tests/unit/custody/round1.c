#include "custody/round1.h"

#include "people.h"

#define N 3

static struct person people[N];
static struct plan plan;

static enum rc
parse(struct rd text, struct round1 *ret_r)
{
	const char *why = NULL;
	enum rc rc = round1_parse(text, ret_r, &why);

	T_OK(why != NULL);
	return rc;
}

/* Round 1 of the first person, as an object that the test may change. */
static json_t *
file(void)
{
	struct round1_dealer d;
	json_t *o = NULL;
	struct buf b;

	people_init(people, N);
	plan = people_plan(2, people, N, NULL);
	d = person_dealer(&people[0], &plan);
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round1_build(&plan, &d, &b));
	T_RC(RC_OK, paper_parse(buf_get(&b), "round1", &o));
	buf_clear(&b);
	return o;
}

/* Signs what the test has made of o, and reads it. Takes o. */
static enum rc
parse_signed(json_t *o, const struct person *by)
{
	struct round1 r;
	struct buf b;
	enum rc rc;

	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, paper_build(o, "round1", by->sign_seed, &b));
	rc = parse(buf_get(&b), &r);
	json_decref(o);
	buf_clear(&b);
	return rc;
}

static void
a_file_is_read_as_it_was_built_and_built_the_same_again(void)
{
	struct round1_dealer d;
	struct vss_poly f;
	struct round1 r;
	struct buf b, again;
	uint8_t v[32];

	people_init(people, N);
	plan = people_plan(2, people, N, NULL);
	d = person_dealer(&people[1], &plan);
	buf_init(&b, PAPER_MAX);
	buf_init(&again, PAPER_MAX);
	T_RC(RC_OK, round1_build(&plan, &d, &b));
	T_RC(RC_OK, round1_build(&plan, &d, &again));
	T_OK(b.len == again.len && memcmp(b.p, again.p, b.len) == 0);
	T_RC(RC_OK, parse(buf_get(&b), &r));
	T_OK(r.dealer == 2 && r.plan.n == N && r.plan.threshold == 2);
	T_MEM(&plan, &r.plan, sizeof(plan));
	round1_poly(&plan, &d, &f);
	for (size_t j = 0; j < 2; j++) {
		T_RC(RC_OK, rgroup_mul_base(f.a[j], v));
		T_MEM(v, r.commitments[j], 32);
	}
	vss_clear(&f);
	buf_clear(&b);
	buf_clear(&again);
}

static void
another_plan_makes_another_polynomial_of_the_same_seed(void)
{
	struct plan other;
	struct round1_dealer d;
	struct vss_poly f, g;

	people_init(people, N);
	plan = people_plan(2, people, N, NULL);
	other = people_plan(3, people, N, NULL);
	d = person_dealer(&people[0], &plan);
	round1_poly(&plan, &d, &f);
	round1_poly(&other, &d, &g);
	T_OK(f.k == 2 && g.k == 3);
	T_OK(memcmp(f.a[0], g.a[0], 32) != 0);
	T_OK(memcmp(f.a[1], g.a[1], 32) != 0);
}

static void
every_truncation_and_every_flipped_bit_is_refused(void)
{
	struct round1_dealer d;
	struct round1 r;
	struct buf b;

	people_init(people, N);
	plan = people_plan(2, people, N, NULL);
	d = person_dealer(&people[0], &plan);
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round1_build(&plan, &d, &b));
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

static void
another_s_signature_is_refused(void)
{
	json_t *o = file();

	T_RC(RC_OK, parse_signed(json_incref(o), &people[0]));
	T_RC(RC_DENIED, parse_signed(json_incref(o), &people[1]));
	(void)json_object_set_new(o, "dealer", json_integer(2));
	T_RC(RC_DENIED, parse_signed(json_incref(o), &people[0]));
	/* nor is the proof one of another dealer's */
	T_RC(RC_DENIED, parse_signed(o, &people[1]));
}

static void
a_dealer_who_does_not_know_what_he_deals_is_refused(void)
{
	json_t *o = file();
	json_t *a = json_object_get(o, "commitments");
	json_t *first = json_incref(json_array_get(a, 0));
	uint8_t proof[64];

	/* A_1 in the place of A_0 */
	(void)json_array_set(a, 0, json_array_get(a, 1));
	T_RC(RC_DENIED, parse_signed(json_incref(o), &people[0]));
	(void)json_array_set(a, 0, first);
	T_RC(RC_OK, parse_signed(json_incref(o), &people[0]));
	json_decref(first);
	T_RC(RC_OK, paper_get(o, "proof", 64, proof));
	for (size_t at = 0; at < 64; at += 31) {
		proof[at] ^= 1;
		T_RC(RC_OK, paper_set(o, "proof", (struct rd){ proof, 64 }));
		T_RC(RC_DENIED, parse_signed(json_incref(o), &people[0]));
		proof[at] ^= 1;
	}
	memset(proof + 32, 0xff, 32);
	T_RC(RC_OK, paper_set(o, "proof", (struct rd){ proof, 64 }));
	T_RC(RC_DENIED, parse_signed(o, &people[0]));
}

static void
changed(const char *field, json_t *v)
{
	json_t *o = file();

	if (v == NULL)
		(void)json_object_del(o, field);
	else
		(void)json_object_set_new(o, field, v);
	T_RC(RC_MALFORMED, parse_signed(o, &people[0]));
}

static void
fields_missing_unknown_or_out_of_range_are_refused(void)
{
	static const uint8_t zero[32];
	static const char *const fields[] = { "plan", "dealer", "commitments",
		"proof" };
	json_t *o, *a;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		changed(fields[i], NULL);
		changed(fields[i], json_null());
	}
	changed("more", json_integer(1));
	changed("dealer", json_integer(0));
	changed("dealer", json_integer(N + 1));
	o = file();
	a = json_object_get(o, "commitments");
	(void)json_array_append(a, json_array_get(a, 0));
	T_RC(RC_MALFORMED, parse_signed(json_incref(o), &people[0]));
	(void)json_array_remove(a, 2);
	T_RC(RC_OK, parse_signed(json_incref(o), &people[0]));
	(void)json_array_remove(a, 1);
	T_RC(RC_MALFORMED, parse_signed(json_incref(o), &people[0]));
	T_RC(RC_OK, paper_append(a, (struct rd){ zero, 32 }));
	T_RC(RC_MALFORMED, parse_signed(o, &people[0]));
}

/* A plan within a file, changed by who signs it. */
static void
plan_changed(const char *field, json_t *v)
{
	json_t *o = file();
	json_t *p = json_object_get(o, "plan");

	(void)json_object_set_new(p, field, v);
	T_RC(RC_MALFORMED, parse_signed(o, &people[0]));
}

static void
a_plan_that_cannot_be_is_refused(void)
{
	json_t *o, *m;

	plan_changed("threshold", json_integer(0));
	plan_changed("threshold", json_integer(4));
	plan_changed("threshold", json_integer(17));
	plan_changed("more", json_integer(1));
	plan_changed("members", json_array());
	plan_changed("old", json_object());
	plan_changed("old", json_integer(1));
	o = file();
	m = json_object_get(json_object_get(o, "plan"), "members");
	(void)json_array_append(m, json_array_get(m, 0)); /* there twice */
	T_RC(RC_MALFORMED, parse_signed(o, &people[0]));
	o = file();
	m = json_object_get(json_object_get(o, "plan"), "members");
	(void)json_array_append(m, json_array_get(m, 0)); /* not by name */
	(void)json_array_remove(m, 0);
	T_RC(RC_MALFORMED, parse_signed(o, &people[0]));
	o = file();
	m = json_object_get(json_object_get(o, "plan"), "members");
	(void)json_object_set_new(
	    json_array_get(m, 0), "more", json_integer(1));
	T_RC(RC_MALFORMED, parse_signed(o, &people[0]));
}

static void
a_plan_is_of_one_to_sixteen_different_people(void)
{
	struct person p[CUSTODIANS_MAX + 1];
	struct contact c[CUSTODIANS_MAX + 1];
	struct custodians old = { .generation = UINT32_MAX };
	struct plan q;

	people_init(p, CUSTODIANS_MAX + 1);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[CUSTODIANS_MAX - i] = p[i].contact;
	T_RC(RC_DENIED, plan_make(1, 0, c, NULL, &q));
	T_RC(RC_DENIED, plan_make(1, 17, c, NULL, &q));
	T_RC(RC_DENIED, plan_make(0, 16, c, NULL, &q));
	T_RC(RC_DENIED, plan_make(17, 16, c, NULL, &q));
	T_RC(RC_DENIED, plan_make(1, 2, c, &old, &q));
	T_RC(RC_OK, plan_make(16, 16, c, NULL, &q));
	/* sorted, whatever the order they were given in */
	T_STR("b", q.members[0].name);
	T_STR("q", q.members[15].name);
	c[1] = c[0];
	T_RC(RC_DENIED, plan_make(1, 2, c, NULL, &q));
	c[1].name[0] = 'z';
	T_RC(RC_DENIED, plan_make(1, 2, c, NULL, &q));
	c[1].seal_key[0] ^= 1;
	T_RC(RC_DENIED, plan_make(1, 2, c, NULL, &q));
	c[1].sign_key[0] ^= 1;
	T_RC(RC_OK, plan_make(1, 2, c, NULL, &q));
}

/* At a resharing the dealers are the old group's, and deal their shares. */
static void
a_dealer_of_another_share_is_refused(void)
{
	struct custodians old = { .threshold = 1, .n = 2, .generation = 1 };
	struct round1_dealer d;
	struct round1 r;
	struct buf b;
	json_t *o = NULL;

	people_init(people, N);
	for (size_t i = 0; i < 2; i++) {
		struct custodians_member *m = &old.members[i];

		memcpy(m->name, people[i].contact.name, sizeof(m->name));
		memcpy(m->seal_key, people[i].contact.seal_key, 32);
		memcpy(m->sign_key, people[i].contact.sign_key, 32);
		rgroup_scalar_random(people[i].x);
		T_RC(RC_OK, rgroup_mul_base(people[i].x, m->verification_key));
	}
	memcpy(old.public_key, old.members[0].verification_key, 32);
	plan = people_plan(2, people, N, &old);
	T_OK(plan_dealer(&plan, people[2].contact.sign_key) == 0);
	d = person_dealer(&people[0], &plan);
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round1_build(&plan, &d, &b));
	T_RC(RC_OK, parse(buf_get(&b), &r));
	T_MEM(old.members[0].verification_key, r.commitments[0], 32);
	T_OK(r.plan.is_resharing);
	T_MEM(&old, &r.plan.old, sizeof(old));
	buf_clear(&b);
	d.share = people[1].x;
	T_RC(RC_DENIED, round1_build(&plan, &d, &b));
	T_OK(b.len == 0);
	/* one who deals his own share, but says that he is the other */
	d = person_dealer(&people[0], &plan);
	d.index = 2;
	d.share = people[1].x;
	T_RC(RC_OK, round1_build(&plan, &d, &b));
	T_RC(RC_DENIED, parse(buf_get(&b), &r));
	T_RC(RC_OK, paper_parse(buf_get(&b), "round1", &o));
	json_decref(o);
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_file_is_read_as_it_was_built_and_built_the_same_again);
	TEST(another_plan_makes_another_polynomial_of_the_same_seed);
	TEST(every_truncation_and_every_flipped_bit_is_refused);
	TEST(another_s_signature_is_refused);
	TEST(a_dealer_who_does_not_know_what_he_deals_is_refused);
	TEST(fields_missing_unknown_or_out_of_range_are_refused);
	TEST(a_plan_that_cannot_be_is_refused);
	TEST(a_plan_is_of_one_to_sixteen_different_people);
	TEST(a_dealer_of_another_share_is_refused);
	return tap_done();
}
