#include "base/failmem.h"
#include "session_pair.h"

#define K          \
	"\x58\x20" \
	"0123456789abcdef0123456789abcdef" /* bstr of 32 */
/* From session.md, Stored state: a responder that opened N 1 and keeps 0. */
static const char by_hand[] = "\x93\x01\xf4\xf5\xf5" K K "\x40" K K K "\xf6"
			      "\x00\x00" K "\x02\x1a\x6b\x0c\x49\x00"
			      "\x1a\x6b\x0c\x49\x01\x80\x81\x83" K "\x00" K;

static enum rc
parse(const void *octets, size_t n, struct session **ret_s)
{
	unsigned char *p = tap_block(octets, n);
	enum rc rc = session_state_parse((struct rd){ p, n }, ret_s);

	free(p);
	return rc;
}

static void
a_state_made_by_hand_is_read_and_written_again(void)
{
	struct session *s = NULL;
	struct buf b;

	T_RC(RC_OK, parse(by_hand, sizeof(by_hand) - 1, &s));
	T_OK(!s->initiator && s->answered && s->r.turn && s->r.has_recv);
	T_OK(!s->r.has_send && s->r.nr == 2 && s->n_kept == 1);
	T_OK(s->used.s == s->start.s + 1 && s->start.s == 0x6b0c4900);
	b = pair_state(s);
	T_OK(b.len == sizeof(by_hand) - 1);
	T_MEM(by_hand, b.p, b.len);
	buf_clear(&b);
	session_free(s);
}

static void
every_truncation_and_an_octet_more_are_refused(void)
{
	struct session *s = NULL;

	for (size_t n = 0; n < sizeof(by_hand) - 1; n++)
		T_RC(RC_MALFORMED, parse(by_hand, n, &s));
	T_RC(RC_MALFORMED, parse(by_hand, sizeof(by_hand), &s));
	T_OK(s == NULL);
}

static void
impossible_states_are_refused(void)
{
	static const struct {
		size_t at;
		uint8_t octet;
		const char *why;
	} cases[] = {
		{ 0, 0x92, "18 items" },
		{ 1, 0x02, "version 2" },
		{ 2, 0xf6, "null is no bool" },
	};
	struct session *s = NULL;
	char m[sizeof(by_hand)];
	size_t remote = 5 + 34 + 34 + 1 + 34 + 34;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memcpy(m, by_hand, sizeof(m));
		m[cases[i].at] = (char)cases[i].octet;
		T_RC(RC_MALFORMED, parse(m, sizeof(m) - 1, &s));
	}
	/* an initiator without an answer has an intro */
	memcpy(m, by_hand, sizeof(m));
	m[2] = (char)0xf5;
	m[3] = (char)0xf4;
	T_RC(RC_MALFORMED, parse(m, sizeof(m) - 1, &s));
	/* no peer's key, but a receiving chain */
	memcpy(m, by_hand, sizeof(m));
	m[remote] = (char)0xf6;
	memmove(m + remote + 1, m + remote + 34, sizeof(m) - remote - 34);
	T_RC(RC_MALFORMED, parse(m, sizeof(m) - 1 - 33, &s));
	T_OK(s == NULL);
}

static void
every_state_of_a_talk_comes_back_the_same(void)
{
	struct pair p;
	struct buf b;

	pair_init(&p, false);
	for (int i = 0; i < 12; i++) {
		for (int end = 0; end < 2; end++) {
			struct session *s = NULL;

			b = pair_state(p.s[end]);
			T_RC(RC_OK, parse(b.p, b.len, &s));
			T_OK(pair_is_state(s, &b));
			buf_clear(&b);
			session_free(p.s[end]);
			p.s[end] = s;
		}
		b = pair_seal(&p, 0, 1);
		buf_clear(&b); /* lost: leaves a kept key */
		pair_talk(&p);
	}
	T_OK(p.s[0]->r.n_ended == SESSION_ENDED_MAX);
	T_OK(p.s[1]->n_kept == 12);
	pair_clear(&p);
}

/* The lists at their maximum pass, with one more they do not. */
static void
lists_have_a_maximum(void)
{
	struct pair p;
	struct buf b;
	struct session *s = NULL;
	struct session_kept *kept = calloc(1001, sizeof(*kept));

	pair_init(&p, false);
	p.s[1]->kept = kept;
	p.s[1]->n_kept = 1000;
	p.s[1]->r.n_ended = SESSION_ENDED_MAX;
	b = pair_state(p.s[1]);
	T_RC(RC_OK, parse(b.p, b.len, &s));
	session_free(s);
	s = NULL;
	buf_clear(&b);
	p.s[1]->n_kept = 1001;
	b = pair_state(p.s[1]);
	T_RC(RC_MALFORMED, parse(b.p, b.len, &s));
	buf_clear(&b);
	T_OK(s == NULL);
	pair_clear(&p);
}

static void
a_failed_allocation_leaks_nothing(void)
{
	struct session *s = NULL;

	for (long k = 0; k < 2; k++) {
		(void)failmem_after(k);
		T_RC(RC_NOMEM, parse(by_hand, sizeof(by_hand) - 1, &s));
	}
	(void)failmem_after(-1);
	T_OK(s == NULL);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_state_made_by_hand_is_read_and_written_again);
	TEST(every_truncation_and_an_octet_more_are_refused);
	TEST(impossible_states_are_refused);
	TEST(every_state_of_a_talk_comes_back_the_same);
	TEST(lists_have_a_maximum);
	TEST(a_failed_allocation_leaks_nothing);
	return tap_done();
}
