#include "crypto/hpke.h"

#include "base/failmem.h"
#include "vector.h"

/* The export-only AEAD of section 7.3 seals nothing. */
static const struct hpke_aead export_only = { 0xffff, 0, NULL, NULL };

static const struct hpke_aead *
aead_of(const json_t *v)
{
	const struct hpke_aead *all[] = { &hpke_aes_128_gcm,
		&hpke_chacha20_poly1305, &export_only };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i]->id ==
		    json_integer_value(json_object_get(v, "aead_id")))
			return all[i];
	return NULL;
}

/* One message of a vector, sealed and opened. Its sequence number is set, for
 * a vector has some of its messages only. */
static void
a_message_comes_out(
    struct hpke_context *s, struct hpke_context *r, const json_t *e)
{
	struct rd aad = vector_hex(e, "aad"), pt = vector_hex(e, "pt"),
		  ct = vector_hex(e, "ct");
	struct buf b, p;

	buf_init(&b, 4096);
	buf_init(&p, 4096);
	s->seq = r->seq = (uint64_t)json_integer_value(
	    json_object_get(e, "seq"));
	T_RC(RC_OK, hpke_context_seal(s, aad, pt, &b));
	T_OK(b.len == ct.left);
	T_MEM(ct.p, b.p, ct.left);
	T_RC(RC_OK, hpke_context_open(r, aad, ct, &p));
	T_OK(p.len == pt.left);
	T_MEM(pt.p, p.p, pt.left);
	T_OK(s->seq == r->seq);
	/* the same message is not the next one */
	T_RC(RC_DENIED, hpke_context_open(r, aad, ct, &p));
	T_OK(s->seq == r->seq && p.len == pt.left);
	buf_clear(&b);
	buf_clear(&p);
	vector_drop(aad);
	vector_drop(pt);
	vector_drop(ct);
}

static void
a_secret_is_exported(const struct hpke_context *c, const json_t *e)
{
	struct rd context = vector_hex(e, "exporter_context"),
		  value = vector_hex(e, "exported_value");
	uint8_t out[64];

	T_OK(value.left <= sizeof(out));
	T_RC(RC_OK, hpke_export(c, context, value.left, out));
	T_MEM(value.p, out, value.left);
	vector_drop(context);
	vector_drop(value);
}

/* A single shot is the first message of a context. */
static void
a_single_shot_comes_out(const json_t *v)
{
	const json_t *e = json_array_get(json_object_get(v, "encryptions"), 0);
	struct rd sk_e = vector_hex(v, "skEm"), pk_r = vector_hex(v, "pkRm"),
		  sk_r = vector_hex(v, "skRm"), info = vector_hex(v, "info"),
		  enc = vector_hex(v, "enc"), aad = vector_hex(e, "aad"),
		  pt = vector_hex(e, "pt"), ct = vector_hex(e, "ct");
	struct buf b, p;

	buf_init(&b, 4096);
	buf_init(&p, 4096);
	T_RC(RC_OK, hpke_seal_with(sk_e.p, pk_r.p, info, aad, pt, &b));
	T_OK(b.len == enc.left + ct.left);
	T_MEM(enc.p, b.p, 32);
	T_MEM(ct.p, b.p + 32, ct.left);
	T_RC(RC_OK, hpke_open(sk_r.p, info, aad, buf_get(&b), &p));
	T_OK(p.len == pt.left);
	T_MEM(pt.p, p.p, pt.left);
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

/* RFC 9180 appendix A.1.1, A.2.1 and A.7.1: mode 0. */
static void
the_rfc_s_base_mode_vectors_come_out_both_ways(void)
{
	json_t *doc = vector_open("hpke/rfc9180-x25519-sha256.json");
	json_t *v, *e;
	size_t i, j, seen = 0;

	json_array_foreach(doc, i, v)
	{
		const struct hpke_aead *aead = aead_of(v);
		struct hpke_context s, r;
		struct rd sk_e, pk_r, sk_r, info, enc;
		uint8_t out[HPKE_ENC_SIZE];

		if (aead == NULL ||
		    json_integer_value(json_object_get(v, "mode")) != 0)
			continue;
		sk_e = vector_hex(v, "skEm");
		pk_r = vector_hex(v, "pkRm");
		sk_r = vector_hex(v, "skRm");
		info = vector_hex(v, "info");
		enc = vector_hex(v, "enc");
		T_RC(RC_OK,
		    hpke_setup_sender_with(
			aead, sk_e.p, pk_r.p, info, &s, out));
		T_MEM(enc.p, out, sizeof(out));
		T_RC(RC_OK, hpke_setup_receiver(aead, sk_r.p, enc.p, info, &r));
		json_array_foreach(json_object_get(v, "encryptions"), j, e)
		    a_message_comes_out(&s, &r, e);
		json_array_foreach(json_object_get(v, "exports"), j, e)
		{
			a_secret_is_exported(&s, e);
			a_secret_is_exported(&r, e);
		}
		if (aead == &hpke_chacha20_poly1305)
			a_single_shot_comes_out(v);
		hpke_context_clear(&s);
		hpke_context_clear(&r);
		vector_drop(sk_e);
		vector_drop(pk_r);
		vector_drop(sk_r);
		vector_drop(info);
		vector_drop(enc);
		seen++;
	}
	T_OK(doc == NULL || seen == 3);
	json_decref(doc);
}

static void
a_context_opens_in_the_order_of_sealing_and_nothing_else(void)
{
	const struct hpke_aead *aeads[] = { &hpke_aes_128_gcm,
		&hpke_chacha20_poly1305 };

	for (size_t a = 0; a < ARRAY_LEN(aeads); a++) {
		uint8_t secret[32], public_key[32], enc[32];
		struct hpke_context s, r;
		struct buf m[2], p;

		hpke_keypair(secret, public_key);
		T_RC(RC_OK,
		    hpke_setup_sender(
			aeads[a], public_key, rd_str("info"), &s, enc));
		T_RC(RC_OK,
		    hpke_setup_receiver(
			aeads[a], secret, enc, rd_str("info"), &r));
		buf_init(&p, 256);
		for (size_t i = 0; i < 2; i++) {
			buf_init(&m[i], 256);
			T_RC(RC_OK,
			    hpke_context_seal(&s, rd_str("aad"),
				rd_str(i == 0 ? "first" : ""), &m[i]));
		}
		T_RC(RC_DENIED,
		    hpke_context_open(&r, rd_str("aad"), buf_get(&m[1]), &p));
		T_RC(RC_DENIED,
		    hpke_context_open(&r, rd_str("aa"), buf_get(&m[0]), &p));
		for (size_t n = 0; n < m[0].len; n++)
			T_RC(n < HPKE_TAG_SIZE ? RC_MALFORMED : RC_DENIED,
			    hpke_context_open(&r, rd_str("aad"),
				(struct rd){ m[0].p, n }, &p));
		for (size_t i = 0; i < m[0].len * 8; i++) {
			m[0].p[i / 8] ^= (uint8_t)(1u << (i % 8));
			T_RC(RC_DENIED,
			    hpke_context_open(
				&r, rd_str("aad"), buf_get(&m[0]), &p));
			m[0].p[i / 8] ^= (uint8_t)(1u << (i % 8));
		}
		T_OK(p.len == 0 && r.seq == 0);
		for (size_t i = 0; i < 2; i++)
			T_RC(RC_OK,
			    hpke_context_open(
				&r, rd_str("aad"), buf_get(&m[i]), &p));
		T_OK(rd_is_eq(buf_get(&p), "first") && r.seq == 2);
		r.seq = s.seq = UINT64_MAX;
		T_RC(RC_LIMIT,
		    hpke_context_seal(&s, rd_str(""), rd_str(""), &p));
		T_RC(RC_LIMIT,
		    hpke_context_open(&r, rd_str(""), buf_get(&m[0]), &p));
		hpke_context_clear(&s);
		hpke_context_clear(&r);
		for (size_t i = 0; i < 2; i++)
			buf_clear(&m[i]);
		buf_clear(&p);
	}
}

static void
an_export_has_its_limits(void)
{
	uint8_t secret[32], public_key[32], enc[32];
	static uint8_t out[HPKE_EXPORT_MAX];
	static const uint8_t context[HPKE_EXPORT_CONTEXT_MAX + 1];
	struct hpke_context s;

	hpke_keypair(secret, public_key);
	T_RC(RC_OK,
	    hpke_setup_sender(
		&hpke_aes_128_gcm, public_key, rd_str(""), &s, enc));
	T_RC(RC_OK, hpke_export(&s, rd_str(""), sizeof(out), out));
	T_RC(RC_LIMIT, hpke_export(&s, rd_str(""), sizeof(out) + 1, out));
	T_RC(RC_OK,
	    hpke_export(
		&s, (struct rd){ context, sizeof(context) - 1 }, 16, out));
	T_RC(RC_LIMIT,
	    hpke_export(&s, (struct rd){ context, sizeof(context) }, 16, out));
	hpke_context_clear(&s);
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
	buf_clear(&b);
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
	TEST(the_rfc_s_base_mode_vectors_come_out_both_ways);
	TEST(a_context_opens_in_the_order_of_sealing_and_nothing_else);
	TEST(an_export_has_its_limits);
	TEST(every_truncation_and_every_flipped_bit_is_refused);
	TEST(an_empty_text_is_sealed_and_opened);
	TEST(a_key_of_low_order_is_refused_both_ways);
	TEST(a_full_buffer_or_memory_is_told_and_nothing_is_added);
	return tap_done();
}
