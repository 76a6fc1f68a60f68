#include "crypto/ohttp.h"

#include <sodium.h>
#include <string.h>

#include "base/varint.h"
#include "crypto/hkdf.h"

#define KEM_X25519 0x0020      /* RFC 9180 section 7.1 */
#define KDF_HKDF_SHA256 0x0001 /* section 7.2 */
#define INFO_MAX 64

/* The labels of RFC 9458 sections 4.3 and 4.4, and of the chunked draft's 6.1
 * and 6.2. */
static const char *const request_labels[] = {
	[OHTTP_FORM_WHOLE] = "message/bhttp request",
	[OHTTP_FORM_CHUNKED] = "message/bhttp chunked request",
};
static const char *const response_labels[] = {
	[OHTTP_FORM_WHOLE] = "message/bhttp response",
	[OHTTP_FORM_CHUNKED] = "message/bhttp chunked response",
};

/* info = label || 0 || hdr. */
static struct rd
info_of(enum ohttp_form form, struct rd hdr, uint8_t room[static INFO_MAX])
{
	size_t n = strlen(request_labels[form]);

	ASSERT(n + 1 + hdr.left <= INFO_MAX);
	memcpy(room, request_labels[form], n);
	room[n++] = 0;
	memcpy(room + n, hdr.p, hdr.left);
	return (struct rd){ room, n + hdr.left };
}

/* max(Nn, Nk) of RFC 9458 section 4.4: of both AEADs it is the key's. */
static size_t
entropy_of(const struct hpke_aead *aead)
{
	return aead->key_size > HPKE_NONCE_SIZE ? aead->key_size
						: HPKE_NONCE_SIZE;
}

static enum rc
reply_init(const struct hpke_context *c, enum ohttp_form form,
    const uint8_t enc[static HPKE_ENC_SIZE], struct ohttp_reply *ret_reply)
{
	*ret_reply = (struct ohttp_reply){ .aead = c->aead, .form = form };
	memcpy(ret_reply->enc, enc, HPKE_ENC_SIZE);
	return hpke_export(c, rd_str(response_labels[form]),
	    entropy_of(c->aead), ret_reply->secret);
}

void
ohttp_reply_clear(struct ohttp_reply *reply)
{
	explicit_bzero(reply, sizeof(*reply));
}

/* --- one message or many -------------------------------------------------- */

/* Non-final chunks have their length before them; the final one has a zero, and
 * reaches to the end (chunked draft, sections 4 to 6). */
static enum rc
seal_all(struct hpke_context *c, enum ohttp_form form, struct rd plain,
    struct buf *b)
{
	const struct rd none = rd_str("");
	struct rd chunk = { 0 };
	enum rc rc = RC_BUG;

	if (form == OHTTP_FORM_WHOLE)
		return hpke_context_seal(c, none, plain, b);
	while (plain.left > OHTTP_CHUNK) {
		TRY(rd_take(&plain, OHTTP_CHUNK, &chunk));
		TRY(varint_add(b, OHTTP_CHUNK + HPKE_TAG_SIZE));
		TRY(hpke_context_seal(c, none, chunk, b));
	}
	TRY(varint_add(b, 0));
	TRY(hpke_context_seal(c, rd_str("final"), plain, b));
out:
	return rc;
}

static enum rc
open_all(struct hpke_context *c, enum ohttp_form form, struct rd sealed,
    struct buf *b)
{
	const struct rd none = rd_str("");
	struct rd chunk = { 0 };
	enum rc rc = RC_BUG;

	if (form == OHTTP_FORM_WHOLE)
		return hpke_context_open(c, none, sealed, b);
	for (;;) {
		TRY(varint_take(&sealed, &chunk));
		if (chunk.left == 0)
			break;
		/* a chunk of nothing that is not the last is as one that does
		 * not open (section 6) */
		CHECK(chunk.left != HPKE_TAG_SIZE, RC_DENIED);
		TRY(hpke_context_open(c, none, chunk, b));
	}
	TRY(hpke_context_open(c, rd_str("final"), sealed, b));
out:
	return rc;
}

/* --- requests (RFC 9458 section 4.3) -------------------------------------- */

enum rc
ohttp_request_seal_with(const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const struct ohttp_to *to, struct rd request, struct ohttp_reply *ret_reply,
    struct buf *b)
{
	struct ohttp_reply reply = { 0 };
	struct hpke_context c = { 0 };
	uint8_t enc[HPKE_ENC_SIZE];
	uint8_t room[INFO_MAX];
	size_t before = b->len;
	struct rd hdr;
	enum rc rc = RC_BUG;

	TRY(buf_u8(b, to->key_id));
	TRY(buf_u16(b, KEM_X25519));
	TRY(buf_u16(b, KDF_HKDF_SHA256));
	TRY(buf_u16(b, to->aead->id));
	hdr = (struct rd){ b->p + before, OHTTP_HEADER_SIZE };
	TRY(hpke_setup_sender_with(to->aead, ephemeral, to->public_key,
	    info_of(to->form, hdr, room), &c, enc));
	TRY(buf_add(b, enc, sizeof(enc)));
	TRY(seal_all(&c, to->form, request, b));
	TRY(reply_init(&c, to->form, enc, &reply));
	*ret_reply = reply;
out:
	if (rc != RC_OK)
		b->len = before;
	hpke_context_clear(&c);
	ohttp_reply_clear(&reply);
	return rc;
}

enum rc
ohttp_request_seal(const struct ohttp_to *to, struct rd request,
    struct ohttp_reply *ret_reply, struct buf *b)
{
	uint8_t ephemeral[HPKE_KEY_SIZE];
	enum rc rc;

	randombytes_buf(ephemeral, sizeof(ephemeral));
	rc = ohttp_request_seal_with(ephemeral, to, request, ret_reply, b);
	explicit_bzero(ephemeral, sizeof(ephemeral));
	return rc;
}

/* RC_NOT_FOUND: there is no such key, or it is not offered so. */
static enum rc
header_parse(struct rd r, const struct ohttp_key *keys, size_t n,
    const struct ohttp_key **ret_key, const struct hpke_aead **ret_aead)
{
	uint16_t kem, kdf, aead;
	uint8_t id;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&r, &id));
	TRY(rd_u16(&r, &kem));
	TRY(rd_u16(&r, &kdf));
	TRY(rd_u16(&r, &aead));
	CHECK(kem == KEM_X25519 && kdf == KDF_HKDF_SHA256, RC_NOT_FOUND);
	rc = RC_NOT_FOUND;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < OHTTP_AEADS && keys[i].id == id; j++)
			if (keys[i].aeads[j] != NULL &&
			    keys[i].aeads[j]->id == aead) {
				*ret_key = &keys[i];
				*ret_aead = keys[i].aeads[j];
				rc = RC_OK;
			}
out:
	return rc;
}

enum rc
ohttp_request_open(const struct ohttp_key *keys, size_t n, enum ohttp_form form,
    struct rd sealed, struct ohttp_reply *ret_reply, struct buf *b)
{
	const struct hpke_aead *aead = NULL;
	const struct ohttp_key *key = NULL;
	struct ohttp_reply reply = { 0 };
	struct hpke_context c = { 0 };
	uint8_t enc[HPKE_ENC_SIZE];
	uint8_t room[INFO_MAX];
	struct rd hdr = { 0 };
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(rd_take(&sealed, OHTTP_HEADER_SIZE, &hdr));
	TRY(rd_copy(&sealed, sizeof(enc), enc));
	TRY(header_parse(hdr, keys, n, &key, &aead));
	TRY(hpke_setup_receiver(
	    aead, key->secret_key, enc, info_of(form, hdr, room), &c));
	TRY(open_all(&c, form, sealed, b));
	TRY(reply_init(&c, form, enc, &reply));
	*ret_reply = reply;
out:
	if (rc != RC_OK)
		b->len = before;
	hpke_context_clear(&c);
	ohttp_reply_clear(&reply);
	return rc;
}

/* --- answers (section 4.4) ------------------------------------------------ */

/* The answer's AEAD key and nonce, as a context of which the sequence number
 * is the chunk's counter. */
static enum rc
response_setup(const struct ohttp_reply *reply, const uint8_t *nonce,
    struct hpke_context *ret_c)
{
	uint8_t salt[HPKE_ENC_SIZE + HPKE_AEAD_KEY_MAX];
	uint8_t prk[HKDF_HASH_SIZE];
	size_t n = entropy_of(reply->aead);
	enum rc rc = RC_BUG;

	*ret_c = (struct hpke_context){ .aead = reply->aead };
	memcpy(salt, reply->enc, HPKE_ENC_SIZE);
	memcpy(salt + HPKE_ENC_SIZE, nonce, n);
	hkdf_extract((struct rd){ salt, HPKE_ENC_SIZE + n },
	    (struct rd){ reply->secret, n }, prk);
	TRY(hkdf_expand(prk, rd_str("key"), reply->aead->key_size, ret_c->key));
	TRY(hkdf_expand(
	    prk, rd_str("nonce"), HPKE_NONCE_SIZE, ret_c->base_nonce));
out:
	explicit_bzero(prk, sizeof(prk));
	return rc;
}

enum rc
ohttp_response_seal_with(const uint8_t *nonce, const struct ohttp_reply *reply,
    struct rd response, struct buf *b)
{
	struct hpke_context c = { 0 };
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(response_setup(reply, nonce, &c));
	TRY(buf_add(b, nonce, entropy_of(reply->aead)));
	TRY(seal_all(&c, reply->form, response, b));
out:
	if (rc != RC_OK)
		b->len = before;
	hpke_context_clear(&c);
	return rc;
}

enum rc
ohttp_response_seal(
    const struct ohttp_reply *reply, struct rd response, struct buf *b)
{
	uint8_t nonce[HPKE_AEAD_KEY_MAX];

	randombytes_buf(nonce, sizeof(nonce));
	return ohttp_response_seal_with(nonce, reply, response, b);
}

enum rc
ohttp_response_open(
    const struct ohttp_reply *reply, struct rd sealed, struct buf *b)
{
	struct hpke_context c = { 0 };
	struct rd nonce = { 0 };
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(rd_take(&sealed, entropy_of(reply->aead), &nonce));
	TRY(response_setup(reply, nonce.p, &c));
	TRY(open_all(&c, reply->form, sealed, b));
out:
	if (rc != RC_OK)
		b->len = before;
	hpke_context_clear(&c);
	return rc;
}
