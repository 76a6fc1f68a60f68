#include "crypto/age_header.h"

#include <stdio.h>

#include "tap.h"

#define V "age-encryption.org/v1\n"
#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B43 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define S "-> X25519 " A43 "\n" B43 "\n"
#define MAC "--- " A43 "\n"
#define FULL                                                           \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAA"

static enum rc
parse(const char *text, size_t n, struct age_header *h, size_t *ret_left)
{
	unsigned char *p = tap_block(text, n);
	struct rd r = { p, n };
	struct rd covered = { 0 };
	enum rc rc = age_header_parse(&r, h, &covered);

	if (rc == RC_OK)
		T_OK(covered.p == p && covered.left < n &&
		    memcmp(p + covered.left - 3, "---", 3) == 0);
	else
		T_OK(r.p == p && r.left == n);
	*ret_left = r.left;
	free(p);
	return rc;
}

static void
a_header_is_read_as_it_was_built(void)
{
	static const char text[] = V S S MAC;
	struct age_header h;
	struct buf b;
	size_t left;

	T_RC(RC_OK, parse(text, sizeof(text) - 1, &h, &left));
	T_OK(h.n == 2 && left == 0 && h.stanzas[1].body[0] == 1);
	T_OK(h.stanzas[1].share[0] == 0 && h.mac[0] == 0);
	buf_init(&b, AGE_HEADER_MAX);
	T_RC(RC_OK, age_header_build(&h, &b));
	T_OK(b.len == sizeof(text) - 1);
	T_MEM(text, b.p, b.len);
	b.len = 0;
	T_RC(RC_OK, age_header_covered(&h, &b));
	T_OK(b.len == sizeof(V S S) - 1 + 3);
	buf_clear(&b);
}

static void
every_truncation_waits_for_more(void)
{
	static const char text[] = V S MAC;
	struct age_header h;
	size_t left;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		T_RC(RC_AGAIN, parse(text, n, &h, &left));
	/* what follows is not the header's */
	T_RC(RC_OK, parse(V S MAC "---", sizeof(text) + 2, &h, &left));
	T_OK(left == 3);
}

static void
what_the_format_does_not_have_is_refused(void)
{
	static const struct {
		const char *text;
		enum rc rc;
		const char *why;
	} cases[] = {
		{ V S MAC, RC_OK, "the plain case" },
		{ V "-> ssh-rsa abc\n" FULL "\nAAAA\n" S MAC, RC_OK,
		    "a stanza of another type, of two lines" },
		{ V "-> x-grease\n\n" S MAC, RC_OK, "an empty body" },
		{ V "-> x-grease\n" FULL "\n\n" S MAC, RC_OK,
		    "a full line, and an empty one" },
		{ "age-encryption.org/v2\n" S MAC, RC_MALFORMED, "version" },
		{ "age-encryption.org/v1\r\n" S MAC, RC_MALFORMED, "CR" },
		{ V MAC, RC_MALFORMED, "no stanza" },
		{ V "->X25519 " A43 "\n" B43 "\n" MAC, RC_MALFORMED,
		    "no blank behind the arrow" },
		{ V "->  X25519 " A43 "\n" B43 "\n" MAC, RC_MALFORMED,
		    "two blanks behind it" },
		{ V "-> X25519 " A43 " \n" B43 "\n" MAC, RC_MALFORMED,
		    "a blank at the end" },
		{ V "-> X25519 " A43 " a\n" B43 "\n" MAC, RC_MALFORMED,
		    "one argument too many" },
		{ V "-> X25519\n" B43 "\n" MAC, RC_MALFORMED, "one too few" },
		{ V "-> X25519 AAAA\n" B43 "\n" MAC, RC_MALFORMED,
		    "a short share" },
		{ V "-> X25519 " A43 "A\n" B43 "\n" MAC, RC_MALFORMED,
		    "a long share" },
		{ V "-> X25519 " A43 "=\n" B43 "\n" MAC, RC_MALFORMED,
		    "padding" },
		{ V "-> X25519 "
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n" B43
		    "\n" MAC,
		    RC_MALFORMED, "bits behind the end of the share" },
		{ V "-> X25519 " A43 "\nAAAA\n" MAC, RC_MALFORMED,
		    "a short body" },
		{ V "-> X25519 " A43 "\n" FULL "\nAA\n" MAC, RC_MALFORMED,
		    "a long body" },
		{ V "-> X25519 " A43 "\n" B43 "=\n" MAC, RC_MALFORMED,
		    "a padded body" },
		{ V "-> x\n" FULL "A\nAA\n" S MAC, RC_MALFORMED,
		    "a line of 65" },
		{ V "-> x\n" FULL "\n" S MAC, RC_MALFORMED,
		    "a body that has no last line" },
		{ V "-> x\nAAAAA\n" S MAC, RC_MALFORMED,
		    "one digit of a group" },
		{ V "-> x\nAB\n" S MAC, RC_MALFORMED,
		    "bits behind the end of another's body" },
		{ V "-> x\nA\xc1\xc1\xc1\n" S MAC, RC_MALFORMED,
		    "octets that libsodium takes for digits" },
		{ V "-> X\xc3\xa9 a\n\n" S MAC, RC_MALFORMED, "not ASCII" },
		{ V S "---" A43 "\n", RC_MALFORMED, "no blank before the MAC" },
		{ V S "---\n", RC_MALFORMED, "no MAC" },
		{ V S "--- AAAA\n", RC_MALFORMED, "a short MAC" },
		{ V S "--- " A43 " \n", RC_MALFORMED, "a blank behind it" },
		{ V S "-- " A43 "\n", RC_MALFORMED, "two dashes" },
		{ V "\n" S MAC, RC_MALFORMED, "an empty line" },
	};
	struct age_header h;
	size_t left;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!T_OK(parse(cases[i].text, strlen(cases[i].text), &h,
			      &left) == cases[i].rc))
			printf("# %s\n", cases[i].why);
}

/* n stanzas: X25519, or of a type that costs extra octets. */
static enum rc
many(size_t n, const char *stanza)
{
	struct age_header h;
	struct buf b;
	size_t left;
	enum rc rc;

	buf_init(&b, 1 << 20);
	T_RC(RC_OK, buf_add_str(&b, V));
	for (size_t i = 0; i < n; i++)
		T_RC(RC_OK, buf_add_str(&b, stanza));
	T_RC(RC_OK, buf_add_str(&b, S MAC));
	rc = parse((const char *)b.p, b.len, &h, &left);
	buf_clear(&b);
	return rc;
}

static void
sixteen_stanzas_are_read_and_seventeen_refused(void)
{
	struct age_header h = { .n = AGE_HEADER_STANZAS_MAX };
	struct buf b;

	T_RC(RC_OK, many(AGE_HEADER_STANZAS_MAX - 1, S));
	T_RC(RC_MALFORMED, many(AGE_HEADER_STANZAS_MAX, S));
	buf_init(&b, AGE_HEADER_MAX);
	T_RC(RC_OK, age_header_build(&h, &b));
	h.n++;
	T_RC(RC_LIMIT, age_header_build(&h, &b));
	h.n = 0;
	T_RC(RC_LIMIT, age_header_build(&h, &b));
	buf_clear(&b);
}

/* A header of n octets: stanzas of six, and one that is longer by the rest. */
static enum rc
long_header(size_t n)
{
	struct age_header h;
	struct buf b;
	size_t left;
	size_t fill = n - (sizeof(V S MAC) - 1);
	enum rc rc;

	buf_init(&b, 1 << 20);
	T_RC(RC_OK, buf_add_str(&b, V "-> x"));
	for (size_t i = 0; i < fill % 6; i++)
		T_RC(RC_OK, buf_u8(&b, 'x'));
	T_RC(RC_OK, buf_add_str(&b, "\n\n"));
	for (size_t i = 1; i < fill / 6; i++)
		T_RC(RC_OK, buf_add_str(&b, "-> x\n\n"));
	T_RC(RC_OK, buf_add_str(&b, S MAC));
	T_OK(b.len == n);
	rc = parse((const char *)b.p, b.len, &h, &left);
	buf_clear(&b);
	return rc;
}

/* A header that never ends is not waited for. */
static void
a_header_of_16384_octets_is_read_and_of_16385_refused(void)
{
	T_RC(RC_OK, long_header(AGE_HEADER_MAX));
	T_RC(RC_MALFORMED, long_header(AGE_HEADER_MAX + 1));
}

int
main(void)
{
	TEST(a_header_is_read_as_it_was_built);
	TEST(every_truncation_waits_for_more);
	TEST(what_the_format_does_not_have_is_refused);
	TEST(sixteen_stanzas_are_read_and_seventeen_refused);
	TEST(a_header_of_16384_octets_is_read_and_of_16385_refused);
	return tap_done();
}
