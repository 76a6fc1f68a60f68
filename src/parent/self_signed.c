#include "parent/self_signed.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define YEARS_10 (10L * 365 * 24 * 3600)

static enum rc
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	enum rc rc = RC_BUG;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	CHECK(ext != NULL, RC_NOMEM);
	CHECK(X509_add_ext(x, ext, -1) == 1, RC_NOMEM);
	rc = RC_OK;
out:
	X509_EXTENSION_free(ext);
	return rc;
}

static enum rc
fill(X509 *x, EVP_PKEY *key)
{
	uint64_t serial;
	X509_NAME *name = X509_get_subject_name(x);
	enum rc rc = RC_BUG;

	CHECK(RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1, RC_IO);
	CHECK(X509_set_version(x, X509_VERSION_3) == 1, RC_NOMEM);
	CHECK(
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1,
	    RC_NOMEM);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL, RC_NOMEM);
	CHECK(
	    X509_gmtime_adj(X509_getm_notAfter(x), YEARS_10) != NULL, RC_NOMEM);
	CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		  (const unsigned char *)"localhost", -1, -1, 0) == 1,
	    RC_NOMEM);
	CHECK(X509_set_issuer_name(x, name) == 1, RC_NOMEM);
	CHECK(X509_set_pubkey(x, key) == 1, RC_NOMEM);
	TRY(add_extension(x, NID_basic_constraints, "critical,CA:TRUE"));
	TRY(add_extension(
	    x, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"));
	CHECK(X509_sign(x, key, EVP_sha256()) > 0, RC_NOMEM);
	rc = RC_OK;
out:
	return rc;
}

static enum rc
add_bio(BIO *bio, struct buf *b)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	return n <= 0 ? RC_NOMEM : buf_add(b, p, (size_t)n);
}

enum rc
self_signed_build(struct buf *key, struct buf *cert)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *key_bio = BIO_new(BIO_s_secmem());
	BIO *cert_bio = BIO_new(BIO_s_mem());
	enum rc rc = RC_BUG;

	CHECK(pkey != NULL && x != NULL && key_bio != NULL && cert_bio != NULL,
	    RC_NOMEM);
	TRY(fill(x, pkey));
	CHECK(PEM_write_bio_PrivateKey(
		  key_bio, pkey, NULL, NULL, 0, NULL, NULL) == 1,
	    RC_NOMEM);
	CHECK(PEM_write_bio_X509(cert_bio, x) == 1, RC_NOMEM);
	TRY(add_bio(key_bio, key));
	TRY(add_bio(cert_bio, cert));
out:
	EVP_PKEY_free(pkey);
	X509_free(x);
	BIO_free(key_bio);
	BIO_free(cert_bio);
	return rc;
}
