#include "pir/pir_wire.h"

#include "tap.h"

static const struct pir_shape shape = { 2048, 1, { 0 } };

static struct pir_wire_query *
query_new(void)
{
	struct pir_wire_query *q = calloc(
	    1, sizeof(*q) + shape.columns * sizeof(q->words[0]));

	if (q == NULL)
		abort();
	return q;
}

/* Values at both ends of their ranges and between. */
static struct pir_wire_query *
sample(void)
{
	struct pir_wire_query *q = query_new();

	for (unsigned k = 0; k < PIR_KEYS; k++)
		for (uint64_t i = 0; i < PIR_D; i++)
			q->keys[k][i] = i == 0 ? PIR_Q - 1
					       : (i * 2136751 + k) % PIR_Q;
	for (int64_t c = 0; c < shape.columns; c++)
		q->words[c] = c == 0 ? PIR_WORD_MAX
		    : c == 1         ? -PIR_WORD_MAX
				     : (c - 1000) * 267093276 / 4;
	return q;
}

static enum rc
parse(struct rd octets, struct pir_wire_query *q)
{
	unsigned char *p = tap_block(octets.p, octets.left);
	enum rc rc = pir_wire_query_parse(
	    (struct rd){ p, octets.left }, &shape, q);

	free(p);
	return rc;
}

static void
integers_are_packed_from_the_highest_bit_down(void)
{
	static const uint64_t v[] = { 1, 0x3fff, 0x2000, 2 };
	static const uint8_t octets[] = { 0x00, 0x07, 0xff, 0xf8, 0x00, 0x00,
		0x02 };
	uint8_t packed[sizeof(octets)];
	uint64_t again[ARRAY_LEN(v)];

	pir_wire_pack(v, ARRAY_LEN(v), 14, packed);
	T_MEM(octets, packed, sizeof(octets));
	pir_wire_unpack(packed, ARRAY_LEN(v), 14, again);
	T_MEM(v, again, sizeof(v));
}

static void
every_width_is_unpacked_as_it_was_packed(void)
{
	static const unsigned widths[] = { PIR_PLAIN_BITS, PIR_B_BITS,
		PIR_A_BITS, PIR_WORD_BITS, PIR_Q_BITS };
	uint64_t v[64];
	uint64_t again[64];

	for (size_t w = 0; w < ARRAY_LEN(widths); w++) {
		uint8_t *octets = malloc((size_t)widths[w] * 8);

		for (uint64_t i = 0; i < 64; i++)
			v[i] = (0x9e3779b97f4a7c15 * (i + 1)) >>
			    (64 - widths[w]);
		pir_wire_pack(v, 64, widths[w], octets);
		pir_wire_unpack(octets, 64, widths[w], again);
		T_MEM(v, again, sizeof(v));
		free(octets);
	}
}

static void
a_query_is_read_as_it_was_built(void)
{
	struct pir_wire_query *q = sample();
	struct pir_wire_query *again = query_new();
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_wire_query_build(q, &shape, &b));
	T_OK(b.len == pir_query_size(&shape));
	T_OK(b.len == 6 * 10752 + 5 * 2048);
	T_RC(RC_OK, parse(buf_get(&b), again));
	T_MEM(q, again, sizeof(*q) + shape.columns * sizeof(q->words[0]));
	/* a word is an octet string of its own, counted from the lowest */
	T_MEM("\xfe\xb8\x51\xd0\x00", b.p + 6 * 10752, 5);
	T_MEM("\0\0\0\0\0", b.p + 6 * 10752 + 5, 5);
	buf_clear(&b);
	free(q);
	free(again);
}

static void
every_other_size_is_refused(void)
{
	struct pir_wire_query *q = sample();
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, pir_wire_query_build(q, &shape, &b));
	for (size_t n = 0; n < b.len; n += n < 100 || n > b.len - 100 ? 1 : 997)
		T_RC(RC_MALFORMED, parse((struct rd){ b.p, n }, q));
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parse(buf_get(&b), q));
	buf_clear(&b);
	free(q);
}

static void
a_value_of_q_or_a_word_past_its_range_is_refused(void)
{
	struct pir_wire_query *q = sample();
	struct buf b;

	buf_init(&b, 1u << 20);
	q->keys[5][2047] = PIR_Q;
	T_RC(RC_OK, pir_wire_query_build(q, &shape, &b));
	T_RC(RC_MALFORMED, parse(buf_get(&b), q));
	buf_clear(&b);
	q->keys[5][2047] = PIR_Q - 1;
	T_RC(RC_OK, pir_wire_query_build(q, &shape, &b));
	T_RC(RC_OK, parse(buf_get(&b), q));
	buf_clear(&b);
	q->words[2047] = PIR_WORD_MAX + 1;
	T_RC(RC_OK, pir_wire_query_build(q, &shape, &b));
	T_RC(RC_MALFORMED, parse(buf_get(&b), q));
	memset(b.p + b.len - 5, 0xff, 5);
	T_RC(RC_MALFORMED, parse(buf_get(&b), q));
	buf_clear(&b);
	free(q);
}

static void
a_query_that_does_not_fit_leaves_the_buffer_as_it_was(void)
{
	struct pir_wire_query *q = sample();
	struct buf b;

	buf_init(&b, pir_query_size(&shape) - 1);
	T_RC(RC_LIMIT, pir_wire_query_build(q, &shape, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
	free(q);
}

int
main(void)
{
	TEST(integers_are_packed_from_the_highest_bit_down);
	TEST(every_width_is_unpacked_as_it_was_packed);
	TEST(a_query_is_read_as_it_was_built);
	TEST(every_other_size_is_refused);
	TEST(a_value_of_q_or_a_word_past_its_range_is_refused);
	TEST(a_query_that_does_not_fit_leaves_the_buffer_as_it_was);
	return tap_done();
}
