#include "sms/sms_text.h"

#include "base/failmem.h"
#include "sms/gsm7.h"
#include "base/utf8.h"
#include "tap.h"

static char big[4096];

static struct rd
repeat(const char *s, size_t times)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < times; i++)
		memcpy(big + i * n, s, n);
	return (struct rd){ (const uint8_t *)big, n * times };
}

/* The parts put together again are the text that was split. */
static bool
comes_back(struct rd text, const struct sms_text *t)
{
	struct sms_text_place place = { 0 };
	struct buf b;
	bool ok = true;

	buf_init(&b, 8192);
	for (size_t i = 0; i < t->n; i++) {
		unsigned char *p = tap_block(t->part[i].octets, t->part[i].len);

		ok = ok &&
		    sms_text_parse((struct rd){ p, t->part[i].len },
			(uint8_t)t->coding, t->n > 1, &b, &place) == RC_OK;
		if (t->n > 1)
			ok = ok && place.seq == i + 1 && place.total == t->n;
		else
			ok = ok && place.total == 0;
		free(p);
	}
	ok = ok && b.len == text.left && memcmp(b.p, text.p, b.len) == 0;
	buf_clear(&b);
	return ok;
}

static void
a_short_text_is_one_part_in_gsm7(void)
{
	struct sms_text t;

	/* TS 23.038: @ is 0, e acute 5, the euro sign escape 0x65 */
	T_RC(RC_OK, sms_text_build(rd_str("@\xc3\xa9\xe2\x82\xac"), 1, &t));
	T_OK(t.coding == SMS_TEXT_CODING_GSM7);
	T_OK(t.n == 1 && t.part[0].len == 4);
	T_MEM("\x00\x05\x1b\x65", t.part[0].octets, 4);
	T_OK(comes_back(rd_str("@\xc3\xa9\xe2\x82\xac"), &t));
}

static void
another_script_is_utf16(void)
{
	struct sms_text t;
	struct rd text = rd_str("\xd0\xb6\xf0\x9f\x98\x80");

	T_RC(RC_OK, sms_text_build(text, 1, &t));
	T_OK(t.coding == SMS_TEXT_CODING_UCS2);
	T_OK(t.n == 1 && t.part[0].len == 6);
	T_MEM("\x04\x36\xd8\x3d\xde\x00", t.part[0].octets, 6);
	T_OK(comes_back(text, &t));
}

static void
parts_begin_where_the_specification_says(void)
{
	static const struct {
		const char *c;
		size_t times, parts;
	} cases[] = {
		{ "a", 160, 1 },
		{ "a", 161, 2 },
		{ "a", 306, 2 },
		{ "a", 307, 3 },
		{ "{", 80, 1 },
		{ "{", 81, 2 }, /* 162 septets; 76 pairs in each part */
		{ "{", 152, 2 },
		{ "{", 153, 3 },
		{ "\xd0\xb6", 70, 1 },
		{ "\xd0\xb6", 71, 2 },
		{ "\xd0\xb6", 134, 2 },
		{ "\xd0\xb6", 135, 3 },
		{ "\xf0\x9f\x98\x80", 35, 1 },
		{ "\xf0\x9f\x98\x80", 36, 2 }, /* 33 pairs in each part */
		{ "\xf0\x9f\x98\x80", 67, 3 },
		{ "\xf0\x9f\x98\x80", 400, 13 },
	};
	struct sms_text t;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rd text = repeat(cases[i].c, cases[i].times);

		T_RC(RC_OK, sms_text_build(text, 7, &t));
		if (!T_OK(t.n == cases[i].parts))
			printf("# case %zu: %zu parts\n", i, t.n);
		T_OK(comes_back(text, &t));
	}
	T_MEM("\x05\x00\x03\x07\x0d\x01", t.part[0].octets, 6);
	T_MEM("\x05\x00\x03\x07\x0d\x0d", t.part[12].octets, 6);
}

static void
sixteen_hundred_octets_always_fit(void)
{
	struct sms_text t;
	struct rd text = repeat("a", 1600);

	memcpy(big + 800, "\xd0\xb6", 2);
	T_RC(RC_OK, sms_text_build(text, 1, &t));
	T_OK(t.n == 24 && t.coding == SMS_TEXT_CODING_UCS2);
	T_RC(RC_OK, sms_text_build(repeat("{", 1600), 1, &t));
	T_OK(t.n == 22);
	/* 32 parts of 67 are 2144 units */
	T_RC(RC_OK, sms_text_build(repeat("aaaa", 1023), 1, &t));
	T_OK(t.n == 27);
	t.n = 99;
	(void)repeat("{", 2560);
	big[0] = 'a';
	T_RC(RC_LIMIT,
	    sms_text_build((struct rd){ (const uint8_t *)big, 2560 }, 1, &t));
	T_OK(t.n == 99);
}

static void
what_is_no_utf8_is_refused(void)
{
	static const char *const bad[] = { "", "\x80", "\xc0\x80", "\xc2",
		"\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "a\xff",
		"\xe0\x80\x80", "\xf0\x80\x80\x80" };
	struct sms_text t = { .n = 99 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		unsigned char *p = tap_block(bad[i], strlen(bad[i]));

		T_RC(RC_MALFORMED,
		    sms_text_build((struct rd){ p, strlen(bad[i]) }, 1, &t));
		free(p);
	}
	T_OK(t.n == 99);
}

static void
a_broken_header_is_refused(void)
{
	static const char whole[] = "\x05\x00\x03\x07\x02\x01hi";
	struct sms_text_place place = { 0 };
	struct buf b;

	buf_init(&b, 64);
	for (size_t n = 0; n < 6; n++) {
		unsigned char *p = tap_block(whole, n);

		T_RC(RC_MALFORMED,
		    sms_text_parse((struct rd){ p, n }, 0, true, &b, &place));
		free(p);
	}
	T_OK(b.len == 0 && place.total == 0);
	T_RC(RC_MALFORMED,
	    sms_text_parse(
		(struct rd){
		    (const uint8_t *)"\x05\x00\x04\x07\x02\x01\x01", 7 },
		0, true, &b, &place));
	T_RC(RC_OK,
	    sms_text_parse(
		(struct rd){
		    (const uint8_t *)"\x06\x08\x04\x01\x02\x03\x03hi", 9 },
		0, true, &b, &place));
	T_OK(place.ref == 0x102 && place.total == 3 && place.seq == 3);
	T_OK(b.len == 2);
	/* part 4 of 3: the element counts as absent */
	T_RC(RC_OK,
	    sms_text_parse(
		(struct rd){ (const uint8_t *)"\x05\x00\x03\x07\x03\x04", 6 },
		0, true, &b, &place));
	T_OK(place.total == 0);
	buf_clear(&b);
}

static void
each_coding_is_read_and_binary_is_not(void)
{
	static const struct {
		uint8_t coding;
		const char *octets;
		size_t n;
		enum rc rc;
		const char *text;
	} cases[] = {
		{ 0, "\x00\x1b\x65", 3, RC_OK, "@\xe2\x82\xac" },
		{ 0, "\x1b\x41", 2, RC_OK, "A" },
		{ 0, "a\x1b", 2, RC_OK, "a " },
		{ 0, "\x80", 1, RC_OK, "?" },
		{ 0xf1, "\x00", 1, RC_OK, "@" },
		{ 1, "@a\xff", 3, RC_OK, "@a\xef\xbf\xbd" },
		{ 3, "\xe9", 1, RC_OK, "\xc3\xa9" },
		{ 8, "\x04\x36", 2, RC_OK, "\xd0\xb6" },
		{ 8, "\xd8\x3d", 2, RC_OK, "\xef\xbf\xbd" },
		{ 8, "\xde\x00", 2, RC_OK, "\xef\xbf\xbd" },
		{ 8, "\x00\x00", 2, RC_OK, "\xef\xbf\xbd" },
		{ 8, "\x04", 1, RC_MALFORMED, NULL },
		{ 2, "a", 1, RC_MALFORMED, NULL },
		{ 4, "a", 1, RC_MALFORMED, NULL },
		{ 0xf5, "a", 1, RC_MALFORMED, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char *p = tap_block(cases[i].octets, cases[i].n);
		struct sms_text_place place = { 0 };
		struct buf b;

		buf_init(&b, 64);
		T_RC(cases[i].rc,
		    sms_text_parse((struct rd){ p, cases[i].n },
			cases[i].coding, false, &b, &place));
		if (cases[i].text != NULL &&
		    !T_OK(rd_is_eq(buf_get(&b), cases[i].text)))
			printf("# case %zu\n", i);
		buf_clear(&b);
		free(p);
	}
}

static void
every_septet_of_the_alphabet_comes_back(void)
{
	for (unsigned s = 0; s < 128; s++) {
		uint8_t septet = (uint8_t)s, back[2] = { 0 };
		struct buf b;
		struct rd r;
		uint32_t c = 0;

		if (s == 0x1b)
			continue;
		buf_init(&b, 8);
		T_RC(RC_OK, gsm7_text((struct rd){ &septet, 1 }, &b));
		r = buf_get(&b);
		T_RC(RC_OK, utf8_take(&r, &c));
		T_OK(r.left == 0);
		T_OK(gsm7_of(c, back) == 1 && back[0] == septet);
		buf_clear(&b);
	}
}

static void
no_memory_is_said(void)
{
	struct sms_text_place place = { 0 };
	struct buf b;

	buf_init(&b, 64);
	failmem_after(0);
	T_RC(RC_NOMEM, sms_text_parse(rd_str("hi"), 0, false, &b, &place));
	failmem_after(-1);
	T_OK(b.len == 0);
	buf_clear(&b);
	buf_init(&b, 1);
	T_RC(RC_LIMIT, sms_text_parse(rd_str("hi"), 0, false, &b, &place));
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_short_text_is_one_part_in_gsm7);
	TEST(another_script_is_utf16);
	TEST(parts_begin_where_the_specification_says);
	TEST(sixteen_hundred_octets_always_fit);
	TEST(what_is_no_utf8_is_refused);
	TEST(a_broken_header_is_refused);
	TEST(each_coding_is_read_and_binary_is_not);
	TEST(every_septet_of_the_alphabet_comes_back);
	TEST(no_memory_is_said);
	return tap_done();
}
