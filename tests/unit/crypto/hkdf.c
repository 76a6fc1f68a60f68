#include "crypto/hkdf.h"

#include "vector.h"

/* RFC 5869 appendix A.3: no salt, no info. */
static void
the_third_example_of_the_rfc_comes_out(void)
{
	static const uint8_t want[42] = { 0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63,
		0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a, 0x06, 0x3c, 0x5a, 0x31,
		0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3, 0x45,
		0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d, 0x9d, 0x20, 0x13, 0x95,
		0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8 };
	static const uint8_t zeros[32];
	uint8_t ikm[22], prk[32], prk2[32], okm[42];

	memset(ikm, 0x0b, sizeof(ikm));
	hkdf_extract((struct rd){ 0 }, (struct rd){ ikm, sizeof(ikm) }, prk);
	hkdf_extract((struct rd){ zeros, sizeof(zeros) },
	    (struct rd){ ikm, sizeof(ikm) }, prk2);
	T_MEM(prk, prk2, sizeof(prk));
	T_RC(RC_OK, hkdf_expand(prk, (struct rd){ 0 }, sizeof(okm), okm));
	T_MEM(want, okm, sizeof(okm));
}

static void
an_output_has_at_most_255_blocks(void)
{
	static uint8_t okm[255 * 32 + 1];
	uint8_t prk[32] = { 7 };

	okm[255 * 32] = 0x5a;
	T_RC(RC_LIMIT, hkdf_expand(prk, (struct rd){ 0 }, sizeof(okm), okm));
	T_OK(okm[0] == 0);
	T_RC(RC_OK, hkdf_expand(prk, (struct rd){ 0 }, 255 * 32, okm));
	T_OK(okm[255 * 32] == 0x5a);
}

static void
wycheproof_agrees(void)
{
	json_t *doc = vector_open("wycheproof/hkdf_sha256_test.json");
	json_t *group, *t;
	size_t i, j, seen = 0;

	json_array_foreach(json_object_get(doc, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), j, t)
		{
			struct rd ikm = vector_hex(t, "ikm");
			struct rd salt = vector_hex(t, "salt");
			struct rd info = vector_hex(t, "info");
			struct rd okm = vector_hex(t, "okm");
			size_t n = (size_t)json_integer_value(
			    json_object_get(t, "size"));
			uint8_t prk[32];
			uint8_t *got = calloc(1, n + 1);

			hkdf_extract(salt, ikm, prk);
			if (vector_says(t, "result", "valid")) {
				T_RC(RC_OK, hkdf_expand(prk, info, n, got));
				T_OK(n == okm.left);
				T_MEM(okm.p, got, n);
			} else {
				T_RC(RC_LIMIT, hkdf_expand(prk, info, n, got));
			}
			seen++;
			free(got);
			vector_drop(ikm);
			vector_drop(salt);
			vector_drop(info);
			vector_drop(okm);
		}
	}
	T_OK(doc == NULL || seen == 86);
	json_decref(doc);
}

int
main(void)
{
	TEST(the_third_example_of_the_rfc_comes_out);
	TEST(an_output_has_at_most_255_blocks);
	TEST(wycheproof_agrees);
	return tap_done();
}
