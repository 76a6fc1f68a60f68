#include "base/varint.h"

#include "tap.h"

/* RFC 9000, appendix A.1, and both ends of each length. */
static const struct {
	uint64_t v;
	size_t n;
	uint8_t octets[8];
} cases[] = {
	{ 151288809941952652, 8,
	    { 0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c } },
	{ 494878333, 4, { 0x9d, 0x7f, 0x3e, 0x7d } },
	{ 15293, 2, { 0x7b, 0xbd } },
	{ 37, 1, { 0x25 } },
	{ 0, 1, { 0x00 } },
	{ 63, 1, { 0x3f } },
	{ 64, 2, { 0x40, 0x40 } },
	{ 16383, 2, { 0x7f, 0xff } },
	{ 16384, 4, { 0x80, 0x00, 0x40, 0x00 } },
	{ 1073741823, 4, { 0xbf, 0xff, 0xff, 0xff } },
	{ 1073741824, 8, { 0xc0, 0x00, 0x00, 0x00, 0x40 } },
	{ VARINT_MAX, 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
};

static void
the_rfc_s_examples_are_read_and_written(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b;
		struct rd r;
		uint64_t v = 1;

		buf_init(&b, 8);
		T_RC(RC_OK, varint_add(&b, cases[i].v));
		T_OK(b.len == cases[i].n);
		T_MEM(cases[i].octets, b.p, cases[i].n);
		r = buf_get(&b);
		T_RC(RC_OK, varint_get(&r, &v));
		T_OK(v == cases[i].v && r.left == 0);
		for (size_t n = 0; n < cases[i].n; n++) {
			unsigned char *p = tap_block(b.p, n);

			r = (struct rd){ p, n };
			T_RC(RC_MALFORMED, varint_get(&r, &v));
			T_OK(r.left == n && v == cases[i].v);
			free(p);
		}
		buf_clear(&b);
	}
}

static void
a_longer_encoding_is_read_too(void)
{
	const uint8_t octets[] = { 0x40, 0x25, 0xff };
	struct rd r = { octets, sizeof(octets) };
	uint64_t v = 0;

	T_RC(RC_OK, varint_get(&r, &v));
	T_OK(v == 37 && r.left == 1);
}

static void
more_than_62_bits_are_refused(void)
{
	struct buf b;

	buf_init(&b, 8);
	T_RC(RC_LIMIT, varint_add(&b, VARINT_MAX + 1));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static void
octets_behind_their_length_are_taken(void)
{
	struct rd r, sub = { 0 };
	struct buf b;

	buf_init(&b, 6);
	T_RC(RC_OK, varint_add_rd(&b, rd_str("abcd")));
	T_OK(b.len == 5);
	T_RC(RC_LIMIT, varint_add_rd(&b, rd_str("e")));
	T_OK(b.len == 5);
	for (size_t n = 0; n < 5; n++) {
		unsigned char *p = tap_block(b.p, n);

		r = (struct rd){ p, n };
		T_RC(RC_MALFORMED, varint_take(&r, &sub));
		T_OK(r.left == n && sub.p == NULL);
		free(p);
	}
	r = buf_get(&b);
	T_RC(RC_OK, varint_take(&r, &sub));
	T_OK(rd_is_eq(sub, "abcd") && r.left == 0);
	buf_clear(&b);
}

int
main(void)
{
	TEST(the_rfc_s_examples_are_read_and_written);
	TEST(a_longer_encoding_is_read_too);
	TEST(more_than_62_bits_are_refused);
	TEST(octets_behind_their_length_are_taken);
	return tap_done();
}
