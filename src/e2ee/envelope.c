#include "e2ee/envelope.h"

#include "crypto/hpke.h"
#include "wire/relay.h"

#define SIZE_MIN 256u
#define LENGTH_SIZE 4u

static const char info[] = "tacet envelope v1";

/* The least of 256, 512, ... 65536, RELAY_ENVELOPE_MAX that holds n. */
static size_t
padded(size_t n)
{
	size_t size = SIZE_MIN;

	while (size < n)
		size *= 2;
	return size > RELAY_ENVELOPE_MAX ? RELAY_ENVELOPE_MAX : size;
}

enum rc
envelope_seal(const uint8_t ek[static 32], struct rd message, struct buf *b)
{
	struct buf inner;
	uint8_t *p = NULL;
	size_t pad;
	enum rc rc = RC_BUG;

	buf_init(&inner, RELAY_ENVELOPE_MAX);
	CHECK(message.left <= RELAY_ENVELOPE_MAX - HPKE_OVERHEAD - LENGTH_SIZE,
	    RC_LIMIT);
	TRY(buf_u32(&inner, (uint32_t)message.left));
	TRY(buf_add_rd(&inner, message));
	pad = padded(inner.len + HPKE_OVERHEAD) - HPKE_OVERHEAD - inner.len;
	TRY(buf_reserve(&inner, pad, &p));
	for (size_t i = 0; i < pad; i++)
		p[i] = 0;
	buf_commit(&inner, pad);
	TRY(hpke_seal(ek, rd_str(info), rd_str(""), buf_get(&inner), b));
out:
	buf_clear(&inner);
	return rc;
}

/* u32 length || message || zeros, to the last octet. */
static enum rc
inner_parse(struct rd inner, size_t sealed, struct rd *ret_message)
{
	struct rd message = { 0 };
	uint32_t n = 0;
	uint8_t any = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&inner, &n));
	TRY(rd_take(&inner, n, &message));
	for (size_t i = 0; i < inner.left; i++)
		any |= inner.p[i];
	CHECK(any == 0, RC_MALFORMED);
	CHECK(sealed == padded(LENGTH_SIZE + n + HPKE_OVERHEAD), RC_MALFORMED);
	*ret_message = message;
out:
	return rc;
}

enum rc
envelope_open(
    const uint8_t ek_secret[static 32], struct rd envelope, struct buf *b)
{
	struct buf inner;
	struct rd message = { 0 };
	enum rc rc = RC_BUG;

	buf_init(&inner, RELAY_ENVELOPE_MAX);
	CHECK(envelope.left >= HPKE_OVERHEAD &&
		envelope.left <= RELAY_ENVELOPE_MAX,
	    RC_DENIED);
	TRY(hpke_open(ek_secret, rd_str(info), rd_str(""), envelope, &inner));
	CHECK(inner_parse(buf_get(&inner), envelope.left, &message) == RC_OK,
	    RC_DENIED);
	TRY(buf_add_rd(b, message));
out:
	buf_clear(&inner);
	return rc;
}
