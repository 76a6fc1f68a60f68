#include "wire/segment.h"

#include <string.h>

#include <sodium.h>

#include "base/crc32c.h"

static enum rc
wrap_parse(struct rd *r, struct rd *ret_wrap)
{
	uint16_t n;
	enum rc rc = RC_BUG;

	TRY(rd_u16(r, &n));
	CHECK(n <= SEGMENT_WRAP_MAX, RC_MALFORMED);
	TRY(rd_take(r, n, ret_wrap));
out:
	return rc;
}

static enum rc
wrap_build(struct rd wrap, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(wrap.left <= SEGMENT_WRAP_MAX, RC_LIMIT);
	TRY(buf_u16(b, (uint16_t)wrap.left));
	TRY(buf_add_rd(b, wrap));
out:
	return rc;
}

static enum rc
session_parse(struct rd *r, struct segment_session *ret_s)
{
	uint8_t version;
	enum rc rc = RC_BUG;

	TRY(rd_u8(r, &version));
	CHECK(version == SEGMENT_VERSION, RC_MALFORMED);
	TRY(rd_u32(r, &ret_s->day));
	TRY(rd_copy(r, sizeof(ret_s->nonce), ret_s->nonce));
	TRY(wrap_parse(r, &ret_s->index_wrap));
out:
	return rc;
}

static enum rc
envelope_parse(struct rd *r, struct segment_envelope *ret_e)
{
	uint8_t direction;
	enum rc rc = RC_BUG;

	TRY(rd_copy(r, sizeof(ret_e->tag), ret_e->tag));
	TRY(rd_u8(r, &direction));
	CHECK(direction == SEGMENT_DIRECTION_SOURCE ||
		direction == SEGMENT_DIRECTION_LOOKUP,
	    RC_MALFORMED);
	ret_e->direction = (enum segment_direction)direction;
	TRY(rd_u32(r, &ret_e->number));
	TRY(rd_copy(r, sizeof(ret_e->locator), ret_e->locator));
	TRY(wrap_parse(r, &ret_e->wrap));
	TRY(wrap_parse(r, &ret_e->own_wrap));
out:
	return rc;
}

static enum rc
row_parse_frame(struct rd *r, struct segment_row *ret_w)
{
	enum rc rc = RC_BUG;

	TRY(rd_u32(r, &ret_w->envelope));
	TRY(rd_u32(r, &ret_w->counter));
	TRY(rd_take(r, r->left, &ret_w->sealed));
out:
	return rc;
}

enum rc
segment_frame_parse(struct rd *r, struct segment_frame *ret_f)
{
	struct segment_frame f = { 0 };
	struct rd at = *r;
	struct rd body;
	uint32_t n;
	uint32_t crc;
	uint8_t type;
	enum rc rc = RC_BUG;

	if (at.left < SEGMENT_HEAD_SIZE)
		return RC_AGAIN;
	TRY(rd_u32(&at, &n));
	TRY(rd_u32(&at, &crc));
	CHECK(n > 0 && n <= SEGMENT_FRAME_MAX, RC_MALFORMED);
	if (at.left < n)
		return RC_AGAIN;
	TRY(rd_take(&at, n, &body));
	CHECK(crc32c(0, body.p, body.left) == crc, RC_MALFORMED);
	TRY(rd_u8(&body, &type));
	f.type = (enum segment_type)type;
	switch (f.type) {
	case SEGMENT_TYPE_SESSION:
		TRY(session_parse(&body, &f.u.session));
		break;
	case SEGMENT_TYPE_ENVELOPE:
		TRY(envelope_parse(&body, &f.u.envelope));
		break;
	case SEGMENT_TYPE_ROW:
		TRY(row_parse_frame(&body, &f.u.row));
		break;
	case SEGMENT_TYPE_CHAIN:
		TRY(rd_copy(&body, sizeof(f.u.chain), f.u.chain));
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

static enum rc
body_build(const struct segment_frame *f, struct buf *b)
{
	const struct segment_session *s = &f->u.session;
	const struct segment_envelope *e = &f->u.envelope;
	const struct segment_row *w = &f->u.row;
	enum rc rc = RC_BUG;

	TRY(buf_u8(b, (uint8_t)f->type));
	switch (f->type) {
	case SEGMENT_TYPE_SESSION:
		TRY(buf_u8(b, SEGMENT_VERSION));
		TRY(buf_u32(b, s->day));
		TRY(buf_add(b, s->nonce, sizeof(s->nonce)));
		TRY(wrap_build(s->index_wrap, b));
		break;
	case SEGMENT_TYPE_ENVELOPE:
		TRY(buf_add(b, e->tag, sizeof(e->tag)));
		TRY(buf_u8(b, (uint8_t)e->direction));
		TRY(buf_u32(b, e->number));
		TRY(buf_add(b, e->locator, sizeof(e->locator)));
		TRY(wrap_build(e->wrap, b));
		TRY(wrap_build(e->own_wrap, b));
		break;
	case SEGMENT_TYPE_ROW:
		TRY(buf_u32(b, w->envelope));
		TRY(buf_u32(b, w->counter));
		TRY(buf_add_rd(b, w->sealed));
		break;
	case SEGMENT_TYPE_CHAIN:
		TRY(buf_add(b, f->u.chain, sizeof(f->u.chain)));
		break;
	}
out:
	return rc;
}

enum rc
segment_frame_build(const struct segment_frame *f, struct buf *b)
{
	size_t start = b->len;
	size_t n;
	uint32_t head[2];
	enum rc rc = RC_BUG;

	TRY(buf_u64(b, 0)); /* length and CRC, once they are known */
	TRY(body_build(f, b));
	n = b->len - start - SEGMENT_HEAD_SIZE;
	CHECK(n <= SEGMENT_FRAME_MAX, RC_LIMIT);
	head[0] = (uint32_t)n;
	head[1] = crc32c(0, b->p + start + SEGMENT_HEAD_SIZE, n);
	for (size_t i = 0; i < SEGMENT_HEAD_SIZE; i++)
		b->p[start + i] = (uint8_t)(head[i / 4] >> (24 - 8 * (i % 4)));
out:
	if (rc != RC_OK)
		b->len = start;
	return rc;
}

void
segment_label(uint32_t day, const uint8_t tag[static SEGMENT_TAG_SIZE],
    enum segment_direction direction,
    uint8_t ret_label[static SEGMENT_LABEL_SIZE])
{
	static const char class_name[] = "TRAFFIC_QUERY";

	for (size_t i = 0; i < 4; i++)
		ret_label[i] = (uint8_t)(day >> (24 - 8 * i));
	memcpy(ret_label + 4, tag, SEGMENT_TAG_SIZE);
	ret_label[4 + SEGMENT_TAG_SIZE] = (uint8_t)direction;
	memcpy(ret_label + 5 + SEGMENT_TAG_SIZE, class_name,
	    sizeof(class_name) - 1);
}

static void
row_nonce(uint32_t counter, uint8_t ret_nonce[static 24])
{
	explicit_bzero(ret_nonce, 20);
	for (size_t i = 0; i < 4; i++)
		ret_nonce[20 + i] = (uint8_t)(counter >> (24 - 8 * i));
}

void
segment_row_seal(struct rd plain, uint32_t counter,
    const uint8_t label[static SEGMENT_LABEL_SIZE],
    const uint8_t key[static SEGMENT_KEY_SIZE], uint8_t *ret_sealed)
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

	row_nonce(counter, nonce);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed, NULL,
	    plain.p, plain.left, label, SEGMENT_LABEL_SIZE, NULL, nonce, key);
}

enum rc
segment_row_open(const struct segment_row *w,
    const uint8_t label[static SEGMENT_LABEL_SIZE],
    const uint8_t key[static SEGMENT_KEY_SIZE],
    uint8_t ret_plain[static SEGMENT_PLAIN_MAX], size_t *ret_n)
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	unsigned long long n = 0;
	enum rc rc = RC_BUG;

	CHECK(w->sealed.left <= SEGMENT_PLAIN_MAX + SEGMENT_MAC_SIZE,
	    RC_MALFORMED);
	row_nonce(w->counter, nonce);
	CHECK(crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, &n, NULL,
		  w->sealed.p, w->sealed.left, label, SEGMENT_LABEL_SIZE, nonce,
		  key) == 0,
	    RC_DENIED);
	*ret_n = (size_t)n;
	rc = RC_OK;
out:
	return rc;
}
