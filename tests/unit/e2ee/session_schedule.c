/*
 * Schedules: two ends whose messages are dropped, doubled, reordered, damaged,
 * and who crash between a step and its record (design: e2ee, Evidence 3).
 * TACET_SCHEDULES says how many more than the default.
 */
#include "session_pair.h"

#define STEPS 400
#define SENT_MAX STEPS

struct sent {
	int to;
	struct buf m;
	unsigned shown; /* how often its text was shown for good */
	bool dropped;
};

struct world {
	struct pair p;
	struct buf stored[2]; /* what a crash leaves */
	size_t n;
	struct sent sent[SENT_MAX];
	uint64_t seed;
};

/* splitmix64: a schedule is its seed. */
static uint64_t
draw(struct world *w, uint64_t below)
{
	uint64_t z = (w->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

static void
record(struct world *w, int end)
{
	buf_clear(&w->stored[end]);
	w->stored[end] = pair_state(w->p.s[end]);
}

static void
crash(struct world *w, int end)
{
	session_free(w->p.s[end]);
	w->p.s[end] = NULL;
	T_RC(RC_OK, session_parse(buf_get(&w->stored[end]), &w->p.s[end]));
}

static void
fresh_for(struct world *w, uint8_t ret[static 32])
{
	for (size_t i = 0; i < 32; i++)
		ret[i] = (uint8_t)draw(w, 256);
}

static void
send_one(struct world *w, int by)
{
	struct sent *s = &w->sent[w->n];
	uint8_t fresh[32], text[4];
	enum rc rc;

	for (size_t i = 0; i < 4; i++)
		text[i] = (uint8_t)(w->n >> (8 * i));
	fresh_for(w, fresh);
	buf_init(&s->m, 1024);
	rc = session_seal_with(w->p.s[by], fresh,
	    (struct rd){ text, sizeof(text) }, PAIR_NOW, &s->m);
	if (rc == RC_STATE) {
		T_OK(by == 1 && !session_is_answered(w->p.s[1]));
		return;
	}
	T_RC(RC_OK, rc);
	if (draw(w, 10) == 0) { /* before the record: it never left */
		buf_clear(&s->m);
		crash(w, by);
		return;
	}
	record(w, by);
	s->to = 1 - by;
	s->dropped = draw(w, 6) == 0;
	w->n++;
}

/* The text tells which message it was. */
static size_t
number_of(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < 4 && b->len == 4; i++)
		n |= (size_t)b->p[i] << (8 * i);
	return n;
}

static void
deliver(struct world *w, size_t i)
{
	struct sent *s = &w->sent[i];
	struct buf b;
	enum rc rc;

	buf_init(&b, 64);
	rc = session_open(w->p.s[s->to], buf_get(&s->m), PAIR_NOW, &b);
	T_RC(s->shown == 0 ? RC_OK : RC_EXISTS,
	    rc == RC_DENIED && s->shown > 0 ? RC_EXISTS : rc);
	if (rc == RC_OK) {
		T_OK(b.len == 4 && number_of(&b) == i);
		if (draw(w, 10) == 0) { /* comes again after the crash */
			crash(w, s->to);
		} else {
			record(w, s->to);
			s->shown++;
		}
	}
	T_OK(s->shown <= 1);
	buf_clear(&b);
}

static void
damage(struct world *w, size_t i)
{
	struct sent *s = &w->sent[i];
	unsigned char *copy = tap_block(s->m.p, s->m.len);
	struct buf before = pair_state(w->p.s[s->to]);
	size_t bit = (size_t)draw(w, s->m.len * 8);
	size_t n = s->m.len;
	struct buf b;
	enum rc rc;

	buf_init(&b, 64);
	copy[bit / 8] ^= (unsigned char)(1u << (bit % 8));
	if (draw(w, 4) == 0)
		n = (size_t)draw(w, n);
	rc = session_open(w->p.s[s->to], (struct rd){ copy, n }, PAIR_NOW, &b);
	/* a header that names a used key is a repeat, whatever follows */
	T_OK(rc == RC_DENIED || rc == RC_EXISTS);
	T_OK(b.len == 0);
	T_OK(pair_is_state(w->p.s[s->to], &before));
	buf_clear(&before);
	buf_clear(&b);
	free(copy);
}

/* The DH key and N name a message key: none may be used twice. */
static void
no_key_twice(const struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct buf *a = &w->sent[i].m;

		for (size_t j = 0; j < i; j++) {
			const struct buf *b = &w->sent[j].m;
			const uint8_t *x = a->p + a->len - 4 - 16 - 44;
			const uint8_t *y = b->p + b->len - 4 - 16 - 44;

			T_OK(memcmp(x, y, 32) != 0 ||
			    memcmp(x + 36, y + 36, 4) != 0);
		}
	}
}

static void
run(uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	w->seed = seed;
	pair_init(&w->p, seed % 2 == 0);
	record(w, 0);
	record(w, 1);
	for (int step = 0; step < STEPS; step++) {
		uint64_t what = draw(w, 12);
		size_t near = w->n == 0 ? 0 : (size_t)draw(w, w->n);
		uint64_t back = draw(w, 8);

		if (back < w->n && draw(w, 3) > 0)
			near = w->n - 1 - (size_t)back;
		if (what < 5 || w->n == 0)
			send_one(w, (int)draw(w, 2));
		else if (what < 10 && !w->sent[near].dropped)
			deliver(w, near);
		else if (what == 10)
			damage(w, near);
		else
			crash(w, (int)draw(w, 2));
	}
	/* in the window all the while: what was not dropped, opens */
	for (size_t i = 0; i < w->n; i++)
		for (int k = 0;
		     k < 99 && !w->sent[i].dropped && w->sent[i].shown == 0;
		     k++)
			deliver(w, i);
	for (size_t i = 0; i < w->n; i++)
		T_OK(w->sent[i].dropped || w->sent[i].shown == 1);
	no_key_twice(w);
	for (size_t i = 0; i < w->n; i++)
		buf_clear(&w->sent[i].m);
	buf_clear(&w->stored[0]);
	buf_clear(&w->stored[1]);
	pair_clear(&w->p);
	free(w);
}

static void
no_schedule_loses_doubles_or_confuses_a_message(void)
{
	const char *more = getenv("TACET_SCHEDULES");
	uint64_t n = 60 + (more == NULL ? 0 : strtoull(more, NULL, 10));

	for (uint64_t seed = 1; seed <= n; seed++)
		run(seed);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(no_schedule_loses_doubles_or_confuses_a_message);
	return tap_done();
}
