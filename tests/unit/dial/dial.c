/* dial against a TLS server of our own, in a child process. */
#include "dial/dial.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "wire/http1.h"
#include "wire/ws.h"

#define TIMEOUT_MS 3000

static char dir[] = "/tmp/tacet-dial.XXXXXX";
static char cert_path[64], other_path[64], url[64];
static pid_t child;

/* A self-signed certificate for 127.0.0.1, written to path. */
static void
cert_make(const char *path, EVP_PKEY **ret_key, X509 **ret_cert)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *e = NULL;
	FILE *f = fopen(path, "w");

	if (key == NULL || x == NULL || f == NULL)
		abort();
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"tacet", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	e = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	if (X509_sign(x, key, EVP_sha256()) == 0)
		abort();
	PEM_write_X509(f, x);
	fclose(f);
	*ret_key = key;
	*ret_cert = x;
}

static void
put(SSL *s, struct buf *b)
{
	size_t n = 0;

	if (SSL_write_ex(s, b->p, b->len, &n) != 1)
		_exit(0);
	buf_clear(b);
}

static void
must(enum rc rc)
{
	if (rc != RC_OK)
		abort();
}

static void
more(SSL *s, struct buf *in)
{
	uint8_t block[4096];
	size_t n = 0;

	if (SSL_read_ex(s, block, sizeof(block), &n) != 1)
		_exit(0);
	must(buf_add(in, block, n));
}

/* Echoes each binary message in two fragments with a ping between them. */
static void
serve_stream(SSL *s, const struct http1_head *h)
{
	char accept[WS_ACCEPT_SIZE];
	struct buf in, out;
	struct rd key;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	must(http1_find(h, "Sec-WebSocket-Key", &key));
	must(ws_accept(key, accept));
	must(buf_add_fmt(&out,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    accept));
	put(s, &out);
	for (;;) {
		struct rd r = buf_get(&in);
		struct ws_frame f;
		uint8_t *p = NULL;

		if (r.left == 0 ||
		    ws_frame_parse(&r, true, 1 << 16, &f) != RC_OK) {
			more(s, &in);
			continue;
		}
		p = in.p + (f.payload.p - in.p);
		ws_unmask(p, f.payload.left, f.mask);
		if (f.op == WS_OP_BINARY) {
			size_t half = f.payload.left / 2;

			must(ws_frame_build(
			    &out, WS_OP_BINARY, NULL, (struct rd){ p, half }));
			out.p[0] &= 0x7f; /* not the last fragment */
			must(ws_frame_build(
			    &out, WS_OP_PING, NULL, rd_str("x")));
			must(ws_frame_build(&out, WS_OP_BINARY, NULL,
			    (struct rd){ p + half, f.payload.left - half }));
			out.p[2 + half + 3] = 0x80; /* a continuation */
			put(s, &out);
		}
		buf_consume(&in, in.len - r.left);
	}
}

static void
serve(SSL *s)
{
	struct buf in, out;
	unsigned count = 0;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	for (;;) {
		struct rd r = buf_get(&in);
		struct http1_head h;

		if (r.left == 0 || http1_request_parse(&r, &h) != RC_OK ||
		    r.left < h.length) {
			more(s, &in);
			continue;
		}
		if (h.upgrade_websocket && rd_is_eq(h.target, "/stream"))
			serve_stream(s, &h);
		if (rd_is_eq(h.target, "/silent"))
			pause();
		if (rd_is_eq(h.target, "/noise"))
			must(buf_add_str(&out, "SMTP ready\r\n\r\n"));
		else
			must(buf_add_fmt(&out,
			    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
			    "Content-Length: %zu\r\n\r\n%.*s%u",
			    (size_t)h.length + 1, (int)h.length,
			    (const char *)r.p, count++ % 10));
		put(s, &out);
		if (rd_is_eq(h.target, "/last"))
			_exit(0);
		buf_consume(&in, in.len - r.left + (size_t)h.length);
	}
}

static void
server_start(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	EVP_PKEY *key = NULL, *key2 = NULL;
	X509 *x = NULL, *x2 = NULL;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (mkdtemp(dir) == NULL)
		abort();
	(void)snprintf(cert_path, sizeof(cert_path), "%s/cert", dir);
	(void)snprintf(other_path, sizeof(other_path), "%s/other", dir);
	cert_make(cert_path, &key, &x);
	cert_make(other_path, &key2, &x2);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		abort();
	(void)snprintf(
	    url, sizeof(url), "https://127.0.0.1:%u", ntohs(a.sin_port));
	child = fork();
	if (child == 0) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

		(void)signal(SIGCHLD, SIG_IGN);
		SSL_CTX_use_certificate(ctx, x);
		SSL_CTX_use_PrivateKey(ctx, key);
		for (;;) {
			int c = accept(fd, NULL, NULL);
			SSL *s = SSL_new(ctx);

			if (fork() == 0) {
				(void)alarm(20); /* never outlives the test */
				SSL_set_fd(s, c);
				if (SSL_accept(s) != 1)
					_exit(0);
				serve(s);
			}
			SSL_free(s);
			(void)close(c);
		}
	}
	(void)close(fd);
	EVP_PKEY_free(key);
	EVP_PKEY_free(key2);
	X509_free(x);
	X509_free(x2);
}

static void
server_stop(void)
{
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	(void)unlink(cert_path);
	(void)unlink(other_path);
	(void)rmdir(dir);
}

static enum rc
ask(struct dial *d, const char *target, const char *body, bool *ret_reused,
    struct dial_answer *a)
{
	struct dial_request q = { .method = "POST",
		.target = target,
		.type = "text/plain",
		.body = rd_str(body) };

	return dial_http_request(d, &q, ret_reused, a);
}

static void
one_connection_serves_many_requests(void)
{
	struct dial *d = NULL;
	struct dial_answer a;
	bool reused = true;

	dial_http_init(&a);
	T_RC(RC_OK, dial_new(url, cert_path, TIMEOUT_MS, &d));
	T_RC(RC_OK, ask(d, "/echo", "first", &reused, &a));
	T_OK(!reused && a.status == 200 && a.body.len == 6);
	T_MEM("first0", a.body.p, 6);
	T_STR("text/plain", a.type);
	T_RC(RC_OK, ask(d, "/echo", "", &reused, &a));
	T_OK(reused && a.body.len == 1 && a.body.p[0] == '1');
	T_RC(RC_OK, ask(d, "/last", "", &reused, &a));
	T_RC(RC_IO, ask(d, "/echo", "", &reused, &a));
	T_OK(reused); /* so the caller tries once more */
	T_RC(RC_OK, ask(d, "/echo", "", &reused, &a));
	T_OK(!reused && a.body.p[0] == '0');
	T_RC(RC_MALFORMED, ask(d, "/noise", "", &reused, &a));
	dial_http_clear(&a);
	dial_free(d);
}

static void
silence_ends_in_time(void)
{
	struct dial *d = NULL;
	struct dial_answer a;
	bool reused = false;

	dial_http_init(&a);
	T_RC(RC_OK, dial_new(url, cert_path, 300, &d));
	T_RC(RC_IO, ask(d, "/silent", "", &reused, &a));
	T_STR("no answer in time", dial_why(d));
	dial_http_clear(&a);
	dial_free(d);
}

static void
another_certificate_is_refused(void)
{
	struct dial *d = NULL;
	struct dial_answer a;
	bool reused = false;

	dial_http_init(&a);
	T_RC(RC_OK, dial_new(url, other_path, TIMEOUT_MS, &d));
	T_RC(RC_DENIED, ask(d, "/echo", "", &reused, &a));
	dial_free(d);
	d = NULL;
	T_RC(RC_NOT_FOUND, dial_new(url, "/nonexistent", TIMEOUT_MS, &d));
	T_OK(d == NULL);
	dial_http_clear(&a);
}

static void
another_host_name_is_refused(void)
{
	struct dial *d = NULL;
	struct dial_answer a;
	bool reused = false;
	char name[64];

	dial_http_init(&a);
	(void)snprintf(
	    name, sizeof(name), "https://localhost%s", strrchr(url, ':'));
	T_RC(RC_OK, dial_new(name, cert_path, TIMEOUT_MS, &d));
	T_RC(RC_DENIED, ask(d, "/echo", "", &reused, &a));
	dial_http_clear(&a);
	dial_free(d);
}

static void
messages_come_back_whole_over_a_websocket(void)
{
	static uint8_t big[100];
	struct dial *d = NULL;
	struct rd m = { 0 };
	uint16_t status = 0;

	T_RC(RC_OK, dial_new(url, cert_path, TIMEOUT_MS, &d));
	T_RC(RC_OK, dial_ws_start(d, "/stream", (struct rd){ 0 }, &status));
	T_OK(status == 101);
	T_RC(RC_AGAIN, dial_ws_next(d, 50, &m));
	for (int i = 0; i < 3; i++) {
		big[0] = (uint8_t)i;
		T_RC(RC_OK, dial_ws_send(d, (struct rd){ big, sizeof(big) }));
		T_RC(RC_OK, dial_ws_next(d, TIMEOUT_MS, &m));
		T_OK(m.left == sizeof(big));
		T_MEM(big, m.p, sizeof(big));
	}
	T_RC(RC_OK, dial_ws_ping(d));
	T_RC(RC_AGAIN, dial_ws_next(d, 0, &m));
	dial_free(d);
}

static void
a_refused_upgrade_tells_its_status(void)
{
	struct dial *d = NULL;
	uint16_t status = 0;

	T_RC(RC_OK, dial_new(url, cert_path, TIMEOUT_MS, &d));
	T_RC(RC_STATE, dial_ws_start(d, "/echo", (struct rd){ 0 }, &status));
	T_OK(status == 200);
	dial_free(d);
}

static void
nobody_there_is_said(void)
{
	struct dial *d = NULL;
	struct dial_answer a;
	bool reused = false;

	dial_http_init(&a);
	T_RC(RC_OK, dial_new("https://127.0.0.1:1", cert_path, 500, &d));
	T_RC(RC_IO, ask(d, "/echo", "", &reused, &a));
	T_STR("Connection refused", dial_why(d));
	dial_http_clear(&a);
	dial_free(d);
}

int
main(void)
{
	server_start();
	TEST(one_connection_serves_many_requests);
	TEST(silence_ends_in_time);
	TEST(another_certificate_is_refused);
	TEST(another_host_name_is_refused);
	TEST(messages_come_back_whole_over_a_websocket);
	TEST(a_refused_upgrade_tells_its_status);
	TEST(nobody_there_is_said);
	server_stop();
	return tap_done();
}
