#include "crypto/age.h"

#include <string.h>

#include <sodium.h>

#include "base/ct.h"
#include "base/failmem.h"
#include "crypto/age_header.h"
#include "crypto/hkdf.h"

#define FILE_KEY_SIZE 16
#define NONCE_SIZE 16
#define CHUNK_SIZE 65536 /* of plain text: "Payload" */
#define TAG_SIZE crypto_aead_chacha20poly1305_ietf_ABYTES
#define KEY_SIZE crypto_aead_chacha20poly1305_ietf_KEYBYTES
#define AEAD_NONCE_SIZE crypto_aead_chacha20poly1305_ietf_NPUBBYTES

struct stream { /* STREAM: one key, a counter and a flag in the nonce */
	uint8_t key[KEY_SIZE];
	uint64_t chunk;
};

struct age_seal {
	struct stream stream;
	age_out_fn out;
	void *arg;
	enum rc rc; /* of the first failure: it stays */
	size_t n;
	uint8_t plain[CHUNK_SIZE];
	uint8_t sealed[CHUNK_SIZE + TAG_SIZE];
};

enum open_state { OPEN_STATE_HEADER, OPEN_STATE_NONCE, OPEN_STATE_CHUNKS };

struct age_open {
	struct stream stream;
	age_out_fn out;
	void *arg;
	enum rc rc;
	enum open_state state;
	uint8_t secret[AGE_KEY_SIZE];
	uint8_t file_key[FILE_KEY_SIZE];
	size_t n;
	uint8_t sealed[CHUNK_SIZE + TAG_SIZE]; /* or the header so far */
	uint8_t plain[CHUNK_SIZE];
};

/* --- keys --------------------------------------------------------------------
 */

static void
derive(struct rd salt, struct rd ikm, const char *info,
    uint8_t ret_key[static KEY_SIZE])
{
	uint8_t prk[HKDF_HASH_SIZE];

	hkdf_extract(salt, ikm, prk);
	ASSERT(hkdf_expand(prk, rd_str(info), KEY_SIZE, ret_key) == RC_OK);
	sodium_memzero(prk, sizeof(prk));
}

/* The key that wraps the file key: "The X25519 recipient type". */
static enum rc
wrap_key(const uint8_t scalar[static AGE_KEY_SIZE],
    const uint8_t point[static AGE_KEY_SIZE],
    const uint8_t share[static AGE_KEY_SIZE],
    const uint8_t recipient[static AGE_KEY_SIZE],
    uint8_t ret_key[static KEY_SIZE])
{
	uint8_t secret[AGE_KEY_SIZE];
	uint8_t salt[2 * AGE_KEY_SIZE];
	enum rc rc = RC_BUG;

	/* refuses the result zero, as the specification demands */
	CHECK(crypto_scalarmult(secret, scalar, point) == 0, RC_DENIED);
	memcpy(salt, share, AGE_KEY_SIZE);
	memcpy(salt + AGE_KEY_SIZE, recipient, AGE_KEY_SIZE);
	derive((struct rd){ salt, sizeof(salt) },
	    (struct rd){ secret, sizeof(secret) },
	    "age-encryption.org/v1/X25519", ret_key);
	rc = RC_OK;
out:
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

static void
header_mac(const uint8_t file_key[static FILE_KEY_SIZE], struct rd covered,
    uint8_t ret_mac[static AGE_HEADER_MAC_SIZE])
{
	uint8_t key[KEY_SIZE];

	derive((struct rd){ NULL, 0 }, (struct rd){ file_key, FILE_KEY_SIZE },
	    "header", key);
	(void)crypto_auth_hmacsha256(ret_mac, covered.p, covered.left, key);
	sodium_memzero(key, sizeof(key));
}

static void
stream_init(struct stream *s, const uint8_t file_key[static FILE_KEY_SIZE],
    const uint8_t nonce[static NONCE_SIZE])
{
	derive((struct rd){ nonce, NONCE_SIZE },
	    (struct rd){ file_key, FILE_KEY_SIZE }, "payload", s->key);
	s->chunk = 0;
}

/* Eleven octets of counter, one that says whether it is the last. */
static void
stream_nonce(
    struct stream *s, bool is_last, uint8_t ret_nonce[static AEAD_NONCE_SIZE])
{
	memset(ret_nonce, 0, AEAD_NONCE_SIZE);
	for (size_t i = 0; i < sizeof(s->chunk); i++)
		ret_nonce[AEAD_NONCE_SIZE - 2 - i] = (uint8_t)(s->chunk >>
		    8 * i);
	ret_nonce[AEAD_NONCE_SIZE - 1] = is_last;
	s->chunk++;
}

/* --- writing
 * ------------------------------------------------------------------ */

static enum rc
wrap(const uint8_t recipient[static AGE_KEY_SIZE],
    const uint8_t file_key[static FILE_KEY_SIZE],
    struct age_header_stanza *ret_s)
{
	static const uint8_t zero[AEAD_NONCE_SIZE];
	uint8_t ephemeral[AGE_KEY_SIZE];
	uint8_t key[KEY_SIZE];
	enum rc rc = RC_BUG;

	randombytes_buf(ephemeral, sizeof(ephemeral));
	age_key_public(ephemeral, ret_s->share);
	TRY(wrap_key(ephemeral, recipient, ret_s->share, recipient, key));
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(ret_s->body, NULL,
	    file_key, FILE_KEY_SIZE, NULL, 0, NULL, zero, key);
out:
	sodium_memzero(ephemeral, sizeof(ephemeral));
	sodium_memzero(key, sizeof(key));
	return rc;
}

static enum rc
write_header(struct age_seal *s, uint8_t (*recipients)[AGE_KEY_SIZE], size_t n,
    const uint8_t file_key[static FILE_KEY_SIZE])
{
	struct age_header h = { .n = n };
	uint8_t nonce[NONCE_SIZE];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, AGE_HEADER_MAX);
	for (size_t i = 0; i < n; i++)
		TRY(wrap(recipients[i], file_key, &h.stanzas[i]));
	TRY(age_header_covered(&h, &b));
	header_mac(file_key, buf_get(&b), h.mac);
	b.len = 0;
	TRY(age_header_build(&h, &b));
	randombytes_buf(nonce, sizeof(nonce));
	TRY(buf_add(&b, nonce, sizeof(nonce)));
	stream_init(&s->stream, file_key, nonce);
	TRY(s->out(s->arg, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

enum rc
age_seal_new(uint8_t (*recipients)[AGE_KEY_SIZE], size_t n, age_out_fn out,
    void *arg, struct age_seal **ret_s)
{
	uint8_t file_key[FILE_KEY_SIZE];
	struct age_seal *s = NULL;
	enum rc rc = RC_BUG;

	CHECK(n > 0 && n <= AGE_RECIPIENTS_MAX, RC_LIMIT);
	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	s->out = out;
	s->arg = arg;
	s->rc = RC_OK;
	randombytes_buf(file_key, sizeof(file_key));
	TRY(write_header(s, recipients, n, file_key));
	*ret_s = s;
	s = NULL;
out:
	sodium_memzero(file_key, sizeof(file_key));
	age_seal_free(s);
	return rc;
}

static enum rc
seal_chunk(struct age_seal *s, bool is_last)
{
	uint8_t nonce[AEAD_NONCE_SIZE];
	struct rd octets = { s->sealed, s->n + TAG_SIZE };

	stream_nonce(&s->stream, is_last, nonce);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(s->sealed, NULL,
	    s->plain, s->n, NULL, 0, NULL, nonce, s->stream.key);
	s->n = 0;
	return s->out(s->arg, octets);
}

enum rc
age_seal_write(struct age_seal *s, struct rd plain)
{
	while (s->rc == RC_OK && plain.left > 0) {
		size_t n = CHUNK_SIZE - s->n;

		/* a full chunk waits until it is known not to be the last */
		if (n == 0) {
			s->rc = seal_chunk(s, false);
			continue;
		}
		if (n > plain.left)
			n = plain.left;
		memcpy(s->plain + s->n, plain.p, n);
		s->n += n;
		plain.p += n;
		plain.left -= n;
	}
	return s->rc;
}

enum rc
age_seal_finish(struct age_seal *s)
{
	enum rc rc = s->rc == RC_OK ? seal_chunk(s, true) : s->rc;

	s->rc = rc == RC_OK ? RC_STATE : rc; /* nothing may follow */
	return rc;
}

void
age_seal_free(struct age_seal *s)
{
	if (s != NULL)
		sodium_memzero(s, sizeof(*s));
	free(s);
}

/* --- reading
 * ------------------------------------------------------------------ */

enum rc
age_open_new(const uint8_t secret[static AGE_KEY_SIZE], age_out_fn out,
    void *arg, struct age_open **ret_o)
{
	struct age_open *o = failmem_alloc(sizeof(*o));

	if (o == NULL)
		return RC_NOMEM;
	o->out = out;
	o->arg = arg;
	o->rc = RC_OK;
	o->state = OPEN_STATE_HEADER;
	memcpy(o->secret, secret, sizeof(o->secret));
	*ret_o = o;
	return RC_OK;
}

/* RC_NOT_FOUND: this stanza is another's. */
static enum rc
unwrap(const uint8_t secret[static AGE_KEY_SIZE],
    const struct age_header_stanza *s, uint8_t ret_key[static FILE_KEY_SIZE])
{
	static const uint8_t zero[AEAD_NONCE_SIZE];
	uint8_t recipient[AGE_KEY_SIZE];
	uint8_t key[KEY_SIZE];
	enum rc rc = RC_BUG;

	age_key_public(secret, recipient);
	TRY(wrap_key(secret, s->share, s->share, recipient, key));
	CHECK(crypto_aead_chacha20poly1305_ietf_decrypt(ret_key, NULL, NULL,
		  s->body, sizeof(s->body), NULL, 0, zero, key) == 0,
	    RC_NOT_FOUND);
	rc = RC_OK;
out:
	sodium_memzero(key, sizeof(key));
	return rc;
}

static enum rc
read_header(struct age_open *o, size_t *ret_used)
{
	struct rd r = { o->sealed, o->n };
	struct age_header h;
	struct rd covered = { 0 };
	uint8_t mac[AGE_HEADER_MAC_SIZE];
	enum rc rc = RC_BUG;

	TRY(age_header_parse(&r, &h, &covered));
	CHECK(h.n > 0, RC_MALFORMED);
	rc = RC_NOT_FOUND;
	for (size_t i = 0; i < h.n && rc == RC_NOT_FOUND; i++)
		rc = unwrap(o->secret, &h.stanzas[i], o->file_key);
	CHECK(rc == RC_OK, RC_DENIED);
	header_mac(o->file_key, covered, mac);
	CHECK(ct_eq(mac, h.mac, sizeof(mac)), RC_DENIED);
	*ret_used = o->n - r.left;
out:
	return rc;
}

/* Moves from r what the buffer takes up to n octets in all. */
static void
fill(struct age_open *o, struct rd *r, size_t n)
{
	size_t more = n - o->n;

	if (more > r->left)
		more = r->left;
	if (more == 0)
		return;
	memcpy(o->sealed + o->n, r->p, more);
	o->n += more;
	r->p += more;
	r->left -= more;
}

/* Octets behind the header that came with it go back to the caller's cursor:
 * they stand in the same call's input, since no earlier one was enough. */
static enum rc
take_header(struct age_open *o, struct rd *r)
{
	size_t used = 0;
	size_t before = o->n;
	struct rd start = *r;
	enum rc rc = RC_BUG;

	fill(o, r, AGE_HEADER_MAX + 1);
	rc = read_header(o, &used);
	if (rc == RC_AGAIN)
		return RC_OK;
	CHECK(rc == RC_OK, rc);
	r->p = start.p + (used - before);
	r->left = start.left - (used - before);
	o->n = 0;
	o->state = OPEN_STATE_NONCE;
out:
	return rc;
}

static enum rc
open_chunk(struct age_open *o, bool is_last)
{
	uint8_t nonce[AEAD_NONCE_SIZE];
	struct rd plain = { o->plain, 0 };
	enum rc rc = RC_BUG;

	CHECK(o->n >= TAG_SIZE, RC_DENIED); /* cut off */
	stream_nonce(&o->stream, is_last, nonce);
	CHECK(crypto_aead_chacha20poly1305_ietf_decrypt(o->plain, NULL, NULL,
		  o->sealed, o->n, NULL, 0, nonce, o->stream.key) == 0,
	    RC_DENIED);
	plain.left = o->n - TAG_SIZE;
	/* only an empty file ends with an empty chunk */
	CHECK(plain.left > 0 || o->stream.chunk == 1, RC_MALFORMED);
	o->n = 0;
	if (plain.left > 0)
		TRY(o->out(o->arg, plain));
	rc = RC_OK;
out:
	return rc;
}

static enum rc
take(struct age_open *o, struct rd *r)
{
	switch (o->state) {
	case OPEN_STATE_HEADER:
		return take_header(o, r);
	case OPEN_STATE_NONCE:
		fill(o, r, NONCE_SIZE);
		if (o->n == NONCE_SIZE) {
			stream_init(&o->stream, o->file_key, o->sealed);
			o->n = 0;
			o->state = OPEN_STATE_CHUNKS;
		}
		return RC_OK;
	case OPEN_STATE_CHUNKS:
		if (o->n == sizeof(o->sealed))
			return open_chunk(o, false);
		fill(o, r, sizeof(o->sealed));
		return RC_OK;
	}
	return RC_BUG;
}

enum rc
age_open_write(struct age_open *o, struct rd octets)
{
	while (o->rc == RC_OK && octets.left > 0)
		o->rc = take(o, &octets);
	return o->rc;
}

enum rc
age_open_finish(struct age_open *o)
{
	enum rc rc = o->rc;

	if (rc == RC_OK)
		rc = o->state == OPEN_STATE_CHUNKS ? open_chunk(o, true)
						   : RC_MALFORMED;
	o->rc = rc == RC_OK ? RC_STATE : rc;
	return rc;
}

void
age_open_free(struct age_open *o)
{
	if (o != NULL)
		sodium_memzero(o, sizeof(*o));
	free(o);
}
