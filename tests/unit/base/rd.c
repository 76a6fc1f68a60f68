#include "base/rd.h"

#include "tap.h"

static const uint8_t octets[] = { 1, 2, 3, 4, 5, 6, 7, 8, 'h', 'i', 0 };

static void
integers_are_big_endian(void)
{
	struct rd r = { octets, sizeof(octets) };
	uint8_t a = 0;
	uint16_t b = 0;
	uint32_t c = 0;

	T_RC(RC_OK, rd_u8(&r, &a));
	T_RC(RC_OK, rd_u16(&r, &b));
	T_RC(RC_OK, rd_u32(&r, &c));
	T_OK(a == 1 && b == 0x0203 && c == 0x04050607);
	T_OK(r.left == sizeof(octets) - 7);
}

static void
a_short_read_changes_nothing(void)
{
	for (size_t n = 0; n < 8; n++) {
		unsigned char *p = tap_block(octets, n);
		struct rd r = { p, n };
		uint64_t v = 42;

		T_RC(RC_MALFORMED, rd_u64(&r, &v));
		T_OK(v == 42 && r.left == n);
		free(p);
	}
}

static void
a_string_ends_inside_the_input_and_its_maximum(void)
{
	struct rd r = { octets + 8, 3 };
	struct rd cut = { octets + 8, 2 };
	char s[3] = "";
	char small[2] = "";

	T_RC(RC_MALFORMED, rd_cstr(&cut, sizeof(s), s));
	T_RC(RC_MALFORMED, rd_cstr(&r, sizeof(small), small));
	T_RC(RC_OK, rd_cstr(&r, sizeof(s), s));
	T_STR("hi", s);
	T_RC(RC_OK, rd_end(&r));
	T_RC(RC_MALFORMED, rd_cstr(&r, sizeof(s), s));
	T_RC(RC_MALFORMED, rd_skip_cstr(&r, 5));
}

static void
trailing_octets_are_seen(void)
{
	struct rd r = { octets, 1 };

	T_RC(RC_MALFORMED, rd_end(&r));
	T_RC(RC_MALFORMED, rd_skip(&r, 2));
	T_RC(RC_OK, rd_skip(&r, 1));
	T_RC(RC_OK, rd_end(&r));
}

int
main(void)
{
	TEST(integers_are_big_endian);
	TEST(a_short_read_changes_nothing);
	TEST(a_string_ends_inside_the_input_and_its_maximum);
	TEST(trailing_octets_are_seen);
	return tap_done();
}
