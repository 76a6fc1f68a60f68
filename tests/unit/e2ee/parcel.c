#include "e2ee/parcel.h"

#include <sodium.h>

#include "tap.h"
#include "wire/device_list.h"

static uint8_t sk[64];
static struct buf list;
static struct session_intro intro;

static void
set_up(void)
{
	struct device_list l = { .version = 1, .time = { 1000 }, .n = 2 };

	(void)crypto_sign_keypair(l.aik, sk);
	for (uint8_t i = 0; i < 2; i++) {
		l.devices[i].id = (uint8_t)(i + 1);
		randombytes_buf(l.devices[i].dsk, 32);
		randombytes_buf(l.devices[i].dik, 32);
		randombytes_buf(l.devices[i].ek, 32);
		(void)snprintf(l.devices[i].name, 8, "phone");
	}
	randombytes_buf(l.records_key, 32);
	buf_clear(&list);
	T_RC(RC_OK, device_list_build(&l, sk, &list));
	intro = (struct session_intro){ .device = 2 };
	memcpy(intro.aik, l.aik, 32);
	memcpy(intro.dik, l.devices[1].dik, 32);
}

static void
a_parcel_is_read_as_it_was_built(void)
{
	struct parcel p = { rd_str("message"), { 0 } };
	struct parcel q;
	struct buf b;

	set_up();
	buf_init(&b, 8192);
	T_RC(RC_OK, parcel_build(&p, &b));
	T_MEM("\x82\x47message\xf6", b.p, b.len); /* by hand */
	T_RC(RC_OK, parcel_parse(buf_get(&b), &q));
	T_OK(rd_is_eq(q.message, "message") && q.device_list.left == 0);
	b.len = 0;
	p.device_list = buf_get(&list);
	T_RC(RC_OK, parcel_build(&p, &b));
	T_RC(RC_OK, parcel_parse(buf_get(&b), &q));
	T_OK(q.device_list.left == list.len);
	T_RC(RC_OK, parcel_check(&q, &intro));
	buf_clear(&b);
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	struct parcel p = { rd_str("message"), buf_get(&list) };
	struct parcel q;
	struct buf b;

	buf_init(&b, 8192);
	T_RC(RC_OK, parcel_build(&p, &b));
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *cut = tap_block(b.p, n);

		T_RC(RC_MALFORMED, parcel_parse((struct rd){ cut, n }, &q));
		free(cut);
	}
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parcel_parse(buf_get(&b), &q));
	buf_clear(&b);
}

/* The attack: a stranger's DH identity under somebody's identity key. */
static void
a_session_in_anothers_name_is_refused(void)
{
	struct parcel p = { rd_str("message"), buf_get(&list) };
	struct session_intro bad;

	set_up();
	p.device_list = buf_get(&list);
	T_RC(RC_OK, parcel_check(&p, &intro));
	bad = intro;
	bad.dik[0] ^= 1;
	T_RC(RC_DENIED, parcel_check(&p, &bad));
	bad = intro;
	bad.device = 1; /* of the list, with the other device's keys */
	T_RC(RC_DENIED, parcel_check(&p, &bad));
	bad = intro;
	bad.device = 3;
	T_RC(RC_DENIED, parcel_check(&p, &bad));
	bad = intro;
	bad.aik[0] ^= 1;
	T_RC(RC_DENIED, parcel_check(&p, &bad));
	list.p[list.len - 1] ^= 1; /* the signature */
	T_RC(RC_DENIED, parcel_check(&p, &intro));
	p.device_list.left = 0; /* no list at all */
	T_RC(RC_MALFORMED, parcel_check(&p, &intro));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	TEST(a_parcel_is_read_as_it_was_built);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(a_session_in_anothers_name_is_refused);
	buf_clear(&list);
	return tap_done();
}
