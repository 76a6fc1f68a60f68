#include "wire/row.h"

#include "octets.h"

/* By hand from doc/protocol/records.md: time 1000000000, two fiction numbers,
 * 15550100 and 15550101, epochs 1 and 0, 2 devices, before-send, a
 * documentation address (RFC 5737). */
static const uint8_t octets[ROW_SIZE] = { 0x3b, 0x9a, 0xca, 0x00, 0, 0, 0, 0x00,
	0xed, 0x46, 0x94, 0, 0, 0, 0x00, 0xed, 0x46, 0x95, 0, 1, 0, 0, 2, 0x42,
	192, 0, 2, 7 };

static enum rc
parse(struct rd r)
{
	struct row w;
	enum rc rc = row_parse(r, &w);

	if (rc == RC_OK)
		row_clear(&w);
	return rc;
}

static void
a_row_written_by_hand_is_read_and_built_again(void)
{
	struct row w = { 0 };
	struct row empty = { 0 };
	uint8_t again[ROW_SIZE];

	T_RC(RC_OK, row_parse(OCTETS(octets), &w));
	T_OK(w.query_time.s == 1000000000);
	T_OK(w.ip_version == ROW_IP_V4);
	T_MEM(octets + 24, w.ip, sizeof(w.ip));
	T_OK(w.source.n == 8 && memcmp(w.source.digits, "15550100", 8) == 0);
	T_OK(w.lookup.n == 8 && memcmp(w.lookup.digits, "15550101", 8) == 0);
	T_OK(w.devices == 2 && w.cause == ROW_CAUSE_BEFORE_SEND);
	T_OK(w.source_epoch == 1 && w.lookup_epoch == 0);
	T_RC(RC_OK, row_build(&w, again));
	T_MEM(octets, again, sizeof(again));
	row_clear(&w);
	T_OK(memcmp(&w, &empty, sizeof(w)) == 0);
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	octets_cut(OCTETS(octets), parse);
}

static void
every_octet_is_read_and_what_is_read_is_built_the_same(void)
{
	size_t accepted = 0;

	for (size_t i = 0; i < sizeof(octets) * 256; i++) {
		unsigned char *p = tap_block(octets, sizeof(octets));
		uint8_t again[ROW_SIZE];
		struct row w;

		p[i / 256] = (uint8_t)i;
		if (row_parse((struct rd){ p, ROW_SIZE }, &w) == RC_OK) {
			accepted++;
			T_RC(RC_OK, row_build(&w, again));
			T_MEM(p, again, sizeof(again));
		}
		free(p);
	}
	T_OK(accepted > 256 && accepted < sizeof(octets) * 256);
}

static void
the_fields_have_limits(void)
{
	static const struct {
		size_t at;
		uint8_t v;
		enum rc want;
		const char *why;
	} rows[] = {
		{ 4, 0x03, RC_OK, "3 x 2^48: 15 digits" },
		{ 4, 0x04, RC_MALFORMED, "4 x 2^48: 16 digits" },
		{ 22, 255, RC_OK, "255 devices" },
		{ 23, 0x40, RC_MALFORMED, "cause 0" },
		{ 23, 0x45, RC_OK, "cause 5" },
		{ 23, 0x46, RC_MALFORMED, "cause 6" },
		{ 23, 0x02, RC_MALFORMED, "no address, and octets of one" },
		{ 23, 0x52, RC_MALFORMED, "version 5" },
		{ 23, 0x62, RC_OK, "version 6" },
		{ 28, 1, RC_MALFORMED, "more than version 4 has" },
		{ 39, 1, RC_MALFORMED, "the same at the end" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned char *p = tap_block(octets, sizeof(octets));

		p[rows[i].at] = rows[i].v;
		tap_check(
		    parse((struct rd){ p, sizeof(octets) }) == rows[i].want,
		    rows[i].why, __FILE__, __LINE__);
		free(p);
	}
}

static void
a_number_has_7_to_15_digits(void)
{
	static const struct {
		uint64_t v;
		enum rc want;
	} cases[] = { { 0, RC_MALFORMED }, { 999999, RC_MALFORMED },
		{ 1000000, RC_OK }, { 999999999999999, RC_OK },
		{ 1000000000000000, RC_MALFORMED },
		{ (1ULL << 56) - 1, RC_MALFORMED } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t at = 4; at <= 11; at += 7) {
			unsigned char *p = tap_block(octets, sizeof(octets));

			for (size_t j = 0; j < 7; j++)
				p[at + j] = (uint8_t)(cases[i].v >>
				    (48 - 8 * j));
			T_RC(cases[i].want,
			    parse((struct rd){ p, sizeof(octets) }));
			free(p);
		}
}

static void
the_edges_come_back(void)
{
	struct row w = { .query_time = { UINT32_MAX },
		.devices = 255,
		.cause = ROW_CAUSE_CONTACT_SYNC,
		.source_epoch = UINT16_MAX,
		.lookup_epoch = UINT16_MAX };
	struct row got = { 0 };
	uint8_t b[ROW_SIZE];

	T_RC(RC_MALFORMED, row_build(&w, b)); /* no numbers */
	T_RC(RC_OK, e164_parse(rd_str("+123456789012345"), &w.source));
	T_RC(RC_OK, e164_parse(rd_str("+5550100"), &w.lookup));
	T_RC(RC_OK, row_build(&w, b));
	T_RC(RC_OK, row_parse(OCTETS(b), &got));
	T_OK(memcmp(&got, &w, sizeof(w)) == 0); /* both zeroed first */
	w.ip[0] = 1;
	T_RC(RC_MALFORMED, row_build(&w, b)); /* of no version */
	w.ip_version = ROW_IP_V6;
	w.ip[15] = 1;
	T_RC(RC_OK, row_build(&w, b));
	w.ip_version = (enum row_ip)5;
	T_RC(RC_MALFORMED, row_build(&w, b));
	w.ip_version = ROW_IP_V6;
	w.query_time.s++;
	T_RC(RC_MALFORMED, row_build(&w, b));
	w.query_time.s = -1;
	T_RC(RC_MALFORMED, row_build(&w, b));
	w.query_time.s = 0;
	w.cause = (enum row_cause)0;
	T_RC(RC_MALFORMED, row_build(&w, b));
}

static void
an_address_has_one_text(void)
{
	static const char *const texts[] = { "", "0.0.0.0", "192.0.2.0",
		"198.51.100.255",
		"::", "2001:db8::", "2001:db8:1::", "2001:db8:0:1:2:3:4:5",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:192.0.2.1" };
	static const char *const wrong[] = { " ", "192.0.2", "192.0.2.0/24",
		"=1.2.3.4", "2001:db8::g", ":",
		"0000:0000:0000:0000:0000:0000:255.255.255.2555",
		"00000000000000000000000000000000000000000000000000" };
	const struct rd with_nul = { (const uint8_t *)"1.2.3.4\0", 8 };
	char text[ROW_IP_SIZE];
	struct row w = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		T_RC(RC_OK, row_ip_parse(rd_str(texts[i]), &w));
		row_ip_text(&w, text);
		T_STR(texts[i], text);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		T_RC(RC_MALFORMED, row_ip_parse(rd_str(wrong[i]), &w));
	T_RC(RC_MALFORMED, row_ip_parse(with_nul, &w));
	/* nothing of the address before is left */
	T_RC(RC_OK, row_ip_parse(rd_str(texts[8]), &w));
	T_RC(RC_OK, row_ip_parse(rd_str("192.0.2.1"), &w));
	T_OK(w.ip[0] == 192 && w.ip[4] == 0 && w.ip[15] == 0);
}

static void
causes_have_their_names(void)
{
	static const char *const names[] = { "typed", "before-send",
		"after-receipt", "refresh", "contact-sync" };
	enum row_cause c = ROW_CAUSE_TYPED;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		T_RC(RC_OK, row_cause_parse(rd_str(names[i]), &c));
		T_OK((size_t)c == i + 1);
		T_STR(names[i], row_cause_text(c));
	}
	T_RC(RC_MALFORMED, row_cause_parse(rd_str(""), &c));
	T_RC(RC_MALFORMED, row_cause_parse(rd_str("Typed"), &c));
	T_RC(RC_MALFORMED, row_cause_parse(rd_str("typed "), &c));
	T_OK(row_cause_text((enum row_cause)6) == NULL);
}

int
main(void)
{
	TEST(a_row_written_by_hand_is_read_and_built_again);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(every_octet_is_read_and_what_is_read_is_built_the_same);
	TEST(the_fields_have_limits);
	TEST(a_number_has_7_to_15_digits);
	TEST(the_edges_come_back);
	TEST(an_address_has_one_text);
	TEST(causes_have_their_names);
	return tap_done();
}
