#include "e2ee/content.h"

#include "base/failmem.h"
#include "tap.h"
#include "wire/device_list.h"

#define ID     \
	"\x50" \
	"0123456789abcdef" /* bstr of 16 */
#define TIME "\x1a\x6b\x0c\x49\x00"
static const char a_text[] = "\x84\x01" ID TIME "\x62hi";
static const char a_list[] = "\x84\x02" ID TIME "\x43\x01\x02\x03";
static const char a_point[] = "\x85\x01" ID TIME "\x62hi\x82\x42p1\x42p2";
static const char a_sync[] = "\x84\x03" ID TIME "\x82\x69+15550100\x62hi";

static const struct {
	const char *octets;
	size_t n;
	enum content_type type;
} good[] = {
	{ a_text, sizeof(a_text) - 1, CONTENT_TYPE_TEXT },
	{ a_list, sizeof(a_list) - 1, CONTENT_TYPE_DEVICES },
	{ a_sync, sizeof(a_sync) - 1, CONTENT_TYPE_SYNC_TEXT },
	{ a_point, sizeof(a_point) - 1, CONTENT_TYPE_TEXT },
};

static enum rc
parse(const void *octets, size_t n)
{
	unsigned char *p = tap_block(octets, n);
	struct content c = { 0 };
	enum rc rc = content_parse((struct rd){ p, n }, &c);

	free(p);
	return rc;
}

static void
contents_by_hand_are_read_and_written_again(void)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct content c = { 0 };
		struct buf b;

		buf_init(&b, 256);
		T_RC(RC_OK,
		    content_parse((struct rd){ (const uint8_t *)good[i].octets,
				      good[i].n },
			&c));
		T_OK(c.type == good[i].type && c.time.s == 0x6b0c4900);
		T_MEM("0123456789abcdef", c.id, 16);
		if (c.type == CONTENT_TYPE_DEVICES)
			T_OK(rd_is_eq(c.body, "\x01\x02\x03"));
		else
			T_OK(rd_is_eq(c.body, "hi"));
		if (c.type == CONTENT_TYPE_SYNC_TEXT)
			T_OK(rd_is_eq(c.to, "+15550100"));
		T_RC(RC_OK, content_build(&c, &b));
		T_OK(b.len == good[i].n);
		T_MEM(good[i].octets, b.p, b.len);
		buf_clear(&b);
	}
}

static void
checkpoints_are_one_or_two(void)
{
	static const char none[] = "\x85\x01" ID TIME "\x62hi\x80";
	static const char three[] = "\x85\x01" ID TIME
				    "\x62hi\x83\x41p\x41p\x41p";
	struct content c = { .type = CONTENT_TYPE_TEXT, .n_points = 1 };
	uint8_t *note = calloc(1, CONTENT_POINT_MAX + 1);
	struct buf b;

	buf_init(&b, 8192);
	T_RC(RC_MALFORMED, parse(none, sizeof(none) - 1));
	T_RC(RC_MALFORMED, parse(three, sizeof(three) - 1));
	T_RC(RC_OK,
	    content_parse(
		(struct rd){ (const uint8_t *)a_point, sizeof(a_point) - 1 },
		&c));
	T_OK(c.n_points == 2 && rd_is_eq(c.points[0], "p1") &&
	    rd_is_eq(c.points[1], "p2"));
	c.points[1] = (struct rd){ note, CONTENT_POINT_MAX };
	T_RC(RC_OK, content_build(&c, &b));
	T_RC(RC_OK, parse(b.p, b.len));
	buf_clear(&b);
	c.points[1].left++;
	T_RC(RC_LIMIT, content_build(&c, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
	free(note);
}

static void
every_truncation_and_an_octet_more_are_refused(void)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		for (size_t n = 0; n < good[i].n; n++)
			T_RC(RC_MALFORMED, parse(good[i].octets, n));
		T_RC(RC_MALFORMED, parse(good[i].octets, good[i].n + 1));
	}
}

static void
a_body_of_one_type_is_refused_by_the_others(void)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		for (char type = 0; type < 9; type++) {
			char m[64];

			memcpy(m, good[i].octets, good[i].n);
			m[1] = type;
			T_RC(type == (char)good[i].type ? RC_OK : RC_MALFORMED,
			    parse(m, good[i].n));
		}
}

/* Builds past what content_build allows by patching nothing: the parser sees
 * the octets of one more. */
static void
a_text_has_65536_octets_and_not_one_more(void)
{
	static uint8_t m[CONTENT_TEXT_MAX + 64];
	static uint8_t text[CONTENT_TEXT_MAX + 1];
	struct content c = { .type = CONTENT_TYPE_TEXT };
	size_t head = 2 + 17 + 5;
	struct buf b;

	memset(text, 'x', sizeof(text));
	buf_init(&b, 2 * CONTENT_TEXT_MAX);
	c.body = (struct rd){ text, CONTENT_TEXT_MAX + 1 };
	T_RC(RC_LIMIT, content_build(&c, &b));
	T_OK(b.len == 0);
	c.body.left--;
	T_RC(RC_OK, content_build(&c, &b));
	T_RC(RC_OK, parse(b.p, b.len));
	buf_clear(&b);
	memcpy(m, a_text, head);
	memcpy(m + head, (uint8_t[5]){ 0x7a, 0, 1, 0, 0 }, 5);
	memset(m + head + 5, 'x', CONTENT_TEXT_MAX + 1);
	T_RC(RC_OK, parse(m, head + 5 + CONTENT_TEXT_MAX));
	m[head + 4] = 1;
	T_RC(RC_MALFORMED, parse(m, head + 5 + CONTENT_TEXT_MAX + 1));
}

static void
a_list_of_4097_octets_and_a_time_after_9999_are_refused(void)
{
	static uint8_t list[DEVICE_LIST_SIZE_MAX + 1];
	struct content c = { .type = CONTENT_TYPE_DEVICES };
	struct buf b;

	buf_init(&b, 8192);
	c.body = (struct rd){ list, sizeof(list) };
	T_RC(RC_LIMIT, content_build(&c, &b));
	c.body.left--;
	T_RC(RC_OK, content_build(&c, &b));
	T_RC(RC_OK, parse(b.p, b.len));
	buf_clear(&b);
	c.time.s = INT64_C(253402300799);
	T_RC(RC_OK, content_build(&c, &b));
	T_RC(RC_OK, parse(b.p, b.len));
	b.p[2 + 17 + 8] = 0; /* the last octet of the time: one more carries */
	b.p[2 + 17 + 7]++;
	T_RC(RC_MALFORMED, parse(b.p, b.len));
	buf_clear(&b);
	c.time.s++;
	T_RC(RC_MALFORMED, content_build(&c, &b));
	c.time.s = -1;
	T_RC(RC_MALFORMED, content_build(&c, &b));
	T_OK(b.len == 0);
}

static void
a_copy_names_a_number(void)
{
	char m[sizeof(a_sync)];
	struct content c = { .type = CONTENT_TYPE_SYNC_TEXT };
	struct buf b;

	memcpy(m, a_sync, sizeof(m));
	m[sizeof(m) - 5] = 'x'; /* the last digit */
	T_RC(RC_MALFORMED, parse(m, sizeof(m) - 1));
	buf_init(&b, 256);
	c.to = rd_str("15550100");
	c.body = rd_str("hi");
	T_RC(RC_MALFORMED, content_build(&c, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
	c.to = rd_str("+15550100");
	(void)failmem_after(0);
	T_RC(RC_NOMEM, content_build(&c, &b));
	(void)failmem_after(-1);
	T_RC(RC_OK, content_build(&c, &b));
	buf_clear(&b);
}

int
main(void)
{
	TEST(contents_by_hand_are_read_and_written_again);
	TEST(checkpoints_are_one_or_two);
	TEST(every_truncation_and_an_octet_more_are_refused);
	TEST(a_body_of_one_type_is_refused_by_the_others);
	TEST(a_text_has_65536_octets_and_not_one_more);
	TEST(a_list_of_4097_octets_and_a_time_after_9999_are_refused);
	TEST(a_copy_names_a_number);
	return tap_done();
}
