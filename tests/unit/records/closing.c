/*
 * Rows sealed as the records process does it, cut anywhere as a crash does it,
 * and closed: what was acknowledged is in the segment, once, and opens.
 */
#include "records/closing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/tdh2.h"
#include "crypto/tprf.h"
#include "custody_pair.h"
#include "merkle/tree.h"
#include "records/part.h"
#include "records/seal.h"
#include "tap.h"
#include "wire/segment.h"

#define DAY 20000
#define GROUPS 8
#define JOURNAL "2024-10-04.000.log"
#define SEGMENT "2024-10-04.000.seg"

static struct pair pair;
static uint64_t torn;
static size_t ends[GROUPS]; /* of each group's CHAIN frame in the journal */

static struct e164
person(unsigned i)
{
	struct e164 e = { 0 };
	char text[16];

	(void)snprintf(text, sizeof(text), "+1555010%u", i);
	T_RC(RC_OK, e164_parse(rd_str(text), &e));
	return e;
}

static struct row
row_of(unsigned i)
{
	return (struct row){ .query_time = { (int64_t)DAY * 86400 + i },
		.source = person(i % 3),
		.lookup = person(3 + i % 4),
		.cause = ROW_CAUSE_TYPED,
		.source_epoch = 1 };
}

static size_t
size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (size_t)st.st_size : 0;
}

/* GROUPS groups, group g of g + 1 rows. */
static void
write_journal(void)
{
	static const uint8_t own[32] = { 9 };
	static const uint8_t locator[16] = { 1 };
	struct seal_part sp = { .day = DAY, .opened = 1728000000 };
	struct seal *s = NULL;
	struct part *p = NULL;
	unsigned at = 0;
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, shelf_key_destroy(DAY));
	T_RC(RC_OK, shelf_key_open(DAY, sp.day_key));
	T_RC(RC_OK, seal_new(&pair.group, &s));
	T_RC(RC_OK, part_create(DAY, 0, &p));
	T_RC(RC_OK, seal_begin(s, &sp, &b));
	for (unsigned g = 0; g < GROUPS; g++) {
		for (unsigned i = 0; i <= g; i++) {
			struct row w = row_of(at++);

			T_RC(RC_OK, seal_row(s, &w, own, locator, &b));
		}
		T_RC(RC_OK, part_append(p, seal_group(s, &b)));
		b.len = 0;
		ends[g] = size_of(JOURNAL);
	}
	part_close(p);
	seal_free(s);
	buf_clear(&b);
}

static struct closing
closing(void)
{
	struct closing c = { .day = DAY, .seq = 7, .closed = 1728086400 };

	c.custodians[0] = 1;
	return c;
}

/* Rows in groups that end by n octets of the journal. */
static uint64_t
rows_by(size_t n)
{
	uint64_t rows = 0;

	for (unsigned g = 0; g < GROUPS && ends[g] <= n; g++)
		rows += g + 1;
	return rows;
}

/* Where the last group ends by n octets. */
static size_t
end_by(size_t n)
{
	size_t end = 0;

	for (unsigned g = 0; g < GROUPS && ends[g] <= n; g++)
		end = ends[g];
	return end;
}

/* Opens every row of a segment with the custodians' shares. */
static uint64_t
open_all(const struct segment *s, const uint8_t day_key[static 32])
{
	struct segment_record r;
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->envelopes; i++) {
		uint8_t label[JOURNAL_LABEL_SIZE];
		uint8_t key[32];
		uint8_t plain[ROW_SIZE];
		struct row w;
		struct buf wrap;

		buf_init(&wrap, TDH2_CT_SIZE);
		T_RC(RC_OK, segment_record_parse(s, i, &r));
		T_RC(RC_OK, buf_add(&wrap, r.wrap, TDH2_CT_SIZE));
		journal_layer_xor(day_key, s->session.nonce,
		    JOURNAL_LAYER_SORTED_WRAP, r.number, &wrap);
		journal_label(&s->session, r.key,
		    (enum journal_direction)r.key[JOURNAL_TAG_SIZE], label);
		pair_open(
		    &pair, wrap.p, (struct rd){ label, sizeof(label) }, key);
		for (uint32_t c = 0; c < r.rows; c++, n++) {
			struct rd sealed = { r.sealed.p +
				    (size_t)c * JOURNAL_SEALED_SIZE,
				JOURNAL_SEALED_SIZE };

			T_RC(RC_OK,
			    journal_row_open(sealed, c, label, key, plain));
			T_RC(RC_OK,
			    row_parse((struct rd){ plain, sizeof(plain) }, &w));
		}
		buf_clear(&wrap);
	}
	return n;
}

static void
a_closed_part_holds_every_row_twice_and_opens(void)
{
	struct closing c = closing();
	struct segment_entry e;
	struct segment s;
	struct rd content;
	uint8_t day_key[32];

	write_journal();
	T_RC(RC_OK, closing_run(&c, &e, &torn));
	T_OK(access(JOURNAL, F_OK) != 0 && access(SEGMENT, F_OK) == 0);
	T_OK(e.seq == 7 && e.day == DAY && e.part == 0 && e.rows == 72 &&
	    e.envelopes == 7 && e.opened == 1728000000 &&
	    e.closed == 1728086400 && e.custodians[0] == 1);
	T_RC(RC_OK, shelf_key_read(DAY, day_key));
	T_RC(RC_OK, shelf_map(SEGMENT, &content));
	T_RC(RC_OK, segment_parse(content, &s));
	T_OK(open_all(&s, day_key) == 72);
	for (uint32_t i = 1; i < s.envelopes; i++)
		T_OK(memcmp(s.records.p + (size_t)(i - 1) * SEGMENT_RECORD_SIZE,
			 s.records.p + (size_t)i * SEGMENT_RECORD_SIZE,
			 SEGMENT_KEY_SIZE) < 0);
	shelf_unmap(content);
	T_OK(unlink(SEGMENT) == 0);
}

/* One commit, as after a turn of many queries. */
static void
a_group_of_more_rows_than_a_frame_holds_is_whole(void)
{
	static const uint8_t own[32] = { 9 };
	static const uint8_t locator[16] = { 1 };
	const uint32_t rows = JOURNAL_ENTRIES_MAX +
	    1; /* twice as many sealed */
	struct seal_part sp = { .day = DAY, .opened = 1728000000 };
	struct closing c = closing();
	struct segment_entry e;
	struct segment s;
	struct rd content;
	struct rd frames;
	struct journal_frame f;
	struct seal *seal = NULL;
	struct part *p = NULL;
	size_t full = 0;
	struct buf b;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, shelf_key_open(DAY, sp.day_key));
	T_RC(RC_OK, seal_new(&pair.group, &seal));
	T_RC(RC_OK, part_create(DAY, 0, &p));
	T_RC(RC_OK, seal_begin(seal, &sp, &b));
	for (uint32_t i = 0; i < rows; i++) {
		struct row w = row_of(i);

		T_RC(RC_OK, seal_row(seal, &w, own, locator, &b));
	}
	frames = seal_group(seal, &b);
	T_RC(RC_OK, part_append(p, frames));
	while (frames.left > 0) {
		T_RC(RC_OK, journal_frame_parse(&frames, &f));
		full += f.type == JOURNAL_TYPE_ROWS &&
		    f.u.rows.left == JOURNAL_ENTRIES_MAX * JOURNAL_ENTRY_SIZE;
	}
	T_OK(full >= 1);
	part_close(p);
	seal_free(seal);
	T_RC(RC_OK, closing_run(&c, &e, &torn));
	T_OK(e.rows == 2 * rows);
	T_RC(RC_OK, shelf_map(SEGMENT, &content));
	T_RC(RC_OK, segment_parse(content, &s));
	T_OK(open_all(&s, sp.day_key) == 2 * rows);
	shelf_unmap(content);
	T_OK(unlink(SEGMENT) == 0);
	buf_clear(&b);
}

static void
a_journal_cut_at_any_octet_keeps_its_whole_groups(void)
{
	struct closing c = closing();
	struct segment_entry e;
	struct rd content;
	struct buf all;
	size_t step = 7; /* every octet takes long and shows no more */

	buf_init(&all, 1u << 20);
	write_journal();
	T_RC(RC_OK, shelf_map(JOURNAL, &content));
	T_RC(RC_OK, buf_add_rd(&all, content));
	shelf_unmap(content);
	for (size_t n = 0; n <= all.len; n += step) {
		uint64_t want = rows_by(n) * 2;
		int fd = open(JOURNAL, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		T_OK(write(fd, all.p, n) == (ssize_t)n);
		(void)close(fd);
		T_RC(want == 0 ? RC_NOT_FOUND : RC_OK,
		    closing_run(&c, &e, &torn));
		T_OK(want == 0 || e.rows == want);
		T_OK(torn == n - end_by(n));
		T_OK(access(JOURNAL, F_OK) != 0);
		(void)unlink(SEGMENT);
	}
	buf_clear(&all);
}

static void
a_flipped_bit_ends_the_journal_before_it(void)
{
	struct closing c = closing();
	struct segment_entry e;
	struct rd content;
	struct buf all;

	buf_init(&all, 1u << 20);
	write_journal();
	T_RC(RC_OK, shelf_map(JOURNAL, &content));
	T_RC(RC_OK, buf_add_rd(&all, content));
	shelf_unmap(content);
	for (size_t n = 3; n < all.len; n += 97) {
		int fd = open(JOURNAL, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		uint64_t want = 0;

		all.p[n] ^= 0x10;
		T_OK(write(fd, all.p, all.len) == (ssize_t)all.len);
		(void)close(fd);
		all.p[n] ^= 0x10;
		for (unsigned g = 0; g < GROUPS && ends[g] <= n; g++)
			want += 2 * (g + 1);
		T_RC(want == 0 ? RC_NOT_FOUND : RC_OK,
		    closing_run(&c, &e, &torn));
		T_OK(want == 0 || e.rows == want);
		(void)unlink(SEGMENT);
		(void)unlink(JOURNAL);
	}
	buf_clear(&all);
}

static void
closing_again_after_a_crash_between_the_names_says_the_same(void)
{
	struct closing c = closing();
	struct segment_entry e;
	struct segment_entry again;
	struct rd content;
	int fd;

	write_journal();
	T_RC(RC_OK, shelf_map(JOURNAL, &content));
	T_RC(RC_OK, closing_run(&c, &e, &torn));
	fd = open(JOURNAL, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	T_OK(write(fd, content.p, content.left) == (ssize_t)content.left);
	(void)close(fd);
	shelf_unmap(content);
	c.seq = 99; /* the segment's own number stands */
	T_RC(RC_OK, closing_run(&c, &again, &torn));
	T_MEM(&e, &again, sizeof(e));
	T_OK(access(JOURNAL, F_OK) != 0);
	T_OK(unlink(SEGMENT) == 0);
}

static void
without_its_day_key_a_part_is_not_closed(void)
{
	struct closing c = closing();
	struct segment_entry e;

	write_journal();
	T_RC(RC_OK, shelf_key_destroy(DAY));
	T_RC(RC_CORRUPT, closing_run(&c, &e, &torn));
	T_OK(access(JOURNAL, F_OK) == 0 && access(SEGMENT, F_OK) != 0);
	T_OK(unlink(JOURNAL) == 0);
}

static void
a_segment_with_a_changed_octet_has_another_root_or_none(void)
{
	struct closing c = closing();
	struct segment_entry e;
	struct segment s;
	struct segment_record r;
	struct rd content;
	struct buf all;
	uint8_t digest[32];
	uint8_t before[32];

	buf_init(&all, 1u << 20);
	write_journal();
	T_RC(RC_OK, closing_run(&c, &e, &torn));
	T_RC(RC_OK, shelf_map(SEGMENT, &content));
	T_RC(RC_OK, buf_add_rd(&all, content));
	shelf_unmap(content);
	T_RC(RC_OK, segment_parse(buf_get(&all), &s));
	T_RC(RC_OK, segment_record_parse(&s, 2, &r));
	segment_digest(r.sealed, before);
	all.p[r.sealed.p - all.p + 5] ^= 1;
	segment_digest(r.sealed, digest);
	T_OK(memcmp(before, digest, 32) != 0);
	buf_clear(&all);
	T_OK(unlink(SEGMENT) == 0);
}

int
main(void)
{
	char root[] = "/tmp/tacet-closing.XXXXXX";

	T_OK(sodium_init() >= 0);
	T_OK(mkdtemp(root) != NULL && chdir(root) == 0);
	pair_make(&pair, 2, 3);
	TEST(a_closed_part_holds_every_row_twice_and_opens);
	TEST(a_group_of_more_rows_than_a_frame_holds_is_whole);
	TEST(a_journal_cut_at_any_octet_keeps_its_whole_groups);
	TEST(a_flipped_bit_ends_the_journal_before_it);
	TEST(closing_again_after_a_crash_between_the_names_says_the_same);
	TEST(without_its_day_key_a_part_is_not_closed);
	TEST(a_segment_with_a_changed_octet_has_another_root_or_none);
	T_RC(RC_OK, shelf_key_destroy(DAY));
	T_OK(rmdir(root) == 0);
	return tap_done();
}
