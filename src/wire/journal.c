#include "wire/journal.h"

#include <string.h>

#include <sodium.h>

#include "base/crc32c.h"

_Static_assert(
    1 + JOURNAL_ENTRIES_MAX * JOURNAL_ENTRY_SIZE <= JOURNAL_FRAME_MAX,
    "a full ROWS frame is one");

enum rc
journal_session_parse(struct rd r, struct journal_session *ret_s)
{
	struct journal_session s = { 0 };
	struct rd commitments;
	struct rd shares;
	uint8_t version;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&r, &version));
	CHECK(version == JOURNAL_VERSION, RC_MALFORMED);
	TRY(rd_u32(&r, &s.day));
	TRY(rd_u16(&r, &s.part));
	TRY(rd_u64(&r, &s.opened));
	TRY(rd_copy(&r, sizeof(s.nonce), s.nonce));
	TRY(rd_u8(&r, &s.k));
	TRY(rd_u8(&r, &s.n));
	CHECK(
	    s.k >= 1 && s.k <= s.n && s.n <= JOURNAL_MEMBERS_MAX, RC_MALFORMED);
	TRY(rd_take(&r, (size_t)s.k * 32, &commitments));
	TRY(rd_take(&r, (size_t)s.n * JOURNAL_SHARE_SIZE, &shares));
	TRY(rd_end(&r));
	s.commitments = commitments.p;
	s.shares = shares.p;
	*ret_s = s;
out:
	return rc;
}

enum rc
journal_session_build(const struct journal_session *s, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(
	    s->k >= 1 && s->k <= s->n && s->n <= JOURNAL_MEMBERS_MAX, RC_LIMIT);
	TRY(buf_u8(b, JOURNAL_VERSION));
	TRY(buf_u32(b, s->day));
	TRY(buf_u16(b, s->part));
	TRY(buf_u64(b, s->opened));
	TRY(buf_add(b, s->nonce, sizeof(s->nonce)));
	TRY(buf_u8(b, s->k));
	TRY(buf_u8(b, s->n));
	TRY(buf_add(b, s->commitments, (size_t)s->k * 32));
	TRY(buf_add(b, s->shares, (size_t)s->n * JOURNAL_SHARE_SIZE));
out:
	return rc;
}

static enum rc
envelope_parse(struct rd *r, struct journal_envelope *ret_e)
{
	struct rd wrap;
	uint8_t direction;
	enum rc rc = RC_BUG;

	TRY(rd_copy(r, sizeof(ret_e->tag), ret_e->tag));
	TRY(rd_u8(r, &direction));
	CHECK(direction == JOURNAL_DIRECTION_SOURCE ||
		direction == JOURNAL_DIRECTION_LOOKUP,
	    RC_MALFORMED);
	ret_e->direction = (enum journal_direction)direction;
	TRY(rd_u32(r, &ret_e->number));
	TRY(rd_take(r, JOURNAL_WRAP_SIZE, &wrap));
	ret_e->wrap = wrap.p;
	if (r->left > 0) {
		TRY(rd_copy(r, sizeof(ret_e->locator), ret_e->locator));
		TRY(rd_take(r, JOURNAL_OWN_SIZE, &ret_e->own));
	}
out:
	return rc;
}

static enum rc
envelope_build(const struct journal_envelope *e, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(e->own.left == 0 || e->own.left == JOURNAL_OWN_SIZE, RC_LIMIT);
	TRY(buf_add(b, e->tag, sizeof(e->tag)));
	TRY(buf_u8(b, (uint8_t)e->direction));
	TRY(buf_u32(b, e->number));
	TRY(buf_add(b, e->wrap, JOURNAL_WRAP_SIZE));
	if (e->own.left > 0) {
		TRY(buf_add(b, e->locator, sizeof(e->locator)));
		TRY(buf_add_rd(b, e->own));
	}
out:
	return rc;
}

static bool
is_rows(struct rd rows)
{
	return rows.left > 0 && rows.left % JOURNAL_ENTRY_SIZE == 0 &&
	    rows.left <= (size_t)JOURNAL_ENTRIES_MAX * JOURNAL_ENTRY_SIZE;
}

static enum rc
proof_parse(struct rd *r, struct journal_proof *ret_p)
{
	struct rd hashes;
	enum rc rc = RC_BUG;

	TRY(rd_u64(r, &ret_p->seq));
	TRY(rd_u64(r, &ret_p->size));
	TRY(rd_u64(r, &ret_p->index));
	TRY(rd_u8(r, &ret_p->n));
	CHECK(ret_p->n <= JOURNAL_PROOF_MAX, RC_MALFORMED);
	TRY(rd_take(r, (size_t)ret_p->n * 32, &hashes));
	ret_p->hashes = hashes.p;
out:
	return rc;
}

static enum rc
proof_build(const struct journal_proof *p, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(p->n <= JOURNAL_PROOF_MAX, RC_LIMIT);
	TRY(buf_u64(b, p->seq));
	TRY(buf_u64(b, p->size));
	TRY(buf_u64(b, p->index));
	TRY(buf_u8(b, p->n));
	TRY(buf_add(b, p->hashes, (size_t)p->n * 32));
out:
	return rc;
}

enum rc
journal_frame_parse(struct rd *r, struct journal_frame *ret_f)
{
	struct journal_frame f = { 0 };
	struct rd at = *r;
	struct rd body;
	uint32_t n;
	uint32_t crc;
	uint8_t type;
	enum rc rc = RC_BUG;

	if (at.left < JOURNAL_HEAD_SIZE)
		return RC_AGAIN;
	TRY(rd_u32(&at, &n));
	TRY(rd_u32(&at, &crc));
	CHECK(n > 0 && n <= JOURNAL_FRAME_MAX, RC_MALFORMED);
	if (at.left < n)
		return RC_AGAIN;
	TRY(rd_take(&at, n, &body));
	CHECK(crc32c(0, body.p, body.left) == crc, RC_MALFORMED);
	TRY(rd_u8(&body, &type));
	f.type = (enum journal_type)type;
	switch (f.type) {
	case JOURNAL_TYPE_SESSION:
		TRY(journal_session_parse(body, &f.u.session));
		body.left = 0;
		break;
	case JOURNAL_TYPE_ENVELOPE:
		TRY(envelope_parse(&body, &f.u.envelope));
		break;
	case JOURNAL_TYPE_ROWS:
		CHECK(is_rows(body), RC_MALFORMED);
		TRY(rd_take(&body, body.left, &f.u.rows));
		break;
	case JOURNAL_TYPE_CHAIN:
		TRY(rd_copy(&body, sizeof(f.u.chain), f.u.chain));
		break;
	case JOURNAL_TYPE_PROOF:
		TRY(proof_parse(&body, &f.u.proof));
		break;
	default: /* not of the enum: foreign octets */
		CHECK(false, RC_MALFORMED);
	}
	TRY(rd_end(&body));
	*ret_f = f;
	*r = at;
out:
	return rc;
}

bool
journal_is_foreign(struct rd content)
{
	struct rd body;
	uint32_t n;
	uint32_t crc;

	return rd_u32(&content, &n) == RC_OK &&
	    rd_u32(&content, &crc) == RC_OK &&
	    rd_take(&content, n, &body) == RC_OK && n >= 2 &&
	    crc32c(0, body.p, n) == crc && body.p[0] == JOURNAL_TYPE_SESSION &&
	    body.p[1] != JOURNAL_VERSION;
}

static enum rc
body_build(const struct journal_frame *f, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_u8(b, (uint8_t)f->type));
	switch (f->type) {
	case JOURNAL_TYPE_SESSION:
		TRY(journal_session_build(&f->u.session, b));
		break;
	case JOURNAL_TYPE_ENVELOPE:
		TRY(envelope_build(&f->u.envelope, b));
		break;
	case JOURNAL_TYPE_ROWS:
		CHECK(is_rows(f->u.rows), RC_LIMIT);
		TRY(buf_add_rd(b, f->u.rows));
		break;
	case JOURNAL_TYPE_CHAIN:
		TRY(buf_add(b, f->u.chain, sizeof(f->u.chain)));
		break;
	case JOURNAL_TYPE_PROOF:
		TRY(proof_build(&f->u.proof, b));
		break;
	}
out:
	return rc;
}

/* The most significant octet first. */
static void
put_be(uint64_t v, size_t n, uint8_t *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

/* Length and CRC of the frame that begins at start, once they are known. */
static void
head_put(struct buf *b, size_t start)
{
	size_t n = b->len - start - JOURNAL_HEAD_SIZE;
	uint8_t *head = b->p + start;

	put_be(n, 4, head);
	put_be(crc32c(0, head + JOURNAL_HEAD_SIZE, n), 4, head + 4);
}

enum rc
journal_frame_build(const struct journal_frame *f, struct buf *b)
{
	size_t start = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_u64(b, 0));
	TRY(body_build(f, b));
	CHECK(
	    b->len - start - JOURNAL_HEAD_SIZE <= JOURNAL_FRAME_MAX, RC_LIMIT);
	head_put(b, start);
out:
	if (rc != RC_OK)
		b->len = start;
	return rc;
}

enum rc
journal_rows_begin(struct buf *b, size_t *ret_at)
{
	size_t start = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_u64(b, 0));
	TRY(buf_u8(b, JOURNAL_TYPE_ROWS));
	*ret_at = start;
out:
	if (rc != RC_OK)
		b->len = start;
	return rc;
}

void
journal_rows_end(struct buf *b, size_t at)
{
	head_put(b, at);
}

enum rc
journal_entry_parse(
    struct rd *rows, uint32_t *ret_envelope, struct rd *ret_sealed)
{
	struct rd entry;
	enum rc rc = RC_BUG;

	TRY(rd_take(rows, JOURNAL_ENTRY_SIZE, &entry));
	*ret_envelope = (uint32_t)entry.p[0] << 16 | (uint32_t)entry.p[1] << 8 |
	    entry.p[2];
	*ret_sealed = (struct rd){ entry.p + 3, JOURNAL_SEALED_SIZE };
out:
	return rc;
}

uint8_t *
journal_entry_put(uint32_t envelope, uint8_t *p)
{
	put_be(envelope, 3, p);
	return p + 3;
}

enum rc
journal_entry_build(uint32_t envelope, struct rd sealed, struct buf *b)
{
	uint8_t *p;
	enum rc rc = RC_BUG;

	CHECK(envelope < JOURNAL_ENVELOPES_MAX &&
		sealed.left == JOURNAL_SEALED_SIZE,
	    RC_LIMIT);
	TRY(buf_reserve(b, JOURNAL_ENTRY_SIZE, &p));
	memcpy(journal_entry_put(envelope, p), sealed.p, sealed.left);
	buf_commit(b, JOURNAL_ENTRY_SIZE);
out:
	return rc;
}

void
journal_tag(
    const uint8_t point[static 32], uint8_t ret_tag[static JOURNAL_TAG_SIZE])
{
	static const char name[] = "tacet tag v2";
	uint8_t hash[crypto_hash_sha512_BYTES];
	uint8_t in[sizeof(name) - 1 + 32];

	memcpy(in, name, sizeof(name) - 1);
	memcpy(in + sizeof(name) - 1, point, 32);
	(void)crypto_hash_sha512(hash, in, sizeof(in));
	memcpy(ret_tag, hash, JOURNAL_TAG_SIZE);
	sodium_memzero(in, sizeof(in));
	sodium_memzero(hash, sizeof(hash));
}

void
journal_label(const struct journal_session *s,
    const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction,
    uint8_t ret_label[static JOURNAL_LABEL_SIZE])
{
	static const char class_name[] = "TRAFFIC_QUERY";

	put_be(s->day, 4, ret_label);
	put_be(s->part, 2, ret_label + 4);
	memcpy(ret_label + 6, tag, JOURNAL_TAG_SIZE);
	ret_label[6 + JOURNAL_TAG_SIZE] = (uint8_t)direction;
	memcpy(ret_label + 7 + JOURNAL_TAG_SIZE, class_name,
	    sizeof(class_name) - 1);
}

void
journal_share_aad(const struct journal_session *s, uint16_t index,
    uint8_t ret_aad[static JOURNAL_SHARE_AAD_SIZE])
{
	put_be(s->day, 4, ret_aad);
	put_be(s->part, 2, ret_aad + 4);
	memcpy(ret_aad + 6, s->nonce, JOURNAL_NONCE_SIZE);
	put_be(index, 2, ret_aad + 6 + JOURNAL_NONCE_SIZE);
}

void
journal_layer_xor(const uint8_t day_key[static JOURNAL_KEY_SIZE],
    const uint8_t nonce[static JOURNAL_NONCE_SIZE], enum journal_layer layer,
    uint32_t number, struct buf *bytes)
{
	uint8_t n[crypto_stream_xchacha20_NONCEBYTES];

	if (bytes->len == 0)
		return;
	memcpy(n, nonce, JOURNAL_NONCE_SIZE);
	put_be((uint64_t)layer << 32 | number, 8, n + JOURNAL_NONCE_SIZE);
	(void)crypto_stream_xchacha20_xor(
	    bytes->p, bytes->p, bytes->len, n, day_key);
}

static void
row_nonce(uint32_t counter, uint8_t ret_nonce[static 24])
{
	memset(ret_nonce, 0, 20);
	put_be(counter, 4, ret_nonce + 20);
}

enum rc
journal_row_open(struct rd sealed, uint32_t counter,
    const uint8_t label[static JOURNAL_LABEL_SIZE],
    const uint8_t key[static JOURNAL_KEY_SIZE],
    uint8_t ret_plain[static ROW_SIZE])
{
	uint8_t nonce[24];
	enum rc rc = RC_BUG;

	CHECK(sealed.left == JOURNAL_SEALED_SIZE, RC_MALFORMED);
	row_nonce(counter, nonce);
	CHECK(crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL,
		  sealed.p, sealed.left, label, JOURNAL_LABEL_SIZE, nonce,
		  key) == 0,
	    RC_DENIED);
	rc = RC_OK;
out:
	return rc;
}
