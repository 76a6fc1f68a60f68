#include "wire/custodians.h"

#include <sodium.h>

#include "tap.h"

/* Keys that are points: multiples of the base. */
static void
point(uint8_t n, uint8_t ret_p[static 32])
{
	const uint8_t s[32] = { n };

	T_OK(crypto_scalarmult_ristretto255_base(ret_p, s) == 0);
}

static struct custodians
group(uint8_t threshold, uint8_t n)
{
	struct custodians c = { .threshold = threshold, .n = n };

	c.generation = 7;
	point(1, c.public_key);
	for (uint8_t i = 0; i < n; i++) {
		struct custodians_member *m = &c.members[i];

		(void)snprintf(m->name, sizeof(m->name), "member-%u", i);
		point((uint8_t)(i + 2), m->verification_key);
		memset(m->seal_key, 0x40 + i, 32);
		memset(m->sign_key, 0x80 + i, 32);
	}
	return c;
}

static struct rd
text_of(const struct custodians *c, struct buf *b)
{
	buf_init(b, CUSTODIANS_FILE_MAX);
	T_RC(RC_OK, custodians_build(c, b));
	return buf_get(b);
}

static void
a_group_is_read_as_it_was_built(void)
{
	for (uint8_t n = 1; n <= CUSTODIANS_MAX; n++) {
		struct custodians c = group((uint8_t)((n + 1) / 2), n);
		struct custodians d;
		struct buf b;

		T_RC(RC_OK, custodians_parse(text_of(&c, &b), &d));
		T_MEM(&c, &d, sizeof(c));
		buf_clear(&b);
	}
}

static void
the_text_is_canonical_and_the_hash_is_of_it(void)
{
	static const char want[] = "{\"generation\":7,\"members\":[{\"index\":"
				   "1,\"name\":\"member-0\",\"seal_key\":\"";
	struct custodians c = group(1, 1);
	struct custodians d;
	uint8_t hash[32], again[32];
	struct buf b;
	struct rd r = text_of(&c, &b);

	T_MEM(want, r.p, sizeof(want) - 1);
	T_OK(r.p[r.left - 1] == '}');
	T_RC(RC_OK, custodians_hash(&c, hash));
	crypto_hash_sha256(again, r.p, r.left);
	T_MEM(again, hash, 32);
	/* spaces are no part of what is hashed */
	T_RC(RC_OK, buf_add_str(&b, " \n"));
	T_RC(RC_OK, custodians_parse(buf_get(&b), &d));
	T_RC(RC_OK, custodians_hash(&d, again));
	T_MEM(again, hash, 32);
	d.generation++;
	T_RC(RC_OK, custodians_hash(&d, again));
	T_OK(memcmp(again, hash, 32) != 0);
	buf_clear(&b);
}

static void
every_truncation_is_refused(void)
{
	struct custodians c = group(2, 3);
	struct custodians d;
	struct buf b;
	struct rd r = text_of(&c, &b);

	for (size_t n = 0; n < r.left; n++) {
		unsigned char *p = tap_block(r.p, n);

		T_RC(RC_MALFORMED, custodians_parse((struct rd){ p, n }, &d));
		free(p);
	}
	T_RC(RC_OK, buf_add_str(&b, "{}"));
	T_RC(RC_MALFORMED, custodians_parse(buf_get(&b), &d));
	buf_clear(&b);
}

/* The text of a group of 2 of 3 with its first `from` replaced. */
static void
refused(const char *from, const char *to)
{
	struct custodians c = group(2, 3);
	struct custodians d;
	struct buf b, changed;
	struct rd r = text_of(&c, &b);
	const uint8_t *at = memmem(r.p, r.left, from, strlen(from));

	buf_init(&changed, CUSTODIANS_FILE_MAX);
	T_OK(at != NULL);
	if (at == NULL)
		return;
	T_RC(RC_OK, buf_add(&changed, r.p, (size_t)(at - r.p)));
	T_RC(RC_OK, buf_add_str(&changed, to));
	at += strlen(from);
	T_RC(RC_OK, buf_add(&changed, at, r.left - (size_t)(at - r.p)));
	T_RC(RC_MALFORMED, custodians_parse(buf_get(&changed), &d));
	buf_clear(&b);
	buf_clear(&changed);
}

static void
unknown_missing_and_out_of_range_fields_are_refused(void)
{
	refused("\"generation\":7", "\"generation\":0");
	refused("\"generation\":7", "\"generation\":4294967296");
	refused("\"generation\":7", "\"generation\":-1");
	refused("\"generation\":7", "\"generation\":\"7\"");
	refused("\"generation\":7,", "");
	refused("\"generation\":7", "\"generation\":7,\"more\":1");
	refused("\"generation\":7", "\"generation\":7,\"generation\":7");
	refused("\"threshold\":2", "\"threshold\":0");
	refused("\"threshold\":2", "\"threshold\":4");
	refused("\"threshold\":2", "\"threshold\":17");
	refused("\"version\":2", "\"version\":1");
	refused("\"version\":2", "\"version\":3");
	refused("\"custodians\"", "\"custodian\"");
	refused("\"index\":1", "\"index\":2");
	refused("\"index\":2", "\"index\":3");
	refused("\"index\":1", "\"index\":0");
	refused("\"index\":1,", "\"index\":1,\"more\":1,");
	refused("\"name\":\"member-0\",", "");
	refused("\"member-0\"", "\"\"");
	refused("\"member-0\"", "\"a b\"");
	refused("\"member-0\"", "\"a\\u0000\"");
	refused("\"member-0\"", "\"\xc3\xa4\"");
	refused("\"member-0\"",
	    "\"0123456789012345678901234567890123456789012345678901234567890123"
	    "\"");
}

static void
a_name_of_63_is_the_longest(void)
{
	struct custodians c = group(1, 1);
	struct custodians d;
	struct buf b;

	memset(c.members[0].name, 'x', 63);
	T_RC(RC_OK, custodians_parse(text_of(&c, &b), &d));
	T_STR(c.members[0].name, d.members[0].name);
	buf_clear(&b);
	T_OK(custodians_is_name(rd_str("A.z_0-9")));
	T_OK(!custodians_is_name(rd_str("")));
	T_OK(!custodians_is_name(rd_str("a/b")));
}

static void
refused_group(const struct custodians *c)
{
	struct custodians d;
	struct buf b;

	T_RC(RC_MALFORMED, custodians_parse(text_of(c, &b), &d));
	buf_clear(&b);
}

static void
members_that_are_one_and_keys_that_are_none_are_refused(void)
{
	struct custodians c = group(2, 3);

	memcpy(c.members[2].name, c.members[0].name, CUSTODIANS_NAME_SIZE);
	refused_group(&c);
	c = group(2, 3);
	memcpy(c.members[2].seal_key, c.members[1].seal_key, 32);
	refused_group(&c);
	c = group(2, 3);
	memcpy(c.members[2].sign_key, c.members[0].sign_key, 32);
	refused_group(&c);
	c = group(2, 3);
	memset(c.public_key, 0, 32); /* the identity */
	refused_group(&c);
	memset(c.public_key, 0xff, 32);
	refused_group(&c);
	c = group(2, 3);
	c.public_key[31] |= 0x80; /* not reduced */
	refused_group(&c);
	c = group(2, 3);
	memset(c.members[1].verification_key, 0, 32);
	refused_group(&c);
	memset(c.members[1].verification_key, 1, 32);
	refused_group(&c);
	c = group(2, 3);
	memset(c.members[1].seal_key, 0, 32);
	refused_group(&c);
	c = group(2, 3);
	memset(c.members[1].sign_key, 0, 32);
	refused_group(&c);
	c = group(0, 0);
	refused_group(&c);
}

static void
seventeen_members_are_refused(void)
{
	struct custodians c = group(2, 16);
	static const char more[] = ",{\"index\":17,\"name\":\"x\"}";
	struct custodians d;
	struct buf b, long_one;
	struct rd r = text_of(&c, &b);
	const uint8_t *end = memmem(r.p, r.left, "}]", 2);

	buf_init(&long_one, CUSTODIANS_FILE_MAX + 1);
	T_RC(RC_OK, buf_add(&long_one, r.p, (size_t)(end + 1 - r.p)));
	T_RC(RC_OK, buf_add_str(&long_one, more));
	T_RC(RC_OK,
	    buf_add(&long_one, end + 1, r.left - (size_t)(end + 1 - r.p)));
	T_RC(RC_MALFORMED, custodians_parse(buf_get(&long_one), &d));
	buf_clear(&long_one);
	while (b.len < CUSTODIANS_FILE_MAX)
		T_RC(RC_OK, buf_u8(&b, ' '));
	T_RC(RC_OK, custodians_parse(buf_get(&b), &d));
	T_RC(RC_OK, buf_add_rd(&long_one, buf_get(&b)));
	T_RC(RC_OK, buf_u8(&long_one, ' '));
	T_RC(RC_MALFORMED, custodians_parse(buf_get(&long_one), &d));
	buf_clear(&b);
	buf_clear(&long_one);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_group_is_read_as_it_was_built);
	TEST(the_text_is_canonical_and_the_hash_is_of_it);
	TEST(every_truncation_is_refused);
	TEST(unknown_missing_and_out_of_range_fields_are_refused);
	TEST(a_name_of_63_is_the_longest);
	TEST(members_that_are_one_and_keys_that_are_none_are_refused);
	TEST(seventeen_members_are_refused);
	return tap_done();
}
