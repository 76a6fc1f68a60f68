#include "wire/ws.h"

#include "octets.h"

/* RFC 6455 section 5.7. */
static const uint8_t hello[] = { 0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f };
static const uint8_t masked[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f,
	0x9f, 0x4d, 0x51, 0x58 };

static void
the_examples_of_section_5_7_are_read(void)
{
	static const uint8_t part[] = { 0x01, 0x03, 0x48, 0x65, 0x6c };
	struct ws_frame f = { 0 };
	struct rd r = OCTETS(hello);
	uint8_t text[5];

	T_RC(RC_OK, ws_frame_parse(&r, false, 5, &f));
	T_OK(f.fin && !f.masked && f.op == WS_OP_TEXT && r.left == 0);
	T_OK(rd_is_eq(f.payload, "Hello"));
	r = OCTETS(masked);
	T_RC(RC_OK, ws_frame_parse(&r, true, 5, &f));
	T_OK(f.fin && f.masked && f.payload.left == 5);
	memcpy(text, f.payload.p, 5);
	ws_unmask(text, 5, f.mask);
	T_MEM("Hello", text, 5);
	r = OCTETS(part);
	T_RC(RC_OK, ws_frame_parse(&r, false, 5, &f));
	T_OK(!f.fin && rd_is_eq(f.payload, "Hel"));
}

static void
built_frames_are_those_of_section_5_7(void)
{
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	struct buf b;

	buf_init(&b, 64);
	T_RC(RC_OK, ws_frame_build(&b, WS_OP_TEXT, NULL, rd_str("Hello")));
	T_OK(octets_is_eq(&b, OCTETS(hello)));
	buf_clear(&b);
	T_RC(RC_OK, ws_frame_build(&b, WS_OP_TEXT, mask, rd_str("Hello")));
	T_OK(octets_is_eq(&b, OCTETS(masked)));
	buf_clear(&b);
}

static void
every_truncation_asks_for_more(void)
{
	struct ws_frame f = { .op = WS_OP_PONG };

	for (size_t n = 0; n < sizeof(masked); n++) {
		unsigned char *p = tap_block(masked, n);
		struct rd r = { p, n };

		T_RC(RC_AGAIN, ws_frame_parse(&r, true, 5, &f));
		T_OK(r.p == p && r.left == n && f.op == WS_OP_PONG);
		free(p);
	}
}

static void
each_width_of_length_comes_back(void)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 127, 65535, 65536,
		70000 };
	static uint8_t octets[70000];
	struct buf b;

	buf_init(&b, 80000);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct ws_frame f = { 0 };
		struct rd r;

		T_RC(RC_OK,
		    ws_frame_build(&b, WS_OP_BINARY, NULL,
			(struct rd){ octets, sizes[i] }));
		r = buf_get(&b);
		for (size_t n = 0; n < r.left && n < 12; n++) {
			unsigned char *p = tap_block(r.p, n);
			struct rd cut = { p, n };

			T_RC(RC_AGAIN, ws_frame_parse(&cut, false, 70000, &f));
			free(p);
		}
		T_RC(RC_OK, buf_u8(&b, 0x81)); /* the next frame starts */
		r = buf_get(&b);
		if (sizes[i] > 0)
			T_RC(RC_LIMIT,
			    ws_frame_parse(&r, false, sizes[i] - 1, &f));
		T_RC(RC_OK, ws_frame_parse(&r, false, sizes[i], &f));
		T_OK(f.payload.left == sizes[i] && r.left == 1);
		buf_clear(&b);
	}
}

static void
frames_against_the_specification_are_refused(void)
{
	static const struct {
		uint8_t n;
		uint8_t octets[12];
		bool from_client;
		const char *why;
	} bad[] = {
		{ 1, { 0xc1 }, false, "RSV1" },
		{ 1, { 0xa1 }, false, "RSV2" },
		{ 1, { 0x91 }, false, "RSV3" },
		{ 1, { 0x83 }, false, "reserved opcode 3" },
		{ 1, { 0x87 }, false, "reserved opcode 7" },
		{ 1, { 0x8b }, false, "reserved opcode b" },
		{ 1, { 0x8f }, false, "reserved opcode f" },
		{ 1, { 0x09 }, false, "a ping in parts" },
		{ 2, { 0x89, 126 }, false, "a ping of more than 125" },
		{ 2, { 0x88, 127 }, false, "a close of more than 125" },
		{ 2, { 0x81, 0x85 }, false, "masked by the server" },
		{ 2, { 0x81, 0x05 }, true, "not masked by the client" },
		{ 4, { 0x81, 126, 0, 125 }, false, "16 bits for 7" },
		{ 10, { 0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255 }, false,
		    "64 bits for 16" },
		{ 10, { 0x81, 127, 0x80, 0, 0, 0, 0, 1, 0, 0 }, false,
		    "the highest bit" },
	};
	struct ws_frame f = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		unsigned char *p = tap_block(bad[i].octets, bad[i].n);
		struct rd r = { p, bad[i].n };

		tap_check(ws_frame_parse(&r, bad[i].from_client, 100, &f) ==
			RC_MALFORMED,
		    bad[i].why, __FILE__, __LINE__);
		free(p);
	}
}

static void
the_accept_of_section_1_3_is_computed(void)
{
	char text[WS_ACCEPT_SIZE] = "";

	T_RC(RC_OK, ws_accept(rd_str("dGhlIHNhbXBsZSBub25jZQ=="), text));
	T_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", text);
	T_RC(RC_MALFORMED, ws_accept(rd_str("dGhlIHNhbXBsZSBub25j"), text));
	T_RC(RC_MALFORMED, ws_accept(rd_str("dGhlIHNhbXBsZSBub25jZQ="), text));
	T_RC(RC_MALFORMED, ws_accept(rd_str("dGhlIHNhbXBsZSBub25jZR=="), text));
	T_RC(RC_MALFORMED, ws_accept(rd_str("dGhlIHNhbXBsZSBub25jZWVl"), text));
	T_RC(RC_MALFORMED, ws_accept(rd_str(""), text));
}

static enum rc
build_masked(struct buf *b)
{
	return ws_frame_build(b, WS_OP_TEXT, (const uint8_t *)"mask",
	    OCTETS_STR(
		"over the first sixty-four octets of a buffer, so that it "
		"has to grow once more at least"));
}

static enum rc
build_long(struct buf *b)
{
	static const uint8_t octets[300];

	return ws_frame_build(b, WS_OP_BINARY, NULL, OCTETS(octets));
}

static void
a_build_that_fails_appends_nothing(void)
{
	static const uint8_t octets[126];
	struct buf b;

	octets_starve(build_masked);
	octets_starve(build_long);
	buf_init(&b, 200);
	T_RC(RC_OK,
	    ws_frame_build(&b, WS_OP_PING, NULL, (struct rd){ octets, 125 }));
	buf_clear(&b);
	T_RC(
	    RC_MALFORMED, ws_frame_build(&b, WS_OP_PING, NULL, OCTETS(octets)));
	T_RC(RC_MALFORMED,
	    ws_frame_build(&b, (enum ws_op)3, NULL, OCTETS(octets)));
	T_OK(b.len == 0);
	buf_clear(&b);
}

int
main(void)
{
	TEST(the_examples_of_section_5_7_are_read);
	TEST(built_frames_are_those_of_section_5_7);
	TEST(every_truncation_asks_for_more);
	TEST(each_width_of_length_comes_back);
	TEST(frames_against_the_specification_are_refused);
	TEST(the_accept_of_section_1_3_is_computed);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
