#include "crypto/pwbox.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_SIZE crypto_pwhash_argon2id_SALTBYTES
#define BOX_MAX (PWBOX_SECRET_MAX + TAG_SIZE)
#define OPS_MAX 16u
#define MEM_MAX (UINT64_C(1) << 30)
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const char magic[] = "tacet-key-v1 ";
static const char kind_open[] = "open ";
static const char kind_locked[] = "locked ";

struct box {
	bool locked;
	uint64_t ops;
	uint64_t mem; /* octets */
	uint8_t salt[SALT_SIZE];
	uint8_t nonce[NONCE_SIZE];
	uint8_t sealed[BOX_MAX];
	size_t n;       /* of sealed */
	struct rd head; /* everything before BOX: the associated data */
};

/* An open box has a key everyone can compute: the tag then still tells a
 * damaged file from a whole one. */
static enum rc
derive(
    const struct box *x, struct rd passphrase, uint8_t ret_key[static KEY_SIZE])
{
	static const char label[] = "tacet open key file v1";
	uint8_t text[sizeof(label) + SALT_SIZE];

	if (!x->locked) {
		memcpy(text, label, sizeof(label)); /* and its NUL */
		memcpy(text + sizeof(label), x->salt, SALT_SIZE);
		crypto_hash_sha256(ret_key, text, sizeof(text));
		return RC_OK;
	}
	/* RFC 9106; -1 only when the memory is not to be had */
	if (crypto_pwhash_argon2id(ret_key, KEY_SIZE,
		(const char *)passphrase.p, passphrase.left, x->salt, x->ops,
		(size_t)x->mem, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return RC_NOMEM;
	return RC_OK;
}

static enum rc
put64(struct buf *b, const uint8_t *bytes, size_t n)
{
	char text[sodium_base64_ENCODED_LEN(BOX_MAX, VARIANT)];

	(void)sodium_bin2base64(text, sizeof(text), bytes, n, VARIANT);
	return buf_add_str(b, text);
}

/* Appends everything before BOX, with its last space. */
static enum rc
head_build(const struct box *x, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_add_fmt(b, "%s%s%" PRIu64 " %" PRIu64 " ", magic,
	    x->locked ? kind_locked : kind_open, x->ops, x->mem));
	TRY(put64(b, x->salt, sizeof(x->salt)));
	TRY(buf_add_str(b, " "));
	TRY(put64(b, x->nonce, sizeof(x->nonce)));
	TRY(buf_add_str(b, " "));
out:
	return rc;
}

enum rc
pwbox_build(struct rd secret, struct rd passphrase, struct buf *b)
{
	struct box x = { .locked = passphrase.left > 0 };
	uint8_t key[KEY_SIZE] = { 0 };
	struct buf line;
	enum rc rc = RC_BUG;

	buf_init(&line, 1024);
	CHECK(secret.left <= PWBOX_SECRET_MAX, RC_LIMIT);
	if (x.locked) {
		x.ops = crypto_pwhash_argon2id_OPSLIMIT_MODERATE;
		x.mem = crypto_pwhash_argon2id_MEMLIMIT_MODERATE;
	}
	randombytes_buf(x.salt, sizeof(x.salt));
	randombytes_buf(x.nonce, sizeof(x.nonce));
	TRY(head_build(&x, &line));
	TRY(derive(&x, passphrase, key));
	x.n = secret.left + TAG_SIZE;
	CHECK(
	    crypto_aead_xchacha20poly1305_ietf_encrypt(x.sealed, NULL, secret.p,
		secret.left, line.p, line.len, NULL, x.nonce, key) == 0,
	    RC_BUG);
	TRY(put64(&line, x.sealed, x.n));
	TRY(buf_add_str(&line, "\n"));
	TRY(buf_add_rd(b, buf_get(&line)));
out:
	buf_clear(&line);
	explicit_bzero(key, sizeof(key));
	return rc;
}

/* The next word, up to a space that is consumed too. */
static enum rc
word_take(struct rd *r, struct rd *ret_word)
{
	const uint8_t *end = r->left == 0 ? NULL : memchr(r->p, ' ', r->left);
	enum rc rc = RC_BUG;

	CHECK(end != NULL, RC_MALFORMED);
	TRY(rd_take(r, (size_t)(end - r->p), ret_word));
	TRY(rd_skip(r, 1));
out:
	return rc;
}

/* Decimal without leading zeros; RC_LIMIT above max. */
static enum rc
number_take(struct rd *r, uint64_t max, uint64_t *ret_v)
{
	struct rd word = { 0 };
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(word_take(r, &word));
	CHECK(word.left >= 1 && word.left <= 12, RC_MALFORMED);
	CHECK(word.left == 1 || word.p[0] != '0', RC_MALFORMED);
	for (size_t i = 0; i < word.left; i++) {
		CHECK(word.p[i] >= '0' && word.p[i] <= '9', RC_MALFORMED);
		v = v * 10 + (uint64_t)(word.p[i] - '0');
	}
	CHECK(v <= max, RC_LIMIT);
	*ret_v = v;
out:
	return rc;
}

static enum rc
get64(struct rd text, size_t max, uint8_t *ret_bytes, size_t *ret_n)
{
	size_t n = 0;
	const char *end = NULL;

	if (text.left == 0 ||
	    sodium_base642bin(ret_bytes, max, (const char *)text.p, text.left,
		NULL, &n, &end, VARIANT) != 0 ||
	    end != (const char *)text.p + text.left)
		return RC_MALFORMED;
	*ret_n = n;
	return RC_OK;
}

static enum rc
fixed64_take(struct rd *r, size_t n, uint8_t *ret_bytes)
{
	struct rd word = { 0 };
	size_t got = 0;
	enum rc rc = RC_BUG;

	TRY(word_take(r, &word));
	TRY(get64(word, n, ret_bytes, &got));
	CHECK(got == n, RC_MALFORMED);
out:
	return rc;
}

static enum rc
kind_take(struct rd *r, bool *ret_locked)
{
	struct rd word = { 0 };
	enum rc rc = RC_BUG;

	CHECK(
	    r->left >= strlen(magic) && memcmp(r->p, magic, strlen(magic)) == 0,
	    RC_MALFORMED);
	TRY(rd_skip(r, strlen(magic)));
	TRY(word_take(r, &word));
	*ret_locked = rd_is_eq(word, "locked");
	CHECK(*ret_locked || rd_is_eq(word, "open"), RC_MALFORMED);
out:
	return rc;
}

static enum rc
box_parse(struct rd text, struct box *ret_x)
{
	struct rd r = text;
	enum rc rc = RC_BUG;

	TRY(kind_take(&r, &ret_x->locked));
	TRY(number_take(&r, OPS_MAX, &ret_x->ops));
	TRY(number_take(&r, MEM_MAX, &ret_x->mem));
	if (ret_x->locked)
		CHECK(ret_x->ops >= crypto_pwhash_argon2id_OPSLIMIT_MIN &&
			ret_x->mem >= crypto_pwhash_argon2id_MEMLIMIT_MIN,
		    RC_MALFORMED);
	else
		CHECK(ret_x->ops == 0 && ret_x->mem == 0, RC_MALFORMED);
	TRY(fixed64_take(&r, SALT_SIZE, ret_x->salt));
	TRY(fixed64_take(&r, NONCE_SIZE, ret_x->nonce));
	ret_x->head = (struct rd){ text.p, text.left - r.left };
	if (r.left > 0 && r.p[r.left - 1] == '\n')
		r.left--;
	TRY(get64(r, sizeof(ret_x->sealed), ret_x->sealed, &ret_x->n));
	CHECK(ret_x->n >= TAG_SIZE, RC_MALFORMED);
out:
	return rc;
}

enum rc
pwbox_parse(struct rd text, struct rd passphrase, struct secret **ret_s)
{
	struct box x = { 0 };
	uint8_t key[KEY_SIZE] = { 0 };
	struct secret *s = NULL;
	enum rc rc = RC_BUG;

	TRY(box_parse(text, &x));
	/* a passphrase for an open file: someone swapped the file */
	CHECK(x.locked || passphrase.left == 0, RC_DENIED);
	CHECK(!x.locked || passphrase.left > 0, RC_DENIED);
	TRY(derive(&x, passphrase, key));
	TRY(secret_new(x.n - TAG_SIZE, &s));
	CHECK(
	    crypto_aead_xchacha20poly1305_ietf_decrypt(secret_bytes(s), NULL,
		NULL, x.sealed, x.n, x.head.p, x.head.left, x.nonce, key) == 0,
	    RC_DENIED);
	*ret_s = s;
	s = NULL;
out:
	secret_free(s);
	explicit_bzero(key, sizeof(key));
	return rc;
}

bool
pwbox_is_locked(struct rd text)
{
	bool locked = false;

	return kind_take(&text, &locked) == RC_OK && locked;
}
