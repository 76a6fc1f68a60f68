#include "wire/ohttp_config.h"

#include "octets.h"

/* RFC 9458, appendix A: the configuration, with its length before it. */
#define EXAMPLE                                                               \
	0x00, 0x2d, 0x01, 0x00, 0x20, 0x31, 0xe1, 0xf0, 0x5a, 0x74, 0x01,     \
	    0x02, 0x11, 0x52, 0x20, 0xe9, 0xaf, 0x91, 0x8f, 0x73, 0x86, 0x74, \
	    0xae, 0xc9, 0x5f, 0x54, 0xdb, 0x6e, 0x04, 0xeb, 0x70, 0x5a, 0xae, \
	    0x8e, 0x79, 0x81, 0x55, 0x00, 0x08, 0x00, 0x01, 0x00, 0x01, 0x00, \
	    0x01, 0x00, 0x03
/* of a KEM that we do not know: P-256, of 65 octets; here it has four */
#define UNKNOWN 0x00, 0x0d, 0x07, 0x00, 0x10, 1, 2, 3, 4, 0, 4, 0, 1, 0, 1

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_1 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct ohttp_config c;

static enum rc
parse(struct rd list)
{
	return ohttp_config_parse(list, 0x0003, &c);
}

static enum rc
build(struct buf *b)
{
	const struct ohttp_config k = { 9, { 1, 2, 3 }, 2, { 3, 1 } };

	return ohttp_config_build(&k, b);
}

static void
the_rfc_s_example_is_read_and_written(void)
{
	static const uint8_t example[] = { EXAMPLE };
	struct buf b;

	memset(&c, 0, sizeof(c));
	T_RC(RC_OK, parse(OCTETS(example)));
	T_OK(c.id == 1 && c.n_aeads == 2);
	T_OK(c.aeads[0] == 0x0001 && c.aeads[1] == 0x0003);
	T_MEM(example + 5, c.public_key, 32);
	buf_init(&b, OHTTP_CONFIG_SIZE);
	T_RC(RC_OK, ohttp_config_build(&c, &b));
	T_OK(octets_is_eq(&b, OCTETS(example)));
	buf_clear(&b);
	octets_cut(OCTETS(example), parse);
	octets_starve(build);
	T_RC(RC_NOT_FOUND, ohttp_config_parse(OCTETS(example), 2, &c));
}

static void
the_first_that_we_know_is_taken(void)
{
	static const uint8_t list[] = { UNKNOWN, EXAMPLE };
	static const uint8_t alone[] = { UNKNOWN };
	uint8_t two[2 * OHTTP_CONFIG_SIZE];
	static const uint8_t example[] = { EXAMPLE };

	T_RC(RC_OK, parse(OCTETS(list)));
	T_OK(c.id == 1);
	T_RC(RC_NOT_FOUND, parse(OCTETS(alone)));
	memcpy(two, example, sizeof(example));
	memcpy(two + sizeof(example), example, sizeof(example));
	two[2] = 5;
	T_RC(RC_OK, parse(OCTETS(two)));
	T_OK(c.id == 5);
	two[46] = 9; /* the last AEAD of the first */
	T_RC(RC_OK, parse(OCTETS(two)));
	T_OK(c.id == 1);
	two[sizeof(two) - 9] = 6; /* of the second: two octets are missing */
	T_RC(RC_MALFORMED, parse(OCTETS(two)));
}

static void
suites_are_pairs_of_numbers(void)
{
	uint8_t example[] = { EXAMPLE };

	example[38] = 9;
	T_RC(RC_MALFORMED, parse(OCTETS(example)));
	example[38] = 4;
	T_RC(RC_MALFORMED, parse(OCTETS(example))); /* octets behind */
	example[1] = 0x29;
	T_RC(RC_NOT_FOUND, parse((struct rd){ example, sizeof(example) - 4 }));
	example[38] = 0;
	example[1] = 0x25;
	T_RC(RC_MALFORMED, parse((struct rd){ example, sizeof(example) - 8 }));
	T_RC(RC_MALFORMED, parse((struct rd){ example, 0 }));
}

/* --- the file ------------------------------------------------------------- */

static enum rc
file(const char *text, size_t *ret_n)
{
	struct ohttp_config_key keys[OHTTP_CONFIG_KEYS];

	return ohttp_config_file_parse(rd_str(text), keys, ret_n);
}

static void
a_file_of_keys_is_read_as_it_was_written(void)
{
	const struct ohttp_config_key k = { 200, { 7, 8 } };
	struct ohttp_config_key keys[OHTTP_CONFIG_KEYS];
	struct buf b;
	size_t n = 0;

	buf_init(&b, OHTTP_CONFIG_FILE_MAX);
	T_RC(RC_OK, ohttp_config_file_build(&k, &b));
	T_RC(RC_OK, buf_add_str(&b, "0 " KEY "\n"));
	T_RC(RC_OK, ohttp_config_file_parse(buf_get(&b), keys, &n));
	T_OK(n == 2 && keys[0].id == 200 && keys[1].id == 0);
	T_MEM(k.secret_key, keys[0].secret_key, 32);
	for (size_t i = 0; i < b.len; i++) {
		unsigned char *p = tap_block(b.p, i);
		/* the first line alone is a file too */
		enum rc want = i == 48 ? RC_OK : RC_MALFORMED;

		T_RC(want,
		    ohttp_config_file_parse((struct rd){ p, i }, keys, &n));
		free(p);
	}
	buf_clear(&b);
}

static void
what_is_no_file_of_keys_is_refused(void)
{
	static const char *const cases[] = { "1 " KEY, "1" KEY "\n",
		"01 " KEY "\n", "256 " KEY "\n", "-1 " KEY "\n", " 1 " KEY "\n",
		"1  " KEY "\n", "1 " KEY " \n", "1 " KEY "A\n", "1 \n", "\n",
		"1 " KEY "\n\n", "1 " KEY "\n1 " KEY_1 "\n" };
	size_t n = 77;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		T_RC(RC_MALFORMED, file(cases[i], &n));
	T_OK(n == 77);
	T_RC(RC_OK, file("255 " KEY "\n", &n));
	T_RC(RC_OK, file("1 " KEY "\n2 " KEY "\n3 " KEY "\n4 " KEY "\n", &n));
	T_OK(n == OHTTP_CONFIG_KEYS);
	T_RC(RC_MALFORMED,
	    file(
		"1 " KEY "\n2 " KEY "\n3 " KEY "\n4 " KEY "\n5 " KEY "\n", &n));
}

int
main(void)
{
	TEST(the_rfc_s_example_is_read_and_written);
	TEST(the_first_that_we_know_is_taken);
	TEST(suites_are_pairs_of_numbers);
	TEST(a_file_of_keys_is_read_as_it_was_written);
	TEST(what_is_no_file_of_keys_is_refused);
	return tap_done();
}
