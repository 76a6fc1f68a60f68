#include "wire/relay.h"

#include "octets.h"

/* By hand from the header; ids are sixteen equal octets. */
#define ID16(v) 0x50, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
static const uint8_t send[] = { 0x85, 1, ID16(7), ID16(9), 0x18, 0x20, 0x82,
	0x82, 1, 0x42, 'a', 'b', 0x82, 3, 0x41, 'c' };
static const uint8_t ack[] = { 0x82, 2, 0x19, 0x01, 0x00 };
static const uint8_t sent[] = { 0x87, 3, ID16(7), 1, 0x18, 0x3c, 0x81, 4, 0x82,
	5, 6, 2 };
static const uint8_t deliver[] = { 0x85, 4, 0x18, 0x64, 0x1a, 0x3b, 0x9a, 0xca,
	0x00, 2, 0x43, 'x', 'y', 'z' };
static const uint8_t idle[] = { 0x81, 5 };
static const struct rd frames[] = {
	{ send, sizeof(send) },
	{ ack, sizeof(ack) },
	{ sent, sizeof(sent) },
	{ deliver, sizeof(deliver) },
	{ idle, sizeof(idle) },
};

static enum rc
parse(struct rd r)
{
	struct relay_frame f;

	return relay_frame_parse(r, &f);
}

static enum rc
parse_changed(struct rd whole, size_t at, uint8_t v)
{
	unsigned char *p = tap_block(whole.p, whole.left);
	enum rc rc;

	p[at] = v;
	rc = parse((struct rd){ p, whole.left });
	free(p);
	return rc;
}

static void
frames_written_by_hand_are_read(void)
{
	struct relay_frame f = { 0 };

	T_RC(RC_OK, relay_frame_parse(frames[0], &f));
	T_OK(f.op == RELAY_OP_SEND && f.u.send.id[0] == 7);
	T_OK(f.u.send.account[15] == 9 && f.u.send.list_version == 32);
	T_OK(f.u.send.n == 2 && f.u.send.to[0].device == 1);
	T_OK(rd_is_eq(f.u.send.to[0].envelope, "ab"));
	T_OK(f.u.send.to[1].device == 3);
	T_OK(rd_is_eq(f.u.send.to[1].envelope, "c"));
	T_RC(RC_OK, relay_frame_parse(frames[1], &f));
	T_OK(f.op == RELAY_OP_ACK && f.u.ack_seq == 256);
	T_RC(RC_OK, relay_frame_parse(frames[2], &f));
	T_OK(f.op == RELAY_OP_SENT && f.u.sent.id[3] == 7);
	T_OK(f.u.sent.status == RELAY_STATUS_STALE);
	T_OK(f.u.sent.retry_after == 60 && f.u.sent.n_missing == 1);
	T_OK(f.u.sent.missing[0] == 4 && f.u.sent.n_extra == 2);
	T_OK(f.u.sent.extra[1] == 6 && f.u.sent.list_version == 2);
	T_RC(RC_OK, relay_frame_parse(frames[3], &f));
	T_OK(f.op == RELAY_OP_DELIVER && f.u.deliver.seq == 100);
	T_OK(f.u.deliver.time.s == 1000000000);
	T_OK(f.u.deliver.kind == RELAY_KIND_SMS);
	T_OK(rd_is_eq(f.u.deliver.octets, "xyz"));
	T_RC(RC_OK, relay_frame_parse(frames[4], &f));
	T_OK(f.op == RELAY_OP_IDLE);
}

static void
what_is_read_is_built_again(void)
{
	struct relay_frame f = { 0 };
	struct buf b;

	buf_init(&b, 256);
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		T_RC(RC_OK, relay_frame_parse(frames[i], &f));
		T_RC(RC_OK, relay_frame_build(&f, &b));
		T_OK(octets_is_eq(&b, frames[i]));
		buf_clear(&b);
	}
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		octets_cut(frames[i], parse);
}

static void
fields_have_limits(void)
{
	static const struct {
		size_t frame;
		size_t at;
		uint8_t v;
		enum rc want;
		const char *why;
	} rows[] = {
		{ 4, 1, 0, RC_MALFORMED, "op 0" },
		{ 4, 1, 6, RC_MALFORMED, "op 6" },
		{ 4, 1, 2, RC_MALFORMED, "an ack of one item" },
		{ 0, 0, 0x84, RC_MALFORMED, "a send of four items" },
		{ 0, 2, 0x4f, RC_MALFORMED, "an id of 15 octets" },
		{ 0, 38, 0x80, RC_MALFORMED, "no devices" },
		{ 0, 38, 0x81, RC_MALFORMED, "a device too many" },
		{ 0, 40, 0, RC_MALFORMED, "device 0" },
		{ 0, 40, 3, RC_MALFORMED, "device 3 twice" },
		{ 0, 40, 4, RC_MALFORMED, "devices that descend" },
		{ 0, 40, 2, RC_OK, "devices 2 and 3" },
		{ 0, 39, 0x83, RC_MALFORMED, "three items for a device" },
		{ 2, 19, 6, RC_OK, "status 6" },
		{ 2, 19, 7, RC_MALFORMED, "status 7" },
		{ 2, 23, 0, RC_MALFORMED, "missing device 0" },
		{ 2, 25, 6, RC_MALFORMED, "extra devices not ascending" },
		{ 3, 9, 0, RC_MALFORMED, "kind 0" },
		{ 3, 9, 3, RC_OK, "kind 3" },
		{ 3, 9, 4, RC_MALFORMED, "kind 4" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		tap_check(parse_changed(frames[rows[i].frame], rows[i].at,
			      rows[i].v) == rows[i].want,
		    rows[i].why, __FILE__, __LINE__);
	/* an empty envelope */
	T_RC(RC_MALFORMED,
	    parse((struct rd){ (const uint8_t[]){ 0x85, 1, ID16(1), ID16(2), 1,
				   0x81, 0x82, 1, 0x40 },
		41 }));
}

static void
eight_devices_with_the_largest_envelopes_fit_a_frame(void)
{
	static uint8_t octets[RELAY_ENVELOPE_MAX + 1];
	struct relay_frame f = { .op = RELAY_OP_SEND };
	struct relay_frame got = { 0 };
	struct buf b;

	buf_init(&b, RELAY_FRAME_MAX);
	f.u.send.list_version = UINT32_MAX;
	f.u.send.n = DEVICE_LIST_MAX;
	for (size_t i = 0; i < DEVICE_LIST_MAX; i++) {
		f.u.send.to[i].device = (uint8_t)(248 + i);
		f.u.send.to[i].envelope = (struct rd){ octets,
			RELAY_ENVELOPE_MAX };
	}
	T_RC(RC_OK, relay_frame_build(&f, &b));
	T_RC(RC_OK, relay_frame_parse(buf_get(&b), &got));
	T_OK(got.u.send.n == DEVICE_LIST_MAX &&
	    got.u.send.to[7].device == 255 &&
	    got.u.send.to[7].envelope.left == RELAY_ENVELOPE_MAX);
	buf_clear(&b);
	f.u.send.to[0].envelope.left++;
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	f.u.send.to[0].envelope.left = 1;
	f.u.send.n = DEVICE_LIST_MAX + 1;
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	f.u.send.n = 0;
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	f = (struct relay_frame){ .op = RELAY_OP_DELIVER };
	f.u.deliver.kind = RELAY_KIND_MESSAGE;
	f.u.deliver.octets = (struct rd){ octets, RELAY_ENVELOPE_MAX };
	T_RC(RC_OK, relay_frame_build(&f, &b));
	T_RC(RC_OK, relay_frame_parse(buf_get(&b), &got));
	/* 85 04 00 00 01 5a 00 01 80 00: one octet more, and there */
	b.p[9]++;
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_MALFORMED, parse(buf_get(&b)));
	buf_clear(&b);
}

static void
nine_ids_are_refused_with_the_octets_present(void)
{
	uint8_t p[sizeof(sent) + 8];
	struct relay_frame f = { .op = RELAY_OP_SENT };
	struct buf b;

	memcpy(p, sent, 22);
	p[22] = 0x88;
	for (uint8_t i = 0; i < 9; i++)
		p[23 + i] = (uint8_t)(i + 1);
	memcpy(p + 31, "\x80\x02", 2);
	T_RC(RC_OK, parse((struct rd){ p, 33 }));
	p[22] = 0x89;
	p[31] = 9;
	memcpy(p + 32, "\x80\x02", 2);
	T_RC(RC_MALFORMED, parse((struct rd){ p, 34 }));
	buf_init(&b, 256);
	f.u.sent.n_missing = DEVICE_LIST_MAX + 1;
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	f.u.sent.n_missing = 1; /* id 0 */
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	f.u.sent.n_missing = 0;
	f.u.sent.status = (enum relay_status)7;
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	f.op = (enum relay_op)6;
	T_RC(RC_MALFORMED, relay_frame_build(&f, &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

static enum rc
build_send(struct buf *b)
{
	struct relay_frame f = { 0 };
	enum rc rc = relay_frame_parse(frames[0], &f);

	return rc == RC_OK ? relay_frame_build(&f, b) : rc;
}

static enum rc
build_sent(struct buf *b)
{
	struct relay_frame f = { 0 };
	enum rc rc = relay_frame_parse(frames[2], &f);

	return rc == RC_OK ? relay_frame_build(&f, b) : rc;
}

static void
a_build_that_fails_appends_nothing(void)
{
	octets_starve(build_send);
	octets_starve(build_sent);
}

int
main(void)
{
	TEST(frames_written_by_hand_are_read);
	TEST(what_is_read_is_built_again);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(fields_have_limits);
	TEST(eight_devices_with_the_largest_envelopes_fit_a_frame);
	TEST(nine_ids_are_refused_with_the_octets_present);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
