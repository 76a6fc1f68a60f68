#include "e2ee/link.h"

#include <sodium.h>

#include "base/failmem.h"
#include "crypto/hpke.h"
#include "tap.h"

#define K          \
	"\x58\x20" \
	"0123456789abcdef0123456789abcdef"
static const char by_hand[] = "\x86\x01" K K K K "\x65phone";
/* Computed with Python's hashlib and base64 from link.h. */
static const char its_code[] =
    "AWOB-5WA5-U3K3-2AIV-5UQS-ZD4U-C2Q2-HP2Q-KDMN-EOGL-KRJ6-BHRE-DIIA";
static const char its_id[] = "5ee7f6db6b4dd03deb1944b9611d3623";

static struct rd
offer_octets(void)
{
	return (struct rd){ (const uint8_t *)by_hand, sizeof(by_hand) - 1 };
}

static enum rc
parse(const void *octets, size_t n)
{
	unsigned char *p = tap_block(octets, n);
	struct link_offer o = { 0 };
	enum rc rc = link_offer_parse((struct rd){ p, n }, &o);

	T_OK(rc == RC_OK || o.name[0] == '\0');
	free(p);
	return rc;
}

static void
an_offer_by_hand_is_read_and_written_again(void)
{
	struct link_offer o = { 0 };
	struct buf b;

	T_RC(RC_OK, link_offer_parse(offer_octets(), &o));
	T_MEM("0123456789abcdef", o.ek + 16, 16);
	T_STR("phone", o.name);
	buf_init(&b, LINK_OFFER_MAX);
	T_RC(RC_OK, link_offer_build(&o, &b));
	T_OK(b.len == sizeof(by_hand) - 1);
	T_MEM(by_hand, b.p, b.len);
	buf_clear(&b);
}

static void
every_truncation_and_an_octet_more_are_refused(void)
{
	for (size_t n = 0; n < sizeof(by_hand) - 1; n++)
		T_RC(RC_MALFORMED, parse(by_hand, n));
	T_RC(RC_MALFORMED, parse(by_hand, sizeof(by_hand)));
}

static void
a_name_has_64_octets_and_not_one_more(void)
{
	uint8_t m[512];
	size_t head = sizeof(by_hand) - 1 - 6;
	struct link_offer o = { 0 };
	struct buf b;

	memcpy(m, by_hand, head);
	m[head] = 0x78;
	m[head + 1] = 64;
	memset(m + head + 2, 'n', 65);
	T_RC(RC_OK, parse(m, head + 2 + 64));
	m[head + 1] = 65;
	T_RC(RC_MALFORMED, parse(m, head + 2 + 65));
	memset(o.name, 'n', sizeof(o.name)); /* no NUL */
	buf_init(&b, LINK_OFFER_MAX);
	T_RC(RC_MALFORMED, link_offer_build(&o, &b));
	o.name[64] = '\0';
	T_RC(RC_OK, link_offer_build(&o, &b));
	buf_clear(&b);
}

static void
the_code_names_the_offer(void)
{
	char code[LINK_CODE_SIZE], id_hex[33];
	uint8_t hash[32], id[16], id2[16];
	char other[sizeof(by_hand)];

	link_code(offer_octets(), code);
	T_STR(its_code, code);
	T_RC(RC_OK, link_code_parse(rd_str(code), hash, id));
	(void)sodium_bin2hex(id_hex, sizeof(id_hex), id, sizeof(id));
	T_STR(its_id, id_hex);
	T_RC(RC_OK, link_code_check(hash, offer_octets()));
	memcpy(other, by_hand, sizeof(other));
	other[40] ^= 1;
	T_RC(RC_DENIED,
	    link_code_check(
		hash, (struct rd){ (uint8_t *)other, sizeof(other) - 1 }));
	for (size_t i = 0; code[i] != '\0'; i++) {
		if (code[i] == '-')
			code[i] = ' ';
		else if (code[i] >= 'A')
			code[i] = (char)(code[i] - 'A' + 'a');
	}
	T_RC(RC_OK, link_code_parse(rd_str(code), hash, id2));
	T_MEM(id, id2, 16);
}

static void
a_bad_code_is_refused(void)
{
	char code[LINK_CODE_SIZE];
	uint8_t hash[32] = { 0 }, id[16] = { 0 };

	link_code(offer_octets(), code);
	for (size_t n = 0; n < strlen(code); n++)
		T_RC(RC_MALFORMED,
		    link_code_parse(
			(struct rd){ (uint8_t *)code, n }, hash, id));
	code[0] = '1'; /* not of the alphabet */
	T_RC(RC_MALFORMED, link_code_parse(rd_str(code), hash, id));
	link_code(offer_octets(), code);
	code[63] = 'B'; /* the last four bits are 0: A or Q */
	T_RC(RC_MALFORMED, link_code_parse(rd_str(code), hash, id));
	code[63] = 'Q';
	T_RC(RC_OK, link_code_parse(rd_str(code), hash, id));
	code[64] = 'A'; /* 53 characters */
	code[65] = '\0';
	T_RC(RC_MALFORMED, link_code_parse(rd_str(code), hash, id));
}

static void
sealed(uint8_t secret[static 32], struct buf *offer, struct buf *answer)
{
	struct link_offer o = { .name = "phone" };
	struct link_answer a = { .number = "+15550100", .device = 2 };

	hpke_keypair(secret, o.link_key);
	a.aik_secret[63] = 9;
	a.records_secret[0] = 8;
	a.device_list = rd_str("the list");
	buf_init(offer, LINK_OFFER_MAX);
	buf_init(answer, LINK_ANSWER_MAX);
	T_RC(RC_OK, link_offer_build(&o, offer));
	T_RC(RC_OK, link_answer_seal(buf_get(offer), &a, answer));
}

static void
an_answer_opens_for_its_offer_only(void)
{
	uint8_t secret[32];
	struct buf offer, answer, plain;
	struct link_answer a = { 0 };

	sealed(secret, &offer, &answer);
	buf_init(&plain, LINK_ANSWER_MAX);
	T_RC(RC_OK,
	    link_answer_open(
		buf_get(&offer), secret, buf_get(&answer), &plain, &a));
	T_STR("+15550100", a.number);
	T_OK(a.device == 2 && a.aik_secret[63] == 9);
	T_OK(a.records_secret[0] == 8);
	T_OK(rd_is_eq(a.device_list, "the list"));
	buf_clear(&plain);
	offer.p[offer.len - 1] ^= 1;
	T_RC(RC_DENIED,
	    link_answer_open(
		buf_get(&offer), secret, buf_get(&answer), &plain, &a));
	offer.p[offer.len - 1] ^= 1;
	for (size_t n = 0; n < answer.len; n++) {
		unsigned char *cut = tap_block(answer.p, n);

		T_RC(n < HPKE_OVERHEAD ? RC_MALFORMED : RC_DENIED,
		    link_answer_open(buf_get(&offer), secret,
			(struct rd){ cut, n }, &plain, &a));
		free(cut);
	}
	buf_clear(&offer);
	buf_clear(&answer);
	buf_clear(&plain);
}

static void
a_failed_allocation_leaks_nothing(void)
{
	uint8_t secret[32];
	struct buf offer, answer, plain;
	struct link_answer a = { 0 };

	sealed(secret, &offer, &answer);
	buf_init(&plain, LINK_ANSWER_MAX);
	(void)failmem_after(0);
	T_RC(RC_NOMEM,
	    link_answer_open(
		buf_get(&offer), secret, buf_get(&answer), &plain, &a));
	(void)failmem_after(-1);
	T_OK(plain.len == 0 && a.device == 0);
	buf_clear(&offer);
	buf_clear(&answer);
	buf_clear(&plain);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(an_offer_by_hand_is_read_and_written_again);
	TEST(every_truncation_and_an_octet_more_are_refused);
	TEST(a_name_has_64_octets_and_not_one_more);
	TEST(the_code_names_the_offer);
	TEST(a_bad_code_is_refused);
	TEST(an_answer_opens_for_its_offer_only);
	TEST(a_failed_allocation_leaks_nothing);
	return tap_done();
}
