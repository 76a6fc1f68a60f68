#include "wire/ws.h"

#include <openssl/evp.h>
#include <string.h>

#include "wire/text64.h"

/* RFC 6455 section 5.2. */
#define BIT_FIN 0x80
#define BITS_RSV 0x70
#define BIT_MASK 0x80
#define LEN_16 126
#define LEN_64 127
#define CONTROL_MAX 125 /* section 5.5 */
#define SHA1_LEN 20

static bool
is_op(uint8_t op)
{
	return op <= WS_OP_BINARY || (op >= WS_OP_CLOSE && op <= WS_OP_PONG);
}

static bool
is_control(enum ws_op op)
{
	return ((unsigned int)op & 0x8) != 0;
}

/* The first two octets, refused as early as they are wrong. What is short is
 * not wrong: more octets may come. */
static enum rc
start_parse(struct rd *r, bool from_client, struct ws_frame *f, uint64_t *ret_n)
{
	uint8_t a = 0;
	uint8_t b = 0;
	enum rc rc = RC_OK;

	CHECK(rd_u8(r, &a) == RC_OK, RC_AGAIN);
	CHECK((a & BITS_RSV) == 0 && is_op(a & 0xf), RC_MALFORMED);
	f->fin = (a & BIT_FIN) != 0;
	f->op = (enum ws_op)(a & 0xf);
	CHECK(f->fin || !is_control(f->op), RC_MALFORMED);
	CHECK(rd_u8(r, &b) == RC_OK, RC_AGAIN);
	f->masked = (b & BIT_MASK) != 0;
	CHECK(f->masked == from_client, RC_MALFORMED);
	*ret_n = b & 0x7f;
	CHECK(*ret_n <= CONTROL_MAX || !is_control(f->op), RC_MALFORMED);
out:
	return rc;
}

/* The wider forms, each only for what the narrower cannot say. */
static enum rc
length_parse(struct rd *r, uint64_t *n)
{
	uint16_t v16 = 0;
	uint64_t v64 = 0;
	enum rc rc = RC_OK;

	if (*n == LEN_16) {
		CHECK(rd_u16(r, &v16) == RC_OK, RC_AGAIN);
		CHECK(v16 >= LEN_16, RC_MALFORMED);
		*n = v16;
	} else if (*n == LEN_64) {
		CHECK(rd_u64(r, &v64) == RC_OK, RC_AGAIN);
		CHECK(v64 > UINT16_MAX && v64 <= INT64_MAX, RC_MALFORMED);
		*n = v64;
	}
out:
	return rc;
}

enum rc
ws_frame_parse(
    struct rd *r, bool from_client, size_t max, struct ws_frame *ret_f)
{
	struct ws_frame f = { .op = WS_OP_CONT };
	struct rd at = *r;
	uint64_t n = 0;
	enum rc rc = RC_OK;

	TRY(start_parse(&at, from_client, &f, &n));
	TRY(length_parse(&at, &n));
	CHECK(n <= max, RC_LIMIT);
	if (f.masked)
		CHECK(rd_copy(&at, sizeof(f.mask), f.mask) == RC_OK, RC_AGAIN);
	CHECK(rd_take(&at, (size_t)n, &f.payload) == RC_OK, RC_AGAIN);
	*r = at;
	*ret_f = f;
out:
	return rc;
}

void
ws_unmask(uint8_t *payload, size_t n, const uint8_t mask[static 4])
{
	for (size_t i = 0; i < n; i++)
		payload[i] ^= mask[i % 4];
}

enum rc
ws_frame_build(
    struct buf *b, enum ws_op op, const uint8_t *mask, struct rd payload)
{
	size_t before = b->len;
	uint8_t bit = mask != NULL ? BIT_MASK : 0;
	uint8_t *p = NULL;
	enum rc rc = RC_BUG;

	CHECK(is_op((uint8_t)op) &&
		(!is_control(op) || payload.left <= CONTROL_MAX),
	    RC_MALFORMED);
	TRY(buf_u8(b, (uint8_t)(BIT_FIN | (unsigned int)op)));
	if (payload.left <= CONTROL_MAX) {
		TRY(buf_u8(b, (uint8_t)(bit | payload.left)));
	} else if (payload.left <= UINT16_MAX) {
		TRY(buf_u8(b, bit | LEN_16));
		TRY(buf_u16(b, (uint16_t)payload.left));
	} else {
		TRY(buf_u8(b, bit | LEN_64));
		TRY(buf_u64(b, payload.left));
	}
	if (mask != NULL)
		TRY(buf_add(b, mask, 4));
	if (payload.left > 0) {
		TRY(buf_reserve(b, payload.left, &p));
		memcpy(p, payload.p, payload.left);
		if (mask != NULL)
			ws_unmask(p, payload.left, mask);
		buf_commit(b, payload.left);
	}
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

/* SHA-1 here proves that the peer speaks WebSocket, nothing more: no secret
 * and no collision matters (RFC 6455 section 10.8). */
enum rc
ws_accept(struct rd key, char ret_text[static WS_ACCEPT_SIZE])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t input[24 + sizeof(guid) - 1];
	uint8_t hash[SHA1_LEN];
	uint8_t nonce[16];
	struct buf text;
	size_t n = 0;
	enum rc rc = RC_BUG;

	buf_init(&text, WS_ACCEPT_SIZE - 1);
	CHECK(key.left == 24, RC_MALFORMED);
	CHECK(text64_std_parse(key, sizeof(nonce), nonce, &n) == RC_OK &&
		n == sizeof(nonce),
	    RC_MALFORMED);
	memcpy(input, key.p, 24);
	memcpy(input + 24, guid, sizeof(guid) - 1);
	CHECK(
	    EVP_Digest(input, sizeof(input), hash, NULL, EVP_sha1(), NULL) == 1,
	    RC_NOMEM);
	TRY(text64_std_build(&text, (struct rd){ hash, sizeof(hash) }));
	memcpy(ret_text, text.p, text.len);
	ret_text[text.len] = '\0';
out:
	buf_clear(&text);
	return rc;
}
