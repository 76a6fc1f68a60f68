#include "custody/contact.h"

#include "people.h"

static void
a_contact_is_read_as_it_was_built(void)
{
	struct person p;
	struct contact c;
	struct buf b, again;

	person_init(&p, "anna");
	buf_init(&b, PAPER_MAX);
	buf_init(&again, PAPER_MAX);
	T_RC(RC_OK, contact_build(&p.contact, p.sign_seed, &b));
	T_RC(RC_OK, contact_parse(buf_get(&b), &c));
	T_MEM(&p.contact, &c, sizeof(c));
	T_RC(RC_OK, contact_build(&c, p.sign_seed, &again));
	T_OK(b.len == again.len && memcmp(b.p, again.p, b.len) == 0);
	buf_clear(&b);
	buf_clear(&again);
}

static void
every_truncation_and_every_flipped_bit_is_refused(void)
{
	struct person p;
	struct contact c;
	struct buf b;

	person_init(&p, "anna");
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, contact_build(&p.contact, p.sign_seed, &b));
	/* the last octet is a newline, which says nothing */
	for (size_t n = 0; n + 1 < b.len; n++) {
		unsigned char *cut = tap_block(b.p, n);

		T_RC(RC_MALFORMED, contact_parse((struct rd){ cut, n }, &c));
		free(cut);
	}
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		T_OK(contact_parse(buf_get(&b), &c) != RC_OK);
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	T_RC(RC_OK, contact_parse(buf_get(&b), &c));
	T_RC(RC_OK, buf_add_str(&b, "x"));
	T_RC(RC_MALFORMED, contact_parse(buf_get(&b), &c));
	buf_clear(&b);
}

static void
a_contact_signed_by_another_or_with_a_bad_name_is_refused(void)
{
	struct person p, q;
	struct contact c;
	struct buf b;

	person_init(&p, "anna");
	person_init(&q, "ben");
	buf_init(&b, PAPER_MAX);
	T_RC(RC_OK, contact_build(&p.contact, q.sign_seed, &b));
	T_RC(RC_DENIED, contact_parse(buf_get(&b), &c));
	buf_clear(&b);
	p.contact.name[0] = ' ';
	T_RC(RC_OK, contact_build(&p.contact, p.sign_seed, &b));
	T_RC(RC_MALFORMED, contact_parse(buf_get(&b), &c));
	buf_clear(&b);
}

static void
the_print_is_of_both_keys_and_the_name(void)
{
	char a[CONTACT_PRINT_SIZE], b[CONTACT_PRINT_SIZE];
	struct person p;

	person_init(&p, "anna");
	contact_print(&p.contact, a);
	T_OK(strlen(a) == 39 && a[4] == ' ' && a[34] == ' ');
	p.contact.name[0] = 'b';
	contact_print(&p.contact, b);
	T_OK(strcmp(a, b) != 0);
	p.contact.name[0] = 'a';
	p.contact.seal_key[31] ^= 1;
	contact_print(&p.contact, b);
	T_OK(strcmp(a, b) != 0);
	p.contact.seal_key[31] ^= 1;
	p.contact.sign_key[31] ^= 1;
	contact_print(&p.contact, b);
	T_OK(strcmp(a, b) != 0);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_contact_is_read_as_it_was_built);
	TEST(every_truncation_and_every_flipped_bit_is_refused);
	TEST(a_contact_signed_by_another_or_with_a_bad_name_is_refused);
	TEST(the_print_is_of_both_keys_and_the_name);
	return tap_done();
}
