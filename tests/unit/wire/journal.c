#include "wire/journal.h"

#include <sodium.h>

#include "base/crc32c.h"
#include "tap.h"

static const uint8_t wrap[JOURNAL_WRAP_SIZE] = { 1, 2, 3 };
static const uint8_t own[JOURNAL_OWN_SIZE] = { 4, 5, 6 };
static const uint8_t points[JOURNAL_MEMBERS_MAX * 32] = { 7 };
static const uint8_t shares[JOURNAL_MEMBERS_MAX * JOURNAL_SHARE_SIZE] = { 8 };

static struct journal_frame
envelope(void)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_ENVELOPE };

	f.u.envelope.direction = JOURNAL_DIRECTION_SOURCE;
	f.u.envelope.number = 7;
	f.u.envelope.locator[15] = 6;
	f.u.envelope.wrap = wrap;
	f.u.envelope.own = (struct rd){ own, sizeof(own) };
	return f;
}

static struct journal_frame
session(uint8_t k, uint8_t n)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_SESSION };

	f.u.session = (struct journal_session){ .day = 20000,
		.part = 3,
		.opened = 1728000001,
		.nonce = { 9 },
		.k = k,
		.n = n,
		.commitments = points,
		.shares = shares };
	return f;
}

static uint8_t entries[(JOURNAL_ENTRIES_MAX + 1) * JOURNAL_ENTRY_SIZE];

static struct journal_frame
rows(size_t n)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_ROWS };

	for (size_t i = 0; i < sizeof(entries); i++)
		entries[i] = (uint8_t)i;
	f.u.rows = (struct rd){ entries, n * JOURNAL_ENTRY_SIZE };
	return f;
}

static struct journal_frame
proof(uint8_t n)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_PROOF };

	f.u.proof = (struct journal_proof){
		.seq = 1, .size = 9, .index = 2, .n = n, .hashes = shares
	};
	return f;
}

static void
an_envelope_is_read_as_it_was_built(void)
{
	struct journal_frame f = envelope();
	struct journal_frame g;
	struct rd r;
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_OK, journal_frame_build(&f, &b));
	/* head, type, tag, direction, number, wrap, locator, own */
	T_OK(b.len == 8 + 1 + 16 + 1 + 4 + 160 + 16 + 80);
	r = buf_get(&b);
	T_RC(RC_OK, journal_frame_parse(&r, &g));
	T_OK(r.left == 0 && g.type == JOURNAL_TYPE_ENVELOPE);
	T_OK(g.u.envelope.number == 7 && g.u.envelope.own.left == sizeof(own));
	T_MEM(wrap, g.u.envelope.wrap, sizeof(wrap));
	T_MEM(own, g.u.envelope.own.p, sizeof(own));
	T_MEM(f.u.envelope.locator, g.u.envelope.locator, JOURNAL_LOCATOR_SIZE);
	b.len = 0;
	f.u.envelope.own.left = 0; /* and no locator then */
	T_RC(RC_OK, journal_frame_build(&f, &b));
	T_OK(b.len == 8 + 1 + 16 + 1 + 4 + 160);
	r = buf_get(&b);
	T_RC(RC_OK, journal_frame_parse(&r, &g));
	T_OK(g.u.envelope.own.left == 0 && g.u.envelope.locator[15] == 0);
	buf_clear(&b);
}

static void
a_session_is_read_as_it_was_built(void)
{
	struct journal_frame f = session(2, 3);
	struct journal_frame g;
	struct rd r;
	struct buf b;

	buf_init(&b, 10000);
	T_RC(RC_OK, journal_frame_build(&f, &b));
	T_OK(b.len ==
	    8 + 1 + 1 + 4 + 2 + 8 + 16 + 1 + 1 + (size_t)2 * 32 + 3 * 80);
	r = buf_get(&b);
	T_RC(RC_OK, journal_frame_parse(&r, &g));
	T_OK(g.u.session.day == 20000 && g.u.session.part == 3 &&
	    g.u.session.opened == 1728000001 && g.u.session.k == 2 &&
	    g.u.session.n == 3);
	T_MEM(points, g.u.session.commitments, 64);
	T_MEM(shares, g.u.session.shares, 240);
	buf_clear(&b);
}

static void
a_threshold_of_none_or_over_the_members_is_refused(void)
{
	static const struct {
		uint8_t k;
		uint8_t n;
		enum rc rc;
	} cases[] = { { 1, 1, RC_OK }, { 16, 16, RC_OK }, { 0, 1, RC_LIMIT },
		{ 2, 1, RC_LIMIT }, { 1, 17, RC_LIMIT } };
	struct buf b;

	buf_init(&b, 10000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct journal_frame f = session(cases[i].k, cases[i].n);

		b.len = 0;
		T_RC(cases[i].rc, journal_frame_build(&f, &b));
	}
	buf_clear(&b);
}

static void
every_truncation_waits_and_every_flipped_bit_is_refused(void)
{
	struct journal_frame all[] = { envelope(), session(2, 3), proof(5),
		rows(3) };
	struct journal_frame g;
	struct buf b;

	buf_init(&b, 10000);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		b.len = 0;
		T_RC(RC_OK, journal_frame_build(&all[i], &b));
		for (size_t n = 0; n < b.len; n++) {
			unsigned char *p = tap_block(b.p, n);
			struct rd r = { p, n };

			T_RC(RC_AGAIN, journal_frame_parse(&r, &g));
			T_OK(r.left == n);
			free(p);
		}
		for (size_t bit = 32; bit < b.len * 8; bit++) {
			struct rd r = buf_get(&b);

			b.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			T_RC(RC_MALFORMED, journal_frame_parse(&r, &g));
			b.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
	}
	buf_clear(&b);
}

static void
an_own_wrap_of_another_length_is_not_built(void)
{
	struct journal_frame f = envelope();
	struct buf b;

	buf_init(&b, 10000);
	f.u.envelope.own.left = 0;
	T_RC(RC_OK, journal_frame_build(&f, &b));
	buf_clear(&b);
	f.u.envelope.own.left = JOURNAL_OWN_SIZE - 1;
	T_RC(RC_LIMIT, journal_frame_build(&f, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

/* What a frame says, though its CRC is right. */
static enum rc
parse_body(struct rd body)
{
	struct journal_frame f;
	struct rd r;
	struct buf b;
	uint32_t crc = crc32c(0, body.p, body.left);
	enum rc rc = RC_BUG;

	buf_init(&b, (size_t)2 * JOURNAL_FRAME_MAX);
	TRY(buf_u32(&b, (uint32_t)body.left));
	TRY(buf_u32(&b, crc));
	TRY(buf_add_rd(&b, body));
	r = buf_get(&b);
	rc = journal_frame_parse(&r, &f);
out:
	buf_clear(&b);
	return rc;
}

static void
only_whole_entries_are_rows(void)
{
	static uint8_t body[1 + sizeof(entries)];

	body[0] = JOURNAL_TYPE_ROWS;
	for (size_t n = 0; n <= 3 * JOURNAL_ENTRY_SIZE; n++) {
		unsigned char *p = tap_block(body, n + 1);

		T_RC(
		    n > 0 && n % JOURNAL_ENTRY_SIZE == 0 ? RC_OK : RC_MALFORMED,
		    parse_body((struct rd){ p, n + 1 }));
		free(p);
	}
	T_RC(RC_OK,
	    parse_body((struct rd){
		body, 1 + JOURNAL_ENTRIES_MAX * JOURNAL_ENTRY_SIZE }));
	T_RC(RC_MALFORMED, parse_body((struct rd){ body, sizeof(body) }));
}

static void
rows_are_read_as_they_were_built_one_by_one_or_together(void)
{
	struct journal_frame f = rows(JOURNAL_ENTRIES_MAX + 1);
	struct journal_frame g;
	struct rd sealed;
	struct rd r;
	struct buf all;
	struct buf b;
	uint32_t envelope;
	size_t at = 0;

	buf_init(&all, (size_t)2 * JOURNAL_FRAME_MAX);
	buf_init(&b, (size_t)2 * JOURNAL_FRAME_MAX);
	T_RC(RC_LIMIT, journal_frame_build(&f, &all));
	f = rows(JOURNAL_ENTRIES_MAX);
	T_RC(RC_OK, journal_frame_build(&f, &all));
	T_OK(all.len == 9 + JOURNAL_ENTRIES_MAX * JOURNAL_ENTRY_SIZE);
	r = buf_get(&all);
	T_RC(RC_OK, journal_frame_parse(&r, &g));
	T_RC(RC_OK, journal_rows_begin(&b, &at));
	while (g.u.rows.left > 0) {
		T_RC(RC_OK, journal_entry_parse(&g.u.rows, &envelope, &sealed));
		T_OK(envelope < JOURNAL_ENVELOPES_MAX);
		T_OK(sealed.left == JOURNAL_SEALED_SIZE);
		T_RC(RC_OK, journal_entry_build(envelope, sealed, &b));
	}
	T_RC(RC_MALFORMED, journal_entry_parse(&g.u.rows, &envelope, &sealed));
	journal_rows_end(&b, at);
	T_OK(b.len == all.len);
	T_MEM(all.p, b.p, b.len);
	T_RC(RC_LIMIT, journal_entry_build(JOURNAL_ENVELOPES_MAX, sealed, &b));
	sealed.left--;
	T_RC(RC_LIMIT, journal_entry_build(0, sealed, &b));
	buf_clear(&all);
	buf_clear(&b);
}

static void
a_session_of_another_version_is_refused(void)
{
	struct journal_frame f = session(1, 1);
	uint32_t crc;
	struct buf b;

	buf_init(&b, 10000);
	T_RC(RC_OK, journal_frame_build(&f, &b));
	T_RC(RC_OK, parse_body((struct rd){ b.p + 8, b.len - 8 }));
	T_OK(!journal_is_foreign(buf_get(&b)));
	b.p[9] = JOURNAL_VERSION - 1;
	T_RC(RC_MALFORMED, parse_body((struct rd){ b.p + 8, b.len - 8 }));
	T_OK(!journal_is_foreign(buf_get(&b))); /* damage: its CRC is wrong */
	crc = crc32c(0, b.p + 8, b.len - 8);
	for (size_t i = 0; i < 4; i++)
		b.p[4 + i] = (uint8_t)(crc >> (24 - 8 * i));
	T_OK(journal_is_foreign(buf_get(&b)));
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *p = tap_block(b.p, n);

		T_OK(!journal_is_foreign((struct rd){ p, n }));
		free(p);
	}
	b.p[8] = JOURNAL_TYPE_ROWS;
	T_OK(!journal_is_foreign(buf_get(&b)));
	buf_clear(&b);
}

static void
a_proof_over_its_maximum_is_not_built(void)
{
	struct journal_frame f = proof(JOURNAL_PROOF_MAX + 1);
	struct buf b;

	buf_init(&b, 10000);
	T_RC(RC_LIMIT, journal_frame_build(&f, &b));
	buf_clear(&b);
}

static void
a_label_binds_day_part_tag_and_direction(void)
{
	static const uint8_t tag[JOURNAL_TAG_SIZE] = { 9 };
	static const uint8_t other[JOURNAL_TAG_SIZE] = { 10 };
	struct journal_session s = { .day = 1, .part = 1 };
	uint8_t a[JOURNAL_LABEL_SIZE];
	uint8_t b[JOURNAL_LABEL_SIZE];

	journal_label(&s, tag, JOURNAL_DIRECTION_SOURCE, a);
	T_MEM("TRAFFIC_QUERY", a + 23, 13);
	journal_label(&s, tag, JOURNAL_DIRECTION_LOOKUP, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	journal_label(&s, other, JOURNAL_DIRECTION_SOURCE, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	s.part = 2;
	journal_label(&s, tag, JOURNAL_DIRECTION_SOURCE, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	s.part = 1;
	s.day = 2;
	journal_label(&s, tag, JOURNAL_DIRECTION_SOURCE, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
}

static void
the_layer_of_the_day_key_goes_on_and_off_and_differs_by_number(void)
{
	static const uint8_t key[JOURNAL_KEY_SIZE] = { 1 };
	static const uint8_t nonce[JOURNAL_NONCE_SIZE] = { 2 };
	struct buf a;
	struct buf b;

	buf_init(&a, 200);
	buf_init(&b, 200);
	T_RC(RC_OK, buf_add(&a, wrap, sizeof(wrap)));
	T_RC(RC_OK, buf_add(&b, wrap, sizeof(wrap)));
	journal_layer_xor(key, nonce, JOURNAL_LAYER_WRAP, 1, &a);
	T_OK(memcmp(a.p, wrap, sizeof(wrap)) != 0);
	journal_layer_xor(key, nonce, JOURNAL_LAYER_WRAP, 2, &b);
	T_OK(memcmp(a.p, b.p, sizeof(wrap)) != 0);
	journal_layer_xor(key, nonce, JOURNAL_LAYER_WRAP, 2, &b);
	T_MEM(wrap, b.p, sizeof(wrap));
	journal_layer_xor(key, nonce, JOURNAL_LAYER_OWN, 1, &b);
	T_OK(memcmp(a.p, b.p, sizeof(wrap)) != 0);
	buf_clear(&a);
	buf_clear(&b);
}

static void
a_sealed_row_opens_under_its_key_label_and_counter_only(void)
{
	static const uint8_t key[JOURNAL_KEY_SIZE] = { 1 };
	static const uint8_t label[JOURNAL_LABEL_SIZE] = { 2 };
	static const uint8_t nonce[24] = { [22] = 1, [23] = 7 };
	static const uint8_t row[ROW_SIZE] = { 5 };
	uint8_t other[JOURNAL_LABEL_SIZE] = { 3 };
	uint8_t sealed[JOURNAL_SEALED_SIZE + 1];
	uint8_t plain[ROW_SIZE];
	struct rd w = { sealed, JOURNAL_SEALED_SIZE };

	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, row,
	    sizeof(row), label, sizeof(label), NULL, nonce, key);
	T_RC(RC_OK, journal_row_open(w, 263, label, key, plain));
	T_MEM(row, plain, sizeof(row));
	T_RC(RC_DENIED, journal_row_open(w, 263, other, key, plain));
	T_RC(RC_DENIED, journal_row_open(w, 263, label, other, plain));
	T_RC(RC_DENIED, journal_row_open(w, 264, label, key, plain));
	for (size_t n = 0; n <= sizeof(sealed); n++)
		if (n != JOURNAL_SEALED_SIZE)
			T_RC(RC_MALFORMED,
			    journal_row_open((struct rd){ sealed, n }, 263,
				label, key, plain));
	sealed[JOURNAL_SEALED_SIZE - 1] ^= 1;
	T_RC(RC_DENIED, journal_row_open(w, 263, label, key, plain));
}

int
main(void)
{
	TEST(an_envelope_is_read_as_it_was_built);
	TEST(a_session_is_read_as_it_was_built);
	TEST(a_threshold_of_none_or_over_the_members_is_refused);
	TEST(every_truncation_waits_and_every_flipped_bit_is_refused);
	TEST(an_own_wrap_of_another_length_is_not_built);
	TEST(only_whole_entries_are_rows);
	TEST(rows_are_read_as_they_were_built_one_by_one_or_together);
	TEST(a_session_of_another_version_is_refused);
	TEST(a_proof_over_its_maximum_is_not_built);
	TEST(a_label_binds_day_part_tag_and_direction);
	TEST(the_layer_of_the_day_key_goes_on_and_off_and_differs_by_number);
	TEST(a_sealed_row_opens_under_its_key_label_and_counter_only);
	return tap_done();
}
