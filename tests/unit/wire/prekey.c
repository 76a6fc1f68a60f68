#include "wire/prekey.h"

#include <sodium.h>

#include "octets.h"

static uint8_t pk[32];
static uint8_t sk[64];

static void
put(struct buf *b, const void *octets, size_t n)
{
	T_RC(RC_OK, buf_add(b, octets, n));
}

/* A signature over octets written by hand, in its CBOR head. */
static void
put_signature(struct buf *b, const uint8_t *m, size_t n)
{
	uint8_t s[66] = { 0x58, 0x40 };

	T_OK(crypto_sign_detached(s + 2, NULL, m, n, sk) == 0);
	put(b, s, sizeof(s));
}

/* id 5, key of 32 times 8, time 1000. */
static void
put_signed(struct buf *b)
{
	uint8_t m[23 + 4 + 8 + 32] = "tacet signed prekey v1";
	uint8_t *p = m + 23;

	memcpy(p, "\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x03\xe8", 12);
	memset(p + 12, 8, 32);
	put(b, "\x84\x05\x58\x20", 4);
	put(b, p + 12, 32);
	put(b, "\x19\x03\xe8", 3);
	put_signature(b, m, sizeof(m));
}

/* id 6, key of 32 times 9. */
static void
put_one_time(struct buf *b)
{
	uint8_t m[25 + 4 + 32] = "tacet one-time prekey v1";
	uint8_t *p = m + 25;

	memcpy(p, "\x00\x00\x00\x06", 4);
	memset(p + 4, 9, 32);
	put(b, "\x83\x06\x58\x20", 4);
	put(b, p + 4, 32);
	put_signature(b, m, sizeof(m));
}

static enum rc
parse_upload(struct rd r)
{
	struct prekey_upload u;

	return prekey_upload_parse(r, pk, &u);
}

static enum rc
parse_bundle(struct rd r)
{
	struct prekey_bundle p;

	return prekey_bundle_parse(r, pk, &p);
}

static void
an_upload_written_by_hand_comes_back(void)
{
	struct prekey_upload u = { 0 };
	struct buf b;
	struct buf again;

	buf_init(&b, 1024);
	buf_init(&again, 1024);
	put(&b, "\x82", 1);
	put_signed(&b);
	put(&b, "\x81", 1);
	put_one_time(&b);
	octets_cut(buf_get(&b), parse_upload);
	T_RC(RC_OK, prekey_upload_parse(buf_get(&b), pk, &u));
	T_OK(u.has_signed && u.signed_key.id == 5);
	T_OK(u.signed_key.time.s == 1000 && u.signed_key.key[31] == 8);
	T_OK(u.n_one_time == 1 && u.one_time[0].id == 6);
	T_OK(u.one_time[0].time.s == 0 && u.one_time[0].key[0] == 9);
	T_RC(RC_OK, prekey_upload_build(&u, &again));
	T_OK(octets_is_eq(&again, buf_get(&b)));
	buf_clear(&b);
	buf_clear(&again);
	T_RC(RC_OK, parse_upload(OCTETS_STR("\x82\xf6\x80")));
	T_RC(RC_OK, prekey_upload_build(&(struct prekey_upload){ 0 }, &b));
	T_OK(octets_is_eq(&b, OCTETS_STR("\x82\xf6\x80")));
	buf_clear(&b);
}

static void
a_bundle_written_by_hand_comes_back(void)
{
	struct prekey_bundle p = { 0 };
	struct buf b;
	struct buf again;

	buf_init(&b, 1024);
	buf_init(&again, 1024);
	for (int one = 0; one < 2; one++) {
		put(&b, "\x83\x02", 2);
		put_signed(&b);
		if (one != 0)
			put_one_time(&b);
		else
			put(&b, "\xf6", 1);
		octets_cut(buf_get(&b), parse_bundle);
		T_RC(RC_OK, prekey_bundle_parse(buf_get(&b), pk, &p));
		T_OK(p.device == 2 && p.has_one_time == (one != 0));
		T_OK(p.signed_key.id == 5);
		T_OK(p.one_time.id == (one != 0 ? 6 : 0));
		T_RC(RC_OK, prekey_bundle_build(&p, &again));
		T_OK(octets_is_eq(&again, buf_get(&b)));
		b.p[1] = 0;
		T_RC(RC_MALFORMED, parse_bundle(buf_get(&b)));
		buf_clear(&b);
		buf_clear(&again);
	}
	p.device = 0;
	T_RC(RC_MALFORMED, prekey_bundle_build(&p, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
no_octet_can_be_changed_and_no_kind_be_swapped(void)
{
	struct buf b;

	buf_init(&b, 1024);
	put(&b, "\x83\x02", 2);
	put_signed(&b);
	put_one_time(&b);
	for (size_t i = 2; i < b.len; i++) {
		enum rc rc;

		b.p[i] ^= 1;
		rc = parse_bundle(buf_get(&b));
		T_OK(rc == RC_DENIED || rc == RC_MALFORMED);
		b.p[i] ^= 1;
	}
	T_RC(RC_OK, parse_bundle(buf_get(&b)));
	buf_clear(&b);
	put(&b, "\x82", 1);
	put_one_time(&b);
	put(&b, "\x80", 1);
	T_RC(RC_MALFORMED, parse_upload(buf_get(&b)));
	buf_clear(&b);
	put(&b, "\x82\xf6\x81", 3);
	put_signed(&b);
	T_RC(RC_MALFORMED, parse_upload(buf_get(&b)));
	buf_clear(&b);
}

static void
each_kind_is_signed_under_its_own_label(void)
{
	struct prekey_bundle p = { .device = 1, .has_one_time = true };
	struct buf b;

	buf_init(&b, 1024);
	T_RC(RC_OK, prekey_sign(&p.signed_key, true, sk));
	T_RC(RC_OK, prekey_sign(&p.one_time, false, sk));
	T_RC(RC_OK, prekey_bundle_build(&p, &b));
	T_RC(RC_OK, parse_bundle(buf_get(&b)));
	buf_clear(&b);
	T_RC(RC_OK, prekey_sign(&p.signed_key, false, sk));
	T_RC(RC_OK, prekey_bundle_build(&p, &b));
	T_RC(RC_DENIED, parse_bundle(buf_get(&b)));
	buf_clear(&b);
	p.signed_key.time.s = -1;
	T_RC(RC_MALFORMED, prekey_sign(&p.signed_key, true, sk));
	T_RC(RC_MALFORMED, prekey_bundle_build(&p, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
a_hundred_one_time_keys_fit_and_one_more_does_not(void)
{
	static struct prekey_upload u;
	static struct prekey_upload got;
	static uint8_t big[PREKEY_UPLOAD_SIZE_MAX + 1];
	struct buf b;

	buf_init(&b, PREKEY_UPLOAD_SIZE_MAX);
	u.has_signed = true;
	u.signed_key.id = UINT32_MAX;
	u.signed_key.time.s = 253402300799;
	T_RC(RC_OK, prekey_sign(&u.signed_key, true, sk));
	u.n_one_time = PREKEY_ONE_TIME_MAX;
	for (size_t i = 0; i < u.n_one_time; i++) {
		u.one_time[i].id = (uint32_t)(UINT32_MAX - i);
		T_RC(RC_OK, prekey_sign(&u.one_time[i], false, sk));
	}
	T_RC(RC_OK, prekey_upload_build(&u, &b));
	T_RC(RC_OK, prekey_upload_parse(buf_get(&b), pk, &got));
	T_OK(got.n_one_time == PREKEY_ONE_TIME_MAX);
	T_MEM(&u.one_time[99], &got.one_time[99], sizeof(u.one_time[0]));
	buf_clear(&b);
	u.n_one_time++;
	T_RC(RC_MALFORMED, prekey_upload_build(&u, &b));
	T_OK(b.len == 0);
	/* 101 with the octets there */
	put(&b, "\x82\xf6\x98\x65", 4);
	for (size_t i = 0; i < 101; i++)
		put_one_time(&b);
	T_RC(RC_MALFORMED, parse_upload(buf_get(&b)));
	b.p[3] = 100;
	b.len -= 4 + 34 - 2 + 66;
	T_RC(RC_OK, parse_upload(buf_get(&b)));
	buf_clear(&b);
	T_RC(RC_MALFORMED, parse_upload(OCTETS(big)));
}

static enum rc
build(struct buf *b)
{
	struct prekey_bundle p = { .device = 1, .has_one_time = true };

	return prekey_bundle_build(&p, b);
}

static void
a_failed_allocation_is_told(void)
{
	struct prekey p = { 0 };

	octets_starve(build);
	(void)failmem_after(0);
	T_RC(RC_NOMEM, prekey_sign(&p, true, sk));
	(void)failmem_after(-1);
}

int
main(void)
{
	static const uint8_t seed[32] = { 5 };

	if (crypto_sign_seed_keypair(pk, sk, seed) != 0)
		return 1;
	TEST(an_upload_written_by_hand_comes_back);
	TEST(a_bundle_written_by_hand_comes_back);
	TEST(no_octet_can_be_changed_and_no_kind_be_swapped);
	TEST(each_kind_is_signed_under_its_own_label);
	TEST(a_hundred_one_time_keys_fit_and_one_more_does_not);
	TEST(a_failed_allocation_is_told);
	return tap_done();
}
