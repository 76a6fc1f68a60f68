#include "dial/dial_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum rc
dial_tls_context(const char *ca, SSL_CTX **ret_ctx)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	enum rc rc = RC_BUG;

	CHECK(ctx != NULL, RC_NOMEM);
	CHECK(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1, RC_BUG);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* the file may hold the server's own certificate, no CA at all */
	X509_VERIFY_PARAM_set_flags(
	    SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	if (ca != NULL)
		CHECK(SSL_CTX_load_verify_file(ctx, ca) == 1, RC_NOT_FOUND);
	else
		CHECK(SSL_CTX_set_default_verify_paths(ctx) == 1, RC_IO);
	*ret_ctx = ctx;
	ctx = NULL;
	rc = RC_OK;
out:
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}

enum rc
dial_tls_host(SSL *ssl, const struct dial_url *u)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	enum rc rc = RC_OK;

	if (u->is_ip)
		CHECK(
		    X509_VERIFY_PARAM_set1_ip_asc(param, u->host) == 1, RC_BUG);
	else
		CHECK(SSL_set1_host(ssl, u->host) == 1 &&
			SSL_set_tlsext_host_name(ssl, u->host) == 1,
		    RC_NOMEM);
out:
	return rc;
}
