/*
 * TLS 1.3 alone, from the certificate and the key in the parent's
 * descriptors. A reload makes a new context for new connections.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "front/front_internal.h"

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
    const unsigned char *in, unsigned int in_n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n, ours,
		sizeof(ours) - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static enum rc
load_cert(SSL_CTX *ctx, int fd)
{
	BIO *bio = BIO_new_fd(fd, BIO_NOCLOSE);
	X509 *x = NULL;
	enum rc rc = RC_BUG;

	CHECK(bio != NULL, RC_NOMEM);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	CHECK(x != NULL && SSL_CTX_use_certificate(ctx, x) == 1, RC_CORRUPT);
	for (;;) { /* the chain, when there is one */
		X509_free(x);
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (x == NULL)
			break;
		CHECK(SSL_CTX_add1_chain_cert(ctx, x) == 1, RC_NOMEM);
	}
	ERR_clear_error();
	rc = RC_OK;
out:
	X509_free(x);
	BIO_free(bio);
	return rc;
}

/* Nobody is there to type one. */
static int
no_passphrase(char *text, int size, int rw, void *arg)
{
	(void)text;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

static enum rc
load_key(SSL_CTX *ctx, int fd)
{
	BIO *bio = BIO_new_fd(fd, BIO_NOCLOSE);
	EVP_PKEY *key = NULL;
	enum rc rc = RC_BUG;

	CHECK(bio != NULL, RC_NOMEM);
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	CHECK(key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1, RC_CORRUPT);
	CHECK(SSL_CTX_check_private_key(ctx) == 1, RC_CORRUPT);
	rc = RC_OK;
out:
	EVP_PKEY_free(key);
	BIO_free(bio);
	return rc;
}

enum rc
front_tls_load(struct front *f)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int cert = -1;
	int key = -1;
	enum rc rc = RC_BUG;

	CHECK(ctx != NULL, RC_NOMEM);
	TRY(child_file_take(f->child, "tls.cert", &cert));
	TRY(child_file_take(f->child, "tls.key", &key));
	CHECK(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1, RC_BUG);
	(void)SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	TRY(load_cert(ctx, cert));
	TRY(load_key(ctx, key));
	SSL_CTX_free(f->tls); /* connections hold their own reference */
	f->tls = ctx;
	ctx = NULL;
out:
	if (cert >= 0)
		(void)close(cert);
	if (key >= 0)
		(void)close(key);
	SSL_CTX_free(ctx);
	return rc;
}
