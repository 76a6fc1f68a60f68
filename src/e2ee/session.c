#include "e2ee/session.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "e2ee/session_internal.h"

#define AD_MAX (32 + SESSION_PREFIX_MAX)

/* A message taken apart; everything borrows from it. */
struct parts {
	struct session_header header;
	struct rd front; /* type, intro, header: bound by the tag */
	struct rd box;   /* ciphertext and tag */
};

static size_t
ad_fill(const struct session *s, struct rd front, uint8_t ret_ad[static AD_MAX])
{
	ASSERT(front.left <= SESSION_PREFIX_MAX);
	memcpy(ret_ad, s->hash, sizeof(s->hash));
	memcpy(ret_ad + sizeof(s->hash), front.p, front.left);
	return sizeof(s->hash) + front.left;
}

static enum rc
front_build(
    const struct session *s, const struct session_header *h, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_u8(
	    b, s->n_intro > 0 ? SESSION_KIND_INTRO : SESSION_KIND_ORDINARY));
	TRY(buf_add(b, s->intro, s->n_intro));
	TRY(buf_add(b, h->dh, sizeof(h->dh)));
	TRY(buf_u32(b, h->pn));
	TRY(buf_u32(b, h->n));
	TRY(buf_u16(b, 0)); /* PQ epoch */
	TRY(buf_u16(b, 0)); /* flags */
out:
	return rc;
}

enum rc
session_seal_with(struct session *s, const uint8_t fresh[static 32],
    struct rd plain, struct wall now, struct buf *b)
{
	struct session_ratchet r = s->r;
	struct session_header h = { 0 };
	uint8_t key[32] = { 0 };
	uint8_t box[44] = { 0 };
	uint8_t ad[AD_MAX];
	uint8_t *p = NULL;
	size_t before = b->len;
	size_t n_ad;
	enum rc rc = RC_BUG;

	CHECK(plain.left <= SESSION_PLAIN_MAX, RC_LIMIT);
	TRY(session_ratchet_send(&r, fresh, &h, key));
	TRY(front_build(s, &h, b));
	n_ad = ad_fill(s, (struct rd){ b->p + before, b->len - before }, ad);
	TRY(buf_reserve(b, plain.left + SESSION_TAG_SIZE, &p));
	session_key_box(key, box);
	CHECK(crypto_aead_chacha20poly1305_ietf_encrypt(p, NULL, plain.p,
		  plain.left, ad, n_ad, NULL, box + 32, box) == 0,
	    RC_BUG);
	buf_commit(b, plain.left + SESSION_TAG_SIZE);
	s->r = r;
	s->used = now;
out:
	if (rc != RC_OK)
		b->len = before;
	explicit_bzero(&r, sizeof(r));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(box, sizeof(box));
	return rc;
}

enum rc
session_seal(struct session *s, struct rd plain, struct wall now, struct buf *b)
{
	uint8_t fresh[32];
	enum rc rc;

	randombytes_buf(fresh, sizeof(fresh));
	rc = session_seal_with(s, fresh, plain, now, b);
	explicit_bzero(fresh, sizeof(fresh));
	return rc;
}

static enum rc
parts_parse(struct rd message, bool may_have_intro, struct parts *ret_p)
{
	struct session_intro intro = { 0 };
	struct parts p = { 0 };
	struct rd r = message;
	uint8_t kind = 0;
	uint16_t epoch = 0;
	uint16_t flags = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&r, &kind));
	if (kind == SESSION_KIND_INTRO && may_have_intro)
		TRY(session_intro_take(&r, &intro));
	else
		CHECK(kind == SESSION_KIND_ORDINARY, RC_MALFORMED);
	TRY(rd_copy(&r, sizeof(p.header.dh), p.header.dh));
	TRY(rd_u32(&r, &p.header.pn));
	TRY(rd_u32(&r, &p.header.n));
	TRY(rd_u16(&r, &epoch));
	TRY(rd_u16(&r, &flags));
	CHECK(epoch == 0 && flags == 0, RC_MALFORMED);
	CHECK(r.left >= SESSION_TAG_SIZE, RC_MALFORMED);
	CHECK(r.left <= SESSION_PLAIN_MAX + SESSION_TAG_SIZE, RC_MALFORMED);
	p.front = (struct rd){ message.p, message.left - r.left };
	p.box = r;
	*ret_p = p;
out:
	return rc;
}

/* Writes the plaintext into b's room without committing it, so that a caller
 * can still fail; *ret_n is its length. */
static enum rc
unseal(const struct session *s, const struct parts *p,
    const uint8_t key[static 32], struct buf *b, size_t *ret_n)
{
	uint8_t box[44] = { 0 };
	uint8_t ad[AD_MAX];
	size_t n = p->box.left - SESSION_TAG_SIZE;
	uint8_t *to = NULL;
	enum rc rc = RC_BUG;

	TRY(buf_reserve(b, n, &to));
	session_key_box(key, box);
	CHECK(
	    crypto_aead_chacha20poly1305_ietf_decrypt(to, NULL, NULL, p->box.p,
		p->box.left, ad, ad_fill(s, p->front, ad), box + 32, box) == 0,
	    RC_DENIED);
	*ret_n = n;
out:
	explicit_bzero(box, sizeof(box));
	return rc;
}

static void
opened(struct session *s, struct wall now)
{
	s->answered = true;
	explicit_bzero(s->intro, sizeof(s->intro));
	s->n_intro = 0;
	s->used = now;
}

static void
kept_free(struct session_kept *kept, size_t n)
{
	if (kept != NULL)
		explicit_bzero(kept, n * sizeof(*kept));
	free(kept);
}

/* s->kept and then skipped, without the oldest if they are too many. */
static enum rc
kept_join(const struct session *s, const struct session_kept *skipped,
    size_t n_skipped, struct session_kept **ret_kept, size_t *ret_n)
{
	size_t all = s->n_kept + n_skipped;
	size_t drop = all > SESSION_SKIP_MAX ? all - SESSION_SKIP_MAX : 0;
	size_t old = s->n_kept > drop ? s->n_kept - drop : 0;
	struct session_kept *kept = NULL;
	enum rc rc = RC_OK;

	kept = failmem_array(old + n_skipped, sizeof(*kept));
	CHECK(kept != NULL, RC_NOMEM);
	if (old > 0)
		memcpy(kept, s->kept + (s->n_kept - old), old * sizeof(*kept));
	memcpy(kept + old, skipped, n_skipped * sizeof(*kept));
	*ret_kept = kept;
	*ret_n = old + n_skipped;
out:
	return rc;
}

/* The key was kept when the message was skipped. */
static enum rc
open_kept(struct session *s, size_t i, const struct parts *p, struct buf *b)
{
	struct session_kept *kept = NULL;
	size_t n = 0;
	size_t left = s->n_kept - 1;
	enum rc rc = RC_BUG;

	if (left > 0) {
		kept = failmem_array(left, sizeof(*kept));
		CHECK(kept != NULL, RC_NOMEM);
		memcpy(kept, s->kept, i * sizeof(*kept));
		memcpy(kept + i, s->kept + i + 1, (left - i) * sizeof(*kept));
	}
	TRY(unseal(s, p, s->kept[i].key, b, &n));
	buf_commit(b, n);
	kept_free(s->kept, s->n_kept);
	s->kept = kept;
	s->n_kept = left;
	kept = NULL;
out:
	kept_free(kept, left);
	return rc;
}

/* On a copy: only a right tag makes it the state. */
static enum rc
open_next(struct session *s, const struct parts *p, struct buf *b)
{
	struct session_ratchet r = s->r;
	struct session_kept *skipped = NULL;
	struct session_kept *kept = NULL;
	uint8_t key[32] = { 0 };
	size_t n_skipped = 0;
	size_t n_kept = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(session_ratchet_receive(&r, &p->header, key, &skipped, &n_skipped));
	if (n_skipped > 0)
		TRY(kept_join(s, skipped, n_skipped, &kept, &n_kept));
	TRY(unseal(s, p, key, b, &n));
	buf_commit(b, n);
	s->r = r;
	if (n_skipped > 0) {
		kept_free(s->kept, s->n_kept);
		s->kept = kept;
		s->n_kept = n_kept;
		kept = NULL;
	}
out:
	explicit_bzero(&r, sizeof(r));
	explicit_bzero(key, sizeof(key));
	kept_free(skipped, n_skipped);
	kept_free(kept, n_kept);
	return rc;
}

enum rc
session_open(
    struct session *s, struct rd message, struct wall now, struct buf *b)
{
	struct parts p = { 0 };
	size_t i;
	enum rc rc = RC_BUG;

	CHECK(parts_parse(message, !s->initiator, &p) == RC_OK, RC_DENIED);
	for (i = 0; i < s->n_kept; i++)
		if (s->kept[i].n == p.header.n &&
		    memcmp(s->kept[i].dh, p.header.dh, 32) == 0)
			break;
	if (i < s->n_kept)
		TRY(open_kept(s, i, &p, b));
	else
		TRY(open_next(s, &p, b));
	opened(s, now);
out:
	return rc;
}

void
session_id(const struct session *s, uint8_t ret_id[static 32])
{
	memcpy(ret_id, s->hash, sizeof(s->hash));
}

void
session_base_key(const struct session *s, uint8_t ret_key[static 32])
{
	memcpy(ret_key, s->base_key, sizeof(s->base_key));
}

bool
session_is_answered(const struct session *s)
{
	return s->answered;
}

struct wall
session_used(const struct session *s)
{
	return s->used;
}

enum rc
session_build(const struct session *s, struct buf *state)
{
	return session_state_build(s, state);
}

enum rc
session_parse(struct rd state, struct session **ret_s)
{
	return session_state_parse(state, ret_s);
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	kept_free(s->kept, s->n_kept);
	explicit_bzero(s, sizeof(*s));
	free(s);
}
