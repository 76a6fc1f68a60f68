#include "wire/row.h"

#include "octets.h"

/* By hand from the header: time 1000000000, a documentation address (RFC
 * 5737), two fiction numbers, 2 devices, before-send, epochs 1 and 0. */
static const uint8_t octets[] = { 0x88, 0x1a, 0x3b, 0x9a, 0xca, 0x00, 0x69, '1',
	'9', '2', '.', '0', '.', '2', '.', '0', 0x69, '+', '1', '5', '5', '5',
	'0', '1', '0', '0', 0x69, '+', '1', '5', '5', '5', '0', '1', '0', '1',
	0x02, 0x02, 0x01, 0x00 };

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
	struct buf b;

	T_RC(RC_OK, row_parse(OCTETS(octets), &w));
	T_OK(w.query_time.s == 1000000000);
	T_STR("192.0.2.0", w.client_ip);
	T_OK(w.source.n == 8 && memcmp(w.source.digits, "15550100", 8) == 0);
	T_OK(w.lookup.n == 8 && memcmp(w.lookup.digits, "15550101", 8) == 0);
	T_OK(w.devices == 2 && w.cause == ROW_CAUSE_BEFORE_SEND);
	T_OK(w.source_epoch == 1 && w.lookup_epoch == 0);
	buf_init(&b, sizeof(octets));
	T_RC(RC_OK, row_build(&w, &b));
	T_OK(octets_is_eq(&b, OCTETS(octets)));
	buf_clear(&b);
	row_clear(&w);
	T_OK(memcmp(&w, &empty, sizeof(w)) == 0);
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	octets_cut(OCTETS(octets), parse);
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
		{ 0, 0x87, RC_MALFORMED, "seven fields" },
		{ 0, 0x89, RC_MALFORMED, "nine fields" },
		{ 7, ' ', RC_MALFORMED, "an address with a space" },
		{ 7, '=', RC_MALFORMED, "an address that is a formula" },
		{ 7, 'f', RC_OK, "an IPv6 letter" },
		{ 7, 'g', RC_MALFORMED, "no IPv6 letter" },
		{ 17, '1', RC_MALFORMED, "a number without plus" },
		{ 18, '0', RC_MALFORMED, "a number that starts with 0" },
		{ 36, 0x17, RC_OK, "23 devices" },
		{ 36, 0x20, RC_MALFORMED, "-1 devices" },
		{ 37, 0, RC_MALFORMED, "cause 0" },
		{ 37, 5, RC_OK, "cause 5" },
		{ 37, 6, RC_MALFORMED, "cause 6" },
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
the_edges_come_back(void)
{
	struct row w = { .query_time = { 253402300799 },
		.devices = 255,
		.cause = ROW_CAUSE_CONTACT_SYNC,
		.source_epoch = UINT32_MAX,
		.lookup_epoch = UINT32_MAX };
	struct row got = { 0 };
	struct buf b;

	buf_init(&b, 256);
	T_RC(RC_MALFORMED, row_build(&w, &b)); /* no numbers */
	T_RC(RC_OK, e164_parse(rd_str("+123456789012345"), &w.source));
	T_RC(RC_OK, e164_parse(rd_str("+5550100"), &w.lookup));
	T_RC(RC_OK, row_build(&w, &b));
	T_RC(RC_OK, row_parse(buf_get(&b), &got));
	T_OK(memcmp(&got, &w, sizeof(w)) == 0); /* both zeroed first */
	buf_clear(&b);
	memset(w.client_ip, ':', ROW_IP_SIZE - 1);
	T_RC(RC_OK, row_build(&w, &b));
	T_RC(RC_OK, parse(buf_get(&b)));
	buf_clear(&b);
	w.query_time.s++;
	T_RC(RC_MALFORMED, row_build(&w, &b));
	w.query_time.s = -1;
	T_RC(RC_MALFORMED, row_build(&w, &b));
	w.query_time.s = 0;
	w.cause = (enum row_cause)0;
	T_RC(RC_MALFORMED, row_build(&w, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
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

static enum rc
build(struct buf *b)
{
	struct row w;
	enum rc rc = row_parse(OCTETS(octets), &w);

	return rc == RC_OK ? row_build(&w, b) : rc;
}

static void
a_build_that_fails_appends_nothing(void)
{
	octets_starve(build);
}

int
main(void)
{
	TEST(a_row_written_by_hand_is_read_and_built_again);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(the_fields_have_limits);
	TEST(the_edges_come_back);
	TEST(causes_have_their_names);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
