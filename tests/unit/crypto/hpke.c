#include "crypto/hpke.h"

#include "base/failmem.h"
#include "vector.h"

/* RFC 9180 appendix A.2.1 is the entry with mode 0 and AEAD 3; the sequence
 * number of a single shot is 0. */
static void
the_rfc_s_base_mode_vector_comes_out_both_ways(void)
{
	json_t *doc = vector_open("hpke/rfc9180-x25519-sha256.json");
	json_t *v, *e;
	size_t i, seen = 0;

	json_array_foreach(doc, i, v)
	{
		struct rd sk_e, pk_r, sk_r, info, enc, aad, pt, ct;
		struct buf b, p;

		if (json_integer_value(json_object_get(v, "mode")) != 0 ||
		    json_integer_value(json_object_get(v, "kem_id")) != 0x20 ||
		    json_integer_value(json_object_get(v, "kdf_id")) != 1 ||
		    json_integer_value(json_object_get(v, "aead_id")) != 3)
			continue;
		e = json_array_get(json_object_get(v, "encryptions"), 0);
		sk_e = vector_hex(v, "skEm");
		pk_r = vector_hex(v, "pkRm");
		sk_r = vector_hex(v, "skRm");
		info = vector_hex(v, "info");
		enc = vector_hex(v, "enc");
		aad = vector_hex(e, "aad");
		pt = vector_hex(e, "pt");
		ct = vector_hex(e, "ct");
		buf_init(&b, 4096);
		buf_init(&p, 4096);
		T_RC(RC_OK, hpke_seal_with(sk_e.p, pk_r.p, info, aad, pt, &b));
		T_OK(b.len == enc.left + ct.left);
		T_MEM(enc.p, b.p, 32);
		T_MEM(ct.p, b.p + 32, ct.left);
		T_RC(RC_OK, hpke_open(sk_r.p, info, aad, buf_get(&b), &p));
		T_OK(p.len == pt.left);
		T_MEM(pt.p, p.p, pt.left);
		seen++;
		buf_clear(&b);
		buf_clear(&p);
		vector_drop(sk_e);
		vector_drop(pk_r);
		vector_drop(sk_r);
		vector_drop(info);
		vector_drop(enc);
		vector_drop(aad);
		vector_drop(pt);
		vector_drop(ct);
	}
	T_OK(doc == NULL || seen == 1);
	json_decref(doc);
}

static void
seal(const uint8_t public_key[static 32], const char *plain, struct buf *b)
{
	buf_init(b, 256);
	T_RC(RC_OK,
	    hpke_seal(
		public_key, rd_str("info"), rd_str("aad"), rd_str(plain), b));
	T_OK(b->len == strlen(plain) + HPKE_OVERHEAD);
}

static void
every_truncation_and_every_flipped_bit_is_refused(void)
{
	uint8_t secret[32], public_key[32];
	struct buf b, p;

	hpke_keypair(secret, public_key);
	seal(public_key, "hello", &b);
	buf_init(&p, 256);
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *cut = tap_block(b.p, n);

		T_RC(n < HPKE_OVERHEAD ? RC_MALFORMED : RC_DENIED,
		    hpke_open(secret, rd_str("info"), rd_str("aad"),
			(struct rd){ cut, n }, &p));
		free(cut);
	}
	for (size_t i = 0; i < b.len * 8; i++) {
		/* RFC 7748 section 5 ignores the top bit of u; RFC 9180
		 * binds enc as sent, so that bit is refused too */
		b.p[i / 8] ^= (uint8_t)(1u << (i % 8));
		T_RC(RC_DENIED,
		    hpke_open(secret, rd_str("info"), rd_str("aad"),
			buf_get(&b), &p));
		b.p[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	T_RC(RC_DENIED,
	    hpke_open(secret, rd_str("inf"), rd_str("aad"), buf_get(&b), &p));
	T_RC(RC_DENIED,
	    hpke_open(secret, rd_str("info"), rd_str("aa"), buf_get(&b), &p));
	T_OK(p.len == 0);
	T_RC(RC_OK,
	    hpke_open(secret, rd_str("info"), rd_str("aad"), buf_get(&b), &p));
	T_OK(rd_is_eq(buf_get(&p), "hello"));
	buf_clear(&b);
	buf_clear(&p);
}

static void
an_empty_text_is_sealed_and_opened(void)
{
	uint8_t secret[32], public_key[32];
	struct buf b, p;

	hpke_keypair(secret, public_key);
	seal(public_key, "", &b);
	buf_init(&p, 256);
	T_RC(RC_OK,
	    hpke_open(secret, rd_str("info"), rd_str("aad"), buf_get(&b), &p));
	T_OK(p.len == 0);
	buf_clear(&b);
	buf_clear(&p);
}

static void
a_key_of_low_order_is_refused_both_ways(void)
{
	uint8_t secret[32], public_key[32];
	uint8_t sealed[HPKE_OVERHEAD + 5] = { 0 }; /* enc: u = 0 */
	static const uint8_t zero[32];
	struct buf b;

	hpke_keypair(secret, public_key);
	buf_init(&b, 256);
	T_RC(RC_DENIED,
	    hpke_seal(zero, rd_str(""), rd_str(""), rd_str("hello"), &b));
	T_RC(RC_DENIED,
	    hpke_open(secret, rd_str(""), rd_str(""),
		(struct rd){ sealed, sizeof(sealed) }, &b));
	T_OK(b.len == 0);
}

static void
a_full_buffer_or_memory_is_told_and_nothing_is_added(void)
{
	uint8_t secret[32], public_key[32];
	struct buf b;

	hpke_keypair(secret, public_key);
	buf_init(&b, HPKE_OVERHEAD + 4);
	T_RC(RC_LIMIT,
	    hpke_seal(public_key, rd_str(""), rd_str(""), rd_str("hello"), &b));
	(void)failmem_after(0);
	T_RC(RC_NOMEM,
	    hpke_seal(public_key, rd_str(""), rd_str(""), rd_str("hell"), &b));
	(void)failmem_after(-1);
	T_OK(b.len == 0);
	T_RC(RC_OK,
	    hpke_seal(public_key, rd_str(""), rd_str(""), rd_str("hell"), &b));
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(the_rfc_s_base_mode_vector_comes_out_both_ways);
	TEST(every_truncation_and_every_flipped_bit_is_refused);
	TEST(an_empty_text_is_sealed_and_opened);
	TEST(a_key_of_low_order_is_refused_both_ways);
	TEST(a_full_buffer_or_memory_is_told_and_nothing_is_added);
	return tap_done();
}
