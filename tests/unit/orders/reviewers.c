#include "orders/reviewers.h"

#include "tap.h"

static const uint8_t key_a[32] = { 1 };
static const uint8_t key_b[32] = { 2 };

static enum rc
second(const char *first, const char *name, const uint8_t key[static 32])
{
	struct reviewers r = { 0 };
	const char *who = "";

	T_RC(RC_OK, reviewers_add(&r, first, key_a, &who));
	return reviewers_add(&r, name, key, &who);
}

static void
two_people_have_two_names_and_two_keys(void)
{
	T_RC(RC_OK, second("A. Clerk", "B. Counsel", key_b));
	T_RC(RC_EXISTS, second("A. Clerk", "B. Counsel", key_a));
	T_RC(RC_EXISTS, second("A. Clerk", "A. Clerk", key_b));
}

/* Each pair is one name to a reader. */
static const struct {
	const char *a;
	const char *b;
	const char *why;
} alike[] = {
	{ "ann", "Ann", "case" },
	{ "ann", " ann ", "blanks" },
	{ "A. Clerk", "A Clerk", "punctuation" },
	{ "ann", "a\xc2\xa0nn", "a no-break space" },
	{ "ann", "an\xe2\x80\x8bn", "a zero-width space" },
	{ "ann", "an\xc2\xadn", "a soft hyphen" },
	{ "ann", "\xd0\xb0nn", "a Cyrillic a" },
	{ "BEN", "\xce\x92\xce\x95\xce\x9d", "Greek capitals" },
	{ "ben", "\xd0\x92\x65n", "a Cyrillic Ve" },
	{ "ann", "\xef\xbd\x81\xef\xbd\x8e\xef\xbd\x8e", "full width" },
	{ "ann", "\xf0\x9d\x90\x9a\xf0\x9d\x90\xa7\xf0\x9d\x90\xa7",
	    "mathematical bold" },
	{ "ann", "\xc3\xa1nn", "a mark on a letter" },
	{ "ann", "a\xcc\x81nn", "a mark that stands alone" },
	{ "Ilse", "llse", "I and l" },
	{ "Olga", "0lga", "O and 0" },
	{ "morn", "mom", "rn and m" },
	{ "wanda", "vvanda", "vv and w" },
	{ "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",
	    "\xd0\xb0\xd0\x9d\xd0\xbd\xd0\xb0", "case in Cyrillic" },
};

static void
names_that_look_alike_are_one(void)
{
	for (size_t i = 0; i < ARRAY_LEN(alike); i++)
		if (!tap_check(
			second(alike[i].a, alike[i].b, key_b) == RC_EXISTS,
			alike[i].why, __FILE__, __LINE__))
			continue;
}

static void
names_that_differ_are_two(void)
{
	T_RC(RC_OK, second("ann", "anna", key_b));
	T_RC(RC_OK,
	    second("\xe7\x94\xb0\xe4\xb8\xad", /* Tanaka, Suzuki */
		"\xe9\x88\xb4\xe6\x9c\xa8", key_b));
	T_RC(RC_OK,
	    second("\xd0\x96\xd0\xb0\xd0\xbd\xd0\xbd\xd0\xb0",
		"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0", key_b));
}

static void
what_cannot_be_a_name_is_refused(void)
{
	static const char *const names[] = { "", " ", "...", "\xe2\x80\x8b",
		"a\nb", "a\x7f", "\xc3", "\xc0\xaf", "\xed\xa0\x80",
		"\xf5\x80\x80\x80", "a\xc2\x85z" };
	char longest[REVIEWERS_NAME_SIZE + 1];
	struct reviewers r = { 0 };
	const char *who;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		T_RC(RC_MALFORMED, reviewers_add(&r, names[i], key_a, &who));
	memset(longest, 'x', sizeof(longest));
	longest[REVIEWERS_NAME_SIZE] = '\0';
	T_RC(RC_MALFORMED, reviewers_add(&r, longest, key_a, &who));
	longest[REVIEWERS_NAME_SIZE - 1] = '\0';
	T_RC(RC_OK, reviewers_add(&r, longest, key_a, &who));
}

static void
sixty_four_are_the_most(void)
{
	struct reviewers r = { 0 };
	const char *who;

	for (int i = 0; i <= REVIEWERS_MAX; i++) {
		uint8_t key[32] = { (uint8_t)i, 1 };
		char name[8];

		(void)snprintf(name, sizeof(name), "%c%c", 'a' + i / 8 * 2,
		    'a' + i % 8 * 2);
		T_RC(i < REVIEWERS_MAX ? RC_OK : RC_LIMIT,
		    reviewers_add(&r, name, key, &who));
	}
}

static enum rc
parse(const char *text, struct reviewers *ret_r)
{
	size_t n = strlen(text);
	unsigned char *p = tap_block(text, n);
	enum rc rc = reviewers_parse((struct rd){ p, n }, ret_r);

	free(p);
	return rc;
}

static void
what_is_built_is_read_again(void)
{
	struct reviewers r = { 0 };
	struct reviewers again;
	const struct reviewers_one *one = NULL;
	const char *who;
	struct buf b;

	buf_init(&b, REVIEWERS_FILE_MAX);
	T_RC(RC_OK, reviewers_add(&r, "ann", key_a, &who));
	T_RC(RC_OK, reviewers_add(&r, "J\xc3\xbcrgen", key_b, &who));
	T_RC(RC_OK, reviewers_build(&r, &b));
	T_RC(RC_OK, reviewers_parse(buf_get(&b), &again));
	T_OK(again.n == 2);
	T_RC(RC_OK, reviewers_find(&again, "J\xc3\xbcrgen", &one));
	T_MEM(key_b, one->public_key, 32);
	T_RC(RC_NOT_FOUND, reviewers_find(&again, "Ann", &one));
	for (size_t n = 0; n + 2 < b.len; n++) {
		unsigned char *p = tap_block(b.p, n);

		T_OK(reviewers_parse((struct rd){ p, n }, &again) != RC_OK);
		free(p);
	}
	buf_clear(&b);
}

#define KEY "0100000000000000000000000000000000000000000000000000000000000000"
#define KEY2 "0200000000000000000000000000000000000000000000000000000000000000"

static void
a_file_with_one_person_twice_is_refused(void)
{
	struct reviewers r = { .n = 9 };

	T_RC(RC_OK, parse("{\"reviewers\":[]}", &r));
	T_OK(r.n == 0);
	r.n = 9;
	T_RC(RC_MALFORMED,
	    parse("{\"reviewers\":[{\"name\":\"ann\",\"public_key\":\"" KEY
		  "\"},{\"name\":\"ben\",\"public_key\":\"" KEY "\"}]}",
		&r));
	T_RC(RC_MALFORMED,
	    parse("{\"reviewers\":[{\"name\":\"ann\",\"public_key\":\"" KEY
		  "\"},{\"name\":\"Ann\",\"public_key\":\"" KEY2 "\"}]}",
		&r));
	T_RC(RC_MALFORMED,
	    parse("{\"reviewers\":[{\"name\":\"ann\",\"public_key\":\"" KEY
		  "\",\"x\":1}]}",
		&r));
	T_RC(RC_MALFORMED, parse("{\"reviewers\":[],\"x\":1}", &r));
	T_RC(RC_MALFORMED, parse("{\"reviewers\":[1]}", &r));
	T_OK(r.n == 9);
}

int
main(void)
{
	TEST(two_people_have_two_names_and_two_keys);
	TEST(names_that_look_alike_are_one);
	TEST(names_that_differ_are_two);
	TEST(what_cannot_be_a_name_is_refused);
	TEST(sixty_four_are_the_most);
	TEST(what_is_built_is_read_again);
	TEST(a_file_with_one_person_twice_is_refused);
	return tap_done();
}
