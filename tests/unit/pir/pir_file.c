#include "pir/pir_file.h"

#include "tap.h"

static const struct pir_file sample = { .shape = { 4096, 3, { 7, 8, 9 } },
	.sum = { 1, 2, 3 } };

static enum rc
parse(const uint8_t *octets, size_t n, struct pir_file *f)
{
	unsigned char *p = tap_block(octets, n);
	enum rc rc = pir_file_parse((struct rd){ p, n }, f);

	free(p);
	return rc;
}

static void
a_head_is_read_as_it_was_built(void)
{
	uint8_t head[PIR_FILE_PAGE];
	struct pir_file f;

	pir_file_build(&sample, head);
	T_RC(RC_OK, parse(head, sizeof(head), &f));
	T_OK(pir_shape_is_eq(&f.shape, &sample.shape));
	T_MEM(sample.sum, f.sum, sizeof(f.sum));
}

static void
every_other_size_is_refused(void)
{
	uint8_t head[PIR_FILE_PAGE + 1] = { 0 };
	struct pir_file f;

	pir_file_build(&sample, head);
	for (size_t n = 0; n < PIR_FILE_PAGE; n++)
		T_RC(RC_MALFORMED, parse(head, n, &f));
	T_RC(RC_MALFORMED, parse(head, sizeof(head), &f));
}

static void
every_change_outside_shape_label_and_sum_is_refused(void)
{
	uint8_t head[PIR_FILE_PAGE];
	struct pir_file f;

	pir_file_build(&sample, head);
	for (size_t i = 0; i < sizeof(head); i++) {
		head[i] ^= 0x40;
		/* magic 16, order 8, columns 4, blocks 4, label 32, sum 16 */
		if (i < 24 || i >= 80)
			T_RC(RC_MALFORMED, parse(head, sizeof(head), &f));
		else
			(void)parse(head, sizeof(head), &f);
		head[i] ^= 0x40;
	}
	T_RC(RC_OK, parse(head, sizeof(head), &f));
}

static void
a_shape_past_its_limits_is_refused(void)
{
	static const struct {
		uint32_t columns;
		uint16_t blocks;
		enum rc rc;
	} cases[] = { { 0, 1, RC_MALFORMED }, { 2048, 0, RC_MALFORMED },
		{ 2047, 1, RC_MALFORMED }, { 2049, 1, RC_MALFORMED },
		{ 2048, 1, RC_OK }, { 1u << 19, 64, RC_OK },
		{ 1u << 19, 65, RC_MALFORMED },
		{ (1u << 19) + 2048, 64, RC_MALFORMED } };
	uint8_t head[PIR_FILE_PAGE];
	struct pir_file f;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct pir_file in = { .shape = { cases[i].columns,
						 cases[i].blocks, { 0 } } };

		pir_file_build(&in, head);
		T_RC(cases[i].rc, parse(head, sizeof(head), &f));
	}
	pir_file_build(&sample, head);
	head[28] = 1; /* 2^24 + 3 blocks */
	T_RC(RC_MALFORMED, parse(head, sizeof(head), &f));
}

static void
the_parts_follow_each_other_from_page_to_page(void)
{
	const struct pir_shape s = { 4096, 3, { 0 } };

	T_OK(pir_file_bands_at() == 4096);
	T_OK(pir_file_digits_at(&s) == 4096 + 3u * 2048 * 4096 * 2);
	/* 2047 switches of 2 words, 2048 lanes */
	T_OK(pir_file_a_half_at(&s) - pir_file_digits_at(&s) ==
	    3u * 2047 * 2 * 2048 * 8);
	/* 3 x 6400 octets */
	T_OK(pir_file_size(&s) - pir_file_a_half_at(&s) == 5u * 4096);
}

int
main(void)
{
	TEST(a_head_is_read_as_it_was_built);
	TEST(every_other_size_is_refused);
	TEST(every_change_outside_shape_label_and_sum_is_refused);
	TEST(a_shape_past_its_limits_is_refused);
	TEST(the_parts_follow_each_other_from_page_to_page);
	return tap_done();
}
