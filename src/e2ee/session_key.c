#include <sodium.h>
#include <string.h>

#include "crypto/hkdf.h"
#include "e2ee/session_internal.h"
#include "wire/e164.h"

/* Labels of session.md; those of Start end with their NUL. */
static const char label_transcript[] = "tacet session v1";
static const char label_start[] = "tacet session v1 start";
static const char label_root[] = "tacet session v1 root";
static const char label_message[] = "tacet session v1 message";

static const uint8_t zeros[32];

#define TRANSCRIPT_MAX 1024

/* lp(x) = u16 length || x */
static enum rc
lp(struct buf *b, const void *bytes, size_t n)
{
	enum rc rc = RC_BUG;

	TRY(buf_u16(b, (uint16_t)n));
	TRY(buf_add(b, bytes, n));
out:
	return rc;
}

static enum rc
lp_u32(struct buf *b, uint32_t v)
{
	enum rc rc = RC_BUG;

	TRY(buf_u16(b, 4));
	TRY(buf_u32(b, v));
out:
	return rc;
}

static enum rc
party(struct buf *b, const struct session_party *p)
{
	struct e164 number = { 0 };
	enum rc rc = RC_BUG;

	TRY(e164_parse(p->handle, &number));
	TRY(lp(b, p->account, sizeof(p->account)));
	TRY(lp(b, &p->device, 1));
	TRY(lp(b, p->aik, sizeof(p->aik)));
	TRY(lp(b, p->dik, sizeof(p->dik)));
	TRY(lp(b, p->list_hash, sizeof(p->list_hash)));
	TRY(lp(b, p->handle.p, p->handle.left));
out:
	e164_clear(&number);
	return rc;
}

enum rc
session_key_hash(const struct session_key_start *t, uint8_t ret_hash[static 32])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRANSCRIPT_MAX);
	TRY(buf_add(&b, label_transcript, sizeof(label_transcript)));
	TRY(party(&b, t->a));
	TRY(party(&b, t->b));
	TRY(lp(&b, t->base_key, sizeof(t->base_key)));
	TRY(lp_u32(&b, t->signed_id));
	TRY(lp(&b, t->signed_key, sizeof(t->signed_key)));
	TRY(lp_u32(&b, t->one_time_id));
	TRY(lp(&b, t->one_time.p, t->one_time.left));
	TRY(lp(&b, zeros, 0)); /* KEM public key */
	TRY(lp(&b, zeros, 0)); /* KEM ciphertext */
	crypto_hash_sha256(ret_hash, b.p, b.len);
out:
	buf_clear(&b);
	return rc;
}

/* At most 64 octets are asked for: never past RFC 5869's limit. */
static void
derive(struct rd salt, struct rd ikm, struct rd info, size_t n, uint8_t *ret)
{
	uint8_t prk[HKDF_HASH_SIZE];

	hkdf_extract(salt, ikm, prk);
	ASSERT(hkdf_expand(prk, info, n, ret) == RC_OK);
	explicit_bzero(prk, sizeof(prk));
}

void
session_key_root(const uint8_t hash[static 32], uint8_t (*dh)[32], size_t n,
    uint8_t ret_sk[static 32])
{
	uint8_t ikm[32 + 4 * 32];
	uint8_t info[sizeof(label_start) + 32];

	ASSERT(n <= 4);
	for (size_t i = 0; i < 32; i++)
		ikm[i] = 0xff;
	memcpy(ikm + 32, dh, n * 32);
	memcpy(info, label_start, sizeof(label_start));
	memcpy(info + sizeof(label_start), hash, 32);
	derive((struct rd){ zeros, sizeof(zeros) },
	    (struct rd){ ikm, 32 + n * 32 }, (struct rd){ info, sizeof(info) },
	    32, ret_sk);
	explicit_bzero(ikm, sizeof(ikm));
}

enum rc
session_key_step(uint8_t root[static 32], const uint8_t own[static 32],
    const uint8_t remote[static 32], uint8_t ret_chain[static 32])
{
	uint8_t dh[32] = { 0 };
	uint8_t both[64] = { 0 };
	enum rc rc = RC_OK;

	CHECK(crypto_scalarmult(dh, own, remote) == 0, RC_DENIED);
	derive((struct rd){ root, 32 }, (struct rd){ dh, sizeof(dh) },
	    rd_str(label_root), sizeof(both), both);
	memcpy(root, both, 32);
	memcpy(ret_chain, both + 32, 32);
out:
	explicit_bzero(dh, sizeof(dh));
	explicit_bzero(both, sizeof(both));
	return rc;
}

void
session_key_next(uint8_t chain[static 32], uint8_t ret_message_key[static 32])
{
	static const uint8_t one = 0x01;
	static const uint8_t two = 0x02;
	uint8_t next[32];

	crypto_auth_hmacsha256(ret_message_key, &one, 1, chain);
	crypto_auth_hmacsha256(next, &two, 1, chain);
	memcpy(chain, next, sizeof(next));
	explicit_bzero(next, sizeof(next));
}

void
session_key_box(
    const uint8_t message_key[static 32], uint8_t ret_box[static 44])
{
	derive((struct rd){ zeros, sizeof(zeros) },
	    (struct rd){ message_key, 32 }, rd_str(label_message), 44, ret_box);
}
