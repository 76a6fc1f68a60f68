/*
 * What tests/model/tdh2.py says, octet for octet: hashes, ciphertexts, shares
 * and the TPRF. The model was written from doc/protocol/custody.md, not from
 * this code.
 */
#include "crypto/tdh2.h"
#include "crypto/tprf.h"
#include "vector.h"

#define MAX 16

static json_t *doc;

/* A list of octet strings of n octets each. */
static size_t
list(const json_t *o, const char *key, size_t n, void *ret_octets)
{
	const json_t *a = json_object_get(o, key);
	size_t i, got = 0;
	json_t *v;

	T_OK(json_array_size(a) <= MAX);
	json_array_foreach(a, i, v)
	{
		T_OK(sodium_hex2bin((uint8_t *)ret_octets + i * n, n,
			 json_string_value(v), json_string_length(v), NULL,
			 &got, NULL) == 0 &&
		    got == n);
	}
	return json_array_size(a);
}

static void
hashes_to_points_and_scalars_come_out(void)
{
	uint8_t p[32], s[32];
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(doc, "hash"), i, v)
	{
		struct rd m = vector_hex(v, "m");
		struct rd point = vector_hex(v, "point");
		struct rd scalar = vector_hex(v, "scalar");
		const char *dst = json_string_value(json_object_get(v, "dst"));
		struct rd halves[] = { { m.p, m.left / 2 },
			{ m.p + m.left / 2, m.left - m.left / 2 } };

		rgroup_hash_point(dst, m, p);
		T_MEM(point.p, p, 32);
		rgroup_hash_scalar(dst, 1, &m, s);
		T_MEM(scalar.p, s, 32);
		/* parts are joined */
		rgroup_hash_scalar(dst, 2, halves, s);
		T_MEM(scalar.p, s, 32);
		vector_drop(m);
		vector_drop(point);
		vector_drop(scalar);
	}
	T_OK(i >= 9);
}

/* The constant in the code is the hash that the page names. */
static void
the_second_base_is_the_hash_of_its_name(void)
{
	struct rd bbar = vector_hex(doc, "bbar");
	uint8_t p[32];

	rgroup_hash_point("TACET-TDH2-V2-Bbar", rd_str(""), p);
	T_MEM(bbar.p, p, 32);
	vector_drop(bbar);
}

static void
one_seal(const json_t *v)
{
	struct rd public_key = vector_hex(v, "public");
	struct rd label = vector_hex(v, "label");
	struct rd plain = vector_hex(v, "plain");
	struct rd rs = vector_hex(v, "rs");
	struct rd ct = vector_hex(v, "ct");
	uint8_t x[MAX][32], vk[MAX][32], nonces[MAX][32];
	uint8_t shares[MAX][TDH2_SHARE_SIZE];
	uint8_t got[TDH2_CT_SIZE];
	size_t k = (size_t)json_integer_value(json_object_get(v, "k"));
	size_t n = list(v, "x", 32, x);

	T_OK(list(v, "v", 32, vk) == n && list(v, "nonces", 32, nonces) == n);
	T_OK(list(v, "shares", TDH2_SHARE_SIZE, shares) == n && k <= n);
	T_OK(ct.left == TDH2_CT_SIZE);
	T_RC(RC_OK, tdh2_seal_with(rs.p, public_key.p, label, plain.p, got));
	T_MEM(ct.p, got, TDH2_CT_SIZE);
	T_RC(RC_OK, tdh2_check(ct.p, label));
	for (uint16_t i = 0; i < n; i++) {
		T_RC(RC_OK,
		    vss_share_with(nonces[i], "TACET-TDH2-V2-share", x[i],
			(uint16_t)(i + 1), ct.p + 32, got));
		T_MEM(shares[i], got, TDH2_SHARE_SIZE);
		T_RC(RC_OK, tdh2_share_check(vk[i], ct.p, label, shares[i]));
	}
	T_RC(RC_OK,
	    tdh2_combine(k,
		(const uint8_t(*)[TDH2_SHARE_SIZE])(shares + (n - k)), ct.p,
		got));
	T_MEM(plain.p, got, 32);
	vector_drop(public_key);
	vector_drop(label);
	vector_drop(plain);
	vector_drop(rs);
	vector_drop(ct);
}

static void
ciphertexts_and_their_shares_come_out(void)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(doc, "seal"), i, v) one_seal(v);
	T_OK(i >= 7);
}

static void
one_tprf(const json_t *v)
{
	struct rd t = vector_hex(v, "t");
	struct rd input = vector_hex(v, "input");
	struct rd point = vector_hex(v, "point");
	uint8_t t_i[MAX][32], commitments[MAX][32], nonces[MAX][32];
	uint8_t shares[MAX][TPRF_SHARE_SIZE];
	uint8_t got[TPRF_SHARE_SIZE];
	size_t n = list(v, "t_i", 32, t_i);
	size_t k = list(v, "commitments", 32, commitments);

	T_OK(list(v, "nonces", 32, nonces) == n);
	T_OK(list(v, "shares", TPRF_SHARE_SIZE, shares) == n && k <= n);
	T_RC(RC_OK, tprf_eval(t.p, input, got));
	T_MEM(point.p, got, 32);
	for (uint16_t i = 0; i < n; i++) {
		uint16_t index = (uint16_t)(i + 1);

		T_RC(RC_OK,
		    tprf_key_check(
			k, (const uint8_t(*)[32])commitments, index, t_i[i]));
		T_RC(RC_OK,
		    tprf_share_with(nonces[i], t_i[i], index, input, got));
		T_MEM(shares[i], got, TPRF_SHARE_SIZE);
		T_RC(RC_OK,
		    tprf_share_check(k, (const uint8_t(*)[32])commitments,
			input, shares[i]));
	}
	T_RC(RC_OK,
	    tprf_combine(
		k, (const uint8_t(*)[TPRF_SHARE_SIZE])(shares + (n - k)), got));
	T_MEM(point.p, got, 32);
	vector_drop(t);
	vector_drop(input);
	vector_drop(point);
}

static void
the_tprf_and_its_shares_come_out(void)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(doc, "tprf"), i, v) one_tprf(v);
	T_OK(i >= 7);
}

static void
what_the_model_refuses_is_refused(void)
{
	const json_t *o = json_object_get(doc, "refused");
	struct rd label = vector_hex(o, "label");
	struct rd good = vector_hex(o, "good");
	uint8_t bad[MAX][TDH2_CT_SIZE];
	size_t n = list(o, "bad", TDH2_CT_SIZE, bad);

	T_OK(n >= 11);
	T_RC(RC_OK, tdh2_check(good.p, label));
	for (size_t i = 0; i < n; i++)
		T_RC(RC_DENIED, tdh2_check(bad[i], label));
	vector_drop(label);
	vector_drop(good);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	doc = json_load_file(TDH2_VECTORS "/tdh2.json", 0, NULL);
	if (doc == NULL)
		return 1;
	TEST(hashes_to_points_and_scalars_come_out);
	TEST(the_second_base_is_the_hash_of_its_name);
	TEST(ciphertexts_and_their_shares_come_out);
	TEST(the_tprf_and_its_shares_come_out);
	TEST(what_the_model_refuses_is_refused);
	json_decref(doc);
	return tap_done();
}
