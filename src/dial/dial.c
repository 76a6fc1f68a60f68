#include "dial/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failmem.h"
#include "dial/dial_internal.h"
#include "dial/dial_tls.h"

#define READ_SIZE 16384 /* one TLS record (RFC 8446 section 5.1) */
#define GONE_MS 30000   /* unacknowledged that long: the peer is gone */
#define IN_MAX (DIAL_BODY_MAX + 65536)

enum rc
dial_internal_fail(struct dial *d, enum rc rc, const char *why)
{
	(void)snprintf(d->why, sizeof(d->why), "%s", why);
	return rc;
}

/* RC_AGAIN when the time is over. */
static enum rc
wait_for(int fd, short events, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct mono end = mono_add_ms(mono_now(), wait_ms);
	int64_t left = wait_ms;
	int n = 0;

	do {
		n = poll(&p, 1, (int)left);
		left = mono_diff_ms(end, mono_now());
	} while (n < 0 && errno == EINTR && left > 0);
	return n > 0 ? RC_OK : RC_AGAIN;
}

/* What OpenSSL waits for; RC_IO when it waits for nothing. */
static enum rc
tls_wait(struct dial *d, int result, int wait_ms)
{
	switch (SSL_get_error(d->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(d->fd, POLLIN, wait_ms);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(d->fd, POLLOUT, wait_ms);
	default:
		return RC_IO;
	}
}

static enum rc
tcp_try(struct dial *d, const struct addrinfo *a)
{
	int error = 0, one = 1;
	unsigned gone_ms = GONE_MS;
	socklen_t n = sizeof(error);
	enum rc rc = RC_IO;

	d->fd = socket(
	    a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(d->fd >= 0, dial_internal_fail(d, RC_IO, strerror(errno)));
	if (connect(d->fd, a->ai_addr, a->ai_addrlen) < 0) {
		CHECK(errno == EINPROGRESS,
		    dial_internal_fail(d, RC_IO, strerror(errno)));
		CHECK(wait_for(d->fd, POLLOUT, d->timeout_ms) == RC_OK,
		    dial_internal_fail(d, RC_IO, "no answer in time"));
		CHECK(getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0,
		    RC_IO);
		CHECK(
		    error == 0, dial_internal_fail(d, RC_IO, strerror(error)));
	}
	(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* a stream whose peer vanished ends some time after the next ping */
	(void)setsockopt(
	    d->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
	rc = RC_OK;
out:
	if (rc != RC_OK && d->fd >= 0) {
		(void)close(d->fd);
		d->fd = -1;
	}
	return rc;
}

static enum rc
tcp_connect(struct dial *d)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int n = getaddrinfo(d->url.host, d->url.port, &hints, &list);
	enum rc rc = RC_IO;

	CHECK(n == 0, dial_internal_fail(d, RC_IO, gai_strerror(n)));
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		rc = tcp_try(d, a);
		if (rc == RC_OK)
			break;
	}
out:
	if (list != NULL)
		freeaddrinfo(list);
	return rc;
}

static enum rc
tls_start(struct dial *d)
{
	enum rc rc = RC_BUG;
	int n = 0;

	d->ssl = SSL_new(d->ctx);
	CHECK(d->ssl != NULL && SSL_set_fd(d->ssl, d->fd) == 1, RC_NOMEM);
	TRY(dial_tls_host(d->ssl, &d->url));
	while ((n = SSL_connect(d->ssl)) != 1) {
		rc = tls_wait(d, n, d->timeout_ms);
		if (rc == RC_OK)
			continue;
		if (SSL_get_verify_result(d->ssl) != X509_V_OK) {
			rc = dial_internal_fail(d, RC_DENIED,
			    X509_verify_cert_error_string(
				SSL_get_verify_result(d->ssl)));
			goto out;
		}
		rc = dial_internal_fail(d, RC_IO,
		    rc == RC_AGAIN ? "no answer in time"
				   : "the TLS handshake failed");
		goto out;
	}
	rc = RC_OK;
out:
	ERR_clear_error();
	return rc;
}

enum rc
dial_internal_connect(struct dial *d)
{
	enum rc rc = RC_BUG;

	dial_hang_up(d);
	d->why[0] = '\0';
	TRY(tcp_connect(d));
	TRY(tls_start(d));
out:
	if (rc != RC_OK)
		dial_hang_up(d);
	return rc;
}

enum rc
dial_internal_write(struct dial *d, struct rd bytes)
{
	enum rc rc = RC_OK;
	size_t done = 0;

	while (bytes.left > 0) {
		int n = SSL_write_ex(d->ssl, bytes.p, bytes.left, &done);

		if (n == 1) {
			TRY(rd_skip(&bytes, done));
			continue;
		}
		rc = tls_wait(d, n, d->timeout_ms);
		if (rc == RC_AGAIN)
			rc = RC_IO;
		CHECK(rc == RC_OK,
		    dial_internal_fail(d, RC_IO, "the connection ended"));
	}
out:
	ERR_clear_error();
	return rc;
}

enum rc
dial_internal_read(struct dial *d, int wait_ms)
{
	struct mono end = mono_add_ms(mono_now(), wait_ms);
	uint8_t *p = NULL;
	size_t done = 0;
	enum rc rc = RC_BUG;

	TRY(buf_reserve(&d->in, READ_SIZE, &p));
	for (;;) {
		int64_t left = mono_diff_ms(end, mono_now());
		int n = SSL_read_ex(d->ssl, p, READ_SIZE, &done);

		if (n == 1)
			break;
		rc = tls_wait(d, n, left > 0 ? (int)left : 0);
		if (rc == RC_IO)
			rc = dial_internal_fail(
			    d, RC_IO, "the connection ended");
		if (rc != RC_OK)
			goto out;
	}
	buf_commit(&d->in, done);
	rc = RC_OK;
out:
	ERR_clear_error();
	return rc;
}

enum rc
dial_new(const char *url, const char *ca, int timeout_ms, struct dial **ret_d)
{
	struct dial *d = failmem_alloc(sizeof(*d));
	enum rc rc = RC_BUG;

	CHECK(d != NULL, RC_NOMEM);
	d->fd = -1;
	d->timeout_ms = timeout_ms;
	buf_init(&d->in, IN_MAX);
	buf_init(&d->joined, DIAL_BODY_MAX);
	TRY(dial_url_parse(rd_str(url), &d->url));
	TRY(dial_tls_context(ca, &d->ctx));
	/* a server that goes away must not end us by a signal */
	(void)signal(SIGPIPE, SIG_IGN);
	*ret_d = d;
	d = NULL;
out:
	dial_free(d);
	return rc;
}

const char *
dial_why(const struct dial *d)
{
	return d->why[0] != '\0' ? d->why : "the connection ended";
}

void
dial_hang_up(struct dial *d)
{
	if (d->ssl != NULL) {
		(void)SSL_shutdown(d->ssl);
		SSL_free(d->ssl);
		ERR_clear_error();
	}
	d->ssl = NULL;
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
	d->is_stream = false;
	d->in_used = 0;
	buf_clear(&d->in);
	buf_clear(&d->joined);
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	dial_hang_up(d);
	SSL_CTX_free(d->ctx);
	free(d);
}
