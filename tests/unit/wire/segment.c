#include "wire/segment.h"

#include "tap.h"

static struct segment_frame
envelope(void)
{
	struct segment_frame f = { .type = SEGMENT_TYPE_ENVELOPE };

	f.u.envelope.direction = SEGMENT_DIRECTION_SOURCE;
	f.u.envelope.number = 7;
	f.u.envelope.wrap = rd_str("wrap");
	f.u.envelope.own_wrap = rd_str("own");
	return f;
}

static void
a_frame_is_read_as_it_was_built(void)
{
	struct segment_frame f = envelope();
	struct segment_frame g;
	struct rd r;
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_OK, segment_frame_build(&f, &b));
	/* type 1, tag 16, direction 1, number 4, locator 16, two wraps */
	T_OK(b.len == 8 + 1 + 16 + 1 + 4 + 16 + 2 + 4 + 2 + 3);
	r = buf_get(&b);
	T_RC(RC_OK, segment_frame_parse(&r, &g));
	T_OK(r.left == 0 && g.type == SEGMENT_TYPE_ENVELOPE);
	T_OK(g.u.envelope.number == 7 && rd_is_eq(g.u.envelope.wrap, "wrap"));
	T_OK(rd_is_eq(g.u.envelope.own_wrap, "own"));
	buf_clear(&b);
}

static void
every_truncation_waits_and_every_flipped_bit_is_refused(void)
{
	struct segment_frame f = envelope();
	struct segment_frame g;
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_OK, segment_frame_build(&f, &b));
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *p = tap_block(b.p, n);
		struct rd r = { p, n };

		T_RC(RC_AGAIN, segment_frame_parse(&r, &g));
		T_OK(r.left == n);
		free(p);
	}
	for (size_t bit = 32; bit < b.len * 8; bit++) {
		struct rd r = buf_get(&b);

		b.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		T_RC(RC_MALFORMED, segment_frame_parse(&r, &g));
		b.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	buf_clear(&b);
}

static void
a_wrap_over_its_maximum_is_not_built(void)
{
	static const uint8_t big[SEGMENT_WRAP_MAX + 1];
	struct segment_frame f = envelope();
	struct buf b;

	buf_init(&b, 10000);
	f.u.envelope.wrap = (struct rd){ big, SEGMENT_WRAP_MAX };
	T_RC(RC_OK, segment_frame_build(&f, &b));
	buf_clear(&b);
	f.u.envelope.wrap.left++;
	T_RC(RC_LIMIT, segment_frame_build(&f, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
a_label_binds_day_tag_and_direction(void)
{
	static const uint8_t tag[SEGMENT_TAG_SIZE] = { 9 };
	uint8_t a[SEGMENT_LABEL_SIZE];
	uint8_t b[SEGMENT_LABEL_SIZE];

	segment_label(1, tag, SEGMENT_DIRECTION_SOURCE, a);
	segment_label(1, tag, SEGMENT_DIRECTION_LOOKUP, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	segment_label(2, tag, SEGMENT_DIRECTION_SOURCE, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	T_MEM("TRAFFIC_QUERY", a + 21, 13);
}

static void
a_sealed_row_opens_under_its_key_label_and_counter_only(void)
{
	static const uint8_t key[SEGMENT_KEY_SIZE] = { 1 };
	static const uint8_t label[SEGMENT_LABEL_SIZE] = { 2 };
	uint8_t other[SEGMENT_LABEL_SIZE] = { 3 };
	uint8_t sealed[5 + SEGMENT_MAC_SIZE];
	uint8_t plain[SEGMENT_PLAIN_MAX];
	static const uint8_t big[SEGMENT_PLAIN_MAX + SEGMENT_MAC_SIZE + 1];
	struct segment_row w = { 0, 7, { sealed, sizeof(sealed) } };
	size_t n = 0;

	segment_row_seal(rd_str("hello"), 7, label, key, sealed);
	T_RC(RC_OK, segment_row_open(&w, label, key, plain, &n));
	T_OK(n == 5);
	T_MEM("hello", plain, 5);
	T_RC(RC_DENIED, segment_row_open(&w, other, key, plain, &n));
	T_RC(RC_DENIED, segment_row_open(&w, label, other, plain, &n));
	w.counter = 8;
	T_RC(RC_DENIED, segment_row_open(&w, label, key, plain, &n));
	w.counter = 7;
	w.sealed.left = 0;
	T_RC(RC_DENIED, segment_row_open(&w, label, key, plain, &n));
	w.sealed = (struct rd){ big, sizeof(big) };
	T_RC(RC_MALFORMED, segment_row_open(&w, label, key, plain, &n));
}

int
main(void)
{
	TEST(a_frame_is_read_as_it_was_built);
	TEST(every_truncation_waits_and_every_flipped_bit_is_refused);
	TEST(a_wrap_over_its_maximum_is_not_built);
	TEST(a_label_binds_day_tag_and_direction);
	TEST(a_sealed_row_opens_under_its_key_label_and_counter_only);
	return tap_done();
}
