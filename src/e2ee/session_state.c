#include <string.h>

#include "base/failmem.h"
#include "e2ee/session_internal.h"
#include "wire/cbor.h"

/* Stored state: session.md, items in its order. */
#define VERSION 1
#define N_ITEMS 19
#define TIME_MAX INT64_MAX

static enum rc
key_put(struct buf *b, bool has, const uint8_t key[static 32])
{
	if (!has)
		return cbor_put_null(b);
	return cbor_put_bytes(b, (struct rd){ key, 32 });
}

static enum rc
key_get(struct rd *r, bool *ret_has, uint8_t ret_key[static 32])
{
	*ret_has = !cbor_is_null(r);
	return *ret_has ? cbor_get_fixed(r, 32, ret_key) : RC_OK;
}

static enum rc
u32_get(struct rd *r, uint32_t *ret_v)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, UINT32_MAX, &v));
	*ret_v = (uint32_t)v;
out:
	return rc;
}

static enum rc
time_get(struct rd *r, struct wall *ret_t)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, TIME_MAX, &v));
	ret_t->s = (int64_t)v;
out:
	return rc;
}

static enum rc
chains_put(const struct session *s, struct buf *b)
{
	const struct session_ratchet *r = &s->r;
	enum rc rc = RC_BUG;

	TRY(key_put(b, true, r->root));
	TRY(key_put(b, true, r->own));
	TRY(key_put(b, r->has_remote, r->remote));
	TRY(key_put(b, r->has_send, r->send));
	TRY(cbor_put_u64(b, r->ns));
	TRY(cbor_put_u64(b, r->pn));
	TRY(key_put(b, r->has_recv, r->recv));
	TRY(cbor_put_u64(b, r->nr));
out:
	return rc;
}

static enum rc
lists_put(const struct session *s, struct buf *b)
{
	const struct session_ratchet *r = &s->r;
	enum rc rc = RC_BUG;

	TRY(cbor_put_array(b, r->n_ended));
	for (size_t i = 0; i < r->n_ended; i++) {
		TRY(cbor_put_array(b, 2));
		TRY(key_put(b, true, r->ended[i].dh));
		TRY(cbor_put_u64(b, r->ended[i].n));
	}
	TRY(cbor_put_array(b, s->n_kept));
	for (size_t i = 0; i < s->n_kept; i++) {
		TRY(cbor_put_array(b, 3));
		TRY(key_put(b, true, s->kept[i].dh));
		TRY(cbor_put_u64(b, s->kept[i].n));
		TRY(key_put(b, true, s->kept[i].key));
	}
out:
	return rc;
}

enum rc
session_state_build(const struct session *s, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(s->start.s >= 0 && s->used.s >= 0, RC_MALFORMED);
	TRY(cbor_put_array(b, N_ITEMS));
	TRY(cbor_put_u64(b, VERSION));
	TRY(cbor_put_bool(b, s->initiator));
	TRY(cbor_put_bool(b, s->answered));
	TRY(cbor_put_bool(b, s->r.turn));
	TRY(key_put(b, true, s->hash));
	TRY(key_put(b, true, s->base_key));
	TRY(cbor_put_bytes(b, (struct rd){ s->intro, s->n_intro }));
	TRY(chains_put(s, b));
	TRY(cbor_put_u64(b, (uint64_t)s->start.s));
	TRY(cbor_put_u64(b, (uint64_t)s->used.s));
	TRY(lists_put(s, b));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

/* Items 2 to 7. The intro is there exactly while the initiator waits. */
static enum rc
start_get(struct rd *r, struct session *s)
{
	struct session_intro i = { 0 };
	struct rd intro = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_bool(r, &s->initiator));
	TRY(cbor_get_bool(r, &s->answered));
	TRY(cbor_get_bool(r, &s->r.turn));
	TRY(cbor_get_fixed(r, sizeof(s->hash), s->hash));
	TRY(cbor_get_fixed(r, sizeof(s->base_key), s->base_key));
	TRY(cbor_get_bytes(r, sizeof(s->intro), &intro));
	CHECK((intro.left > 0) == (s->initiator && !s->answered), RC_MALFORMED);
	if (intro.left > 0) {
		s->n_intro = intro.left;
		memcpy(s->intro, intro.p, intro.left);
		TRY(session_intro_take(&intro, &i));
		TRY(rd_end(&intro));
	}
out:
	return rc;
}

/* Items 8 to 15, and which of them may be without which. */
static enum rc
chains_get(struct rd *r, struct session *s)
{
	struct session_ratchet *t = &s->r;
	enum rc rc = RC_BUG;

	TRY(cbor_get_fixed(r, sizeof(t->root), t->root));
	TRY(cbor_get_fixed(r, sizeof(t->own), t->own));
	TRY(key_get(r, &t->has_remote, t->remote));
	TRY(key_get(r, &t->has_send, t->send));
	TRY(u32_get(r, &t->ns));
	TRY(u32_get(r, &t->pn));
	TRY(key_get(r, &t->has_recv, t->recv));
	TRY(u32_get(r, &t->nr));
	CHECK(t->has_remote || (!t->turn && !t->has_send && !t->has_recv),
	    RC_MALFORMED);
	CHECK(!t->turn || !t->has_send, RC_MALFORMED);
out:
	return rc;
}

static enum rc
ended_get(struct rd *r, struct session_ratchet *t)
{
	size_t two = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, SESSION_ENDED_MAX, &t->n_ended));
	for (size_t i = 0; i < t->n_ended; i++) {
		TRY(cbor_get_array(r, 2, &two));
		CHECK(two == 2, RC_MALFORMED);
		TRY(cbor_get_fixed(r, 32, t->ended[i].dh));
		TRY(u32_get(r, &t->ended[i].n));
	}
out:
	return rc;
}

static enum rc
kept_get(struct rd *r, struct session *s)
{
	size_t n = 0;
	size_t three = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, SESSION_SKIP_MAX, &n));
	if (n > 0) {
		s->kept = failmem_array(n, sizeof(*s->kept));
		CHECK(s->kept != NULL, RC_NOMEM);
		s->n_kept = n;
	}
	for (size_t i = 0; i < n; i++) {
		TRY(cbor_get_array(r, 3, &three));
		CHECK(three == 3, RC_MALFORMED);
		TRY(cbor_get_fixed(r, 32, s->kept[i].dh));
		TRY(u32_get(r, &s->kept[i].n));
		TRY(cbor_get_fixed(r, 32, s->kept[i].key));
	}
out:
	return rc;
}

enum rc
session_state_parse(struct rd state, struct session **ret_s)
{
	struct session *s = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	TRY(cbor_get_array(&state, N_ITEMS, &n));
	CHECK(n == N_ITEMS, RC_MALFORMED);
	TRY(cbor_get_key(&state, VERSION));
	TRY(start_get(&state, s));
	TRY(chains_get(&state, s));
	TRY(time_get(&state, &s->start));
	TRY(time_get(&state, &s->used));
	TRY(ended_get(&state, &s->r));
	TRY(kept_get(&state, s));
	TRY(rd_end(&state));
	*ret_s = s;
	s = NULL;
out:
	session_free(s);
	return rc;
}
