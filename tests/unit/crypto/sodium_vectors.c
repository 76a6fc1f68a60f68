/* What we take from libsodium is what Wycheproof says it should be. */
#include <sodium.h>

#include "vector.h"

static void
x25519_agrees_and_refuses_the_31_zero_secrets(void)
{
	json_t *doc = vector_open("wycheproof/x25519_test.json");
	json_t *group, *t;
	size_t i, j, zero = 0, seen = 0;
	uint8_t got[32];

	json_array_foreach(json_object_get(doc, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), j, t)
		{
			struct rd pk = vector_hex(t, "public");
			struct rd sk = vector_hex(t, "private");
			struct rd ss = vector_hex(t, "shared");

			if (sodium_is_zero(ss.p, 32)) {
				zero++;
				T_OK(crypto_scalarmult(got, sk.p, pk.p) != 0);
			} else {
				T_OK(crypto_scalarmult(got, sk.p, pk.p) == 0);
				T_MEM(ss.p, got, 32);
			}
			seen++;
			vector_drop(pk);
			vector_drop(sk);
			vector_drop(ss);
		}
	}
	T_OK(doc == NULL || (zero == 31 && seen == 518));
	json_decref(doc);
}

static void
chacha20_poly1305_agrees(void)
{
	json_t *doc = vector_open("wycheproof/chacha20_poly1305_test.json");
	json_t *group, *t;
	size_t i, j, seen = 0;

	json_array_foreach(json_object_get(doc, "testGroups"), i, group)
	{
		if (json_integer_value(json_object_get(group, "ivSize")) != 96)
			continue;
		json_array_foreach(json_object_get(group, "tests"), j, t)
		{
			struct rd key = vector_hex(t, "key");
			struct rd iv = vector_hex(t, "iv");
			struct rd aad = vector_hex(t, "aad");
			struct rd msg = vector_hex(t, "msg");
			struct rd ct = vector_hex(t, "ct");
			struct rd tag = vector_hex(t, "tag");
			uint8_t *p = calloc(1, ct.left + 1);
			int bad =
			    crypto_aead_chacha20poly1305_ietf_decrypt_detached(
				p, NULL, ct.p, ct.left, tag.p, aad.p, aad.left,
				iv.p, key.p);

			T_OK((bad == 0) == vector_says(t, "result", "valid"));
			if (bad == 0)
				T_MEM(msg.p, p, msg.left);
			seen++;
			free(p);
			vector_drop(key);
			vector_drop(iv);
			vector_drop(aad);
			vector_drop(msg);
			vector_drop(ct);
			vector_drop(tag);
		}
	}
	T_OK(doc == NULL || seen > 250);
	json_decref(doc);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(x25519_agrees_and_refuses_the_31_zero_secrets);
	TEST(chacha20_poly1305_agrees);
	return tap_done();
}
