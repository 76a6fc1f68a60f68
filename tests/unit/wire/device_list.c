#include "wire/device_list.h"

#include <sodium.h>

#include "octets.h"

static const uint8_t label[] = "tacet device list v1"; /* with its 0x00 */
static uint8_t pk[32];
static uint8_t sk[64];

static void
put(struct buf *b, const void *octets, size_t n)
{
	T_RC(RC_OK, buf_add(b, octets, n));
}

static void
key(struct buf *b, uint8_t v)
{
	uint8_t k[34] = { 0x58, 0x20 };

	memset(k + 2, v, 32);
	put(b, k, sizeof(k));
}

/* The body by hand from the header: version 1, time 1000, devices 1 and 2. */
static void
body_by_hand(struct buf *b)
{
	static const uint8_t seed[32] = { 3 };

	T_OK(crypto_sign_seed_keypair(pk, sk, seed) == 0);
	put(b, "\xa5\x01\x58\x20", 4);
	put(b, pk, 32);
	put(b, "\x02\x01\x03\x19\x03\xe8\x04", 7);
	key(b, 9);
	put(b, "\x05\x82\x86\x01", 4);
	key(b, 1);
	key(b, 2);
	key(b, 3);
	put(b, "\x00\x65phone\x86\x02", 9);
	key(b, 4);
	key(b, 5);
	key(b, 6);
	put(b, "\x00\x60", 2);
}

/* Where things are in that body. */
#define AT_VERSION 37
#define AT_COUNT (AT_VERSION + 6 + 34 + 1)
#define AT_ID_1 (AT_COUNT + 2)
#define AT_NAME (AT_ID_1 + 1 + 3 * 34 + 1)

static void
signed_by_hand(const struct buf *body, struct buf *ret_list)
{
	uint8_t m[4200];
	uint8_t s[64];

	memcpy(m, label, sizeof(label));
	memcpy(m + sizeof(label), body->p, body->len);
	T_OK(crypto_sign_detached(s, NULL, m, sizeof(label) + body->len, sk) ==
	    0);
	put(ret_list, "\x82\x59", 2);
	T_RC(RC_OK, buf_u16(ret_list, (uint16_t)body->len));
	put(ret_list, body->p, body->len);
	put(ret_list, "\x58\x40", 2);
	put(ret_list, s, 64);
}

static enum rc
parse(struct rd r)
{
	struct device_list l;

	return device_list_parse(r, &l);
}

/* The list by hand with one octet of the body changed, signed as it is. */
static enum rc
parse_changed(size_t at, uint8_t v)
{
	struct buf body;
	struct buf list;
	enum rc rc;

	buf_init(&body, 4096);
	buf_init(&list, 8192);
	body_by_hand(&body);
	T_OK(at < body.len);
	body.p[at] = v;
	signed_by_hand(&body, &list);
	rc = parse(buf_get(&list));
	buf_clear(&body);
	buf_clear(&list);
	return rc;
}

static void
a_list_written_by_hand_is_read_and_built_again(void)
{
	const struct device_list_entry *d = NULL;
	struct device_list l = { 0 };
	struct buf body;
	struct buf list;
	struct buf again;

	buf_init(&body, 4096);
	buf_init(&list, 4096);
	buf_init(&again, 4096);
	body_by_hand(&body);
	signed_by_hand(&body, &list);
	T_RC(RC_OK, device_list_parse(buf_get(&list), &l));
	T_MEM(pk, l.aik, 32);
	T_OK(l.version == 1 && l.time.s == 1000 && l.records_key[31] == 9);
	T_OK(l.n == 2 && l.devices[0].id == 1 && l.devices[1].id == 2);
	T_RC(RC_OK, device_list_find(&l, 1, &d));
	T_OK(d->dsk[0] == 1 && d->dik[0] == 2 && d->ek[0] == 3);
	T_STR("phone", d->name);
	T_RC(RC_NOT_FOUND, device_list_find(&l, 3, &d));
	T_RC(RC_OK, device_list_build(&l, sk, &again));
	T_OK(octets_is_eq(&again, buf_get(&list)));
	octets_cut(buf_get(&list), parse);
	buf_clear(&body);
	buf_clear(&list);
	buf_clear(&again);
}

static void
no_octet_can_be_changed(void)
{
	struct buf body;
	struct buf list;

	buf_init(&body, 4096);
	buf_init(&list, 4096);
	body_by_hand(&body);
	signed_by_hand(&body, &list);
	for (size_t i = 0; i < list.len; i++) {
		enum rc rc;

		list.p[i] ^= 4;
		rc = parse(buf_get(&list));
		T_OK(rc == RC_DENIED || rc == RC_MALFORMED);
		list.p[i] ^= 4;
	}
	T_RC(RC_OK, parse(buf_get(&list)));
	buf_clear(&body);
	buf_clear(&list);
}

static void
well_signed_nonsense_is_refused(void)
{
	T_RC(RC_OK, parse_changed(AT_VERSION, 2));
	T_RC(RC_MALFORMED, parse_changed(AT_VERSION, 0));
	T_RC(RC_MALFORMED, parse_changed(0, 0xa4));
	T_RC(RC_MALFORMED, parse_changed(1, 2));
	T_RC(RC_MALFORMED, parse_changed(AT_COUNT, 0x81));
	T_RC(RC_MALFORMED, parse_changed(AT_COUNT, 0x83));
	T_RC(RC_MALFORMED, parse_changed(AT_COUNT + 1, 0x85));
	T_RC(RC_MALFORMED, parse_changed(AT_ID_1, 0));
	T_RC(RC_MALFORMED, parse_changed(AT_ID_1, 2));
	T_RC(RC_MALFORMED, parse_changed(AT_ID_1, 3));
	T_RC(RC_OK, parse_changed(AT_NAME + 1, 'P'));
	T_RC(RC_MALFORMED, parse_changed(AT_NAME + 1, 0x1b));
	T_RC(RC_MALFORMED, parse_changed(AT_NAME + 1, 0x7f));
	T_RC(RC_MALFORMED, parse_changed(AT_NAME + 1, 0xff));
}

static void
a_full_list_fits_and_one_device_more_does_not(void)
{
	struct device_list l = { .version = UINT32_MAX };
	struct device_list got = { 0 };
	struct buf b;

	buf_init(&b, DEVICE_LIST_SIZE_MAX);
	memcpy(l.aik, pk, 32);
	l.n = DEVICE_LIST_MAX;
	l.time.s = 253402300799;
	for (size_t i = 0; i < l.n; i++) {
		l.devices[i].id = (uint8_t)(248 + i);
		l.devices[i].caps = UINT32_MAX;
		memset(l.devices[i].name, 'n', DEVICE_LIST_NAME_MAX);
	}
	T_RC(RC_OK, device_list_build(&l, sk, &b));
	T_RC(RC_OK, device_list_parse(buf_get(&b), &got));
	T_OK(memcmp(&l, &got, sizeof(l)) == 0); /* both zeroed first */
	buf_clear(&b);
	l.n = DEVICE_LIST_MAX + 1;
	T_RC(RC_MALFORMED, device_list_build(&l, sk, &b));
	l.n = 0;
	T_RC(RC_MALFORMED, device_list_build(&l, sk, &b));
	l.n = 1;
	l.time.s++;
	T_RC(RC_MALFORMED, device_list_build(&l, sk, &b));
	l.time.s = 0;
	memcpy(l.devices[0].name, "\xc2\x85", 3); /* NEL, a C1 control */
	T_RC(RC_MALFORMED, device_list_build(&l, sk, &b));
	memcpy(l.devices[0].name, "\xc3\x85", 3);
	T_RC(RC_OK, device_list_build(&l, sk, &b));
	buf_clear(&b);
	l.aik[0] ^= 1; /* another's key */
	T_RC(RC_MALFORMED, device_list_build(&l, sk, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
nine_devices_and_too_many_octets_are_refused(void)
{
	static uint8_t big[DEVICE_LIST_SIZE_MAX + 1];
	struct buf body;
	struct buf list;

	T_RC(RC_MALFORMED, parse(OCTETS(big)));
	for (uint8_t n = DEVICE_LIST_MAX; n <= DEVICE_LIST_MAX + 1; n++) {
		buf_init(&body, 4096);
		buf_init(&list, 8192);
		body_by_hand(&body);
		body.len = AT_COUNT;
		T_RC(RC_OK, buf_u8(&body, (uint8_t)(0x80 + n)));
		for (uint8_t i = 1; i <= n; i++) {
			put(&body, "\x86", 1);
			T_RC(RC_OK, buf_u8(&body, i));
			key(&body, 1);
			key(&body, 2);
			key(&body, 3);
			put(&body, "\x00\x60", 2);
		}
		signed_by_hand(&body, &list);
		T_RC(n == DEVICE_LIST_MAX ? RC_OK : RC_MALFORMED,
		    parse(buf_get(&list)));
		buf_clear(&body);
		buf_clear(&list);
	}
}

static void
the_hash_is_sha_256(void)
{
	/* FIPS 180-4 example: "abc" */
	static const uint8_t want[4] = { 0xba, 0x78, 0x16, 0xbf };
	uint8_t hash[32];

	device_list_hash(rd_str("abc"), hash);
	T_MEM(want, hash, sizeof(want));
}

static enum rc
build(struct buf *b)
{
	struct device_list l = { .version = 1, .n = 1 };

	l.devices[0].id = 1;
	memcpy(l.aik, pk, 32);
	return device_list_build(&l, sk, b);
}

static void
a_build_that_fails_appends_nothing(void)
{
	octets_starve(build);
}

int
main(void)
{
	TEST(a_list_written_by_hand_is_read_and_built_again);
	TEST(no_octet_can_be_changed);
	TEST(well_signed_nonsense_is_refused);
	TEST(a_full_list_fits_and_one_device_more_does_not);
	TEST(nine_devices_and_too_many_octets_are_refused);
	TEST(the_hash_is_sha_256);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
