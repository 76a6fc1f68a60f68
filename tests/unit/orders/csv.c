#include "orders/csv.h"

#include <unistd.h>

#include "tap.h"

/* What stands in the file for one field. */
static bool
is_field(const char *text, const char *want)
{
	struct buf b;
	bool same;

	buf_init(&b, 1000);
	T_RC(RC_OK, csv_field(&b, rd_str(text)));
	same = rd_is_eq(buf_get(&b), want);
	buf_clear(&b);
	return same;
}

static void
a_field_is_quoted_when_it_must_be(void)
{
	T_OK(is_field("", ""));
	T_OK(is_field("plain text", "plain text"));
	T_OK(is_field("tel:+15550100", "tel:+15550100"));
	T_OK(is_field("a,b", "\"a,b\""));
	T_OK(is_field("a\"b", "\"a\"\"b\""));
	T_OK(is_field("a\nb", "\"a\nb\""));
	T_OK(is_field("a\rb", "\"a\rb\""));
	T_OK(is_field(" a", "\" a\""));
	T_OK(is_field("a ", "\"a \""));
	T_OK(is_field("\"", "\"\"\"\""));
	T_OK(is_field("O'Neill", "O'Neill"));
}

static void
what_a_spreadsheet_would_run_stays_data(void)
{
	static const char *const signs[] = { "=", "+", "-", "@", "\t", "\r",
		"\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
		"\xef\xbc\xa0" };
	char text[16];
	char want[32];

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		(void)snprintf(text, sizeof(text), "%s1+1", signs[i]);
		(void)snprintf(want, sizeof(want), "\"'%s1+1\"", signs[i]);
		T_OK(is_field(text, want));
		(void)snprintf(text, sizeof(text), "1%s", signs[i]);
		T_OK(!is_field(text, want));
	}
	T_OK(is_field("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""));
	T_OK(is_field("=\"a\"", "\"'=\"\"a\"\"\""));
	/* what begins so by itself gets one more, so that it can be undone */
	T_OK(is_field("'=1", "\"''=1\""));
	T_OK(is_field("''=1", "\"'''=1\""));
	T_OK(is_field("'1", "'1"));
	T_OK(is_field("-", "\"'-\""));
}

static void
a_line_ends_with_cr_lf_and_is_never_empty(void)
{
	const struct rd fields[] = { rd_str("a"), rd_str(""), rd_str("b,c") };
	struct buf b;

	buf_init(&b, 1000);
	T_RC(RC_OK, csv_line(&b, fields, 3));
	T_OK(rd_is_eq(buf_get(&b), "a,,\"b,c\"\r\n"));
	b.len = 0;
	T_RC(RC_OK, csv_line(&b, fields + 1, 1));
	T_OK(rd_is_eq(buf_get(&b), "\"\"\r\n"));
	buf_clear(&b);
}

static void
a_failure_leaves_the_buffer_as_it_was(void)
{
	const struct rd nul = { (const uint8_t *)"a\0b", 3 };
	const struct rd fields[] = { rd_str("ab"), rd_str("c,d") };
	struct buf b;

	buf_init(&b, 100);
	T_RC(RC_OK, buf_add_str(&b, "x"));
	T_RC(RC_MALFORMED, csv_field(&b, nul));
	T_RC(RC_MALFORMED, csv_line(&b, &nul, 1));
	T_OK(b.len == 1);
	buf_clear(&b);
	for (size_t max = 1; max < sizeof("xab,\"c,d\"\r\n") - 1; max++) {
		buf_init(&b, max);
		T_RC(RC_OK, buf_add_str(&b, "x"));
		T_RC(RC_LIMIT, csv_line(&b, fields, 2));
		T_OK(b.len == 1);
		buf_clear(&b);
	}
}

/* Python's module reads the file; the apostrophe is taken away by the rule of
 * csv.h; what comes out is written as hex and compared. */
static const char program[] =
    "import csv, re\n"
    "with open('in.csv', encoding='utf-8', newline='') as f:\n"
    "    rows = list(csv.reader(f, strict=True))\n"
    "sign = '[=+\\\\-@\\t\\r\\n\\uff1d\\uff0b\\uff0d\\uff20]'\n"
    "with open('out.txt', 'w') as f:\n"
    "    for row in rows:\n"
    "        for x in row:\n"
    "            if re.match(\"'+\" + sign, x):\n"
    "                x = x[1:]\n"
    "            f.write(x.encode().hex() + '\\n')\n";

static bool
write_file(const char *path, struct rd r)
{
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && fwrite(r.p, 1, r.left, f) == r.left;

	return f != NULL && fclose(f) == 0 && ok;
}

static void
another_reader_gets_back_what_was_written(void)
{
	static const char *const texts[] = { "a", "", "=1+1", "'=1", "''", "'",
		"a,b", "a\"b\"", "\"", "\"\"", "line\nline", "line\r\nline",
		"\r", "\n", "\t", "-", "+", "@", "=", " ", "  a  ", ",",
		"\xce\xa9\xd0\x96", "\xef\xbc\x9dz", "'\xef\xbc\xa0",
		"=HYPERLINK(\"x\",\"y\")", "';=1", "-2+3", "a'=b", "''-" };
	struct rd fields[ARRAY_LEN(texts)];
	char hex[128];
	char want[128];
	struct buf b;
	FILE *f;

	buf_init(&b, 10000);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		fields[i] = rd_str(texts[i]);
	T_RC(RC_OK, csv_line(&b, fields, ARRAY_LEN(texts)));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		T_RC(RC_OK, csv_line(&b, &fields[i], 1));
	T_OK(write_file("in.csv", buf_get(&b)));
	T_OK(write_file("read.py", rd_str(program)));
	T_OK(system("python3 read.py") == 0);
	f = fopen("out.txt", "r");
	T_OK(f != NULL);
	for (size_t i = 0; f != NULL && i < 2 * ARRAY_LEN(texts); i++) {
		const char *t = texts[i % ARRAY_LEN(texts)];

		want[0] = '\0';
		for (size_t j = 0; t[j] != '\0'; j++)
			(void)snprintf(want + 2 * j, sizeof(want) - 2 * j,
			    "%02x", (unsigned int)(uint8_t)t[j]);
		if (!T_OK(fgets(hex, sizeof(hex), f) != NULL))
			break;
		hex[strcspn(hex, "\n")] = '\0';
		T_STR(want, hex);
	}
	if (f != NULL) {
		T_OK(fgets(hex, sizeof(hex), f) == NULL);
		(void)fclose(f);
	}
	T_OK(unlink("in.csv") == 0 && unlink("read.py") == 0 &&
	    unlink("out.txt") == 0);
	buf_clear(&b);
}

int
main(void)
{
	char dir[] = "/tmp/tacet-csv-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	TEST(a_field_is_quoted_when_it_must_be);
	TEST(what_a_spreadsheet_would_run_stays_data);
	TEST(a_line_ends_with_cr_lf_and_is_never_empty);
	TEST(a_failure_leaves_the_buffer_as_it_was);
	TEST(another_reader_gets_back_what_was_written);
	if (rmdir(dir) != 0)
		return 1;
	return tap_done();
}
