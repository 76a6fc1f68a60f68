#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/hpke.h"

/* A file of its own: who seals by ChaCha20-Poly1305 alone is not linked to
 * OpenSSL. libsodium has no AES of 128 bits. */

#define KEY_SIZE 16

static enum rc
aes_128_gcm_seal(const uint8_t *key, const uint8_t *nonce, struct rd aad,
    struct rd plain, uint8_t *ret_sealed)
{
	EVP_CIPHER_CTX *c = NULL;
	enum rc rc = RC_BUG;
	int n;

	CHECK(plain.left <= INT_MAX && aad.left <= INT_MAX, RC_LIMIT);
	c = EVP_CIPHER_CTX_new();
	CHECK(c != NULL, RC_NOMEM);
	/* 96 bits are GCM's own length of a nonce (SP 800-38D, 5.2.1.1) */
	CHECK(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) == 1,
	    RC_NOMEM);
	CHECK(aad.left == 0 ||
		EVP_EncryptUpdate(c, NULL, &n, aad.p, (int)aad.left) == 1,
	    RC_BUG);
	CHECK(plain.left == 0 ||
		EVP_EncryptUpdate(
		    c, ret_sealed, &n, plain.p, (int)plain.left) == 1,
	    RC_BUG);
	CHECK(EVP_EncryptFinal_ex(c, ret_sealed + plain.left, &n) == 1, RC_BUG);
	CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, HPKE_TAG_SIZE,
		  ret_sealed + plain.left) == 1,
	    RC_BUG);
	rc = RC_OK;
out:
	EVP_CIPHER_CTX_free(c);
	return rc;
}

static enum rc
aes_128_gcm_open(const uint8_t *key, const uint8_t *nonce, struct rd aad,
    struct rd sealed, uint8_t *ret_plain)
{
	size_t len = sealed.left - HPKE_TAG_SIZE;
	uint8_t tag[HPKE_TAG_SIZE], rest[16];
	EVP_CIPHER_CTX *c = NULL;
	enum rc rc = RC_BUG;
	int n;

	CHECK(len <= INT_MAX && aad.left <= INT_MAX, RC_LIMIT);
	memcpy(tag, sealed.p + len, sizeof(tag));
	c = EVP_CIPHER_CTX_new();
	CHECK(c != NULL, RC_NOMEM);
	CHECK(EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) == 1,
	    RC_NOMEM);
	CHECK(EVP_CIPHER_CTX_ctrl(
		  c, EVP_CTRL_AEAD_SET_TAG, HPKE_TAG_SIZE, tag) == 1,
	    RC_BUG);
	CHECK(aad.left == 0 ||
		EVP_DecryptUpdate(c, NULL, &n, aad.p, (int)aad.left) == 1,
	    RC_BUG);
	CHECK(len == 0 ||
		EVP_DecryptUpdate(c, ret_plain, &n, sealed.p, (int)len) == 1,
	    RC_BUG);
	/* the tag is looked at last: until then the text is nobody's */
	CHECK(EVP_DecryptFinal_ex(c, rest, &n) == 1, RC_DENIED);
	rc = RC_OK;
out:
	if (rc != RC_OK && len <= INT_MAX && len > 0)
		explicit_bzero(ret_plain, len);
	EVP_CIPHER_CTX_free(c);
	return rc;
}

const struct hpke_aead hpke_aes_128_gcm = { 0x0001, KEY_SIZE, aes_128_gcm_seal,
	aes_128_gcm_open };
