#include "ipc/msg.h"

#include "base/failmem.h"
#include "tap.h"

static const enum msg_type types[] = { MSG_CONFIG, MSG_FILE, MSG_START,
	MSG_REG_START, MSG_REG_SEND, MSG_REG_REPLY, MSG_ACCOUNT_PUT,
	MSG_ACCOUNT_REPLY, MSG_LOOKUP, MSG_LOOKUP_REPLY, MSG_PREKEYS_GET,
	MSG_PREKEYS_REPLY, MSG_PREKEYS_PUT, MSG_LINK_PUT, MSG_LINK_REPLY,
	MSG_FILE_GET, MSG_FILE_REPLY, MSG_SMS_SEND, MSG_REPLY, MSG_SEND,
	MSG_SENT, MSG_STREAM_OPEN, MSG_STREAM_REPLY, MSG_STREAM_CLOSE,
	MSG_DELIVER, MSG_ACK, MSG_ROW, MSG_ROW_DONE, MSG_ROWS_GET,
	MSG_ROWS_REPLY, MSG_CUT, MSG_CUT_DONE, MSG_SMS_OUT, MSG_SMS_STATE,
	MSG_SMS_FIND, MSG_SMS_DEVICES, MSG_SMS_IN, MSG_SMS_IN_DONE,
	MSG_LOG_APPEND, MSG_LOG_APPENDED, MSG_LOG_GET, MSG_LOG_FILE,
	MSG_SIGN_CHECKPOINT, MSG_SIGN_MANIFEST, MSG_SIGNED, MSG_POLICY,
	MSG_POLICY_HASH, MSG_COSIGN, MSG_COSIGNED, MSG_PROOF_GET, MSG_PROOF,
	MSG_EVALUATE, MSG_EVALUATED, MSG_PRIVATE, MSG_PRIVATE_REPLY,
	MSG_LOOKUP_KEYS, MSG_SLOT_PUT, MSG_SLOT_DONE, MSG_SNAPSHOT,
	MSG_SNAPSHOT_READY, MSG_EPOCH, MSG_TOKENS, MSG_OCTETS_REPLY,
	MSG_PROMISE_GET, MSG_COUNTS_GET, MSG_COUNTS, MSG_PRIVATE_LIMIT };

union room {
	uint8_t octets[2048];
	uint64_t align;
};

static void
a_message_follows_its_table_by_hand(void)
{
	static const uint8_t want[] = { 0, 20, 0, 0, 0, 32, /* head */
		0, 0, 0, 0, 0, 0, 0, 9,                     /* req */
		7, '1', '5', '5', '5', '0', '1', '9',       /* number */
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct msg_reg_start m = { .req = 9,
		.addr_key = {
		    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
	struct msg_reg_start again;
	struct buf b;

	buf_init(&b, 100);
	T_RC(RC_OK, e164_parse(rd_str("+1555019"), &m.number));
	T_RC(RC_OK, msg_build(MSG_REG_START, &m, &b));
	T_OK(b.len == sizeof(want));
	T_MEM(want, b.p, sizeof(want));
	T_RC(RC_OK,
	    msg_parse(MSG_REG_START,
		(struct rd){ b.p + MSG_HEAD_SIZE, b.len - MSG_HEAD_SIZE },
		&again));
	T_OK(again.req == 9 && e164_is_eq(&again.number, &m.number));
	buf_clear(&b);
}

/* Zero octets are a valid body of every type: zero integers, absent numbers,
 * empty strings. */
static void
every_type_is_built_as_it_was_read_and_no_truncation_is_read(void)
{
	static const union room zero;
	union room m;
	struct buf b;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t n;
		unsigned char *p;

		T_OK(msg_size(types[i]) > 0);
		T_OK(msg_size(types[i]) <= sizeof(m));
		buf_init(&b, 4096);
		T_RC(RC_OK, msg_build(types[i], &zero, &b));
		n = b.len - MSG_HEAD_SIZE;
		T_RC(RC_OK,
		    msg_parse(
			types[i], (struct rd){ b.p + MSG_HEAD_SIZE, n }, &m));
		for (size_t cut = 0; cut < n; cut++) {
			p = tap_block(b.p + MSG_HEAD_SIZE, cut);
			T_RC(RC_MALFORMED,
			    msg_parse(types[i], (struct rd){ p, cut }, &m));
			free(p);
		}
		T_RC(RC_OK, buf_u8(&b, 0));
		T_RC(RC_MALFORMED,
		    msg_parse(types[i],
			(struct rd){ b.p + MSG_HEAD_SIZE, n + 1 }, &m));
		buf_clear(&b);
	}
}

static void
a_string_over_its_maximum_is_refused_both_ways(void)
{
	static const uint8_t text[33] = { 'x' };
	struct msg_named m = { { text, 32 } };
	struct buf b;

	buf_init(&b, 200);
	T_RC(RC_OK, msg_build(MSG_FILE, &m, &b));
	m.name.left = 33;
	T_RC(RC_MALFORMED, msg_build(MSG_FILE, &m, &b));
	b.p[MSG_HEAD_SIZE + 3] = 33; /* the length, with the octets present */
	T_RC(RC_OK, buf_u8(&b, 'x'));
	T_RC(RC_MALFORMED,
	    msg_parse(MSG_FILE,
		(struct rd){ b.p + MSG_HEAD_SIZE, b.len - MSG_HEAD_SIZE }, &m));
	buf_clear(&b);
}

static void
an_unknown_type_is_refused(void)
{
	union room m;
	struct buf b;

	buf_init(&b, 200);
	T_RC(RC_MALFORMED, msg_parse((enum msg_type)9999, rd_str(""), &m));
	T_RC(RC_MALFORMED, msg_build((enum msg_type)9999, &m, &b));
	T_OK(msg_size((enum msg_type)9999) == 0);
	T_STR("unknown", msg_name((enum msg_type)9999));
	buf_clear(&b);
}

static void
a_failed_allocation_leaves_the_buffer_as_it_was(void)
{
	static const union room zero;
	struct buf b;

	buf_init(&b, 4096);
	(void)failmem_after(0);
	T_RC(RC_NOMEM, msg_build(MSG_LOOKUP, &zero, &b));
	(void)failmem_after(-1);
	T_OK(b.len == 0);
	buf_clear(&b);
}

int
main(void)
{
	TEST(a_message_follows_its_table_by_hand);
	TEST(every_type_is_built_as_it_was_read_and_no_truncation_is_read);
	TEST(a_string_over_its_maximum_is_refused_both_ways);
	TEST(an_unknown_type_is_refused);
	TEST(a_failed_allocation_leaves_the_buffer_as_it_was);
	return tap_done();
}
