/*
 * dial_tls: the client's side of TLS as we want it everywhere: 1.3 alone, and a
 * certificate that chains to the CA file, or is the very certificate in it, and
 * names the host.
 */
#ifndef DIAL_TLS_H
#define DIAL_TLS_H
#include <openssl/ssl.h>

#include "dial/dial_url.h"

/* ca: a PEM file, or NULL for the system's. RC_NOT_FOUND: it cannot be read.
 * The caller frees *ret_ctx. */
MUST_USE enum rc dial_tls_context(const char *ca, SSL_CTX **ret_ctx);
/* Not connected yet: the host that the certificate must name. */
MUST_USE enum rc dial_tls_host(SSL *ssl, const struct dial_url *u);
#endif
