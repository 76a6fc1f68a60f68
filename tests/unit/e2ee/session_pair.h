/*
 * session_pair: two devices and a session between them, for tests. The long
 * keys are constants; bundle signatures are not looked at by session_start.
 */
#ifndef SESSION_PAIR_H
#define SESSION_PAIR_H
#include <sodium.h>

#include "e2ee/session_internal.h"
#include "tap.h"

#define PAIR_NOW ((struct wall){ 1796000000 })

struct pair_end {
	struct session_party party;
	uint8_t dik[32];
	uint8_t signed_secret[32];
	uint8_t one_time[32];
};

static inline void
pair_end_init(struct pair_end *e, uint8_t fill, const char *handle)
{
	*e = (struct pair_end){ 0 };
	for (size_t i = 0; i < 32; i++) {
		e->dik[i] = (uint8_t)(fill + i);
		e->signed_secret[i] = (uint8_t)(fill + 32 + i);
		e->one_time[i] = (uint8_t)(fill + 64 + i);
		e->party.aik[i] = (uint8_t)(fill + 96 + i);
		e->party.list_hash[i] = (uint8_t)(fill ^ i);
	}
	for (size_t i = 0; i < 16; i++)
		e->party.account[i] = (uint8_t)(fill * 3 + i);
	e->party.device = fill;
	e->party.handle = rd_str(handle);
	(void)crypto_scalarmult_base(e->party.dik, e->dik);
}

static inline struct prekey_bundle
pair_bundle(const struct pair_end *e, bool one_time)
{
	struct prekey_bundle b = { .device = e->party.device };

	b.signed_key.id = 7;
	(void)crypto_scalarmult_base(b.signed_key.key, e->signed_secret);
	b.has_one_time = one_time;
	if (one_time) {
		b.one_time.id = 9;
		(void)crypto_scalarmult_base(b.one_time.key, e->one_time);
	}
	return b;
}

struct pair {
	struct pair_end ends[2];
	struct session *s[2]; /* 0 started, 1 accepts */
};

static inline void
pair_init(struct pair *p, bool one_time)
{
	struct prekey_bundle bundle;
	struct session_intro intro = { 0 };
	struct rd r;

	p->s[0] = NULL;
	p->s[1] = NULL;
	pair_end_init(&p->ends[0], 1, "+15550100");
	pair_end_init(&p->ends[1], 2, "+15550101");
	bundle = pair_bundle(&p->ends[1], one_time);
	T_RC(RC_OK,
	    session_start(&p->ends[0].party, p->ends[0].dik, &p->ends[1].party,
		&bundle, PAIR_NOW, &p->s[0]));
	r = (struct rd){ p->s[0]->intro, p->s[0]->n_intro };
	T_RC(RC_OK, session_intro_take(&r, &intro));
	T_RC(RC_OK,
	    session_accept(&p->ends[1].party,
		&(struct session_secrets){ p->ends[1].dik,
		    p->ends[1].signed_secret,
		    one_time ? p->ends[1].one_time : NULL },
		&intro, PAIR_NOW, &p->s[1]));
}

static inline void
pair_clear(struct pair *p)
{
	session_free(p->s[0]);
	session_free(p->s[1]);
	p->s[0] = NULL;
	p->s[1] = NULL;
}

/* A message of one octet from end i; the caller clears. */
static inline struct buf
pair_seal(struct pair *p, int i, uint8_t octet)
{
	struct buf b;

	buf_init(&b, 4096);
	T_RC(RC_OK,
	    session_seal(p->s[i], (struct rd){ &octet, 1 }, PAIR_NOW, &b));
	return b;
}

/* What end i says to the message; its text must be octet when it opens. */
static inline enum rc
pair_open(struct pair *p, int i, struct rd message, uint8_t octet)
{
	struct buf b;
	unsigned char *own = tap_block(message.p, message.left);
	enum rc rc;

	buf_init(&b, 4096);
	rc = session_open(
	    p->s[i], (struct rd){ own, message.left }, PAIR_NOW, &b);
	T_OK(rc == RC_OK ? b.len == 1 && b.p[0] == octet : b.len == 0);
	free(own);
	buf_clear(&b);
	return rc;
}

static inline struct buf
pair_state(const struct session *s)
{
	struct buf b;

	buf_init(&b, SESSION_STATE_MAX);
	T_RC(RC_OK, session_build(s, &b));
	return b;
}

static inline bool
pair_is_state(const struct session *s, const struct buf *want)
{
	struct buf b = pair_state(s);
	bool same = b.len == want->len && memcmp(b.p, want->p, b.len) == 0;

	buf_clear(&b);
	return same;
}

/* Both have opened something of the other. */
static inline void
pair_talk(struct pair *p)
{
	struct buf b = pair_seal(p, 0, 1);

	T_RC(RC_OK, pair_open(p, 1, buf_get(&b), 1));
	buf_clear(&b);
	b = pair_seal(p, 1, 2);
	T_RC(RC_OK, pair_open(p, 0, buf_get(&b), 2));
	buf_clear(&b);
}
#endif
