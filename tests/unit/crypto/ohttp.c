#include "crypto/ohttp.h"

#include "base/failmem.h"
#include "base/varint.h"
#include "vector.h"

static struct rd
hex(const char *text)
{
	size_t n = strlen(text) / 2, got = 0;
	unsigned char *p = malloc(n);

	if (p == NULL ||
	    sodium_hex2bin(p, n, text, strlen(text), NULL, &got, NULL) != 0 ||
	    got != n)
		abort();
	return (struct rd){ p, n };
}

/* RFC 9458, appendix A. */
static void
the_rfc_s_example_comes_out_both_ways(void)
{
	json_t *doc = vector_open("ohttp/rfc9458-example.json");
	json_t *v = json_array_get(doc, 0);
	struct ohttp_key key = { .id = 1, .aeads = { &hpke_aes_128_gcm } };
	struct ohttp_to to = { .key_id = 1, .aead = &hpke_aes_128_gcm };
	struct rd sk, sk_e, config, request, sealed, secret, answer, back;
	struct ohttp_reply client, gateway;
	struct buf b;

	if (doc == NULL)
		return;
	sk = vector_hex(v, "skR");
	sk_e = vector_hex(v, "skE");
	config = vector_hex(v, "key_config");
	request = vector_hex(v, "request_bhttp");
	sealed = vector_hex(v, "enc_request");
	secret = vector_hex(v, "exported_secret");
	answer = vector_hex(v, "response_bhttp");
	back = vector_hex(v, "enc_response");
	memcpy(key.secret_key, sk.p, 32);
	memcpy(to.public_key, config.p + 3, 32);
	buf_init(&b, 4096);

	T_RC(RC_OK, ohttp_request_seal_with(sk_e.p, &to, request, &client, &b));
	T_OK(b.len == sealed.left);
	T_MEM(sealed.p, b.p, sealed.left);
	T_MEM(secret.p, client.secret, secret.left);
	b.len = 0;
	T_RC(RC_OK,
	    ohttp_request_open(
		&key, 1, OHTTP_FORM_WHOLE, sealed, &gateway, &b));
	T_OK(b.len == request.left);
	T_MEM(request.p, b.p, request.left);
	b.len = 0;
	T_RC(RC_OK, ohttp_response_seal_with(back.p, &gateway, answer, &b));
	T_OK(b.len == back.left);
	T_MEM(back.p, b.p, back.left);
	b.len = 0;
	T_RC(RC_OK, ohttp_response_open(&client, back, &b));
	T_OK(b.len == answer.left);
	T_MEM(answer.p, b.p, answer.left);

	buf_clear(&b);
	vector_drop(sk);
	vector_drop(sk_e);
	vector_drop(config);
	vector_drop(request);
	vector_drop(sealed);
	vector_drop(secret);
	vector_drop(answer);
	vector_drop(back);
	json_decref(doc);
}

/* draft-ietf-ohai-chunked-ohttp, appendix A: three chunks each way, the last
 * ones empty. */
static void
the_chunked_draft_s_example_is_opened(void)
{
	struct rd sk = hex("1c190d72acdbe4dbc69e680503bb781a"
			   "932c70a12c8f3754434c67d8640d8698");
	struct rd sealed = hex("01002000010001"
			       "8811eb457e100811c40a0aa71340a1b8"
			       "1d804bb986f736f2f566a7199761a032"
			       "1c2ad24942d4d692563012f2980c8fef437a336b9b2fc9"
			       "38ef77a5834f"
			       "1d2e33d8fd25577afe31bd1c79d094f76b6250ae6549b4"
			       "73ecd950501311"
			       "001c6c1395d0ef7c1022297966307b8a7f");
	struct rd request = hex("00034745540568747470730b6578616d706c652e636f6d"
				"012f");
	struct rd secret = hex("1d4484834ae36102a6ac42a5523454d9");
	struct rd back = hex("bcce7f4cb921309ba5d62edf1769ef09"
			     "1179bf1cc87fa0e2c02de4546945aa3d1e48"
			     "12b348b5bd4c594c16b6170b07b475845d1f32"
			     "00ed9d8a796617a5b27265f4d73247f639");
	struct ohttp_key keys[2] = { { .id = 7 },
		{ .id = 1,
		    .aeads = { &hpke_chacha20_poly1305, &hpke_aes_128_gcm } } };
	struct ohttp_reply reply;
	struct buf b;

	memcpy(keys[1].secret_key, sk.p, 32);
	buf_init(&b, 4096);
	T_RC(RC_OK,
	    ohttp_request_open(
		keys, 2, OHTTP_FORM_CHUNKED, sealed, &reply, &b));
	T_OK(b.len == request.left);
	T_MEM(request.p, b.p, request.left);
	T_MEM(secret.p, reply.secret, secret.left);
	b.len = 0;
	T_RC(RC_OK, ohttp_response_open(&reply, back, &b));
	T_OK(b.len == 3 && memcmp(b.p, "\x01\x40\xc8", 3) == 0);
	/* cut behind a chunk: it looks whole, and is not */
	b.len = 0;
	T_RC(RC_MALFORMED,
	    ohttp_response_open(
		&reply, (struct rd){ back.p, back.left - 17 }, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
	vector_drop(sk);
	vector_drop(sealed);
	vector_drop(request);
	vector_drop(secret);
	vector_drop(back);
}

/* --- every suite and form ------------------------------------------------- */

static struct ohttp_key key = { .id = 3,
	.aeads = { &hpke_chacha20_poly1305, &hpke_aes_128_gcm } };

static struct ohttp_to
to_of(size_t i)
{
	struct ohttp_to to = { .key_id = 3 };

	to.aead = i % 2 == 0 ? &hpke_chacha20_poly1305 : &hpke_aes_128_gcm;
	to.form = i / 2 == 0 ? OHTTP_FORM_WHOLE : OHTTP_FORM_CHUNKED;
	if (crypto_scalarmult_base(to.public_key, key.secret_key) != 0)
		abort();
	return to;
}

/* Both directions, of n octets. */
static void
there_and_back(const struct ohttp_to *to, size_t n)
{
	struct ohttp_reply client, gateway;
	unsigned char *p = malloc(n + 1);
	struct buf b, c;

	if (p == NULL)
		abort();
	memset(p, 'x', n + 1);
	buf_init(&b, 1 << 20);
	buf_init(&c, 1 << 20);
	T_RC(RC_OK, ohttp_request_seal(to, (struct rd){ p, n }, &client, &b));
	T_OK(to->form == OHTTP_FORM_CHUNKED ||
	    b.len == n + OHTTP_REQUEST_OVERHEAD);
	T_RC(RC_OK,
	    ohttp_request_open(&key, 1, to->form, buf_get(&b), &gateway, &c));
	T_OK(c.len == n && (n == 0 || memcmp(c.p, p, n) == 0));
	b.len = c.len = 0;
	T_RC(RC_OK, ohttp_response_seal(&gateway, (struct rd){ p, n }, &b));
	T_RC(RC_OK, ohttp_response_open(&client, buf_get(&b), &c));
	T_OK(c.len == n && (n == 0 || memcmp(c.p, p, n) == 0));
	buf_clear(&b);
	buf_clear(&c);
	free(p);
}

static void
every_suite_and_form_goes_there_and_back(void)
{
	const size_t sizes[] = { 0, 1, OHTTP_CHUNK - 1, OHTTP_CHUNK,
		OHTTP_CHUNK + 1, 3 * OHTTP_CHUNK };

	for (size_t i = 0; i < 4; i++) {
		const struct ohttp_to to = to_of(i);

		for (size_t j = 0; j < ARRAY_LEN(sizes); j++)
			there_and_back(&to, sizes[j]);
	}
}

/* No octet may change and none be missing, of either direction. */
static void
nothing_may_be_changed_or_cut_off(void)
{
	for (size_t i = 0; i < 4; i++) {
		const struct ohttp_to to = to_of(i);
		struct ohttp_reply client, gateway, r;
		struct buf b, c;

		buf_init(&b, 4096);
		buf_init(&c, 4096);
		T_RC(RC_OK,
		    ohttp_request_seal(&to, rd_str("request"), &client, &b));
		for (size_t n = 0; n < b.len; n++) {
			unsigned char *p = tap_block(b.p, n);

			T_OK(ohttp_request_open(&key, 1, to.form,
				 (struct rd){ p, n }, &r, &c) != RC_OK);
			free(p);
			b.p[n] ^= 1;
			T_OK(ohttp_request_open(&key, 1, to.form, buf_get(&b),
				 &r, &c) != RC_OK);
			b.p[n] ^= 1;
		}
		T_OK(c.len == 0);
		T_RC(RC_OK,
		    ohttp_request_open(
			&key, 1, to.form, buf_get(&b), &gateway, &c));
		b.len = c.len = 0;
		T_RC(
		    RC_OK, ohttp_response_seal(&gateway, rd_str("answer"), &b));
		for (size_t n = 0; n < b.len; n++) {
			unsigned char *p = tap_block(b.p, n);

			T_OK(ohttp_response_open(
				 &client, (struct rd){ p, n }, &c) != RC_OK);
			free(p);
			b.p[n] ^= 1;
			T_OK(ohttp_response_open(&client, buf_get(&b), &c) !=
			    RC_OK);
			b.p[n] ^= 1;
		}
		T_OK(c.len == 0);
		buf_clear(&b);
		buf_clear(&c);
	}
}

static void
the_reason_of_a_refusal_is_told(void)
{
	struct ohttp_to to = to_of(0);
	const struct ohttp_key other = { 3, { 9 },
		{ &hpke_chacha20_poly1305 } };
	struct ohttp_reply r = { 0 };
	struct buf b, c;

	buf_init(&b, 4096);
	buf_init(&c, 4096);
	T_RC(RC_OK, ohttp_request_seal(&to, rd_str("request"), &r, &b));
	ohttp_reply_clear(&r);
	T_RC(RC_DENIED,
	    ohttp_request_open(
		&other, 1, OHTTP_FORM_WHOLE, buf_get(&b), &r, &c));
	T_RC(RC_NOT_FOUND,
	    ohttp_request_open(
		&other, 0, OHTTP_FORM_WHOLE, buf_get(&b), &r, &c));
	/* the other form has another info */
	T_OK(ohttp_request_open(
		 &key, 1, OHTTP_FORM_CHUNKED, buf_get(&b), &r, &c) != RC_OK);
	for (size_t i = 0; i < 7; i++) {
		b.p[i] ^= 0x40;
		T_RC(RC_NOT_FOUND,
		    ohttp_request_open(
			&key, 1, OHTTP_FORM_WHOLE, buf_get(&b), &r, &c));
		b.p[i] ^= 0x40;
	}
	T_OK(sodium_is_zero((void *)&r, sizeof(r)) && c.len == 0);
	/* a point of low order */
	memset(to.public_key, 0, sizeof(to.public_key));
	b.len = 0;
	T_RC(RC_DENIED, ohttp_request_seal(&to, rd_str("request"), &r, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
	buf_clear(&c);
}

/* Chunks in another order, one twice, one of nothing, and the last as if it
 * were none. */
static void
chunks_are_in_order_and_the_last_is_marked(void)
{
	const struct ohttp_to to = to_of(2);
	struct ohttp_reply client;
	unsigned char *p = malloc(2 * OHTTP_CHUNK + 5);
	const size_t part = OHTTP_CHUNK + HPKE_TAG_SIZE + 4;
	struct buf b, c, d;

	if (p == NULL)
		abort();
	memset(p, 'x', 2 * OHTTP_CHUNK + 5);
	memset(p, 'y', OHTTP_CHUNK);
	buf_init(&b, 1 << 20);
	buf_init(&c, 1 << 20);
	buf_init(&d, 1 << 20);
	T_RC(RC_OK, ohttp_request_seal(&to, rd_str(""), &client, &b));
	b.len = 0;
	T_RC(RC_OK,
	    ohttp_response_seal(
		&client, (struct rd){ p, 2 * OHTTP_CHUNK + 5 }, &b));
	T_RC(RC_OK, ohttp_response_open(&client, buf_get(&b), &c));
	T_OK(c.len == 2 * OHTTP_CHUNK + 5 && memcmp(c.p, p, c.len) == 0);
	T_OK(b.len == 32 + 2 * part + 1 + 5 + HPKE_TAG_SIZE);
	/* the two chunks change places */
	T_RC(RC_OK, buf_add(&d, b.p, 32));
	T_RC(RC_OK, buf_add(&d, b.p + 32 + part, part));
	T_RC(RC_OK, buf_add(&d, b.p + 32, part));
	T_RC(RC_OK, buf_add(&d, b.p + 32 + 2 * part, b.len - 32 - 2 * part));
	T_RC(RC_DENIED, ohttp_response_open(&client, buf_get(&d), &c));
	/* one is missing */
	d.len = 32;
	T_RC(RC_OK, buf_add(&d, b.p + 32, part));
	T_RC(RC_OK, buf_add(&d, b.p + 32 + 2 * part, b.len - 32 - 2 * part));
	T_RC(RC_DENIED, ohttp_response_open(&client, buf_get(&d), &c));
	/* the second is called the last */
	d.len = 32;
	T_RC(RC_OK, buf_add(&d, b.p + 32, part));
	T_RC(RC_OK, buf_u8(&d, 0));
	T_RC(RC_OK, buf_add(&d, b.p + 32 + part + 4, part - 4));
	T_RC(RC_DENIED, ohttp_response_open(&client, buf_get(&d), &c));
	/* the last is called one of many */
	d.len = 32;
	T_RC(RC_OK, buf_add(&d, b.p + 32, 2 * part));
	T_RC(RC_OK, varint_add(&d, 5 + HPKE_TAG_SIZE));
	T_RC(RC_OK, buf_add(&d, b.p + 32 + 2 * part + 1, 5 + HPKE_TAG_SIZE));
	T_RC(RC_DENIED, ohttp_response_open(&client, buf_get(&d), &c));
	T_OK(c.len == 2 * OHTTP_CHUNK + 5);
	buf_clear(&b);
	buf_clear(&c);
	buf_clear(&d);
	free(p);
}

static void
a_limit_or_a_failed_allocation_appends_nothing(void)
{
	for (size_t i = 0; i < 4; i++) {
		const struct ohttp_to to = to_of(i);
		struct ohttp_reply r;
		enum rc rc = RC_NOMEM;
		struct buf b;

		for (size_t max = 0; max < 7 + 32 + 16 + 7; max++) {
			buf_init(&b, max);
			T_RC(RC_LIMIT,
			    ohttp_request_seal(&to, rd_str("request"), &r, &b));
			T_OK(b.len == 0);
			buf_clear(&b);
		}
		for (long k = 0; rc != RC_OK && k < 20; k++) {
			buf_init(&b, 4096);
			(void)failmem_after(k);
			rc = ohttp_request_seal(&to, rd_str("request"), &r, &b);
			(void)failmem_after(-1);
			T_OK(rc == RC_OK || (rc == RC_NOMEM && b.len == 0));
			buf_clear(&b);
		}
		T_RC(RC_OK, rc);
	}
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	randombytes_buf(key.secret_key, sizeof(key.secret_key));
	TEST(the_rfc_s_example_comes_out_both_ways);
	TEST(the_chunked_draft_s_example_is_opened);
	TEST(every_suite_and_form_goes_there_and_back);
	TEST(nothing_may_be_changed_or_cut_off);
	TEST(the_reason_of_a_refusal_is_told);
	TEST(chunks_are_in_order_and_the_last_is_marked);
	TEST(a_limit_or_a_failed_allocation_appends_nothing);
	return tap_done();
}
