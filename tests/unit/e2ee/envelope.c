#include "e2ee/envelope.h"

#include <sodium.h>

#include "base/failmem.h"
#include "crypto/hpke.h"
#include "tap.h"
#include "wire/relay.h"

#define ROOM (48 + 4) /* HPKE and the length */

static void
sizes_are_steps_and_the_message_comes_back(void)
{
	static const struct {
		size_t message;
		size_t sealed;
	} cases[] = {
		{ 0, 256 },
		{ 256 - ROOM, 256 },
		{ 257 - ROOM, 512 },
		{ 1024 - ROOM, 1024 },
		{ 1025 - ROOM, 2048 },
		{ 65536 - ROOM, 65536 },
		{ 65537 - ROOM, RELAY_ENVELOPE_MAX },
		{ RELAY_ENVELOPE_MAX - ROOM, RELAY_ENVELOPE_MAX },
	};
	static uint8_t text[RELAY_ENVELOPE_MAX];
	uint8_t sk[32], ek[32];

	hpke_keypair(sk, ek);
	memset(text, 7, sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b, p;

		buf_init(&b, RELAY_ENVELOPE_MAX);
		buf_init(&p, RELAY_ENVELOPE_MAX);
		T_RC(RC_OK,
		    envelope_seal(
			ek, (struct rd){ text, cases[i].message }, &b));
		T_OK(b.len == cases[i].sealed);
		T_RC(RC_OK, envelope_open(sk, buf_get(&b), &p));
		T_OK(p.len == cases[i].message);
		T_OK(p.len == 0 || memcmp(text, p.p, p.len) == 0);
		buf_clear(&b);
		buf_clear(&p);
	}
}

static void
a_message_too_large_is_refused(void)
{
	static uint8_t text[RELAY_ENVELOPE_MAX];
	uint8_t sk[32], ek[32];
	struct buf b;

	hpke_keypair(sk, ek);
	buf_init(&b, 2 * RELAY_ENVELOPE_MAX);
	T_RC(RC_LIMIT,
	    envelope_seal(
		ek, (struct rd){ text, RELAY_ENVELOPE_MAX - ROOM + 1 }, &b));
	T_OK(b.len == 0);
}

/* Seals inner as it is: well sealed, badly padded. */
static enum rc
open_inner(const uint8_t *inner, size_t n)
{
	uint8_t sk[32], ek[32];
	struct buf b, p;
	enum rc rc;

	hpke_keypair(sk, ek);
	buf_init(&b, RELAY_ENVELOPE_MAX);
	buf_init(&p, RELAY_ENVELOPE_MAX);
	T_RC(RC_OK,
	    hpke_seal(ek, rd_str("tacet envelope v1"), rd_str(""),
		(struct rd){ inner, n }, &b));
	rc = envelope_open(sk, buf_get(&b), &p);
	T_OK(rc == RC_OK || p.len == 0);
	buf_clear(&b);
	buf_clear(&p);
	return rc;
}

static void
an_inside_by_hand_has_one_form(void)
{
	uint8_t inner[512 - 48] = { 0, 0, 0, 2, 'h', 'i' };

	T_RC(RC_OK, open_inner(inner, 256 - 48));
	T_RC(RC_DENIED, open_inner(inner, 512 - 48)); /* a step too large */
	T_RC(RC_DENIED, open_inner(inner, 255 - 48));
	T_RC(RC_DENIED, open_inner(inner, 3));
	inner[200] = 1;
	T_RC(RC_DENIED, open_inner(inner, 256 - 48));
	inner[200] = 0;
	inner[3] = 255; /* longer than what is there */
	T_RC(RC_DENIED, open_inner(inner, 256 - 48));
}

static void
every_truncation_and_flip_and_another_key_are_denied(void)
{
	uint8_t sk[32], ek[32], other[32];
	struct buf b, p;

	hpke_keypair(other, ek);
	hpke_keypair(sk, ek);
	buf_init(&b, RELAY_ENVELOPE_MAX);
	buf_init(&p, RELAY_ENVELOPE_MAX);
	T_RC(RC_OK, envelope_seal(ek, rd_str("hello"), &b));
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *cut = tap_block(b.p, n);

		T_RC(RC_DENIED, envelope_open(sk, (struct rd){ cut, n }, &p));
		free(cut);
	}
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 0x20;
		T_RC(RC_DENIED, envelope_open(sk, buf_get(&b), &p));
		b.p[i] ^= 0x20;
	}
	T_RC(RC_DENIED, envelope_open(other, buf_get(&b), &p));
	T_OK(p.len == 0);
	T_RC(RC_OK, envelope_open(sk, buf_get(&b), &p));
	T_OK(rd_is_eq(buf_get(&p), "hello"));
	buf_clear(&b);
	buf_clear(&p);
}

static void
a_failed_allocation_leaks_nothing(void)
{
	uint8_t sk[32], ek[32];
	struct buf b, p;
	enum rc rc = RC_NOMEM;

	hpke_keypair(sk, ek);
	buf_init(&b, RELAY_ENVELOPE_MAX);
	buf_init(&p, RELAY_ENVELOPE_MAX);
	for (long k = 0; rc == RC_NOMEM && k < 9; k++) {
		(void)failmem_after(k);
		rc = envelope_seal(ek, rd_str("hello"), &b);
		(void)failmem_after(-1);
		T_OK(rc == RC_OK || b.len == 0);
	}
	T_RC(RC_OK, rc);
	rc = RC_NOMEM;
	for (long k = 0; rc == RC_NOMEM && k < 9; k++) {
		(void)failmem_after(k);
		rc = envelope_open(sk, buf_get(&b), &p);
		(void)failmem_after(-1);
		T_OK(rc == RC_OK || p.len == 0);
	}
	T_RC(RC_OK, rc);
	buf_clear(&b);
	buf_clear(&p);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(sizes_are_steps_and_the_message_comes_back);
	TEST(a_message_too_large_is_refused);
	TEST(an_inside_by_hand_has_one_form);
	TEST(every_truncation_and_flip_and_another_key_are_denied);
	TEST(a_failed_allocation_leaks_nothing);
	return tap_done();
}
