#include "directory/filter.h"

#include <sodium.h>

#include "tap.h"

#define MANY 100000

static uint64_t keys[MANY];

/* 64 uniform bits; splitmix64, because millions are drawn. */
static uint64_t
any(void)
{
	static uint64_t state;
	uint64_t v;

	if (state == 0)
		randombytes_buf(&state, sizeof(state));
	state += UINT64_C(0x9e3779b97f4a7c15);
	v = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}

static void
every_key_is_found_and_few_others(void)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 7, 10, 100, 1000, 30000,
		MANY };
	struct filter f;
	struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
		size_t n = sizes[k];
		size_t found = 0;
		size_t wrong = 0;

		b.len = 0;
		for (size_t i = 0; i < n; i++)
			keys[i] = any();
		T_RC(RC_OK, filter_build(keys, n, &b));
		T_RC(RC_OK, filter_parse(buf_get(&b), &f));
		for (size_t i = 0; i < n; i++)
			found += filter_has(&f, keys[i]);
		/* 1,000,000 / 65,536 = 15 are expected; 60 is 11 sd */
		for (size_t i = 0; i < 1000000; i++)
			wrong += filter_has(&f, any());
		T_OK(f.n == n && found == n && wrong < 60);
		/* 2.25 octets a key and a little, once there are many */
		T_OK(n < 30000 || b.len < n * 9 / 4 + n / 4);
	}
	buf_clear(&b);
}

static void
the_same_keys_give_the_same_octets(void)
{
	struct buf a;
	struct buf b;
	struct filter f;

	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < 1000; i++)
		keys[i] = keys[1000 + i] = any();
	T_RC(RC_OK, filter_build(keys, 1000, &a));
	T_RC(RC_OK, filter_build(keys, 1000, &b));
	T_OK(a.len == b.len);
	T_MEM(a.p, b.p, a.len);
	/* each twice: it is built all the same, as of one */
	b.len = 0;
	T_RC(RC_OK, filter_build(keys, 2000, &b));
	T_RC(RC_OK, filter_parse(buf_get(&b), &f));
	T_OK(f.n == 1000 && filter_has(&f, keys[0]) &&
	    filter_has(&f, keys[999]));
	buf_clear(&a);
	buf_clear(&b);
}

static void
a_key_is_the_tag_and_an_octet_of_the_place(void)
{
	static const uint8_t tag[HANDLE_KEYS_TAG_SIZE] = { 1, 2, 3, 4, 5, 6,
		7 };

	T_OK(filter_key(0xabcde, tag) == UINT64_C(0x01020304050607de));
}

static void
what_is_no_filter_is_refused(void)
{
	struct filter f;
	struct buf b;
	unsigned char *p;

	buf_init(&b, 1 << 20);
	keys[0] = any();
	keys[1] = any();
	T_RC(RC_OK, filter_build(keys, 2, &b));
	for (size_t n = 0; n < b.len; n++) {
		p = tap_block(b.p, n);
		T_OK(filter_parse((struct rd){ p, n }, &f) != RC_OK);
		free(p);
	}
	p = tap_block(b.p, b.len);
	for (size_t i = 0; i < 8 * (size_t)FILTER_HEAD_SIZE; i++) {
		bool seed = i / 8 >= 8 && i / 8 < 16;
		enum rc rc;

		p[i / 8] ^= (unsigned char)(1 << i % 8);
		rc = filter_parse((struct rd){ p, b.len }, &f);
		/* another count of keys can be one, as long as it is not 0 */
		if (seed)
			T_RC(RC_OK, rc);
		else if (i / 8 < 16 || i / 8 >= 20)
			T_RC(RC_MALFORMED, rc);
		p[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	free(p);
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, filter_parse(buf_get(&b), &f));
	b.len--;
	T_RC(RC_LIMIT, filter_build(keys, (size_t)FILTER_KEYS_MAX + 1, &b));
	buf_clear(&b);
}

int
main(void)
{
	TEST(every_key_is_found_and_few_others);
	TEST(the_same_keys_give_the_same_octets);
	TEST(a_key_is_the_tag_and_an_octet_of_the_place);
	TEST(what_is_no_filter_is_refused);
	return tap_done();
}
