/*
 * tacet-relay: carries sealed requests to gateways for people who do not want
 * them to see their address (RFC 9458). It knows who asks, and not what.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include "dial/dial_tls.h"
#include "parent/sockets.h"
#include "proc/sandbox.h"
#include "relay/relay_serve.h"

#define EXIT_USAGE 2
#define EXIT_STATE 3
#define FAULT_EVERY_MS 60000

static const char usage[] = "usage: tacet-relay --config FILE\n"
			    "       tacet-relay --help | --version\n";

struct relay {
	struct relay_conf conf;
	struct loop *loop;
	SSL_CTX *server_ctx; /* NULL: plain HTTP */
	SSL_CTX *gateway_ctx;
	struct relay_gateway *gateways[RELAY_CONF_GATEWAYS];
	struct mono said[RELAY_CONF_GATEWAYS]; /* of its fault; 0: never */
	struct relay_serve *serve;
	int signal_fd;
};

static int
complain(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-relay: %s: %s\n", what, why);
	return status;
}

static int
read_conf(const char *path, struct relay_conf *ret_c)
{
	static uint8_t text[RELAY_CONF_MAX + 1];
	const char *why = "cannot be read";
	uint32_t line = 0;
	size_t n = 0;
	FILE *f = fopen(path, "re");
	bool ok = f != NULL;

	if (ok) {
		n = fread(text, 1, sizeof(text), f);
		ok = ferror(f) == 0 &&
		    relay_conf_parse(
			(struct rd){ text, n }, ret_c, &line, &why) == RC_OK;
		(void)fclose(f);
	}
	if (!ok)
		(void)fprintf(stderr, "tacet-relay: %s:%" PRIu32 ": %s\n", path,
		    line, why);
	return ok ? 0 : EXIT_USAGE;
}

/* --- TLS towards clients -------------------------------------------------- */

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

static bool
make_server_ctx(struct relay *r)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool ok = ctx != NULL;

	if (ok)
		SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	ok = ok && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_use_certificate_chain_file(ctx, r->conf.tls_cert) == 1 &&
	    SSL_CTX_use_PrivateKey_file(
		ctx, r->conf.tls_key, SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1;
	ERR_clear_error();
	if (!ok) {
		SSL_CTX_free(ctx);
		return false;
	}
	(void)SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	r->server_ctx = ctx;
	return true;
}

/* --- serving -------------------------------------------------------------- */

/* By the place of the gateway in the configuration, once a minute: nothing of a
 * request gets here. */
static void
on_fault(void *arg, size_t gateway, enum rc rc)
{
	struct relay *r = arg;
	struct mono now = loop_now(r->loop);

	if (r->said[gateway].us != 0 &&
	    mono_diff_ms(now, r->said[gateway]) < FAULT_EVERY_MS)
		return;
	r->said[gateway] = now;
	(void)fprintf(stderr, "tacet-relay: gateway %zu: %s\n", gateway + 1,
	    rc == RC_AGAIN ? "no answer in time"
		: rc == RC_IO
		? "cannot be reached, ended early, or has not the "
		  "certificate that gateway_ca names"
		: "its answers are none of a gateway");
}

static void
say_counts(const struct relay *r)
{
	const struct relay_serve_counts *c = relay_serve_counts(r->serve);

	(void)fprintf(stderr,
	    "tacet-relay: requests %" PRIu64 " answers %" PRIu64
	    " refused %" PRIu64 " limited %" PRIu64 " faults %" PRIu64 "\n",
	    c->requests, c->answers, c->refused, c->limited, c->faults);
}

static void
on_signal(void *arg, uint32_t events)
{
	struct relay *r = arg;
	struct signalfd_siginfo si;

	(void)events;
	while (read(r->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGUSR1)
			say_counts(r);
		else
			loop_stop(r->loop);
	}
}

static enum rc
watch_signals(struct relay *r, struct loop_io **ret_io)
{
	sigset_t set;
	enum rc rc = RC_BUG;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0, RC_IO);
	r->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(r->signal_fd >= 0, RC_IO);
	TRY(loop_io_add(r->loop, r->signal_fd, EPOLLIN, on_signal, r, ret_io));
out:
	return rc;
}

/* The last step before the first foreign octet. */
static void
enter_sandbox(void)
{
	const struct sandbox_needs needs = { .accepts = true,
		.connects = true };
	bool fs, calls;

	/* the C library would look for a zone file at its first date */
	if (setenv("TZ", "UTC0", 1) == 0)
		tzset();
	sandbox_close(&needs, &fs, &calls);
	if (!fs)
		(void)complain(0, "sandbox", "this kernel has no Landlock");
	if (!calls)
		(void)complain(0, "sandbox", "this kernel has no seccomp");
}

static enum rc
serve(struct relay *r, int listen_fd, const char *name)
{
	const struct relay_serve_spec spec = { .loop = r->loop,
		.listen_fd = listen_fd,
		.ctx = r->server_ctx,
		.conf = &r->conf,
		.gateways = r->gateways,
		.on_fault = on_fault,
		.arg = r };
	struct loop_io *io = NULL;
	enum rc rc = RC_BUG;

	TRY(watch_signals(r, &io));
	TRY(relay_serve_new(&spec, &r->serve));
	enter_sandbox();
	(void)printf(
	    "ready %s://%s\n", r->server_ctx != NULL ? "https" : "http", name);
	(void)fflush(stdout);
	rc = loop_run(r->loop);
out:
	relay_serve_free(r->serve);
	loop_io_del(io);
	return rc;
}

/* What is read and resolved while that is still possible. */
static int
prepare(struct relay *r)
{
	if (dial_tls_context(r->conf.gateway_ca, &r->gateway_ctx) != RC_OK)
		return complain(
		    EXIT_USAGE, r->conf.gateway_ca, "cannot be read");
	if (r->conf.tls_cert[0] != '\0' && !make_server_ctx(r))
		return complain(EXIT_USAGE, "tls_cert and tls_key",
		    "cannot be read, or do not belong together");
	if (loop_new(&r->loop) != RC_OK)
		return complain(EXIT_STATE, "start", "out of memory");
	for (size_t i = 0; i < r->conf.n_gateways; i++)
		if (relay_gateway_new(r->loop, &r->conf.gateways[i].url,
			r->gateway_ctx, &r->gateways[i]) != RC_OK)
			return complain(EXIT_STATE, r->conf.gateways[i].name,
			    "its host has no address");
	return 0;
}

static int
run(struct relay *r)
{
	char name[SOCKETS_NAME_SIZE];
	int fd = -1;
	int status = prepare(r);

	if (status == 0 && sockets_listen(r->conf.listen, &fd, name) != RC_OK)
		status = complain(
		    EXIT_USAGE, r->conf.listen, "cannot listen there");
	if (status == 0 && serve(r, fd, name) != RC_OK)
		status = complain(
		    EXIT_STATE, "start", "out of memory or descriptors");
	for (size_t i = 0; i < r->conf.n_gateways; i++)
		relay_gateway_free(r->gateways[i]);
	loop_free(r->loop);
	SSL_CTX_free(r->server_ctx);
	SSL_CTX_free(r->gateway_ctx);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	static struct relay r;
	const struct rlimit no_core = { 0, 0 };
	const char *config = NULL;
	int status;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c') {
			config = optarg;
		} else if (c == 'h') {
			(void)fputs(usage, stdout);
			return 0;
		} else if (c == 'V') {
			(void)puts("tacet-relay " TACET_VERSION);
			return 0;
		} else {
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (config == NULL || argc != optind) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return EXIT_STATE;
	status = read_conf(config, &r.conf);
	return status == 0 ? run(&r) : status;
}
