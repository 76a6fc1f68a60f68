#include "records/seal.h"

#include <string.h>
#include <sys/mman.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/secret.h"
#include "crypto/hpke.h"

#define INFO "tacet records v1"
#define SLOTS (1u << 19) /* open addressing, at most 200,000 used */

struct envelope {
	uint8_t tag[SEGMENT_TAG_SIZE];
	uint8_t direction; /* 0: free */
	uint32_t number;
	uint32_t counter; /* of the next row */
	uint8_t key[SEGMENT_KEY_SIZE];
};

struct seal {
	uint8_t records_key[HPKE_KEY_SIZE];
	struct secret *tag_key; /* NULL: no session */
	uint32_t day;
	struct envelope *slots; /* locked; holds every K of the session */
	uint32_t n;
};

enum rc
seal_new(const uint8_t records_key[static 32], struct seal **ret_s)
{
	struct seal *s = NULL;
	void *p;
	enum rc rc = RC_BUG;

	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	memcpy(s->records_key, records_key, sizeof(s->records_key));
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

static void
wipe(struct seal *s)
{
	if (s->slots != NULL && s->n > 0)
		sodium_memzero(s->slots, SLOTS * sizeof(struct envelope));
	secret_free(s->tag_key);
	s->tag_key = NULL;
	s->n = 0;
}

void
seal_forget(struct seal *s)
{
	wipe(s);
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	wipe(s);
	if (s->slots != NULL)
		(void)munmap(s->slots, SLOTS * sizeof(struct envelope));
	free(s);
}

bool
seal_is_day(const struct seal *s, uint32_t day)
{
	return s->tag_key != NULL && s->day == day;
}

enum rc
seal_session(struct seal *s, uint32_t day, struct buf *b)
{
	struct segment_frame f = { .type = SEGMENT_TYPE_SESSION };
	struct secret *key = NULL;
	uint8_t aad[9] = { (uint8_t)(day >> 24), (uint8_t)(day >> 16),
		(uint8_t)(day >> 8), (uint8_t)day, 'i', 'n', 'd', 'e', 'x' };
	struct buf wrap;
	enum rc rc = RC_BUG;

	buf_init(&wrap, SEGMENT_WRAP_MAX);
	wipe(s);
	TRY(secret_random(crypto_generichash_KEYBYTES, &key));
	TRY(hpke_seal(s->records_key, rd_str(INFO),
	    (struct rd){ aad, sizeof(aad) }, secret_get(key), &wrap));
	f.u.session.day = day;
	randombytes_buf(f.u.session.nonce, sizeof(f.u.session.nonce));
	f.u.session.index_wrap = buf_get(&wrap);
	TRY(segment_frame_build(&f, b));
	s->day = day;
	s->tag_key = key;
	key = NULL;
out:
	secret_free(key);
	buf_clear(&wrap);
	return rc;
}

/* tag = BLAKE2b-128(day_tag_key, handle "+...") */
static void
make_tag(const struct seal *s, const struct e164 *handle,
    uint8_t ret_tag[static SEGMENT_TAG_SIZE])
{
	uint8_t text[1 + E164_DIGITS_MAX] = { '+' };
	struct rd key = secret_get(s->tag_key);

	memcpy(text + 1, handle->digits, handle->n);
	(void)crypto_generichash(ret_tag, SEGMENT_TAG_SIZE, text,
	    1 + (size_t)handle->n, key.p, key.left);
	sodium_memzero(text, sizeof(text));
}

static struct envelope *
find(struct seal *s, const uint8_t tag[static SEGMENT_TAG_SIZE],
    enum segment_direction direction)
{
	uint32_t i;

	memcpy(&i, tag, sizeof(i));
	for (i = (i + (uint32_t)direction) % SLOTS;; i = (i + 1) % SLOTS) {
		struct envelope *e = &s->slots[i];

		if (e->direction == 0 ||
		    (e->direction == (uint8_t)direction &&
			memcmp(e->tag, tag, SEGMENT_TAG_SIZE) == 0))
			return e;
	}
}

struct own { /* who may open the source copy; NULL key: nobody else */
	const uint8_t *key;
	const uint8_t *locator;
};

static enum rc
envelope_new(struct seal *s, struct envelope *e,
    const uint8_t label[static SEGMENT_LABEL_SIZE], const struct own *own,
    struct buf *b)
{
	struct segment_frame f = { .type = SEGMENT_TYPE_ENVELOPE };
	const struct rd aad = { label, SEGMENT_LABEL_SIZE };
	struct buf wrap;
	struct buf own_wrap;
	enum rc rc = RC_BUG;

	buf_init(&wrap, SEGMENT_WRAP_MAX);
	buf_init(&own_wrap, SEGMENT_WRAP_MAX);
	CHECK(s->n < SEAL_ENVELOPES_MAX, RC_LIMIT);
	randombytes_buf(e->key, sizeof(e->key));
	TRY(hpke_seal(s->records_key, rd_str(INFO), aad,
	    (struct rd){ e->key, sizeof(e->key) }, &wrap));
	if (own->key != NULL) {
		TRY(hpke_seal(own->key, rd_str(INFO), aad,
		    (struct rd){ e->key, sizeof(e->key) }, &own_wrap));
		memcpy(f.u.envelope.locator, own->locator, 16);
	}
	memcpy(f.u.envelope.tag, e->tag, sizeof(e->tag));
	f.u.envelope.direction = (enum segment_direction)e->direction;
	f.u.envelope.number = s->n;
	f.u.envelope.wrap = buf_get(&wrap);
	f.u.envelope.own_wrap = buf_get(&own_wrap);
	TRY(segment_frame_build(&f, b));
	e->number = s->n++;
	e->counter = 0;
out:
	buf_clear(&wrap);
	buf_clear(&own_wrap);
	return rc;
}

static enum rc
seal_under(struct seal *s, const struct e164 *handle,
    enum segment_direction direction, struct rd row, const struct own *own,
    struct buf *b)
{
	struct segment_frame f = { .type = SEGMENT_TYPE_ROW };
	uint8_t tag[SEGMENT_TAG_SIZE];
	uint8_t label[SEGMENT_LABEL_SIZE];
	uint8_t sealed[SEGMENT_PLAIN_MAX + SEGMENT_MAC_SIZE];
	struct envelope *e;
	enum rc rc = RC_BUG;

	CHECK(row.left <= SEGMENT_PLAIN_MAX, RC_LIMIT);
	make_tag(s, handle, tag);
	segment_label(s->day, tag, direction, label);
	e = find(s, tag, direction);
	if (e->direction == 0) {
		memcpy(e->tag, tag, sizeof(tag));
		e->direction = (uint8_t)direction;
		rc = envelope_new(s, e, label, own, b);
		if (rc != RC_OK)
			e->direction = 0;
		CHECK(rc == RC_OK, rc);
	}
	segment_row_seal(row, e->counter, label, e->key, sealed);
	f.u.row.envelope = e->number;
	f.u.row.counter = e->counter;
	f.u.row.sealed = (struct rd){ sealed, row.left + SEGMENT_MAC_SIZE };
	TRY(segment_frame_build(&f, b));
	e->counter++;
out:
	return rc;
}

enum rc
seal_row(struct seal *s, struct rd row, const uint8_t own_key[static 32],
    const uint8_t locator[static 16], struct buf *b)
{
	const struct own asker = { own_key, locator };
	const struct own nobody = { NULL, NULL };
	struct row w;
	enum rc rc = RC_BUG;

	CHECK(s->tag_key != NULL, RC_STATE);
	TRY(row_parse(row, &w));
	TRY(seal_under(s, &w.source, SEGMENT_DIRECTION_SOURCE, row, &asker, b));
	TRY(seal_under(
	    s, &w.lookup, SEGMENT_DIRECTION_LOOKUP, row, &nobody, b));
out:
	row_clear(&w);
	return rc;
}
