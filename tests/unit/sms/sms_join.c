#include "sms/sms_join.h"

#include "base/failmem.h"
#include "tap.h"

static struct sms_join_key
key(uint16_t ref, uint8_t total, uint8_t seq)
{
	struct sms_join_key k = { .place = { ref, total, seq } };

	T_RC(RC_OK, e164_parse(rd_str("+15550123"), &k.from));
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &k.to));
	return k;
}

static struct mono
at(int64_t s)
{
	return (struct mono){ s * 1000000 };
}

static void
parts_in_any_order_make_the_text(void)
{
	struct sms_join_key a = key(1, 3, 2), b = key(1, 3, 3),
			    c = key(1, 3, 1);
	struct sms_join *j = NULL;
	struct buf whole;

	buf_init(&whole, 64);
	T_RC(RC_OK, sms_join_new(&j));
	T_RC(RC_AGAIN, sms_join_add(j, &a, rd_str("two"), at(1), &whole));
	T_RC(RC_AGAIN, sms_join_add(j, &b, rd_str("three"), at(1), &whole));
	T_RC(RC_AGAIN, sms_join_add(j, &b, rd_str("three"), at(1), &whole));
	T_OK(whole.len == 0);
	T_RC(RC_OK, sms_join_add(j, &c, rd_str("one"), at(1), &whole));
	T_OK(rd_is_eq(buf_get(&whole), "onetwothree"));
	/* it was not stored: the SMSC repeats the last part */
	buf_clear(&whole);
	T_RC(RC_OK, sms_join_add(j, &c, rd_str("one"), at(1), &whole));
	T_OK(rd_is_eq(buf_get(&whole), "onetwothree"));
	sms_join_done(j, &c);
	sms_join_done(j, &c);
	buf_clear(&whole);
	T_RC(RC_AGAIN, sms_join_add(j, &c, rd_str("one"), at(1), &whole));
	buf_clear(&whole);
	sms_join_free(j);
}

static void
texts_do_not_mix(void)
{
	struct sms_join_key a = key(1, 2, 1), b = key(2, 2, 2),
			    c = key(1, 2, 2), d = key(1, 2, 2);
	struct sms_join *j = NULL;
	struct buf whole;

	buf_init(&whole, 64);
	T_RC(RC_OK, sms_join_new(&j));
	T_RC(RC_OK, e164_parse(rd_str("+15550124"), &c.from));
	e164_clear(&d.from);
	memcpy(d.from_text, "Bank", 5);
	T_RC(RC_AGAIN, sms_join_add(j, &a, rd_str("a"), at(1), &whole));
	T_RC(RC_AGAIN, sms_join_add(j, &b, rd_str("b"), at(1), &whole));
	T_RC(RC_AGAIN, sms_join_add(j, &c, rd_str("c"), at(1), &whole));
	T_RC(RC_AGAIN, sms_join_add(j, &d, rd_str("d"), at(1), &whole));
	buf_clear(&whole);
	sms_join_free(j);
}

static void
places_out_of_range_are_refused(void)
{
	struct sms_join_key none = key(1, 0, 0), zero = key(1, 2, 0),
			    over = key(1, 2, 3),
			    many = key(1, SMS_TEXT_PARTS_MAX + 1, 1),
			    most = key(1, SMS_TEXT_PARTS_MAX, 1);
	static const uint8_t text[SMS_JOIN_PART_MAX + 1] = "a";
	struct sms_join *j = NULL;
	struct buf whole;

	buf_init(&whole, 64);
	T_RC(RC_OK, sms_join_new(&j));
	T_RC(RC_MALFORMED, sms_join_add(j, &none, rd_str("a"), at(1), &whole));
	T_RC(RC_MALFORMED, sms_join_add(j, &zero, rd_str("a"), at(1), &whole));
	T_RC(RC_MALFORMED, sms_join_add(j, &over, rd_str("a"), at(1), &whole));
	T_RC(RC_MALFORMED, sms_join_add(j, &many, rd_str("a"), at(1), &whole));
	T_RC(RC_MALFORMED, sms_join_add(j, &most, rd_str(""), at(1), &whole));
	T_RC(RC_LIMIT,
	    sms_join_add(
		j, &most, (struct rd){ text, sizeof(text) }, at(1), &whole));
	T_RC(RC_AGAIN,
	    sms_join_add(j, &most, (struct rd){ text, sizeof(text) - 1 }, at(1),
		&whole));
	sms_join_free(j);
}

static void
waiting_texts_are_bounded(void)
{
	struct sms_join *j = NULL;
	struct buf whole;

	buf_init(&whole, 64);
	T_RC(RC_OK, sms_join_new(&j));
	for (uint16_t i = 0; i < SMS_JOIN_TEXTS_MAX; i++) {
		struct sms_join_key k = key(i, 2, 1);

		T_RC(RC_AGAIN, sms_join_add(j, &k, rd_str("a"), at(1), &whole));
	}
	{
		struct sms_join_key k = key(SMS_JOIN_TEXTS_MAX, 2, 1);

		T_RC(RC_LIMIT, sms_join_add(j, &k, rd_str("a"), at(1), &whole));
		k = key(0, 2, 2);
		T_RC(RC_OK, sms_join_add(j, &k, rd_str("b"), at(1), &whole));
		sms_join_done(j, &k);
		k = key(SMS_JOIN_TEXTS_MAX, 2, 1);
		T_RC(RC_AGAIN, sms_join_add(j, &k, rd_str("a"), at(1), &whole));
	}
	buf_clear(&whole);
	sms_join_free(j);
}

static void
what_waits_too_long_comes_out_with_its_gaps(void)
{
	struct sms_join_key a = key(1, 3, 3), b = key(2, 2, 1), k = { 0 };
	struct sms_join *j = NULL;
	struct buf whole;

	buf_init(&whole, 64);
	T_RC(RC_OK, sms_join_new(&j));
	T_RC(RC_AGAIN, sms_join_add(j, &b, rd_str("b"), at(2), &whole));
	T_RC(RC_AGAIN, sms_join_add(j, &a, rd_str("a"), at(1), &whole));
	T_RC(RC_NOT_FOUND, sms_join_expired(j, at(60), 60000, &k, &whole));
	T_RC(RC_OK, sms_join_expired(j, at(62), 60000, &k, &whole));
	T_OK(rd_is_eq(buf_get(&whole), "......a"));
	T_OK(k.place.ref == 1);
	sms_join_done(j, &k);
	buf_clear(&whole);
	T_RC(RC_OK, sms_join_expired(j, at(62), 60000, &k, &whole));
	T_OK(rd_is_eq(buf_get(&whole), "b..."));
	/* it could not be stored: it comes again, as late */
	buf_clear(&whole);
	T_RC(RC_NOT_FOUND, sms_join_expired(j, at(63), 60000, &k, &whole));
	T_RC(RC_OK, sms_join_expired(j, at(122), 60000, &k, &whole));
	buf_clear(&whole);
	sms_join_free(j);
}

static void
no_memory_is_said(void)
{
	struct sms_join_key a = key(1, 2, 1);
	struct sms_join *j = NULL;
	struct buf whole;

	buf_init(&whole, 64);
	failmem_after(0);
	T_RC(RC_NOMEM, sms_join_new(&j));
	failmem_after(-1);
	T_OK(j == NULL);
	T_RC(RC_OK, sms_join_new(&j));
	failmem_after(0);
	T_RC(RC_NOMEM, sms_join_add(j, &a, rd_str("a"), at(1), &whole));
	failmem_after(-1);
	T_RC(RC_AGAIN, sms_join_add(j, &a, rd_str("a"), at(1), &whole));
	sms_join_free(j);
	sms_join_free(NULL);
}

int
main(void)
{
	TEST(parts_in_any_order_make_the_text);
	TEST(texts_do_not_mix);
	TEST(places_out_of_range_are_refused);
	TEST(waiting_texts_are_bounded);
	TEST(what_waits_too_long_comes_out_with_its_gaps);
	TEST(no_memory_is_said);
	return tap_done();
}
