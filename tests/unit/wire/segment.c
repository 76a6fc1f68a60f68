#include "wire/segment.h"

#include "tap.h"

#define N 5

static const uint8_t points[32] = { 7 };
static const uint8_t shares[JOURNAL_SHARE_SIZE] = { 8 };
static const uint8_t locator[JOURNAL_LOCATOR_SIZE] = { 1 };
static const uint8_t wrap[JOURNAL_WRAP_SIZE] = { 2 };
static const uint8_t own[JOURNAL_OWN_SIZE] = { 3 };

static void
key_of(uint8_t i, uint8_t ret_key[static SEGMENT_KEY_SIZE])
{
	uint8_t tag[JOURNAL_TAG_SIZE] = { i };

	segment_key(tag, JOURNAL_DIRECTION_SOURCE, ret_key);
}

/* N envelopes with tags 10, 20, ..., envelope i of i rows; the first has no
 * own copy. */
static void
file(struct buf *b)
{
	const struct journal_session session = { .day = 20000,
		.part = 1,
		.opened = 5,
		.k = 1,
		.n = 1,
		.commitments = points,
		.shares = shares };
	struct segment s = {
		.seq = 9, .closed = 6, .envelopes = N, .owners = N - 1
	};
	struct buf body;
	uint8_t key[SEGMENT_KEY_SIZE];
	struct segment_record r = { .key = key,
		.locator = locator,
		.wrap = wrap,
		.own = { own, sizeof(own) } };

	buf_init(&body, 4096);
	buf_init(b, 1u << 16);
	T_RC(RC_OK, journal_session_build(&session, &body));
	s.session_body = buf_get(&body);
	for (uint8_t i = 0; i < N; i++)
		s.rows += i;
	T_RC(RC_OK, segment_build(&s, b));
	for (uint8_t i = 0; i < N; i++) {
		key_of((uint8_t)(10 * (i + 1)), key);
		r.rows = i;
		T_RC(RC_OK, segment_record_build(&r, b));
		r.first += i;
	}
	for (uint8_t i = 1; i < N; i++) {
		r.number = i;
		T_RC(RC_OK, segment_own_build(&r, b));
	}
	for (uint8_t i = 0; i < s.rows; i++) {
		const uint8_t sealed[JOURNAL_SEALED_SIZE] = { i };

		T_RC(RC_OK, buf_add(b, sealed, sizeof(sealed)));
	}
	for (uint64_t i = 0; i < segment_tree_count(N + 1); i++) {
		const uint8_t hash[32] = { (uint8_t)i };

		T_RC(RC_OK, buf_add(b, hash, sizeof(hash)));
	}
	buf_clear(&body);
}

static void
a_segment_is_read_as_it_was_built(void)
{
	struct segment s;
	struct segment_record r;
	static const uint8_t none[JOURNAL_LOCATOR_SIZE];
	uint8_t key[SEGMENT_KEY_SIZE];
	const uint8_t *at;
	uint32_t first = 0;
	uint32_t i;
	struct buf b;

	file(&b);
	T_RC(RC_OK, segment_parse(buf_get(&b), &s));
	T_OK(s.seq == 9 && s.closed == 6 && s.envelopes == N && s.rows == 10);
	T_OK(s.session.day == 20000 && s.session.part == 1);
	for (i = 0; i < N; i++) {
		T_RC(RC_OK, segment_record_parse(&s, i, &r));
		key_of((uint8_t)(10 * (i + 1)), key);
		T_MEM(key, r.key, sizeof(key));
		T_OK(r.rows == i && r.number == i);
		T_OK(r.own.left == (i == 0 ? 0 : sizeof(own)));
		T_MEM(i == 0 ? none : locator, r.locator, sizeof(locator));
		T_OK(r.sealed.left == (size_t)i * JOURNAL_SEALED_SIZE);
		for (uint32_t j = 0; j < r.rows; j++)
			T_OK(r.sealed.p[j * JOURNAL_SEALED_SIZE] == first++);
	}
	for (uint32_t j = 0; j < N - 1; j++) {
		T_RC(RC_OK, segment_own_parse(&s, j, &i, &at));
		T_OK(i == j + 1);
		T_MEM(locator, at, sizeof(locator));
	}
	T_RC(RC_MALFORMED, segment_own_parse(&s, N - 1, &i, &at));
	T_RC(RC_MALFORMED, segment_record_parse(&s, N, &r));
	buf_clear(&b);
}

static void
an_envelope_is_found_or_its_place_is(void)
{
	static const struct {
		uint8_t tag;
		enum rc rc;
		uint32_t i;
	} cases[] = { { 10, RC_OK, 0 }, { 30, RC_OK, 2 }, { 50, RC_OK, 4 },
		{ 1, RC_NOT_FOUND, 0 }, { 25, RC_NOT_FOUND, 2 },
		{ 60, RC_NOT_FOUND, 5 } };
	struct segment s;
	struct buf b;
	uint8_t key[SEGMENT_KEY_SIZE];
	uint32_t i;

	file(&b);
	T_RC(RC_OK, segment_parse(buf_get(&b), &s));
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		key_of(cases[c].tag, key);
		T_RC(cases[c].rc, segment_find(&s, key, &i));
		T_OK(i == cases[c].i);
	}
	key_of(10, key);
	key[JOURNAL_TAG_SIZE] = JOURNAL_DIRECTION_LOOKUP;
	T_RC(RC_NOT_FOUND, segment_find(&s, key, &i));
	T_OK(i == 1);
	buf_clear(&b);
}

static void
the_tree_is_read_by_level_and_index(void)
{
	struct segment s;
	struct buf b;
	uint8_t hash[32];

	file(&b);
	T_RC(RC_OK, segment_parse(buf_get(&b), &s));
	/* 6 leaves, 3 pairs, 1 of four */
	T_OK(segment_tree_count(N + 1) == 10);
	T_RC(RC_OK, segment_tree_hash(&s, 0, 5, hash));
	T_OK(hash[0] == 5);
	T_RC(RC_OK, segment_tree_hash(&s, 1, 2, hash));
	T_OK(hash[0] == 8);
	T_RC(RC_OK, segment_tree_hash(&s, 2, 0, hash));
	T_OK(hash[0] == 9);
	T_RC(RC_NOT_FOUND, segment_tree_hash(&s, 0, 6, hash));
	T_RC(RC_NOT_FOUND, segment_tree_hash(&s, 2, 1, hash));
	T_RC(RC_NOT_FOUND, segment_tree_hash(&s, 63, 0, hash));
	buf_clear(&b);
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	struct segment s;
	struct buf b;

	file(&b);
	for (size_t n = 0; n < b.len; n++) {
		unsigned char *p = tap_block(b.p, n);

		T_RC(RC_MALFORMED, segment_parse((struct rd){ p, n }, &s));
		free(p);
	}
	T_RC(RC_OK, segment_parse(buf_get(&b), &s));
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, segment_parse(buf_get(&b), &s));
	b.len--;
	T_OK(!segment_is_foreign(buf_get(&b)));
	b.p[7] = '2'; /* another version */
	T_RC(RC_MALFORMED, segment_parse(buf_get(&b), &s));
	T_OK(segment_is_foreign(buf_get(&b)));
	T_OK(!segment_is_foreign((struct rd){ b.p, 7 }));
	b.p[0] = 't'; /* something else */
	T_OK(!segment_is_foreign(buf_get(&b)));
	buf_clear(&b);
}

/* What a damaged or a foreign file may say, and no place outside is read. */
static void
a_record_whose_rows_are_not_there_is_refused(void)
{
	struct segment s;
	struct segment_record r;
	struct buf b;
	uint8_t *rows;

	file(&b);
	T_RC(RC_OK, segment_parse(buf_get(&b), &s));
	rows = b.p + (s.records.p - b.p) + 4 * SEGMENT_RECORD_SIZE +
	    SEGMENT_KEY_SIZE + JOURNAL_WRAP_SIZE;
	T_RC(RC_OK, segment_record_parse(&s, 4, &r));
	rows[3]++;
	T_RC(RC_MALFORMED, segment_record_parse(&s, 4, &r));
	rows[3]--;
	rows[7]++;
	T_RC(RC_MALFORMED, segment_record_parse(&s, 4, &r));
	rows[7]--;
	rows[4] = 0xff;
	T_RC(RC_MALFORMED, segment_record_parse(&s, 4, &r));
	buf_clear(&b);
}

static void
a_leaf_depends_on_all_that_it_says(void)
{
	struct segment_body body = { .locator = locator,
		.wrap = wrap,
		.own = { own, sizeof(own) },
		.rows = 3 };
	uint8_t key[SEGMENT_KEY_SIZE];
	uint8_t a[SEGMENT_LEAF_SIZE];
	uint8_t b[SEGMENT_LEAF_SIZE];

	key_of(1, key);
	segment_leaf(key, &body, a);
	T_MEM(key, a, sizeof(key));
	body.rows = 4;
	segment_leaf(key, &body, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	body.rows = 3;
	body.own.left = 0;
	segment_leaf(key, &body, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	body.own.left = sizeof(own);
	body.digest[0] = 1;
	segment_leaf(key, &body, b);
	T_OK(memcmp(a, b, sizeof(a)) != 0);
	body.digest[0] = 0;
	segment_leaf(key, &body, b);
	T_MEM(a, b, sizeof(a));
}

int
main(void)
{
	TEST(a_segment_is_read_as_it_was_built);
	TEST(an_envelope_is_found_or_its_place_is);
	TEST(the_tree_is_read_by_level_and_index);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(a_record_whose_rows_are_not_there_is_refused);
	TEST(a_leaf_depends_on_all_that_it_says);
	return tap_done();
}
