#include "e2ee/session.h"

#include "base/failmem.h"
#include "session_pair.h"

static void
two_devices_talk_with_and_without_a_one_time_key(void)
{
	for (int one_time = 0; one_time < 2; one_time++) {
		struct pair p;
		uint8_t a[32], b[32];

		pair_init(&p, one_time == 1);
		session_id(p.s[0], a);
		session_id(p.s[1], b);
		T_MEM(a, b, 32);
		session_base_key(p.s[0], a);
		session_base_key(p.s[1], b);
		T_MEM(a, b, 32);
		T_OK(!session_is_answered(p.s[0]));
		for (int i = 0; i < 20; i++)
			pair_talk(&p);
		T_OK(session_is_answered(p.s[0]));
		T_OK(session_is_answered(p.s[1]));
		T_OK(session_used(p.s[0]).s == PAIR_NOW.s);
		pair_clear(&p);
	}
}

static void
the_intro_is_sent_until_the_first_answer(void)
{
	struct pair p;
	struct buf m[3];
	struct session_intro i = { 0 };

	pair_init(&p, true);
	for (uint8_t k = 0; k < 3; k++) {
		m[k] = pair_seal(&p, 0, k);
		T_RC(RC_OK, session_intro_parse(buf_get(&m[k]), &i));
		T_OK(i.signed_id == 7 && i.one_time_id == 9);
		T_MEM(p.s[1]->base_key, i.base_key, 32);
	}
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&m[1]), 1));
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&m[0]), 0));
	T_RC(RC_EXISTS, pair_open(&p, 1, buf_get(&m[0]), 0));
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&m[2]), 2));
	pair_talk(&p);
	buf_clear(&m[0]);
	m[0] = pair_seal(&p, 0, 3);
	T_RC(RC_NOT_FOUND, session_intro_parse(buf_get(&m[0]), &i));
	T_OK(m[0].len == 1 + SESSION_HEADER_SIZE + 1 + SESSION_TAG_SIZE);
	for (int k = 0; k < 3; k++)
		buf_clear(&m[k]);
	pair_clear(&p);
}

static void
the_responder_sends_nothing_before_it_opened_something(void)
{
	struct pair p;
	struct buf b;

	pair_init(&p, true);
	buf_init(&b, 4096);
	T_RC(RC_STATE, session_seal(p.s[1], rd_str("x"), PAIR_NOW, &b));
	T_OK(b.len == 0);
	pair_clear(&p);
}

/* The one answer that differs is told by the header alone: a lower N whose
 * key is gone. */
static enum rc
expected(const struct buf *m, size_t bit, size_t front)
{
	const uint8_t *n = m->p + front + 36;
	uint32_t was = (uint32_t)n[2] << 8 | n[3];
	size_t in_n = bit - (front + 36) * 8;

	if (bit / 8 < front + 36 || bit / 8 >= front + 40)
		return RC_DENIED;
	/* bit order: within each octet the lowest first */
	in_n = (3 - in_n / 8) * 8 + in_n % 8;
	return (was >> in_n & 1) == 1 ? RC_EXISTS : RC_DENIED;
}

static void
flip_all(struct pair *p, int to, struct buf *m, size_t front)
{
	struct buf state = pair_state(p->s[to]);

	for (size_t bit = 0; bit < m->len * 8; bit++) {
		uint8_t mask = (uint8_t)(1u << (bit % 8));

		enum rc want = expected(m, bit, front);

		m->p[bit / 8] ^= mask;
		T_RC(want, pair_open(p, to, buf_get(m), 5));
		m->p[bit / 8] ^= mask;
		T_OK(pair_is_state(p->s[to], &state));
	}
	buf_clear(&state);
}

static void
every_flipped_bit_is_denied_and_changes_nothing(void)
{
	struct pair p;
	struct buf m;

	pair_init(&p, true);
	m = pair_seal(&p, 0, 5); /* N 0, with intro */
	flip_all(&p, 1, &m, 1 + p.s[0]->n_intro);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&m), 5));
	buf_clear(&m);
	pair_talk(&p);
	m = pair_seal(&p, 1, 5);
	flip_all(&p, 0, &m, 1);
	T_RC(RC_OK, pair_open(&p, 0, buf_get(&m), 5));
	buf_clear(&m);
	for (uint8_t i = 0; i < 5; i++) {
		m = pair_seal(&p, 1, i);
		T_RC(RC_OK, pair_open(&p, 0, buf_get(&m), i));
		buf_clear(&m);
	}
	m = pair_seal(&p, 1, 5);
	flip_all(&p, 0, &m, 1);
	T_RC(RC_OK, pair_open(&p, 0, buf_get(&m), 5));
	buf_clear(&m);
	pair_clear(&p);
}

static void
every_truncation_and_an_octet_more_are_denied(void)
{
	struct pair p;
	struct buf m, state;

	pair_init(&p, true);
	m = pair_seal(&p, 0, 5);
	state = pair_state(p.s[1]);
	for (size_t n = 0; n < m.len; n++)
		T_RC(RC_DENIED, pair_open(&p, 1, (struct rd){ m.p, n }, 5));
	T_RC(RC_OK, buf_u8(&m, 0));
	T_RC(RC_DENIED, pair_open(&p, 1, buf_get(&m), 5));
	T_OK(pair_is_state(p.s[1], &state));
	buf_clear(&m);
	buf_clear(&state);
	pair_clear(&p);
}

/* Opens only the last of n messages of one chain, whose N is n - 1. */
static enum rc
jump(struct pair *p, size_t n, struct buf *ret_first)
{
	struct buf m;
	enum rc rc;

	*ret_first = pair_seal(p, 0, 8);
	for (size_t i = 1; i + 1 < n; i++) {
		m = pair_seal(p, 0, 6);
		buf_clear(&m);
	}
	m = pair_seal(p, 0, 7);
	rc = pair_open(p, 1, buf_get(&m), 7);
	buf_clear(&m);
	return rc;
}

static void
a_message_may_skip_1000_and_not_1001(void)
{
	struct pair p;
	struct buf first;

	pair_init(&p, true);
	T_RC(RC_OK, jump(&p, 1001, &first));
	T_OK(p.s[1]->n_kept == 1000);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&first), 8));
	T_OK(p.s[1]->n_kept == 999);
	buf_clear(&first);
	pair_clear(&p);
	pair_init(&p, true);
	T_RC(RC_DENIED, jump(&p, 1002, &first));
	T_OK(p.s[1]->n_kept == 0);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&first), 8));
	buf_clear(&first);
	pair_clear(&p);
}

static void
a_session_keeps_1000_keys_and_the_oldest_go(void)
{
	struct pair p;
	struct buf first, next, last;
	struct session *s = NULL;

	pair_init(&p, true);
	T_RC(RC_OK, jump(&p, 1001, &first));
	next = pair_seal(&p, 0, 9); /* skipped too: pushes the first out */
	last = pair_seal(&p, 0, 10);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&last), 10));
	T_OK(p.s[1]->n_kept == 1000);
	T_RC(RC_EXISTS, pair_open(&p, 1, buf_get(&first), 8));
	buf_clear(&last);
	last = pair_state(p.s[1]); /* the largest state there is, restored */
	T_RC(RC_OK, session_parse(buf_get(&last), &s));
	T_OK(pair_is_state(s, &last));
	session_free(s);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&next), 9));
	buf_clear(&first);
	buf_clear(&next);
	buf_clear(&last);
	pair_clear(&p);
}

static void
a_text_of_90000_octets_is_sealed_and_not_one_more(void)
{
	static uint8_t text[SESSION_PLAIN_MAX + 1];
	struct pair p;
	struct buf m, plain;

	pair_init(&p, true);
	buf_init(&m, 131072);
	buf_init(&plain, 131072);
	T_RC(RC_LIMIT,
	    session_seal(
		p.s[0], (struct rd){ text, sizeof(text) }, PAIR_NOW, &m));
	T_OK(m.len == 0);
	T_RC(RC_OK,
	    session_seal(
		p.s[0], (struct rd){ text, sizeof(text) - 1 }, PAIR_NOW, &m));
	T_RC(RC_OK, session_open(p.s[1], buf_get(&m), PAIR_NOW, &plain));
	T_OK(plain.len == SESSION_PLAIN_MAX);
	buf_clear(&m);
	buf_clear(&plain);
	pair_clear(&p);
}

/* Design: e2ee, Evidence 4. */
static void
a_stolen_state_opens_nothing_earlier_and_nothing_after_a_turn(void)
{
	struct pair p;
	struct buf early, state, late;
	struct session *thief = NULL, *own;

	pair_init(&p, true);
	pair_talk(&p);
	early = pair_seal(&p, 0, 3);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&early), 3));
	state = pair_state(p.s[1]);
	T_RC(RC_OK, session_parse(buf_get(&state), &thief));
	own = p.s[1];
	p.s[1] = thief;
	T_RC(RC_EXISTS, pair_open(&p, 1, buf_get(&early), 3));
	p.s[1] = own;
	late = pair_seal(&p, 1, 4); /* one turn each way */
	T_RC(RC_OK, pair_open(&p, 0, buf_get(&late), 4));
	buf_clear(&late);
	late = pair_seal(&p, 0, 5);
	p.s[1] = thief;
	T_RC(RC_DENIED, pair_open(&p, 1, buf_get(&late), 5));
	p.s[1] = own;
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&late), 5));
	session_free(thief);
	buf_clear(&early);
	buf_clear(&state);
	buf_clear(&late);
	pair_clear(&p);
}

static void
keys_of_low_order_are_denied(void)
{
	struct pair p;
	struct prekey_bundle b;
	struct session_intro intro = { 0 };
	struct session *s = NULL;
	struct rd r;

	pair_init(&p, true);
	b = pair_bundle(&p.ends[1], true);
	memcpy(b.one_time.key, (uint8_t[32]){ 1 }, 32);
	T_RC(RC_DENIED,
	    session_start(&p.ends[0].party, p.ends[0].dik, &p.ends[1].party, &b,
		PAIR_NOW, &s));
	r = (struct rd){ p.s[0]->intro, p.s[0]->n_intro };
	T_RC(RC_OK, session_intro_take(&r, &intro));
	memcpy(intro.base_key, (uint8_t[32]){ 0 }, 32);
	T_RC(RC_DENIED,
	    session_accept(&p.ends[1].party,
		&(struct session_secrets){ p.ends[1].dik,
		    p.ends[1].signed_secret, p.ends[1].one_time },
		&intro, PAIR_NOW, &s));
	T_OK(s == NULL);
	pair_clear(&p);
}

static void
another_view_of_the_start_opens_nothing(void)
{
	for (int what = 0; what < 6; what++) {
		struct pair p;
		struct session_intro i = { 0 };
		struct buf m;
		struct rd r;

		pair_init(&p, true);
		r = (struct rd){ p.s[0]->intro, p.s[0]->n_intro };
		T_RC(RC_OK, session_intro_take(&r, &i));
		session_free(p.s[1]);
		p.s[1] = NULL;
		switch (what) {
		case 0:
			p.ends[1].party.handle = rd_str("+15550102");
			break;
		case 1:
			p.ends[1].party.list_hash[0] ^= 1;
			break;
		case 2:
			i.device ^= 1;
			break;
		case 3:
			i.signed_id ^= 1;
			break;
		case 4:
			i.aik[31] ^= 1;
			break;
		default:
			p.ends[1].one_time[0] ^= 8;
			break;
		}
		T_RC(RC_OK,
		    session_accept(&p.ends[1].party,
			&(struct session_secrets){ p.ends[1].dik,
			    p.ends[1].signed_secret, p.ends[1].one_time },
			&i, PAIR_NOW, &p.s[1]));
		m = pair_seal(&p, 0, 1);
		T_RC(RC_DENIED, pair_open(&p, 1, buf_get(&m), 1));
		buf_clear(&m);
		pair_clear(&p);
	}
}

static void
a_failed_allocation_changes_nothing(void)
{
	struct pair p;
	struct buf m, skipped, state;
	enum rc rc = RC_NOMEM;
	uint8_t room[16];
	struct buf plain = { .p = room, .cap = sizeof(room), .max = 16 };

	pair_init(&p, true);
	pair_talk(&p);
	skipped = pair_seal(&p, 0, 1);
	m = pair_seal(&p, 0, 2);
	state = pair_state(p.s[1]);
	for (long k = 0; rc == RC_NOMEM && k < 9; k++) {
		(void)failmem_after(k);
		rc = session_open(p.s[1], buf_get(&m), PAIR_NOW, &plain);
		(void)failmem_after(-1);
		T_OK(rc == RC_OK || k < 2);
		T_OK((rc == RC_OK) != pair_is_state(p.s[1], &state));
	}
	T_RC(RC_OK, rc);
	T_RC(RC_OK, pair_open(&p, 1, buf_get(&skipped), 1));
	buf_clear(&m);
	buf_init(&m, 4096);
	buf_clear(&state);
	state = pair_state(p.s[0]);
	(void)failmem_after(0);
	T_RC(RC_NOMEM, session_seal(p.s[0], rd_str("x"), PAIR_NOW, &m));
	(void)failmem_after(-1);
	T_OK(pair_is_state(p.s[0], &state) && m.len == 0);
	buf_clear(&m);
	buf_clear(&state);
	buf_clear(&skipped);
	pair_clear(&p);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(two_devices_talk_with_and_without_a_one_time_key);
	TEST(the_intro_is_sent_until_the_first_answer);
	TEST(the_responder_sends_nothing_before_it_opened_something);
	TEST(every_flipped_bit_is_denied_and_changes_nothing);
	TEST(every_truncation_and_an_octet_more_are_denied);
	TEST(a_message_may_skip_1000_and_not_1001);
	TEST(a_session_keeps_1000_keys_and_the_oldest_go);
	TEST(a_text_of_90000_octets_is_sealed_and_not_one_more);
	TEST(a_stolen_state_opens_nothing_earlier_and_nothing_after_a_turn);
	TEST(keys_of_low_order_are_denied);
	TEST(another_view_of_the_start_opens_nothing);
	TEST(a_failed_allocation_changes_nothing);
	return tap_done();
}
