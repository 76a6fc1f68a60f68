/*
 * tacet-witness: signs the checkpoints of logs it is told to watch, each only
 * when what it signed before is its beginning (c2sp.org/tlog-witness).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "merkle/add_checkpoint.h"
#include "parent/sockets.h"
#include "wire/text64.h"
#include "witness/witness_judge.h"
#include "witness/witness_serve.h"

#define EXIT_USAGE 2
#define EXIT_STATE 3
#define KEY_TEXT_MAX 128

static const char usage[] =
    "usage: tacet-witness --config FILE [init]\n"
    "       tacet-witness --help | --version\n"
    "  init   make the key where there is none, and print its public half\n";

struct witness {
	struct witness_conf conf;
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	struct witness_judge judge;
	struct loop *loop;
	int signal_fd;
};

static int
complain(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-witness: %s: %s\n", what, why);
	return status;
}

/* --- files
 * ------------------------------------------------------------------------ */

static int
read_conf(const char *path, struct witness_conf *ret_c)
{
	static uint8_t text[WITNESS_CONF_MAX + 1];
	const char *why = "cannot be read";
	uint32_t line = 0;
	size_t n = 0;
	FILE *f = fopen(path, "re");
	bool ok = f != NULL;

	if (ok) {
		n = fread(text, 1, sizeof(text), f);
		ok = ferror(f) == 0 &&
		    witness_conf_parse(
			(struct rd){ text, n }, ret_c, &line, &why) == RC_OK;
		(void)fclose(f);
	}
	if (!ok)
		(void)fprintf(stderr, "tacet-witness: %s:%" PRIu32 ": %s\n",
		    path, line, why);
	return ok ? 0 : EXIT_USAGE;
}

static enum rc
make_key(const char *path)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	struct buf b;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, KEY_TEXT_MAX);
	randombytes_buf(seed, sizeof(seed));
	TRY(text64_url_build(&b, (struct rd){ seed, sizeof(seed) }));
	TRY(buf_u8(&b, '\n'));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	TRY(file_write(fd, buf_get(&b)));
	CHECK(fsync(fd) == 0, file_error());
out:
	sodium_memzero(seed, sizeof(seed));
	buf_clear(&b);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
read_key(const char *path, uint8_t ret_key[static crypto_sign_SECRETKEYBYTES])
{
	uint8_t text[KEY_TEXT_MAX];
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	struct stat st;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	CHECK(fstat(fd, &st) == 0 && (st.st_mode & 077) == 0, RC_DENIED);
	n = read(fd, text, sizeof(text));
	CHECK(n > 1 && text[n - 1] == '\n' &&
		text64_fixed_parse((struct rd){ text, (size_t)n - 1 },
		    sizeof(seed), seed) == RC_OK,
	    RC_CORRUPT);
	(void)crypto_sign_seed_keypair(pk, ret_key, seed);
	rc = RC_OK;
out:
	sodium_memzero(text, sizeof(text));
	sodium_memzero(seed, sizeof(seed));
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static int
complain_key(const char *path, enum rc rc)
{
	return complain(EXIT_STATE, path,
	    rc == RC_NOT_FOUND    ? "there is no key (tacet-witness init)"
		: rc == RC_DENIED ? "others can read it (chmod 0600)"
				  : "cannot be read or made");
}

static int
init(struct witness *w)
{
	struct vkey k;
	struct buf b;
	enum rc rc = make_key(w->conf.key);

	buf_init(&b, VKEY_TEXT_MAX);
	if (rc == RC_OK || rc == RC_EXISTS)
		rc = read_key(w->conf.key, w->secret_key);
	if (rc == RC_OK)
		rc = vkey_init(&k, w->conf.name, VKEY_TYPE_COSIGNATURE,
		    w->secret_key + crypto_sign_SEEDBYTES);
	if (rc == RC_OK)
		rc = vkey_build(&k, &b);
	if (rc == RC_OK)
		(void)printf("%.*s\n", (int)b.len, (const char *)b.p);
	buf_clear(&b);
	return rc == RC_OK ? 0 : complain_key(w->conf.key, rc);
}

/* --- serving
 * ------------------------------------------------------------------------ */

/* What was refused is said, by the place of the log in the configuration: no
 * octet of the request gets here. */
static void
report(enum witness_verdict v, size_t log)
{
	static const char *const why[] = { NULL, NULL, NULL,
		"a checkpoint that is not signed by its key", NULL, NULL,
		"ANOTHER HISTORY of the same size", "a proof that is wrong",
		"the state cannot be written" };

	if (why[v] != NULL)
		(void)fprintf(stderr, "tacet-witness: log %zu: refused: %s\n",
		    log + 1, why[v]);
}

static void
on_request(void *arg, struct rd body, struct witness_serve_answer *ret_a)
{
	struct witness *w = arg;
	size_t log = 0;
	enum witness_verdict v = witness_judge(
	    &w->judge, body, (uint64_t)mono_wall().s, &ret_a->body, &log);

	ret_a->status = witness_judge_status(v);
	ret_a->type = v == WITNESS_VERDICT_SIGNED ? "text/plain"
	    : ret_a->status == 409                ? ADD_CHECKPOINT_SIZE_TYPE
						  : NULL;
	report(v, log);
}

static void
on_signal(void *arg, uint32_t events)
{
	struct witness *w = arg;

	(void)events;
	loop_stop(w->loop);
}

static enum rc
serve(struct witness *w, int listen_fd)
{
	struct witness_serve *s = NULL;
	struct loop_io *io = NULL;
	sigset_t set;
	enum rc rc = RC_BUG;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0, RC_IO);
	w->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(w->signal_fd >= 0, RC_IO);
	TRY(loop_new(&w->loop));
	TRY(loop_io_add(w->loop, w->signal_fd, EPOLLIN, on_signal, w, &io));
	TRY(witness_serve_new(
	    w->loop, listen_fd, ADD_CHECKPOINT_MAX, on_request, w, &s));
	rc = loop_run(w->loop);
out:
	witness_serve_free(s);
	loop_io_del(io);
	loop_free(w->loop);
	return rc;
}

static int
run(struct witness *w)
{
	char name[SOCKETS_NAME_SIZE];
	int fd = -1;
	enum rc rc = read_key(w->conf.key, w->secret_key);

	if (rc != RC_OK)
		return complain_key(w->conf.key, rc);
	if (w->conf.n_logs == 0)
		return complain(EXIT_USAGE, "log", "there is none to watch");
	w->judge.conf = &w->conf;
	w->judge.secret_key = w->secret_key;
	rc = witness_state_load(w->conf.state, &w->judge.state);
	/* a state that cannot be kept is found out before the first request */
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		rc = witness_state_save(w->conf.state, &w->judge.state);
	if (rc != RC_OK)
		return complain(
		    EXIT_STATE, w->conf.state, "cannot be read or written");
	rc = sockets_listen(w->conf.listen, &fd, name);
	if (rc != RC_OK)
		return complain(
		    EXIT_USAGE, w->conf.listen, "cannot listen there");
	(void)printf("ready http://%s\n", name);
	(void)fflush(stdout);
	return serve(w, fd) == RC_OK
	    ? 0
	    : complain(EXIT_STATE, "start", "out of memory or descriptors");
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
	static struct witness w;
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
			(void)puts("tacet-witness " TACET_VERSION);
			return 0;
		} else {
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (config == NULL || argc - optind > 1 ||
	    (argc - optind == 1 && strcmp(argv[optind], "init") != 0)) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return EXIT_STATE;
	status = read_conf(config, &w.conf);
	if (status == 0)
		status = argc - optind == 1 ? init(&w) : run(&w);
	sodium_memzero(w.secret_key, sizeof(w.secret_key));
	return status;
}
