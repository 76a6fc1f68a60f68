#include "records/seal.h"

#include <string.h>
#include <sys/mman.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/secret.h"
#include "crypto/hpke.h"
#include "crypto/tdh2.h"
#include "crypto/tprf.h"
#include "records/row_seal.h"
#include "wire/e164_text.h"

#define INFO "tacet records v2"
#define STACK_SIZE 16384 /* more than sealing a row takes */
#define SLOTS (1u << 19) /* open addressing, at most 200,000 used */

/* One line of the cache. Of K there is what rows need, which is as secret. */
struct envelope {
	uint64_t id; /* of handle and direction; 0: free */
	uint8_t tag[JOURNAL_TAG_SIZE];
	uint32_t number;
	uint32_t counter; /* of the next row */
	uint8_t subkey[JOURNAL_KEY_SIZE];
};
_Static_assert(sizeof(struct envelope) == 64, "one line of the cache");

struct seal {
	struct custodians group;
	struct secret *tag_key; /* t; NULL: no part */
	struct seal_part part;
	struct journal_session session;
	uint8_t spread[crypto_shorthash_KEYBYTES]; /* of the slots */
	struct envelope *slots; /* locked; holds every key of the part */
	uint32_t n;
	size_t frame;     /* where the open ROWS frame begins */
	uint32_t entries; /* in it; 0: none is open */
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
	s->entries = 0;
	sodium_memzero(&s->part, sizeof(s->part));
	sodium_memzero(s->spread, sizeof(s->spread));
	/* what the compiler put aside while rows were sealed */
	sodium_stackzero(STACK_SIZE);
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

/* 15 digits and the direction: less than 2^52, and never 0. */
static uint64_t
id_of(const struct e164 *e, enum journal_direction direction)
{
	return e164_value(e) << 2 | (uint64_t)direction;
}

static struct envelope *
find(struct seal *s, uint64_t id)
{
	uint8_t in[8];
	uint64_t i;

	memcpy(in, &id, sizeof(in));
	(void)crypto_shorthash((uint8_t *)&i, in, sizeof(in), s->spread);
	explicit_bzero(in, sizeof(in));
	for (i %= SLOTS;; i = (i + 1) % SLOTS) {
		struct envelope *e = &s->slots[i];

		if (e->id == 0 || e->id == id)
			return e;
	}
}

/* Both directions of a handle have one tag: the TPRF is evaluated once. */
static enum rc
make_tag(struct seal *s, const struct e164 *handle,
    enum journal_direction direction, uint8_t ret_tag[static JOURNAL_TAG_SIZE])
{
	const struct envelope *other = find(s,
	    id_of(handle,
		direction == JOURNAL_DIRECTION_SOURCE
		    ? JOURNAL_DIRECTION_LOOKUP
		    : JOURNAL_DIRECTION_SOURCE));
	char text[E164_TEXT_SIZE];
	uint8_t point[32];
	enum rc rc = RC_OK;

	if (other->id != 0) {
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

static void
frame_end(struct seal *s, struct buf *b)
{
	if (s->entries > 0)
		journal_rows_end(b, s->frame);
	s->entries = 0;
}

struct rd
seal_group(struct seal *s, struct buf *b)
{
	frame_end(s, b);
	return buf_get(b);
}

struct fresh { /* an envelope that is to be */
	enum journal_direction direction;
	uint8_t tag[JOURNAL_TAG_SIZE];
	uint8_t key[JOURNAL_KEY_SIZE];
	/* who may open the source copy; NULL: nobody else */
	const uint8_t *own_key;
	const uint8_t *locator;
};

static enum rc
envelope_frame(struct seal *s, const struct fresh *e, struct buf *b)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_ENVELOPE };
	uint8_t label[JOURNAL_LABEL_SIZE];
	const struct rd aad = { label, sizeof(label) };
	uint8_t ct[TDH2_CT_SIZE];
	struct buf wrap;
	struct buf own_wrap;
	enum rc rc = RC_BUG;

	buf_init(&wrap, sizeof(ct));
	buf_init(&own_wrap, JOURNAL_OWN_SIZE);
	journal_label(&s->session, e->tag, e->direction, label);
	TRY(tdh2_seal(s->group.public_key, aad, e->key, ct));
	TRY(buf_add(&wrap, ct, sizeof(ct)));
	journal_layer_xor(
	    s->part.day_key, s->session.nonce, JOURNAL_LAYER_WRAP, s->n, &wrap);
	if (e->own_key != NULL) {
		TRY(hpke_seal(e->own_key, rd_str(INFO), aad,
		    (struct rd){ e->key, sizeof(e->key) }, &own_wrap));
		journal_layer_xor(s->part.day_key, s->session.nonce,
		    JOURNAL_LAYER_OWN, s->n, &own_wrap);
		memcpy(f.u.envelope.locator, e->locator, JOURNAL_LOCATOR_SIZE);
	}
	memcpy(f.u.envelope.tag, e->tag, sizeof(e->tag));
	f.u.envelope.direction = e->direction;
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
envelope_new(struct seal *s, const struct e164 *handle, struct fresh *e,
    struct envelope *ret_slot, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(s->n < SEAL_ENVELOPES_MAX, RC_LIMIT);
	frame_end(s, b);
	TRY(make_tag(s, handle, e->direction, e->tag));
	randombytes_buf(e->key, sizeof(e->key));
	TRY(envelope_frame(s, e, b));
	ret_slot->id = id_of(handle, e->direction);
	memcpy(ret_slot->tag, e->tag, sizeof(e->tag));
	ret_slot->number = s->n++;
	ret_slot->counter = 0;
	row_seal_subkey(e->key, ret_slot->subkey);
out:
	sodium_memzero(e->key, sizeof(e->key));
	return rc;
}

/* Room in the open frame for two entries more, which it will have. */
static enum rc
entries_add(struct seal *s, struct buf *b, uint8_t **ret_p)
{
	enum rc rc = RC_BUG;

	if (s->entries > JOURNAL_ENTRIES_MAX - 2)
		frame_end(s, b);
	if (s->entries == 0)
		TRY(journal_rows_begin(b, &s->frame));
	TRY(buf_reserve(b, 2 * JOURNAL_ENTRY_SIZE, ret_p));
	s->entries += 2;
out:
	return rc;
}

static enum rc
seal_under(struct seal *s, struct envelope *from, struct envelope *to,
    const uint8_t row[static ROW_SIZE], struct buf *b)
{
	uint8_t labels[2][JOURNAL_LABEL_SIZE];
	struct row_seal two[2];
	uint8_t *p;
	enum rc rc = RC_BUG;

	/* both or none, and no counter twice under one key */
	CHECK(from->counter < UINT32_MAX && to->counter < UINT32_MAX, RC_LIMIT);
	TRY(entries_add(s, b, &p));
	journal_label(
	    &s->session, from->tag, JOURNAL_DIRECTION_SOURCE, labels[0]);
	journal_label(
	    &s->session, to->tag, JOURNAL_DIRECTION_LOOKUP, labels[1]);
	two[0] = (struct row_seal){ labels[0], from->subkey, from->counter++,
		journal_entry_put(from->number, p) };
	two[1] = (struct row_seal){ labels[1], to->subkey, to->counter++,
		journal_entry_put(to->number, p + JOURNAL_ENTRY_SIZE) };
	row_seal_two(row, two);
	buf_commit(b, 2 * JOURNAL_ENTRY_SIZE);
out:
	return rc;
}

enum rc
seal_row(struct seal *s, const struct row *w, const uint8_t own_key[static 32],
    const uint8_t locator[static 16], struct buf *b)
{
	struct fresh asker = { .direction = JOURNAL_DIRECTION_SOURCE,
		.own_key = own_key,
		.locator = locator };
	struct fresh asked = { .direction = JOURNAL_DIRECTION_LOOKUP };
	struct envelope *from;
	struct envelope *to;
	uint8_t row[ROW_SIZE];
	enum rc rc = RC_BUG;

	CHECK(s->tag_key != NULL, RC_STATE);
	TRY(row_build(w, row));
	from = find(s, id_of(&w->source, JOURNAL_DIRECTION_SOURCE));
	if (from->id == 0)
		TRY(envelope_new(s, &w->source, &asker, from, b));
	to = find(s, id_of(&w->lookup, JOURNAL_DIRECTION_LOOKUP));
	if (to->id == 0)
		TRY(envelope_new(s, &w->lookup, &asked, to, b));
	TRY(seal_under(s, from, to, row, b));
out:
	sodium_memzero(row, sizeof(row));
	return rc;
}
