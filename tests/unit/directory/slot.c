#include "directory/slot.h"

#include "tap.h"

static const uint8_t y[HANDLE_KEYS_Y_SIZE] = { 1, 2, 3 };
static const uint8_t other[HANDLE_KEYS_Y_SIZE] = { 1, 2, 4 };

static struct slot
example(void)
{
	struct slot_plain plain = { .account = { 5 }, .aik = { 6 } };
	struct slot s = { .version = 2,
		.epoch_changed = 0x01020304,
		.number_epoch = 9,
		.hist_prev = { 0xaa } };

	slot_seal(y, &plain, &s);
	return s;
}

static void
a_slot_is_built_as_it_was_read(void)
{
	struct slot s = example();
	struct slot again;
	struct buf b;
	struct rd r;

	buf_init(&b, SLOT_SIZE);
	T_RC(RC_OK, slot_build(&s, &b));
	T_OK(b.len == SLOT_SIZE && b.p[4] == 1 && b.p[7] == 4);
	r = buf_get(&b);
	T_RC(RC_OK, slot_parse(&r, &again));
	T_OK(r.left == 0 && again.version == 2 && again.number_epoch == 9);
	T_MEM(s.sealed, again.sealed, sizeof(s.sealed));
	T_MEM(s.hist_prev, again.hist_prev, sizeof(s.hist_prev));
	buf_clear(&b);
}

static void
a_head_is_built_as_it_was_read(void)
{
	struct slot s = example();
	struct slot_head h;
	struct slot_head again;
	uint8_t one[SLOT_HASH_SIZE];
	uint8_t two[SLOT_HASH_SIZE];
	struct buf b;
	struct rd r;

	slot_head_of(&s, &h);
	buf_init(&b, SLOT_HEAD_SIZE + 1);
	T_RC(RC_OK, slot_head_build(&h, &b));
	T_OK(b.len == SLOT_HEAD_SIZE);
	T_RC(RC_OK, buf_u8(&b, 7)); /* what follows is left */
	r = buf_get(&b);
	T_RC(RC_OK, slot_head_parse(&r, &again));
	T_OK(r.left == 1);
	slot_commitment(&s, one);
	slot_head_commitment(&again, two);
	T_MEM(one, two, sizeof(one));
	buf_clear(&b);
}

static void
every_truncation_is_refused(void)
{
	struct slot s = example();
	struct slot_head h;
	struct buf b;

	buf_init(&b, SLOT_SIZE);
	T_RC(RC_OK, slot_build(&s, &b));
	for (size_t n = 0; n < SLOT_SIZE; n++) {
		unsigned char *p = tap_block(b.p, n);
		struct rd r = { p, n };

		T_RC(RC_MALFORMED, slot_parse(&r, &s));
		T_OK(r.left == n);
		if (n < SLOT_HEAD_SIZE)
			T_RC(RC_MALFORMED, slot_head_parse(&r, &h));
		free(p);
	}
	buf_clear(&b);
}

static void
versions_begin_at_one_without_a_predecessor(void)
{
	uint8_t octets[SLOT_SIZE] = { 0 };
	struct slot s;
	struct rd r = { octets, sizeof(octets) };

	T_RC(RC_MALFORMED, slot_parse(&r, &s));
	octets[3] = 1;
	octets[12] = 1;
	T_RC(RC_MALFORMED, slot_parse(&r, &s));
	octets[12] = 0;
	T_RC(RC_OK, slot_parse(&r, &s));
	octets[3] = 2;
	octets[12] = 1;
	r = (struct rd){ octets, sizeof(octets) };
	T_RC(RC_OK, slot_parse(&r, &s));
}

static void
only_its_number_and_version_open_it(void)
{
	struct slot s = example();
	struct slot_plain plain = { .account = { 1 } };

	T_RC(RC_DENIED, slot_open(other, &s, &plain));
	T_OK(plain.account[0] == 1);
	T_RC(RC_OK, slot_open(y, &s, &plain));
	T_OK(plain.account[0] == 5 && plain.aik[0] == 6);
	T_OK(!slot_is_tombstone(&plain));
	s.version = 3;
	T_RC(RC_DENIED, slot_open(y, &s, &plain));
	s.version = 2;
	s.sealed[SLOT_SEALED_SIZE - 1] ^= 1;
	T_RC(RC_DENIED, slot_open(y, &s, &plain));
	plain = (struct slot_plain){ 0 };
	T_OK(slot_is_tombstone(&plain));
}

static void
every_octet_is_committed_to(void)
{
	struct slot s = example();
	uint8_t was[SLOT_HASH_SIZE];
	uint8_t now[SLOT_HASH_SIZE];

	slot_commitment(&s, was);
	for (size_t i = 0; i < sizeof(s); i++) {
		((uint8_t *)&s)[i] ^= 1;
		slot_commitment(&s, now);
		T_OK(memcmp(was, now, sizeof(was)) != 0);
		((uint8_t *)&s)[i] ^= 1;
	}
}

static void
the_chain_is_version_by_version(void)
{
	struct slot s = example();
	struct slot_head h;

	slot_head_of(&s, &h);
	T_OK(slot_head_follows(&h, 1, s.hist_prev));
	T_OK(!slot_head_follows(&h, 2, s.hist_prev));
	T_OK(!slot_head_follows(&h, 0, s.hist_prev));
	h.version = 0;
	T_OK(!slot_head_follows(&h, UINT32_MAX, s.hist_prev));
	h.version = 2;
	h.hist_prev[31] ^= 1;
	T_OK(!slot_head_follows(&h, 1, s.hist_prev));
}

int
main(void)
{
	TEST(a_slot_is_built_as_it_was_read);
	TEST(a_head_is_built_as_it_was_read);
	TEST(every_truncation_is_refused);
	TEST(versions_begin_at_one_without_a_predecessor);
	TEST(only_its_number_and_version_open_it);
	TEST(every_octet_is_committed_to);
	TEST(the_chain_is_version_by_version);
	return tap_done();
}
