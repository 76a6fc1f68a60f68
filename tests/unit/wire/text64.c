#include "wire/text64.h"

#include "octets.h"

/* RFC 4648 section 10. */
static const struct {
	const char *octets;
	const char *std;
	const char *url;
	const char *hex;
} rfc4648[] = {
	{ "", "", "", "" },
	{ "f", "Zg==", "Zg", "66" },
	{ "fo", "Zm8=", "Zm8", "666f" },
	{ "foo", "Zm9v", "Zm9v", "666f6f" },
	{ "foob", "Zm9vYg==", "Zm9vYg", "666f6f62" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
};

static void
built_is(enum rc (*build)(struct buf *b, struct rd r), const char *octets,
    const char *want)
{
	struct buf b;

	buf_init(&b, strlen(want)); /* exactly enough */
	T_RC(RC_OK, build(&b, rd_str(octets)));
	T_OK(octets_is_eq(&b, rd_str(want)));
	buf_clear(&b);
}

static void
the_examples_of_rfc_4648_hold_both_ways(void)
{
	uint8_t out[8];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(rfc4648); i++) {
		const char *s = rfc4648[i].octets;

		built_is(text64_std_build, s, rfc4648[i].std);
		built_is(text64_url_build, s, rfc4648[i].url);
		built_is(text64_hex_build, s, rfc4648[i].hex);
		T_RC(RC_OK,
		    text64_std_parse(rd_str(rfc4648[i].std), 8, out, &n));
		T_OK(n == strlen(s) && memcmp(out, s, n) == 0);
		T_RC(RC_OK,
		    text64_url_parse(rd_str(rfc4648[i].url), 8, out, &n));
		T_OK(n == strlen(s) && memcmp(out, s, n) == 0);
		T_RC(RC_OK,
		    text64_hex_parse(rd_str(rfc4648[i].hex), strlen(s), out));
		T_OK(memcmp(out, s, n) == 0);
		T_RC(RC_OK, text64_fixed_parse(rd_str(rfc4648[i].url), n, out));
	}
}

static void
a_text_of_any_length_comes_back(void)
{
	uint8_t in[150];
	uint8_t out[150];
	size_t n = 0;
	struct buf b;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 97 + 200);
	buf_init(&b, 1000);
	for (size_t i = 0; i <= sizeof(in); i++) {
		T_RC(RC_OK, text64_url_build(&b, (struct rd){ in, i }));
		T_RC(RC_OK, text64_url_parse(buf_get(&b), i, out, &n));
		T_OK(n == i && memcmp(in, out, n) == 0);
		buf_clear(&b);
		T_RC(RC_OK, text64_std_build(&b, (struct rd){ in, i }));
		T_RC(RC_OK, text64_std_parse(buf_get(&b), i, out, &n));
		T_OK(n == i && memcmp(in, out, n) == 0);
		buf_clear(&b);
	}
}

static void
one_value_has_one_text(void)
{
	static const struct {
		const char *text;
		bool std;
		const char *why;
	} bad[] = {
		{ "Zh==", true, "bits behind the last octet" },
		{ "Zm9=", true, "bits behind the last octet" },
		{ "Zg", true, "padding missing" },
		{ "Zg=", true, "padding short" },
		{ "Zg==\n", true, "newline" },
		{ "Zm9v====", true, "padding too much" },
		{ "Z===", true, "a single character" },
		{ "Zm9vZ===", true, "a single character" },
		{ "____", true, "the other alphabet" },
		{ "Zm v", true, "space" },
		{ "Zg==Zg==", true, "padding inside" },
		{ "Zh", false, "bits behind the last octet" },
		{ "Zm9", false, "bits behind the last octet" },
		{ "Zg==", false, "padding" },
		{ "Z", false, "a single character" },
		{ "++++", false, "the other alphabet" },
	};
	uint8_t out[16];
	size_t n = 99;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct rd t = rd_str(bad[i].text);
		enum rc rc = bad[i].std ? text64_std_parse(t, 16, out, &n)
					: text64_url_parse(t, 16, out, &n);

		if (!tap_check(
			rc == RC_MALFORMED, bad[i].why, __FILE__, __LINE__))
			printf("# row %zu\n", i);
	}
	T_OK(n == 99);
	T_RC(RC_MALFORMED, text64_url_parse(OCTETS_STR("Zm9\0"), 16, out, &n));
	T_RC(RC_MALFORMED, text64_hex_parse(rd_str("6F"), 1, out));
	T_RC(RC_MALFORMED, text64_hex_parse(rd_str("6"), 1, out));
	T_RC(RC_MALFORMED, text64_hex_parse(rd_str("6g"), 1, out));
	T_RC(RC_MALFORMED, text64_hex_parse(rd_str("666f"), 1, out));
	T_RC(RC_MALFORMED, text64_hex_parse(rd_str("66"), 2, out));
}

/* Found by the fuzzer: libsodium alone reads ff ff ee 44 as "///uRA==". */
static void
each_alphabet_has_its_characters_and_no_other_octet(void)
{
	uint8_t out[4];
	size_t n = 0;

	for (size_t at = 0; at < 4; at++) {
		size_t std = 0;
		size_t url = 0;
		size_t hex = 0;

		for (int c = 0; c < 256; c++) {
			uint8_t text[4] = { 'A', 'A', 'A', 'A' };
			uint8_t digits[4] = { '0', '0', '0', '0' };
			struct rd t = { text, 4 };

			text[at] = (uint8_t)c;
			digits[at] = (uint8_t)c;
			std += c != '=' &&
			    text64_std_parse(t, 4, out, &n) == RC_OK;
			url += text64_url_parse(t, 4, out, &n) == RC_OK;
			hex += text64_hex_parse(
				   (struct rd){ digits, 4 }, 2, out) == RC_OK;
		}
		T_OK(std == 64 && url == 64 && hex == 16);
	}
	T_RC(RC_MALFORMED,
	    text64_std_parse(OCTETS_STR("\xff\xff\xee\x44"), 4, out, &n));
}

static void
a_text_over_the_maximum_is_told_before_anything_is_written(void)
{
	uint8_t *out = tap_block("abc", 3);
	size_t n = 99;

	T_RC(RC_OK, text64_std_parse(rd_str("Zm9v"), 3, out, &n));
	T_RC(RC_LIMIT, text64_std_parse(rd_str("Zm9vYg=="), 3, out, &n));
	T_RC(RC_LIMIT, text64_url_parse(rd_str("Zm9vYg"), 3, out, &n));
	T_RC(RC_LIMIT, text64_url_parse(rd_str("Zg"), 0, NULL, &n));
	T_RC(RC_MALFORMED, text64_fixed_parse(rd_str("Zm9vYg"), 3, out));
	T_RC(RC_MALFORMED, text64_fixed_parse(rd_str("Zm8"), 3, out));
	T_OK(n == 3 && memcmp(out, "foo", 3) == 0);
	free(out);
}

static enum rc
build_std(struct buf *b)
{
	return text64_std_build(b, OCTETS_STR("sixteen octets!!and more"));
}

static enum rc
build_hex(struct buf *b)
{
	return text64_hex_build(b, OCTETS_STR("sixteen octets!!"));
}

static void
a_build_that_fails_appends_nothing(void)
{
	octets_starve(build_std);
	octets_starve(build_hex);
}

int
main(void)
{
	TEST(the_examples_of_rfc_4648_hold_both_ways);
	TEST(a_text_of_any_length_comes_back);
	TEST(one_value_has_one_text);
	TEST(each_alphabet_has_its_characters_and_no_other_octet);
	TEST(a_text_over_the_maximum_is_told_before_anything_is_written);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
