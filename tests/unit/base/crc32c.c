#include "base/crc32c.h"

#include "tap.h"

static void
the_examples_of_rfc_3720_hold(void)
{
	unsigned char zeros[32] = { 0 };
	unsigned char ones[32];
	unsigned char up[32];
	unsigned char down[32];

	for (size_t i = 0; i < 32; i++) {
		ones[i] = 0xff;
		up[i] = (unsigned char)i;
		down[i] = (unsigned char)(31 - i);
	}
	/* appendix B.4, octets there in transmission order */
	T_OK(crc32c(0, zeros, 32) == 0x8a9136aa);
	T_OK(crc32c(0, ones, 32) == 0x62a8ab43);
	T_OK(crc32c(0, up, 32) == 0x46dd794e);
	T_OK(crc32c(0, down, 32) == 0x113fdb5c);
	T_OK(crc32c_ref(0, up, 32) == 0x46dd794e);
	T_OK(crc32c(0, "123456789", 9) == 0xe3069283);
	T_OK(crc32c(0, "", 0) == 0);
}

static void
the_hardware_agrees_with_the_reference_at_every_length(void)
{
	unsigned char bytes[67];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		unsigned char *p = tap_block(bytes, n);

		T_OK(crc32c(7, p, n) == crc32c_ref(7, p, n));
		free(p);
	}
}

static void
a_sum_may_be_taken_in_parts(void)
{
	const char *s = "the quick brown fox";
	size_t n = strlen(s);

	for (size_t i = 0; i <= n; i++)
		T_OK(crc32c(crc32c(0, s, i), s + i, n - i) == crc32c(0, s, n));
}

int
main(void)
{
	TEST(the_examples_of_rfc_3720_hold);
	TEST(the_hardware_agrees_with_the_reference_at_every_length);
	TEST(a_sum_may_be_taken_in_parts);
	return tap_done();
}
