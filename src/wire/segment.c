#include "wire/segment.h"

#include <string.h>

#include <sodium.h>

static const uint8_t magic[] = { 'T', 'A', 'C', 'E', 'T', 'S', 'G', '3' };

uint64_t
segment_tree_count(uint64_t size)
{
	uint64_t n = 0;

	for (; size > 0; size /= 2)
		n += size;
	return n;
}

enum rc
segment_parse(struct rd file, struct segment *ret_s)
{
	struct segment s = { 0 };
	struct rd r = file;
	uint8_t m[sizeof(magic)];
	uint64_t tree;
	uint16_t n;
	enum rc rc = RC_BUG;

	TRY(rd_copy(&r, sizeof(m), m));
	CHECK(memcmp(m, magic, sizeof(m)) == 0, RC_MALFORMED);
	TRY(rd_u64(&r, &s.seq));
	TRY(rd_u64(&r, &s.closed));
	TRY(rd_copy(&r, sizeof(s.custodians), s.custodians));
	TRY(rd_u32(&r, &s.envelopes));
	TRY(rd_u32(&r, &s.owners));
	TRY(rd_u32(&r, &s.rows));
	CHECK(s.envelopes <= SEGMENT_ENVELOPES_MAX && s.owners <= s.envelopes,
	    RC_MALFORMED);
	TRY(rd_u16(&r, &n));
	TRY(rd_take(&r, n, &s.session_body));
	TRY(journal_session_parse(s.session_body, &s.session));
	TRY(rd_take(&r, (size_t)s.envelopes * SEGMENT_RECORD_SIZE, &s.records));
	TRY(rd_take(&r, (size_t)s.owners * SEGMENT_OWN_SIZE, &s.owns));
	TRY(rd_take(&r, (size_t)s.rows * JOURNAL_SEALED_SIZE, &s.sealed));
	tree = 32 * segment_tree_count((uint64_t)s.envelopes + 1);
	TRY(rd_take(&r, (size_t)tree, &s.tree));
	TRY(rd_end(&r));
	*ret_s = s;
out:
	return rc;
}

bool
segment_is_foreign(struct rd file)
{
	size_t name = sizeof(magic) - 1; /* then one digit: the version */

	return file.left >= sizeof(magic) && memcmp(file.p, magic, name) == 0 &&
	    file.p[name] != magic[name];
}

enum rc
segment_build(const struct segment *s, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(
	    s->envelopes <= SEGMENT_ENVELOPES_MAX && s->owners <= s->envelopes,
	    RC_LIMIT);
	CHECK(s->session_body.left <= UINT16_MAX, RC_LIMIT);
	TRY(buf_add(b, magic, sizeof(magic)));
	TRY(buf_u64(b, s->seq));
	TRY(buf_u64(b, s->closed));
	TRY(buf_add(b, s->custodians, sizeof(s->custodians)));
	TRY(buf_u32(b, s->envelopes));
	TRY(buf_u32(b, s->owners));
	TRY(buf_u32(b, s->rows));
	TRY(buf_u16(b, (uint16_t)s->session_body.left));
	TRY(buf_add_rd(b, s->session_body));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
segment_own_parse(const struct segment *s, uint32_t j, uint32_t *ret_i,
    const uint8_t **ret_locator)
{
	struct rd r;
	struct rd locator;
	enum rc rc = RC_BUG;

	CHECK(j < s->owners, RC_MALFORMED);
	r = (struct rd){ s->owns.p + (size_t)j * SEGMENT_OWN_SIZE,
		SEGMENT_OWN_SIZE };
	TRY(rd_u32(&r, ret_i));
	TRY(rd_take(&r, JOURNAL_LOCATOR_SIZE, &locator));
	*ret_locator = locator.p;
out:
	return rc;
}

/* The own copy of envelope w->number, if it has one. */
static enum rc
own_find(const struct segment *s, struct segment_record *w)
{
	static const uint8_t zero[JOURNAL_LOCATOR_SIZE];
	const uint8_t *locator = zero;
	uint32_t low = 0;
	uint32_t high = s->owners;
	uint32_t i = 0;
	enum rc rc = RC_OK;

	w->locator = zero;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		TRY(segment_own_parse(s, mid, &i, &locator));
		if (i == w->number) {
			w->locator = locator;
			w->own = (struct rd){ locator + JOURNAL_LOCATOR_SIZE,
				JOURNAL_OWN_SIZE };
			break;
		}
		if (i < w->number)
			low = mid + 1;
		else
			high = mid;
	}
out:
	return rc;
}

enum rc
segment_record_parse(
    const struct segment *s, uint32_t i, struct segment_record *ret_r)
{
	struct segment_record w = { .number = i };
	struct rd sealed = s->sealed;
	struct rd r;
	struct rd part;
	enum rc rc = RC_BUG;

	CHECK(i < s->envelopes, RC_MALFORMED);
	r = (struct rd){ s->records.p + (size_t)i * SEGMENT_RECORD_SIZE,
		SEGMENT_RECORD_SIZE };
	TRY(rd_take(&r, SEGMENT_KEY_SIZE, &part));
	w.key = part.p;
	TRY(rd_take(&r, JOURNAL_WRAP_SIZE, &part));
	w.wrap = part.p;
	TRY(rd_u32(&r, &w.rows));
	TRY(rd_u32(&r, &w.first));
	TRY(rd_skip(&sealed, (size_t)w.first * JOURNAL_SEALED_SIZE));
	TRY(rd_take(&sealed, (size_t)w.rows * JOURNAL_SEALED_SIZE, &w.sealed));
	TRY(own_find(s, &w));
	*ret_r = w;
out:
	return rc;
}

enum rc
segment_record_build(const struct segment_record *r, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_add(b, r->key, SEGMENT_KEY_SIZE));
	TRY(buf_add(b, r->wrap, JOURNAL_WRAP_SIZE));
	TRY(buf_u32(b, r->rows));
	TRY(buf_u32(b, r->first));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
segment_own_build(const struct segment_record *r, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(r->own.left == JOURNAL_OWN_SIZE, RC_LIMIT);
	TRY(buf_u32(b, r->number));
	TRY(buf_add(b, r->locator, JOURNAL_LOCATOR_SIZE));
	TRY(buf_add_rd(b, r->own));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

void
segment_key(const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction, uint8_t ret_key[static SEGMENT_KEY_SIZE])
{
	memcpy(ret_key, tag, JOURNAL_TAG_SIZE);
	ret_key[JOURNAL_TAG_SIZE] = (uint8_t)direction;
}

enum rc
segment_find(const struct segment *s,
    const uint8_t key[static SEGMENT_KEY_SIZE], uint32_t *ret_i)
{
	uint32_t low = 0;
	uint32_t high = s->envelopes;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = memcmp(s->records.p + (size_t)mid * SEGMENT_RECORD_SIZE,
		    key, SEGMENT_KEY_SIZE);

		if (c == 0) {
			*ret_i = mid;
			return RC_OK;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_i = low;
	return RC_NOT_FOUND;
}

void
segment_digest(struct rd sealed, uint8_t ret_digest[static 32])
{
	crypto_hash_sha256_state st;
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256_init(&st);
	for (size_t at = 0; at < sealed.left; at += JOURNAL_SEALED_SIZE) {
		(void)crypto_hash_sha256(
		    hash, sealed.p + at, JOURNAL_SEALED_SIZE);
		(void)crypto_hash_sha256_update(&st, hash, sizeof(hash));
	}
	(void)crypto_hash_sha256_final(&st, ret_digest);
}

void
segment_leaf(const uint8_t key[static SEGMENT_KEY_SIZE],
    const struct segment_body *b, uint8_t ret_leaf[static SEGMENT_LEAF_SIZE])
{
	crypto_hash_sha256_state st;
	const uint8_t own = (uint8_t)b->own.left;
	const uint8_t rows[4] = { (uint8_t)(b->rows >> 24),
		(uint8_t)(b->rows >> 16), (uint8_t)(b->rows >> 8),
		(uint8_t)b->rows };

	memcpy(ret_leaf, key, SEGMENT_KEY_SIZE);
	(void)crypto_hash_sha256_init(&st);
	(void)crypto_hash_sha256_update(&st, b->locator, JOURNAL_LOCATOR_SIZE);
	(void)crypto_hash_sha256_update(&st, b->wrap, JOURNAL_WRAP_SIZE);
	(void)crypto_hash_sha256_update(&st, &own, 1);
	(void)crypto_hash_sha256_update(&st, b->own.p, b->own.left);
	(void)crypto_hash_sha256_update(&st, rows, sizeof(rows));
	(void)crypto_hash_sha256_update(&st, b->digest, sizeof(b->digest));
	(void)crypto_hash_sha256_final(&st, ret_leaf + SEGMENT_KEY_SIZE);
}

void
segment_leaf_session(
    struct rd session_body, uint8_t ret_leaf[static SEGMENT_LEAF_SIZE])
{
	memset(ret_leaf, 0, SEGMENT_KEY_SIZE);
	(void)crypto_hash_sha256(
	    ret_leaf + SEGMENT_KEY_SIZE, session_body.p, session_body.left);
}

enum rc
segment_tree_hash(
    void *arg, unsigned level, uint64_t index, uint8_t ret_hash[static 32])
{
	const struct segment *s = arg;
	uint64_t size = (uint64_t)s->envelopes + 1;
	uint64_t at = 0;

	for (unsigned l = 0; l < level; l++, size /= 2)
		at += size;
	if (index >= size)
		return RC_NOT_FOUND;
	memcpy(ret_hash, s->tree.p + 32 * (at + index), 32);
	return RC_OK;
}
