#include "custody/ceremony.h"

#include "crypto/tdh2.h"
#include "people.h"

#define N 4
#define K 3

static struct ceremony c; /* large */

static struct rd
label(void)
{
	return rd_str("label");
}

/* Whether the shares of the people in set open what is sealed to P. */
static bool
opens(const uint8_t public_key[static 32], const struct person *p,
    unsigned int set)
{
	uint8_t shares[N][TDH2_SHARE_SIZE];
	uint8_t plain[32] = { 7 };
	uint8_t got[32] = { 0 };
	uint8_t ct[TDH2_CT_SIZE];
	size_t k = 0;

	T_RC(RC_OK, tdh2_seal(public_key, label(), plain, ct));
	for (size_t i = 0; i < N; i++)
		if ((set >> i & 1) != 0)
			T_RC(RC_OK,
			    tdh2_share(
				p[i].x, p[i].index, ct, label(), shares[k++]));
	T_RC(RC_OK,
	    tdh2_combine(
		k, (const uint8_t(*)[TDH2_SHARE_SIZE])shares, ct, got));
	return memcmp(got, plain, sizeof(plain)) == 0;
}

static struct custodians
generate(struct person *p, uint8_t threshold, size_t n)
{
	struct plan plan = people_plan(threshold, p, n, NULL);

	people_round1(&c, &plan, p, n);
	people_round2(&c, p, n);
	return people_finish(&c, p, n);
}

static void
a_generated_key_opens_with_any_k_of_n(void)
{
	struct person p[N];
	struct custodians g;

	people_init(p, N);
	g = generate(p, K, N);
	T_OK(g.generation == 1 && g.n == N && g.threshold == K);
	for (unsigned int set = 1; set < 1u << N; set++)
		T_OK(opens(g.public_key, p, set) ==
		    (__builtin_popcount(set) >= K));
	for (size_t i = 0; i < N; i++) {
		uint8_t v[32];

		T_RC(RC_OK, rgroup_mul_base(p[i].x, v));
		T_MEM(g.members[i].verification_key, v, 32);
		T_STR(p[i].contact.name, g.members[i].name);
	}
}

static void
one_of_one_and_sixteen_of_sixteen_are_made(void)
{
	struct person p[CUSTODIANS_MAX];
	struct custodians g;

	people_init(p, CUSTODIANS_MAX);
	g = generate(p, 1, 1);
	T_OK(g.n == 1);
	g = generate(p, 16, 16);
	T_OK(g.n == 16 && g.threshold == 16);
}

/* A refresh: k dealers, the same members, other shares, the same key. */
static void
a_refresh_keeps_the_key_and_makes_old_shares_useless(void)
{
	struct person p[N], old[N];
	struct custodians g, h;
	struct plan plan;

	people_init(p, N);
	g = generate(p, K, N);
	memcpy(old, p, sizeof(p));
	plan = people_plan(K, p, N, &g);
	people_round1(&c, &plan, p, K);
	people_round2(&c, p, K);
	h = people_finish(&c, p, N);
	T_MEM(g.public_key, h.public_key, 32);
	T_OK(h.generation == 2);
	T_OK(opens(g.public_key, p, 0x7) && opens(g.public_key, p, 0xe));
	for (size_t i = 0; i < N; i++)
		T_OK(memcmp(p[i].x, old[i].x, 32) != 0);
	/* two new shares and an old one, or two old and a new */
	old[0] = p[0];
	T_OK(!opens(g.public_key, old, 0x7));
	old[1] = p[1];
	T_OK(!opens(g.public_key, old, 0x7));
	old[2] = p[2];
	T_OK(opens(g.public_key, old, 0x7));
}

/* d comes for a, the threshold becomes 2, and all but one who could deal do. */
static void
a_member_is_replaced_and_the_threshold_changed(void)
{
	struct person p[N + 1];
	struct custodians g, h;
	struct plan plan;

	people_init(p, N + 1);
	g = generate(p, K, N);
	plan = people_plan(2, p + 1, N, &g);
	people_round1(&c, &plan, p, N);
	people_round2(&c, p, N);
	h = people_finish(&c, p + 1, N);
	T_MEM(g.public_key, h.public_key, 32);
	T_OK(h.threshold == 2 && h.n == N);
	T_OK(opens(h.public_key, p + 1, 0x9) && opens(h.public_key, p + 1, 3));
	T_OK(!opens(h.public_key, p + 1, 0x8));
	T_OK(plan_member(&plan, p[0].contact.sign_key) == 0);
}

/* --- who lies, and what is not there
 * ------------------------------------------------------------------- */

static void
refused(enum rc want, enum rc got, const char *who)
{
	T_RC(want, got);
	T_OK(c.why != NULL && strlen(c.why) > 8);
	T_OK((who == NULL) == (c.who == NULL));
	if (who != NULL && c.who != NULL)
		T_STR(who, c.who);
}

static void
a_dealer_who_sends_another_share_is_named(void)
{
	struct custodians g = { 0 };
	struct person p[N];
	struct plan plan;
	struct round1_dealer d;
	uint8_t x[32] = { 0 };
	static const uint8_t zero[32];
	struct buf b;

	people_init(p, N);
	plan = people_plan(K, p, N, NULL);
	people_round1(&c, &plan, p, N);
	people_round2(&c, p, N);
	T_RC(RC_OK, ceremony_group(&c, &g));
	/* b deals of another polynomial than he committed to */
	d = person_dealer(&p[1], &plan);
	d.seed = p[2].seed;
	c.deals[1].has_round2 = false;
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round2_build(&plan, &d, c.id, &b));
	T_RC(RC_OK, ceremony_round2_add(&c, buf_get(&b)));
	buf_clear(&b);
	refused(RC_DENIED, ceremony_share(&c, &g, 1, p[0].seal_secret, x), "b");
	T_MEM(zero, x, sizeof(x));
	/* and one that nobody can open */
	memset(c.deals[1].round2.sealed, 0, sizeof(c.deals[1].round2.sealed));
	refused(RC_DENIED, ceremony_share(&c, &g, 1, p[0].seal_secret, x), "b");
	T_MEM(zero, x, sizeof(x));
}

static void
a_share_for_another_member_or_ceremony_does_not_open(void)
{
	struct custodians g = { 0 };
	struct person p[N];
	struct plan plan;
	uint8_t x[32];

	people_init(p, N);
	plan = people_plan(K, p, N, NULL);
	people_round1(&c, &plan, p, N);
	people_round2(&c, p, N);
	T_RC(RC_OK, ceremony_group(&c, &g));
	refused(RC_DENIED, ceremony_share(&c, &g, 2, p[0].seal_secret, x), "a");
	c.deals[2].round2.ceremony[0] ^= 1;
	refused(RC_DENIED, ceremony_share(&c, &g, 1, p[0].seal_secret, x), "c");
}

static void
missing_and_double_files_are_refused(void)
{
	struct custodians g = { 0 };
	struct person p[N];
	struct plan plan;
	struct round1_dealer d;
	struct buf one, two;

	people_init(p, N);
	plan = people_plan(K, p, N, NULL);
	ceremony_init(&c, NULL);
	refused(RC_STATE, ceremony_round1_end(&c), NULL);
	people_round1(&c, &plan, p, N);
	d = person_dealer(&p[2], &plan);
	buf_init(&one, PAPER_MAX);
	buf_init(&two, PAPER_MAX);
	T_RC(RC_OK, round1_build(&plan, &d, &one));
	T_RC(RC_OK, round2_build(&plan, &d, c.id, &two));
	refused(RC_STATE, ceremony_round1_add(&c, buf_get(&one)), "c");
	T_RC(RC_OK, ceremony_round2_add(&c, buf_get(&two)));
	refused(RC_STATE, ceremony_round2_add(&c, buf_get(&two)), "c");
	refused(RC_STATE, ceremony_group(&c, &g), "a");
	c.deals[3].has_round1 = false;
	refused(RC_STATE, ceremony_round1_end(&c), "d");
	c.deals[2].has_round1 = false;
	refused(RC_STATE, ceremony_round2_add(&c, buf_get(&two)), "c");
	buf_clear(&one);
	buf_clear(&two);
}

/* The dealers saw other files in round 1: nobody's round 2 counts. */
static void
a_dealer_of_two_faces_is_found(void)
{
	struct person p[N];
	struct plan plan;
	struct round1_dealer d;
	uint8_t id[32];
	struct buf b;

	people_init(p, N);
	plan = people_plan(K, p, N, NULL);
	people_round1(&c, &plan, p, N);
	memcpy(id, c.id, sizeof(id));
	randombytes_buf(p[3].seed, sizeof(p[3].seed)); /* d's other face */
	people_round1(&c, &plan, p, N);
	T_OK(memcmp(id, c.id, sizeof(id)) != 0);
	d = person_dealer(&p[0], &plan);
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round2_build(&plan, &d, id, &b));
	refused(RC_STATE, ceremony_round2_add(&c, buf_get(&b)), "a");
	buf_clear(&b);
}

static void
one_s_own_file_must_be_there_and_of_now(void)
{
	struct person p[N];
	struct custodians g;
	struct plan plan;
	struct round1_dealer d;

	people_init(p, N);
	g = generate(p, K, N);
	plan = people_plan(K, p, N, &g);
	people_round1(&c, &plan, p, K);
	d = person_dealer(&p[3], &plan);
	refused(RC_STATE, ceremony_own_check(&c, &d), "d");
	d = person_dealer(&p[0], &plan);
	T_RC(RC_OK, ceremony_own_check(&c, &d));
	d.seed = p[1].seed;
	refused(RC_STATE, ceremony_own_check(&c, &d), "a");
}

static void
a_file_of_another_plan_is_refused(void)
{
	struct person p[N];
	struct custodians g;
	struct plan plan, other;
	struct round1_dealer d;
	struct buf b;

	people_init(p, N);
	plan = people_plan(K, p, N, NULL);
	other = people_plan(2, p, N, NULL);
	d = person_dealer(&p[0], &other);
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, round1_build(&other, &d, &b));
	ceremony_init(&c, plan.hash);
	refused(RC_STATE, ceremony_round1_add(&c, buf_get(&b)), NULL);
	/* without a plan of one's own the first file's counts */
	ceremony_init(&c, NULL);
	T_RC(RC_OK, ceremony_round1_add(&c, buf_get(&b)));
	buf_clear(&b);
	d = person_dealer(&p[1], &plan);
	T_RC(RC_OK, round1_build(&plan, &d, &b));
	refused(RC_STATE, ceremony_round1_add(&c, buf_get(&b)), NULL);
	buf_clear(&b);
	/* nor is a resharing with fewer than k dealers one */
	g = generate(p, K, N);
	plan = people_plan(K, p, N, &g);
	ceremony_init(&c, NULL);
	for (size_t i = 0; i < K - 1; i++) {
		d = person_dealer(&p[i], &plan);
		T_RC(RC_OK, round1_build(&plan, &d, &b));
		T_RC(RC_OK, ceremony_round1_add(&c, buf_get(&b)));
		buf_clear(&b);
	}
	refused(RC_STATE, ceremony_round1_end(&c), "c");
}

/* Commitments that sum to nothing make no group, and no crash. */
static void
dealers_who_cancel_each_other_make_no_group(void)
{
	struct custodians g = { 0 };
	struct person p[2];
	struct plan plan;

	people_init(p, 2);
	plan = people_plan(2, p, 2, NULL);
	people_round1(&c, &plan, p, 2);
	people_round2(&c, p, 2);
	for (size_t j = 0; j < 2; j++) {
		static const uint8_t zero[32];

		T_RC(RC_OK,
		    rgroup_sub(zero, c.deals[0].round1.commitments[j],
			c.deals[1].round1.commitments[j]));
	}
	refused(RC_DENIED, ceremony_group(&c, &g), NULL);
	T_OK(g.n == 0);
}

/* An old group whose keys are no polynomial's values cannot be shared anew. */
static void
an_old_group_that_does_not_fit_is_refused(void)
{
	struct person p[N];
	struct custodians g, h = { 0 };
	struct plan plan;

	people_init(p, N);
	g = generate(p, K, N);
	memcpy(g.public_key, g.members[0].verification_key, 32);
	plan = people_plan(K, p, N, &g);
	people_round1(&c, &plan, p, K);
	people_round2(&c, p, K);
	refused(RC_DENIED, ceremony_group(&c, &h), NULL);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_generated_key_opens_with_any_k_of_n);
	TEST(one_of_one_and_sixteen_of_sixteen_are_made);
	TEST(a_refresh_keeps_the_key_and_makes_old_shares_useless);
	TEST(a_member_is_replaced_and_the_threshold_changed);
	TEST(a_dealer_who_sends_another_share_is_named);
	TEST(a_share_for_another_member_or_ceremony_does_not_open);
	TEST(missing_and_double_files_are_refused);
	TEST(a_dealer_of_two_faces_is_found);
	TEST(one_s_own_file_must_be_there_and_of_now);
	TEST(a_file_of_another_plan_is_refused);
	TEST(dealers_who_cancel_each_other_make_no_group);
	TEST(an_old_group_that_does_not_fit_is_refused);
	return tap_done();
}
