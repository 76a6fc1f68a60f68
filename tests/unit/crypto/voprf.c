#include "crypto/voprf.h"

#include "vector.h"

#define MODE_VOPRF 1

/* "aa,bb": the batch's members, of n octets each; returns how many. */
static size_t
members(const json_t *o, const char *name, size_t n, uint8_t *ret_octets)
{
	const char *s = json_string_value(json_object_get(o, name));
	size_t count = 0;
	size_t got;

	while (s != NULL && *s != '\0') {
		if (sodium_hex2bin(ret_octets + count * n, n, s, 2 * n, NULL,
			&got, NULL) != 0 ||
		    got != n)
			abort();
		count++;
		s += 2 * n;
		s += *s == ',';
	}
	return count;
}

/* Inputs have lengths of their own. */
static size_t
input_of(const json_t *o, size_t which, uint8_t ret_octets[static 64])
{
	const char *s = json_string_value(json_object_get(o, "Input"));
	size_t got = 0;

	for (; which > 0; which--)
		s = strchr(s, ',') + 1;
	if (sodium_hex2bin(
		ret_octets, 64, s, strcspn(s, ","), NULL, &got, NULL) != 0)
		abort();
	return got;
}

static void
one_vector(const json_t *v, const uint8_t secret[static 32],
    const uint8_t public_key[static 32])
{
	uint8_t blinds[4][32];
	uint8_t blinded[4][32];
	uint8_t evaluated[4][32];
	uint8_t outputs[4][64];
	uint8_t got[4][32];
	uint8_t proof[64];
	uint8_t want[64];
	uint8_t nonce[32];
	uint8_t out[64];
	size_t n = members(v, "Blind", 32, blinds[0]);
	const json_t *p = json_object_get(v, "Proof");
	struct voprf_batch b = { n, (const uint8_t(*)[32])blinded,
		(const uint8_t(*)[32])evaluated };

	T_OK(members(v, "BlindedElement", 32, blinded[0]) == n);
	T_OK(members(v, "EvaluationElement", 32, evaluated[0]) == n);
	T_OK(members(v, "Output", 64, outputs[0]) == n);
	T_OK(members(p, "proof", 64, want) == 1);
	T_OK(members(p, "r", 32, nonce) == 1);
	T_RC(RC_OK, voprf_evaluate_with(nonce, secret, &b, got, proof));
	T_MEM(want, proof, sizeof(proof));
	T_MEM(evaluated, got, n * 32);
	T_RC(RC_OK, voprf_check(public_key, &b, proof));
	for (size_t i = 0; i < n; i++) {
		uint8_t octets[64];
		const struct rd input = { octets, input_of(v, i, octets) };
		struct voprf_blinded mine;

		T_RC(RC_OK, voprf_blind_with(blinds[i], input, &mine));
		T_MEM(blinded[i], mine.element, 32);
		T_RC(RC_OK, voprf_finalize(input, &mine, evaluated[i], out));
		T_MEM(outputs[i], out, 64);
		T_RC(RC_OK, voprf_output(secret, input, out));
		T_MEM(outputs[i], out, 64);
	}
}

static void
the_vectors_of_rfc_9497_come_out(void)
{
	json_t *doc = vector_open("voprf/rfc9497-ristretto255.json");
	size_t seen = 0;
	json_t *suite;
	json_t *v;
	size_t i;
	size_t j;

	json_array_foreach(doc, i, suite)
	{
		uint8_t secret[32];
		uint8_t public_key[32];
		struct rd seed;
		struct rd info;
		struct rd sk;
		struct rd pk;

		if (json_integer_value(json_object_get(suite, "mode")) !=
		    MODE_VOPRF)
			continue;
		seed = vector_hex(suite, "seed");
		info = vector_hex(suite, "keyInfo");
		sk = vector_hex(suite, "skSm");
		pk = vector_hex(suite, "pkSm");
		T_RC(RC_OK, voprf_key_derive(seed.p, info, secret, public_key));
		T_MEM(sk.p, secret, 32);
		T_MEM(pk.p, public_key, 32);
		json_array_foreach(json_object_get(suite, "vectors"), j, v)
		{
			one_vector(v, secret, public_key);
			seen++;
		}
		vector_drop(seed);
		vector_drop(info);
		vector_drop(sk);
		vector_drop(pk);
	}
	T_OK(doc == NULL || seen == 3);
	json_decref(doc);
}

struct world {
	uint8_t secret[32];
	uint8_t public_key[32];
	struct voprf_blinded mine[3];
	uint8_t blinded[3][32];
	uint8_t evaluated[3][32];
	uint8_t proof[64];
	struct voprf_batch b;
};

static const char *const inputs[3] = { "", "+15550100", "+15550123" };

static void
make(struct world *w)
{
	static const uint8_t seed[32] = { 1 };

	T_RC(RC_OK,
	    voprf_key_derive(seed, rd_str("x"), w->secret, w->public_key));
	for (size_t i = 0; i < 3; i++) {
		T_RC(RC_OK, voprf_blind(rd_str(inputs[i]), &w->mine[i]));
		memcpy(w->blinded[i], w->mine[i].element, 32);
	}
	w->b = (struct voprf_batch){ 3, (const uint8_t(*)[32])w->blinded,
		(const uint8_t(*)[32])w->evaluated };
	T_RC(RC_OK, voprf_evaluate(w->secret, &w->b, w->evaluated, w->proof));
}

static void
a_batch_by_one_key_is_proved_and_gives_the_server_s_outputs(void)
{
	uint8_t mine[64];
	uint8_t theirs[64];
	struct world w;

	make(&w);
	T_RC(RC_OK, voprf_check(w.public_key, &w.b, w.proof));
	for (size_t i = 0; i < 3; i++) {
		T_RC(RC_OK,
		    voprf_finalize(
			rd_str(inputs[i]), &w.mine[i], w.evaluated[i], mine));
		T_RC(RC_OK, voprf_output(w.secret, rd_str(inputs[i]), theirs));
		T_MEM(mine, theirs, sizeof(mine));
	}
}

static void
another_key_for_one_element_is_found(void)
{
	static const uint8_t other[32] = { 2 };
	uint8_t public_key[32];
	struct world w;

	make(&w);
	T_RC(RC_OK, rgroup_mul(other, w.blinded[1], w.evaluated[1]));
	T_RC(RC_DENIED, voprf_check(w.public_key, &w.b, w.proof));
	make(&w);
	T_RC(RC_OK, rgroup_mul_base(other, public_key));
	T_RC(RC_DENIED, voprf_check(public_key, &w.b, w.proof));
}

static void
every_flipped_bit_of_proof_elements_and_key_is_found(void)
{
	struct world w;
	uint8_t *const at[] = { w.proof, w.blinded[0], w.evaluated[2],
		w.public_key };
	const size_t n[] = { 64, 32, 32, 32 };

	make(&w);
	for (size_t i = 0; i < 4; i++)
		for (size_t bit = 0; bit < n[i] * 8; bit += 5) {
			at[i][bit / 8] ^= (uint8_t)(1u << (bit % 8));
			T_RC(RC_DENIED,
			    voprf_check(w.public_key, &w.b, w.proof));
			at[i][bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
	T_RC(RC_OK, voprf_check(w.public_key, &w.b, w.proof));
}

static void
what_is_no_point_is_not_evaluated(void)
{
	static const uint8_t none[32] = { 0 }; /* the identity */
	uint8_t bad[32];
	struct world w;

	make(&w);
	memcpy(w.blinded[2], none, 32);
	T_RC(
	    RC_MALFORMED, voprf_evaluate(w.secret, &w.b, w.evaluated, w.proof));
	memset(bad, 0xff, sizeof(bad));
	memcpy(w.blinded[2], bad, 32);
	T_RC(
	    RC_MALFORMED, voprf_evaluate(w.secret, &w.b, w.evaluated, w.proof));
}

static void
a_batch_of_none_or_over_its_maximum_is_refused(void)
{
	static uint8_t many[VOPRF_BATCH_MAX + 1][32];
	uint8_t proof[64] = { 0 };
	struct world w;
	struct voprf_batch b = { 0, (const uint8_t(*)[32])many,
		(const uint8_t(*)[32])many };

	make(&w);
	T_RC(RC_LIMIT, voprf_evaluate(w.secret, &b, many, proof));
	T_RC(RC_LIMIT, voprf_check(w.public_key, &b, proof));
	b.n = VOPRF_BATCH_MAX + 1;
	T_RC(RC_LIMIT, voprf_evaluate(w.secret, &b, many, proof));
	T_RC(RC_LIMIT, voprf_check(w.public_key, &b, proof));
}

int
main(void)
{
	T_OK(sodium_init() >= 0);
	TEST(the_vectors_of_rfc_9497_come_out);
	TEST(a_batch_by_one_key_is_proved_and_gives_the_server_s_outputs);
	TEST(another_key_for_one_element_is_found);
	TEST(every_flipped_bit_of_proof_elements_and_key_is_found);
	TEST(what_is_no_point_is_not_evaluated);
	TEST(a_batch_of_none_or_over_its_maximum_is_refused);
	return tap_done();
}
