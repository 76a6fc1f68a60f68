#include "records/seal.h"

#include <string.h>
#include <sys/mman.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/secret.h"
#include "crypto/hpke.h"
#include "crypto/tdh2.h"
#include "crypto/tprf.h"
#include "wire/e164_text.h"

#define INFO "tacet records v2"
#define SLOTS (1u << 19) /* open addressing, at most 200,000 used */

struct envelope {
	uint64_t handle; /* its digits as a number; 0: free */
	uint8_t direction;
	uint8_t tag[JOURNAL_TAG_SIZE];
	uint32_t number;
	uint32_t counter; /* of the next row */
	uint8_t key[JOURNAL_KEY_SIZE];
};

struct seal {
	struct custodians group;
	struct secret *tag_key; /* t; NULL: no part */
	struct seal_part part;
	struct journal_session session;
	uint8_t spread[crypto_shorthash_KEYBYTES]; /* of the slots */
	struct envelope *slots; /* locked; holds every K of the part */
	uint32_t n;
};

enum rc
seal_new(const struct custodians *g, struct seal **ret_s)
{
	struct seal *s = NULL;
	void *p;
	enum rc rc = RC_BUG;

	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	s->group = *g;
	p = mmap(NULL, SLOTS * sizeof(struct envelope), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED, RC_NOMEM);
	s->slots = p;
	/* never swapped where the limit allows; never in a core in any case */
	(void)mlock(p, SLOTS * sizeof(struct envelope));
	(void)madvise(p, SLOTS * sizeof(struct envelope), MADV_DONTDUMP);
	*ret_s = s;
	s = NULL;
	rc = RC_OK;
out:
	seal_free(s);
	return rc;
}

void
seal_forget(struct seal *s)
{
	if (s->slots != NULL && s->n > 0)
		sodium_memzero(s->slots, SLOTS * sizeof(struct envelope));
	secret_free(s->tag_key);
	s->tag_key = NULL;
	s->n = 0;
	sodium_memzero(&s->part, sizeof(s->part));
	sodium_memzero(s->spread, sizeof(s->spread));
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	seal_forget(s);
	if (s->slots != NULL)
		(void)munmap(s->slots, SLOTS * sizeof(struct envelope));
	free(s);
}

/* Each custodian's share of t, sealed to him, and all of them under D. */
static enum rc
seal_shares(const struct seal *s, uint8_t (*shares)[32], struct buf *b)
{
	uint8_t aad[JOURNAL_SHARE_AAD_SIZE];
	enum rc rc = RC_OK;

	for (uint8_t i = 0; i < s->group.n; i++) {
		journal_share_aad(&s->session, (uint16_t)(i + 1), aad);
		TRY(hpke_seal(s->group.members[i].seal_key, rd_str(INFO),
		    (struct rd){ aad, sizeof(aad) },
		    (struct rd){ shares[i], 32 }, b));
	}
	journal_layer_xor(
	    s->part.day_key, s->session.nonce, JOURNAL_LAYER_SHARES, 0, b);
out:
	return rc;
}

enum rc
seal_begin(struct seal *s, const struct seal_part *p, struct buf *b)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_SESSION };
	uint8_t commitments[JOURNAL_MEMBERS_MAX][32];
	uint8_t shares[JOURNAL_MEMBERS_MAX][32];
	struct secret *t = NULL;
	struct buf sealed;
	enum rc rc = RC_BUG;

	buf_init(&sealed, (size_t)JOURNAL_MEMBERS_MAX * JOURNAL_SHARE_SIZE);
	seal_forget(s);
	TRY(secret_new(32, &t));
	TRY(tprf_deal(s->group.threshold, s->group.n, secret_bytes(t),
	    commitments, shares));
	s->part = *p;
	s->session = (struct journal_session){ .day = p->day,
		.part = p->part,
		.opened = p->opened,
		.k = s->group.threshold,
		.n = s->group.n };
	randombytes_buf(s->session.nonce, sizeof(s->session.nonce));
	randombytes_buf(s->spread, sizeof(s->spread));
	TRY(seal_shares(s, shares, &sealed));
	f.u.session = s->session;
	f.u.session.commitments = commitments[0];
	f.u.session.shares = sealed.p;
	TRY(journal_frame_build(&f, b));
	s->tag_key = t;
	t = NULL;
out:
	sodium_memzero(shares, sizeof(shares));
	secret_free(t);
	buf_clear(&sealed);
	return rc;
}

static uint64_t
pack(const struct e164 *e)
{
	uint64_t v = 0;

	for (uint8_t i = 0; i < e->n; i++)
		v = v * 10 + (uint64_t)(e->digits[i] - '0');
	return v;
}

static struct envelope *
find(struct seal *s, uint64_t handle, enum journal_direction direction)
{
	uint8_t in[9];
	uint64_t i;

	memcpy(in, &handle, 8);
	in[8] = (uint8_t)direction;
	(void)crypto_shorthash((uint8_t *)&i, in, sizeof(in), s->spread);
	sodium_memzero(in, sizeof(in));
	for (i %= SLOTS;; i = (i + 1) % SLOTS) {
		struct envelope *e = &s->slots[i];

		if (e->handle == 0 ||
		    (e->handle == handle && e->direction == (uint8_t)direction))
			return e;
	}
}

/* Both directions of a handle have one tag: the TPRF is evaluated once. */
static enum rc
make_tag(struct seal *s, const struct e164 *handle,
    enum journal_direction direction, uint8_t ret_tag[static JOURNAL_TAG_SIZE])
{
	const struct envelope *other = find(s, pack(handle),
	    direction == JOURNAL_DIRECTION_SOURCE ? JOURNAL_DIRECTION_LOOKUP
						  : JOURNAL_DIRECTION_SOURCE);
	char text[E164_TEXT_SIZE];
	uint8_t point[32];
	enum rc rc = RC_OK;

	if (other->handle != 0) {
		memcpy(ret_tag, other->tag, JOURNAL_TAG_SIZE);
		return RC_OK;
	}
	e164_text(handle, text);
	TRY(tprf_eval(secret_get(s->tag_key).p, rd_str(text), point));
	journal_tag(point, ret_tag);
out:
	sodium_memzero(point, sizeof(point));
	sodium_memzero(text, sizeof(text));
	return rc;
}

struct own { /* who may open the source copy; NULL key: nobody else */
	const uint8_t *key;
	const uint8_t *locator;
};

static enum rc
envelope_frame(struct seal *s, const struct envelope *e,
    const uint8_t label[static JOURNAL_LABEL_SIZE], const struct own *own,
    struct buf *b)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_ENVELOPE };
	const struct rd aad = { label, JOURNAL_LABEL_SIZE };
	uint8_t ct[TDH2_CT_SIZE];
	struct buf wrap;
	struct buf own_wrap;
	enum rc rc = RC_BUG;

	buf_init(&wrap, sizeof(ct));
	buf_init(&own_wrap, JOURNAL_OWN_SIZE);
	TRY(tdh2_seal(s->group.public_key, aad, e->key, ct));
	TRY(buf_add(&wrap, ct, sizeof(ct)));
	journal_layer_xor(
	    s->part.day_key, s->session.nonce, JOURNAL_LAYER_WRAP, s->n, &wrap);
	if (own->key != NULL) {
		TRY(hpke_seal(own->key, rd_str(INFO), aad,
		    (struct rd){ e->key, sizeof(e->key) }, &own_wrap));
		journal_layer_xor(s->part.day_key, s->session.nonce,
		    JOURNAL_LAYER_OWN, s->n, &own_wrap);
		memcpy(
		    f.u.envelope.locator, own->locator, JOURNAL_LOCATOR_SIZE);
	}
	memcpy(f.u.envelope.tag, e->tag, sizeof(e->tag));
	f.u.envelope.direction = (enum journal_direction)e->direction;
	f.u.envelope.number = s->n;
	f.u.envelope.wrap = wrap.p;
	f.u.envelope.own = buf_get(&own_wrap);
	TRY(journal_frame_build(&f, b));
out:
	buf_clear(&wrap);
	buf_clear(&own_wrap);
	return rc;
}

static enum rc
envelope_new(struct seal *s, const struct e164 *handle,
    enum journal_direction direction, const struct own *own, struct buf *b)
{
	struct envelope e = { .direction = (uint8_t)direction };
	uint8_t label[JOURNAL_LABEL_SIZE];
	enum rc rc = RC_BUG;

	CHECK(s->n < SEAL_ENVELOPES_MAX, RC_LIMIT);
	TRY(make_tag(s, handle, direction, e.tag));
	e.handle = pack(handle);
	e.number = s->n;
	randombytes_buf(e.key, sizeof(e.key));
	journal_label(&s->session, e.tag, direction, label);
	TRY(envelope_frame(s, &e, label, own, b));
	*find(s, e.handle, direction) = e;
	s->n++;
out:
	sodium_memzero(&e, sizeof(e));
	return rc;
}

static enum rc
seal_under(struct seal *s, const struct e164 *handle,
    enum journal_direction direction, struct rd row, const struct own *own,
    struct buf *b)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_ROW };
	uint8_t label[JOURNAL_LABEL_SIZE];
	uint8_t sealed[JOURNAL_PLAIN_MAX + JOURNAL_MAC_SIZE];
	struct envelope *e = find(s, pack(handle), direction);
	enum rc rc = RC_BUG;

	if (e->handle == 0) {
		TRY(envelope_new(s, handle, direction, own, b));
		e = find(s, pack(handle), direction);
	}
	journal_label(&s->session, e->tag, direction, label);
	journal_row_seal(row, e->counter, label, e->key, sealed);
	f.u.row.envelope = e->number;
	f.u.row.counter = e->counter;
	f.u.row.sealed = (struct rd){ sealed, row.left + JOURNAL_MAC_SIZE };
	TRY(journal_frame_build(&f, b));
	e->counter++;
out:
	return rc;
}

enum rc
seal_row(struct seal *s, const struct row *w, const uint8_t own_key[static 32],
    const uint8_t locator[static 16], struct buf *b)
{
	const struct own asker = { own_key, locator };
	const struct own nobody = { NULL, NULL };
	struct buf row;
	enum rc rc = RC_BUG;

	buf_init(&row, JOURNAL_PLAIN_MAX);
	CHECK(s->tag_key != NULL, RC_STATE);
	TRY(row_build(w, &row));
	TRY(seal_under(
	    s, &w->source, JOURNAL_DIRECTION_SOURCE, buf_get(&row), &asker, b));
	TRY(seal_under(s, &w->lookup, JOURNAL_DIRECTION_LOOKUP, buf_get(&row),
	    &nobody, b));
out:
	buf_clear(&row);
	return rc;
}
